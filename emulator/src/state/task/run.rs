//! The task of an all-topics reset, from its creation to its end.

use super::{RESET_TASK, Task, TaskStatus};
use crate::state::time::later;
use crate::state::{Instance, Reset};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How the next all-topics reset of an instance goes.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AllTopicsReset {
    /// From the reset to the end of its task. The task is `CREATED` for the first half and
    /// `EXECUTING` for the second. Default: 0, done before the reset is answered.
    pub delay_ms: u64,
    /// How the task ends. Offsets move at that moment, and only with [`TaskOutcome::Success`].
    pub outcome: TaskOutcome,
    /// What the record shows as `params`. Default: `{}`.
    pub params: String,
    /// From the reset to the moment when the task is in the list. Default: 0, at once.
    pub appears_after_ms: u64,
}

impl Default for AllTopicsReset {
    fn default() -> Self {
        Self { delay_ms: 0, outcome: TaskOutcome::default(), params: "{}".to_owned(), appears_after_ms: 0 }
    }
}

/// How a task may end.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TaskOutcome {
    /// Done.
    #[default]
    Success,
    /// Given up by the service.
    Failed,
    /// Given up by a user.
    Cancelled,
    /// Its record was marked as deleted.
    Deleted,
}

impl From<TaskOutcome> for TaskStatus {
    fn from(outcome: TaskOutcome) -> Self {
        match outcome {
            TaskOutcome::Success => Self::Success,
            TaskOutcome::Failed => Self::Failed,
            TaskOutcome::Cancelled => Self::Cancelled,
            TaskOutcome::Deleted => Self::Deleted,
        }
    }
}

/// What a task has still to do.
#[derive(Clone, Debug)]
pub(super) struct Work {
    group: String,
    reset: Reset,
    outcome: TaskOutcome,
    executes_at: Timestamp,
    ends_at: Timestamp,
}

impl Instance {
    /// Creates the task of an all-topics reset, and brings it as far as it is at once.
    pub(in crate::state) fn start_reset_task(&mut self, id: String, group: &str, reset: &Reset, now: Timestamp) {
        let AllTopicsReset { delay_ms, outcome, params, appears_after_ms } = self.all_topics_reset.clone();
        let work = Work {
            group: group.to_owned(),
            reset: reset.clone(),
            outcome,
            executes_at: later(now, delay_ms / 2),
            ends_at: later(now, delay_ms),
        };
        self.tasks.push(Task {
            params,
            appears_at: Some(later(now, appears_after_ms)),
            work: Some(work),
            ..Task::new(id, RESET_TASK, TaskStatus::Created, now)
        });
        self.advance_tasks(now);
    }

    /// Brings every task to where it is at `now`.
    pub(in crate::state) fn advance_tasks(&mut self, now: Timestamp) {
        let mut tasks = std::mem::take(&mut self.tasks);
        for task in &mut tasks {
            task.appears_at = task.appears_at.filter(|at| *at > now);
            // One that a test has ended by hand has nothing more to do.
            let Some(work) = task.work.take().filter(|_| !task.status.is_final()) else {
                continue;
            };
            if work.ends_at <= now {
                task.updated_at = work.ends_at;
                task.status = self.finish(&work);
                continue;
            }
            if work.executes_at <= now && task.status == TaskStatus::Created {
                task.updated_at = work.executes_at;
                task.status = TaskStatus::Executing;
            }
            task.work = Some(work);
        }
        self.tasks = tasks;
    }

    /// Does what the task is for. A group that can't be reset any more makes it fail.
    fn finish(&mut self, work: &Work) -> TaskStatus {
        if work.outcome == TaskOutcome::Success && self.carry_out(&work.group, &work.reset).is_err() {
            return TaskStatus::Failed;
        }
        work.outcome.into()
    }
}
