//! Background tasks of an instance: what their records show, and the one kind that does something.

mod run;

pub use self::run::{AllTopicsReset, TaskOutcome};

use self::run::Work;
use super::{Instance, State, StateError};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

/// The name of the task that an all-topics reset creates.
pub const RESET_TASK: &str = "kafkaResetConsumerOffset";

/// How far a task is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TaskStatus {
    /// Accepted.
    Created,
    /// At work.
    Executing,
    /// Done.
    Success,
    /// Given up by the service.
    Failed,
    /// Its record was marked as deleted.
    Deleted,
    /// Given up by a user.
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

    /// Whether nothing comes after it.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Created | Self::Executing)
    }
}

/// Which tasks an instance lists first.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskOrder {
    /// The last one created comes first.
    #[default]
    NewestFirst,
    /// The first one created comes first.
    OldestFirst,
}

/// The record of a background task.
#[derive(Clone, Debug, Serialize)]
pub struct Task {
    /// Unique in the instance.
    pub id: String,
    /// What kind of task it is, for example [`RESET_TASK`].
    pub name: String,
    /// JSON in a string; what it says depends on the kind.
    pub params: String,
    /// How far it is. A task of the seed, or one added by [`Task::new`], stays as it is.
    pub status: TaskStatus,
    /// When it was created.
    #[serde(serialize_with = "wire_time")]
    pub created_at: Timestamp,
    /// When its status last changed.
    #[serde(serialize_with = "wire_time")]
    pub updated_at: Timestamp,
    /// Not in the list before this moment. `None`: it is there.
    #[serde(skip)]
    appears_at: Option<Timestamp>,
    /// What is still to be done.
    #[serde(skip)]
    work: Option<Work>,
}

impl Task {
    /// A record that is in the list at once and never changes by itself.
    pub fn new(id: impl Into<String>, name: impl Into<String>, status: TaskStatus, at: Timestamp) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            params: "{}".to_owned(),
            status,
            created_at: at,
            updated_at: at,
            appears_at: None,
            work: None,
        }
    }
}

/// A moment as the task routes write it: `2020-05-15T03:19:51.046Z`.
pub(crate) fn written(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn wire_time<S: Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&written(*at))
}

impl State {
    /// An id that no task of any instance has.
    pub(super) fn new_task_id(&mut self) -> String {
        loop {
            self.tasks_created += 1;
            let id = format!("{:032x}", self.tasks_created);
            let taken = self.instances.values().flat_map(|instance| &instance.tasks).any(|task| task.id == id);
            if !taken {
                return id;
            }
        }
    }

    /// Adds a task that looks like an all-topics reset and is not one of this emulator's: somebody
    /// else's, as it were.
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
    /// The tasks that can be seen, in the order in which the instance lists them.
    pub fn listed_tasks(&self) -> Vec<&Task> {
        let mut tasks: Vec<&Task> = self.tasks.iter().filter(|task| task.appears_at.is_none()).collect();
        if self.tasks_order == TaskOrder::NewestFirst {
            tasks.reverse();
        }
        tasks
    }

    /// A task that can be seen.
    pub fn task(&self, id: &str) -> Result<&Task, StateError> {
        let found = self.listed_tasks().into_iter().find(|task| task.id == id);
        found.ok_or_else(|| StateError::UnknownTask { task: id.to_owned() })
    }

    /// Removes the record of a task that can be seen; what the task still had to do is not done.
    pub fn remove_task(&mut self, id: &str) -> Result<(), StateError> {
        self.task(id)?;
        self.tasks.retain(|task| task.id != id);
        Ok(())
    }

    /// Refuses while any task, seen or not, is not at its end.
    pub(super) fn check_no_task_runs(&self) -> Result<(), StateError> {
        match self.tasks.iter().find(|task| !task.status.is_final()) {
            Some(task) => Err(StateError::TaskRunning { task: task.name.clone(), status: task.status }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
