//! The course of the task of a reset of every topic.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::state::time::after_millis;
use crate::state::{Instance, Reset};

use super::{RESET_TASK, Task, TaskStatus};

/// The course of the next reset of every topic of an instance.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AllTopicsReset {
    /// The time from the reset to the end of its task. The task is `CREATED` for the first half and `EXECUTING` for the
    /// second. Default: 0, so that the task ends before the response to the reset.
    pub delay_ms: u64,
    /// How the task ends. Offsets change at that time, and only with [`TaskOutcome::Success`].
    pub outcome: TaskOutcome,
    /// The `params` of the record. Default: `{}`.
    pub params: String,
    /// The time from the reset until the task is listed. Default: 0.
    pub appears_after_ms: u64,
}

impl Default for AllTopicsReset {
    fn default() -> Self {
        Self { delay_ms: 0, outcome: TaskOutcome::default(), params: "{}".to_owned(), appears_after_ms: 0 }
    }
}

/// How a task ends.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TaskOutcome {
    /// Completed.
    #[default]
    Success,
    /// Failed.
    Failed,
    /// Cancelled by a user.
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

/// The reset that a task carries out at its end.
#[derive(Clone, Debug)]
pub(super) struct PendingReset {
    group: String,
    reset: Reset,
    outcome: TaskOutcome,
    executes_at: Timestamp,
    ends_at: Timestamp,
}

impl Instance {
    /// Creates the task of a reset of every topic, and advances it to `now`.
    pub(in crate::state) fn start_reset_task(&mut self, id: String, group: &str, reset: &Reset, now: Timestamp) {
        let AllTopicsReset { delay_ms, outcome, params, appears_after_ms } = self.all_topics_reset.clone();
        let pending = PendingReset {
            group: group.to_owned(),
            reset: reset.clone(),
            outcome,
            executes_at: after_millis(now, delay_ms / 2),
            ends_at: after_millis(now, delay_ms),
        };
        self.tasks.push(Task {
            params,
            appears_at: Some(after_millis(now, appears_after_ms)),
            pending: Some(pending),
            ..Task::new(id, RESET_TASK, TaskStatus::Created, now)
        });
        self.advance_tasks(now);
    }

    /// Advances every task to `now`.
    pub(in crate::state) fn advance_tasks(&mut self, now: Timestamp) {
        // Taken out, because the end of a task changes the groups of the instance.
        let mut tasks = std::mem::take(&mut self.tasks);
        tasks.for_each_open(|task| self.advance_task(task, now));
        self.tasks = tasks;
    }

    fn advance_task(&mut self, task: &mut Task, now: Timestamp) {
        task.appears_at = task.appears_at.filter(|at| *at > now);
        // A test can have ended the task by setting its status.
        let Some(pending) = task.pending.take().filter(|_| !task.status.is_final()) else { return };
        if pending.ends_at <= now {
            task.updated_at = pending.ends_at;
            task.status = self.finish(&pending);
            return;
        }
        if pending.executes_at <= now && task.status == TaskStatus::Created {
            task.updated_at = pending.executes_at;
            task.status = TaskStatus::Executing;
        }
        task.pending = Some(pending);
    }

    /// Carries out the reset of a task. Returns `Failed` if the group can no longer be reset.
    fn finish(&mut self, pending: &PendingReset) -> TaskStatus {
        if pending.outcome == TaskOutcome::Success && self.apply_reset(&pending.group, &pending.reset).is_err() {
            return TaskStatus::Failed;
        }
        pending.outcome.into()
    }
}
