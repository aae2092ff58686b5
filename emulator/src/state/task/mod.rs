//! The background tasks of an instance, and their records.

mod records;
mod run;

pub use self::records::Tasks;
pub use self::run::{AllTopicsReset, TaskOutcome};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use self::run::PendingReset;
use super::{Instance, State, StateError};

/// The name of the task that a reset of every topic creates.
pub const RESET_TASK: &str = "kafkaResetConsumerOffset";

/// The status of a task.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TaskStatus {
    /// Accepted.
    Created,
    /// Running.
    Executing,
    /// Completed.
    Success,
    /// Failed.
    Failed,
    /// Its record was marked as deleted.
    Deleted,
    /// Cancelled by a user.
    Cancelled,
}

impl TaskStatus {
    /// The status as the service writes it.
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Executing => "EXECUTING",
            Self::Success => "SUCCESS",
            Self::Failed => "FAILED",
            Self::Deleted => "DELETED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Whether the task has ended.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Created | Self::Executing)
    }
}

/// The order in which an instance lists its tasks.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskOrder {
    /// By creation time, descending.
    #[default]
    NewestFirst,
    /// By creation time, ascending.
    OldestFirst,
}

/// The record of a background task.
#[derive(Clone, Debug, Serialize)]
pub struct Task {
    /// Unique in the instance.
    pub id: String,
    /// The kind of the task, for example [`RESET_TASK`].
    pub name: String,
    /// JSON in a string, whose content depends on the kind of the task.
    pub params: String,
    /// The status. It never changes if the task comes from a seed or from [`Task::new`].
    pub status: TaskStatus,
    /// When it was created.
    #[serde(serialize_with = "wire_time")]
    pub created_at: Timestamp,
    /// When its status last changed.
    #[serde(serialize_with = "wire_time")]
    pub updated_at: Timestamp,
    /// The task is not listed before this time. `None`: it is listed.
    #[serde(skip)]
    appears_at: Option<Timestamp>,
    /// The reset that the task still has to carry out.
    #[serde(skip)]
    pending: Option<PendingReset>,
}

impl Task {
    /// A record that is listed at once and never changes.
    pub fn new(id: impl Into<String>, name: impl Into<String>, status: TaskStatus, at: Timestamp) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            params: "{}".to_owned(),
            status,
            created_at: at,
            updated_at: at,
            appears_at: None,
            pending: None,
        }
    }
}

/// A time in the format of the task routes: `2020-05-15T03:19:51.046Z`.
pub(crate) fn format_time(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn wire_time<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&format_time(*at))
}

impl State {
    /// A new id that no task of any instance has.
    pub(super) fn new_task_id(&mut self) -> String {
        let highest = self.instances.values().map(|instance| instance.tasks.highest_number()).max();
        self.tasks_created = self.tasks_created.max(highest.unwrap_or_default()) + 1;
        format!("{:032x}", self.tasks_created)
    }

    /// Adds a task with the name of a reset of every topic that belongs to no reset. Its status does not change.
    ///
    /// # Errors
    ///
    /// The project or the instance does not exist.
    pub fn add_unrelated_task(
        &mut self,
        project: &str,
        instance: &str,
        status: TaskStatus,
        now: Timestamp,
    ) -> Result<(), StateError> {
        let task = Task::new(self.new_task_id(), RESET_TASK, status, now);
        self.instance_mut(project, instance)?.tasks.push(task);
        Ok(())
    }
}

impl Instance {
    /// The listed tasks, in the order of the instance.
    pub fn listed_tasks(&self) -> impl Iterator<Item = &Task> {
        let last = self.tasks.len().wrapping_sub(1);
        let newest_first = self.tasks_order == TaskOrder::NewestFirst;
        let in_order = (0..self.tasks.len()).map(move |index| if newest_first { last - index } else { index });
        in_order.filter_map(|index| self.tasks.get(index)).filter(|task| task.appears_at.is_none())
    }

    /// The number of listed tasks.
    pub(crate) fn listed_task_count(&self) -> usize {
        self.tasks.len() - self.tasks.open().filter(|task| task.appears_at.is_some()).count()
    }

    /// A listed task.
    ///
    /// # Errors
    ///
    /// The task does not exist, or is not listed yet.
    pub fn task(&self, id: &str) -> Result<&Task, StateError> {
        // From the end, because clients ask for new tasks.
        let found = self.tasks.iter().rev().find(|task| task.id == id).filter(|task| task.appears_at.is_none());
        found.ok_or_else(|| StateError::UnknownTask { task: id.to_owned() })
    }

    /// Removes the record of a listed task that has ended.
    ///
    /// # Errors
    ///
    /// The task does not exist, is not listed yet, or has not ended.
    pub fn remove_task(&mut self, id: &str) -> Result<(), StateError> {
        let task = self.task(id)?;
        if !task.status.is_final() {
            return Err(StateError::TaskRunning { task: task.name.clone(), status: task.status });
        }
        self.tasks.remove(id);
        Ok(())
    }

    /// Checks that every task, listed or not, has ended.
    pub(super) fn check_no_running_task(&self) -> Result<(), StateError> {
        match self.tasks.open().find(|task| !task.status.is_final()) {
            Some(task) => Err(StateError::TaskRunning { task: task.name.clone(), status: task.status }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
