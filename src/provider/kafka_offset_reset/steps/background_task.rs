//! A reset of every topic, which the service carries out in the background: finding its task, and following it.
//!
//! No response names the task. So the existing tasks are recorded before the reset is sent, and only new ones are
//! followed. Meanwhile, this reset holds a lock on the instance (`reset_locks`).

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::huaweicloud::{Error, RESET_TASK_NAME, Task, TaskId, TaskStatus};
use crate::provider::poll_interval::PollInterval;

use super::super::context::{ReadError, ResetContext};
use super::super::report::{Activity, Failure, FailureKind, ResetDelivery};
use super::super::reset_plan::ResetPlan;
use super::send::{SEND_RESET, Submission, send_all};

pub(crate) const LIST_TASKS: Activity = Activity::new("list", "listing", "the service's background tasks");
const FOLLOW_TASK: Activity = Activity::new("follow", "following", "the service's background task");
/// How long to wait for the task of a reset whose response was lost, before each repetition.
const PAUSES_AFTER_LOSS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
const LOOK_AT_TASK: &str = "Look at the task in the console (Background Tasks).";
/// How long to follow a task whose status is not a documented status of a running task.
const UNKNOWN_STATUS_PATIENCE: Duration = Duration::from_secs(10);
/// How long the task may take to appear in the list.
const APPEARS_WITHIN: Duration = Duration::from_secs(60);

/// The background tasks of the instance, from the perspective of one reset.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    /// Tasks that existed before the reset.
    known: BTreeSet<TaskId>,
    /// New tasks that were followed to their end.
    followed: BTreeSet<TaskId>,
}

/// Reads the whole list of tasks. Its order is not documented, so all pages matter.
///
/// # Errors
/// The list cannot be read.
pub(crate) async fn known_tasks(ctx: &ResetContext<'_>) -> Result<Tasks, ReadError> {
    let mut tasks = Tasks::default();
    let read = async {
        let keep = |page: Vec<Task>| {
            tasks.known.extend(page.into_iter().map(|task| task.id));
            false
        };
        ctx.client.each_task_page(&ctx.address.instance, keep).await
    };
    ctx.read(&LIST_TASKS, read).await?;
    Ok(tasks)
}

/// Sends the only request of the plan. After a lost response, a new task indicates that the request arrived. The
/// request is repeated only if there is none, because each request that arrives starts a task.
pub(crate) async fn send(ctx: &ResetContext<'_>, plan: &ResetPlan, tasks: Option<&Tasks>) -> Submission {
    let (Some(tasks), [reset]) = (tasks, &plan.resets[..]) else { return send_all(ctx, plan).await };
    let request = plan.request(reset);
    let mut lost: Option<Error> = None;
    let mut pauses = PAUSES_AFTER_LOSS.into_iter();
    loop {
        let (client, tracker) = ctx.tracked_client();
        let error = match ctx.limits.run(client.reset_message_offset(&ctx.address, &request)).await {
            Ok(Ok(accepted)) => return Submission::accepted(accepted.request_id),
            Ok(Err(error)) => error,
            Err(interruption) => {
                let in_doubt = lost.is_some() || tracker.may_have_arrived();
                let delivery = if in_doubt { ResetDelivery::Unknown } else { ResetDelivery::NotSent };
                return Submission::failed(ctx.interrupted(&SEND_RESET, interruption), delivery);
            }
        };
        let was_lost = error.may_have_taken_effect();
        if !was_lost && lost.is_none() {
            let delivery = ResetDelivery::of_failed_request(&error);
            return Submission::failed(Failure::of_request(&SEND_RESET, &error), delivery);
        }
        // A refusal after a loss may be caused by the task of the lost reset: the service runs one task at a time.
        log::warn!("the response to a reset was lost, looking for its task: {}", error.report());
        let pause = pauses.next();
        if let Err(failure) = ctx.step(&SEND_RESET, tokio::time::sleep(pause.unwrap_or_default())).await {
            return Submission::failed(failure, ResetDelivery::Unknown);
        }
        match tasks.new_ones(ctx).await {
            Ok(new) if new.is_empty() && was_lost && pause.is_some() => lost = Some(error),
            _ => {
                let failure = Failure::of_request(&SEND_RESET, lost.as_ref().unwrap_or(&error));
                return Submission::failed(failure, ResetDelivery::Unknown);
            }
        }
    }
}

/// A list of tasks, or why it could not be read.
pub(crate) type TaskList = Result<Vec<Task>, ReadError>;

/// The end of a task.
#[derive(Debug)]
pub(crate) struct TaskEnd {
    pub(crate) id: TaskId,
    /// `None`: success.
    pub(crate) failure: Option<Failure>,
    /// The provider stopped following the task before it ended.
    pub(crate) may_be_running: bool,
}

impl Tasks {
    /// The reset tasks that are new and not followed yet, from the first page that has any.
    pub(crate) async fn new_ones(&self, ctx: &ResetContext<'_>) -> TaskList {
        let is_new = |task: &Task| {
            task.name == RESET_TASK_NAME && !self.known.contains(&task.id) && !self.followed.contains(&task.id)
        };
        let mut new = Vec::new();
        let read = async {
            let keep = |page: Vec<Task>| {
                new.extend(page.into_iter().filter(is_new));
                !new.is_empty()
            };
            ctx.client.each_task_page(&ctx.address.instance, keep).await
        };
        ctx.read(&FOLLOW_TASK, read).await?;
        Ok(new)
    }

    /// Follows the new tasks until they end. The first one has some time to appear in the list. More than one end means
    /// that another client reset offsets at the same time. No end means that no task appeared in time. `new`: the new
    /// tasks, if they have just been read.
    ///
    /// # Errors
    /// The tasks cannot be read, or the limits ended the step.
    pub(crate) async fn follow(
        &mut self,
        ctx: &ResetContext<'_>,
        new: Option<Vec<Task>>,
    ) -> Result<Vec<TaskEnd>, ReadError> {
        let mut ends = Vec::new();
        let mut new = match new {
            Some(new) => new,
            None if self.followed.is_empty() => self.first_ones(ctx).await?,
            None => self.new_ones(ctx).await?,
        };
        while !new.is_empty() {
            let had_ended = new.iter().all(|task| has_ended(&task.status));
            for task in new {
                self.followed.insert(task.id.clone());
                ends.push(follow_one(ctx, task).await?);
            }
            if had_ended && ctx.request.verify {
                // The list is recent, and verification lists the tasks again.
                break;
            }
            new = self.new_ones(ctx).await?;
        }
        Ok(ends)
    }

    /// Waits for new tasks. Empty: none appeared in time.
    async fn first_ones(&self, ctx: &ResetContext<'_>) -> Result<Vec<Task>, ReadError> {
        let started = Instant::now();
        let mut interval = PollInterval::new(Duration::from_millis(250), Duration::from_secs(2));
        loop {
            let new = self.new_ones(ctx).await?;
            if !new.is_empty() || started.elapsed() >= APPEARS_WITHIN {
                return Ok(new);
            }
            ctx.step(&FOLLOW_TASK, tokio::time::sleep(interval.pause())).await?;
        }
    }
}

fn has_ended(status: &TaskStatus) -> bool {
    matches!(status, TaskStatus::Success | TaskStatus::Failed | TaskStatus::Cancelled | TaskStatus::Deleted)
}

/// Follows a task until it ends, or until its status has been unknown for a while. Then the offsets are compared
/// instead.
async fn follow_one(ctx: &ResetContext<'_>, task: Task) -> Result<TaskEnd, ReadError> {
    let id = task.id.clone();
    // `None`: the service does not show the task.
    let mut shown = Some(task);
    let mut interval = PollInterval::new(Duration::from_millis(250), Duration::from_secs(5));
    let mut reported = None;
    let mut last_known = Instant::now();
    loop {
        let status = shown.as_ref().map(|task| task.status.clone());
        let described = match &status {
            None => "not shown".to_owned(),
            Some(TaskStatus::Other(status)) if status.is_empty() => "no status".to_owned(),
            Some(TaskStatus::Other(status)) => format!("an unknown status ({status:?})"),
            Some(status) => status.to_string(),
        };
        if reported.as_ref() != Some(&described) {
            ctx.progress.report(&format!("Background task {id}: {described}"));
            reported = Some(described.clone());
        }
        let text = shown.as_ref().and_then(|task| task.text.as_deref());
        let text = text.map(|text| format!(" The task's message: {}.", text.trim_end_matches('.'))).unwrap_or_default();
        let end = |failure, may_be_running| Ok(TaskEnd { id: id.clone(), failure, may_be_running });
        let failed = |how: &str| {
            let context = format!("The service's background task {how} (task {id}).{text}");
            let advice = format!("Some topics may have been reset and others not. {LOOK_AT_TASK}");
            end(Some(Failure::new(FailureKind::FailedInBackground, context, advice)), false)
        };
        let lost = |how: &str| {
            let context = format!("The service {how}, so it is not known whether the task has ended.{text}");
            end(Some(Failure::new(FailureKind::TaskStatusUnknown, context, LOOK_AT_TASK)), true)
        };
        match status {
            Some(TaskStatus::Success) => return end(None, false),
            Some(TaskStatus::Failed) => return failed("failed"),
            Some(TaskStatus::Cancelled) => return failed("was cancelled"),
            Some(TaskStatus::Deleted) => return failed("was deleted"),
            Some(TaskStatus::Created | TaskStatus::Executing) => last_known = Instant::now(),
            None | Some(TaskStatus::Other(_)) if last_known.elapsed() < UNKNOWN_STATUS_PATIENCE => {}
            None => return lost(&format!("does not show task {id}, although it listed the task before")),
            Some(TaskStatus::Other(_)) => return lost(&format!("reports {described} for background task {id}")),
        }
        let activity = FOLLOW_TASK.with(&format!("{id} (status {described})"));
        ctx.step(&activity, tokio::time::sleep(interval.pause())).await?;
        shown = ctx.read(&activity, ctx.client.show_task(&ctx.address.instance, &id)).await?;
    }
}
