//! A reset of every topic, which the service does in the background: finding its task, and following it to its end.
//!
//! No answer names the task. So the existing tasks are recorded before the reset is sent, and only new ones are
//! followed. Meanwhile, this reset holds a lock on the instance (`reset_locks`).

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::huaweicloud::{Accepted, Error, RESET_TASK_NAME, Task, TaskId, TaskStatus};
use crate::provider::poll_interval::PollInterval;

use super::failure::Failure;
use super::job::{Job, Unread};
use super::resolve::Plan;
use super::send;
use super::sent::Sent;

pub(super) const LIST_STEP: &str = "listing the service's background tasks";
const STEP: &str = "following the service's background task";
/// How long to wait for the task of a reset whose answer was lost, before it is sent again. As many pauses, as many
/// repetitions.
const PAUSES_AFTER_LOSS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// How long to follow a task whose status is not a documented status of a running task.
const UNKNOWN_STATUS_PATIENCE: Duration = Duration::from_secs(10);
/// How long the task may take to show up in the list.
const APPEARS_WITHIN: Duration = Duration::from_secs(60);

/// The tasks of the instance, as far as they matter to one reset.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    /// Those that were there before.
    known: BTreeSet<TaskId>,
    /// New ones that were followed to their end.
    followed: BTreeSet<TaskId>,
}

/// Reads the whole list of tasks. Its order is not published, so no part of it can be left out.
pub(super) async fn known_tasks(job: &Job<'_>) -> Result<Tasks, Unread> {
    let mut tasks = Tasks::default();
    let read = async {
        let keep = |page: Vec<Task>| {
            tasks.known.extend(page.into_iter().map(|task| task.id));
            false
        };
        job.client.each_task_page(&job.address.instance, keep).await
    };
    job.read(LIST_STEP, &Sent::No, read).await?;
    Ok(tasks)
}

/// The service took the reset, for all that is known.
pub(super) struct Taken {
    pub(super) accepted: Accepted,
    /// Why that is not certain: the answer was lost, and a task has shown up that may be another's.
    pub(super) doubt: Option<Failure>,
}

/// Sends the one reset of the plan. When the answer is lost, a task that shows up says that the reset may have arrived;
/// it is sent again only when there is none, since each one that arrives makes a task of its own.
pub(super) async fn send(job: &Job<'_>, plan: &Plan, tasks: Option<&Tasks>) -> Result<Taken, Failure> {
    let certain = |accepted| Taken { accepted, doubt: None };
    let Some(tasks) = tasks else { return send::all(job, plan).await.map(certain) };
    let Some(reset) = plan.steps.first().map(|step| plan.request(step)) else {
        return Ok(certain(Accepted { request_id: None }));
    };
    let mut lost: Option<Error> = None;
    let mut pauses = PAUSES_AFTER_LOSS.into_iter();
    loop {
        let (client, watch) = job.watched_client();
        let error = match job.limits.run(client.reset_message_offset(job.address, &reset)).await {
            Ok(Ok(accepted)) => return Ok(certain(accepted)),
            Ok(Err(error)) => error,
            Err(interruption) => {
                let in_doubt = lost.is_some() || watch.may_have_arrived();
                let sent = if in_doubt { Sent::Perhaps } else { Sent::No };
                return Err(job.interrupted(send::STEP, interruption, sent));
            }
        };
        let was_lost = error.may_have_taken_effect();
        if !was_lost && lost.is_none() {
            return Err(Failure::error(send::STEP, &error, Sent::after(&error)));
        }
        // A refusal after a loss may well be about the task of the reset that was lost: the service runs one at a time.
        log::warn!("the answer to a reset was lost, looking for its task: {}", error.report());
        let pause = pauses.next();
        job.step(send::STEP, &Sent::Perhaps, tokio::time::sleep(pause.unwrap_or_default())).await?;
        let told = |error: &Error| Failure::error(send::STEP, error, Sent::Perhaps);
        match tasks.new_ones(job, &Sent::Perhaps).await {
            Ok(new) if !new.is_empty() => {
                let doubt = Some(told(lost.as_ref().unwrap_or(&error)));
                return Ok(Taken { accepted: Accepted { request_id: None }, doubt });
            }
            Ok(_) if was_lost && pause.is_some() => lost = Some(error),
            _ => return Err(told(lost.as_ref().unwrap_or(&error))),
        }
    }
}

/// The end of a task.
#[derive(Debug)]
pub(super) struct End {
    pub(super) id: TaskId,
    /// None: success.
    pub(super) failure: Option<Failure>,
    /// The provider stopped following the task before it ended.
    pub(super) may_be_running: bool,
}

impl Tasks {
    /// The reset tasks that were not there before and were not followed, on the first page that has any.
    async fn new_ones(&self, job: &Job<'_>, sent: &Sent) -> Result<Vec<Task>, Unread> {
        let is_new = |task: &Task| {
            task.name == RESET_TASK_NAME && !self.known.contains(&task.id) && !self.followed.contains(&task.id)
        };
        let mut new = Vec::new();
        let read = async {
            let keep = |page: Vec<Task>| {
                new.extend(page.into_iter().filter(is_new));
                !new.is_empty()
            };
            job.client.each_task_page(&job.address.instance, keep).await
        };
        job.read(STEP, sent, read).await?;
        Ok(new)
    }

    /// Follows the new tasks to their ends. For the first one there is time to show up in the list; others are looked
    /// for once more at the end. More than one end: somebody else reset at the same moment. None: no task has shown up
    /// in time.
    pub(super) async fn follow(&mut self, job: &Job<'_>, sent: &Sent) -> Result<Vec<End>, Unread> {
        let mut ends = Vec::new();
        let mut new =
            if self.followed.is_empty() { self.first_ones(job, sent).await? } else { self.new_ones(job, sent).await? };
        while !new.is_empty() {
            for task in new {
                self.followed.insert(task.id.clone());
                ends.push(follow_one(job, task, sent).await?);
            }
            new = self.new_ones(job, sent).await?;
        }
        Ok(ends)
    }

    /// The new tasks, once there are any; none when the time for it is over.
    async fn first_ones(&self, job: &Job<'_>, sent: &Sent) -> Result<Vec<Task>, Unread> {
        let started = Instant::now();
        let mut pace = PollInterval::new(Duration::from_millis(250), Duration::from_secs(2));
        loop {
            let new = self.new_ones(job, sent).await?;
            if !new.is_empty() || started.elapsed() >= APPEARS_WITHIN {
                return Ok(new);
            }
            job.step(STEP, sent, tokio::time::sleep(pace.pause())).await.map_err(Unread::Failed)?;
        }
    }
}

/// Follows a task until it ends, or until its status has been unknown for a while. Then the offsets are compared
/// instead.
async fn follow_one(job: &Job<'_>, task: Task, sent: &Sent) -> Result<End, Unread> {
    let id = task.id.clone();
    // `None`: the service does not show the task.
    let mut shown = Some(task);
    let mut pace = PollInterval::new(Duration::from_millis(250), Duration::from_secs(5));
    let mut reported = None;
    let mut last_known = Instant::now();
    loop {
        let status = shown.as_ref().map(|task| task.status.clone());
        let described = match &status {
            None => "not shown".to_owned(),
            Some(TaskStatus::Other(status)) if status.is_empty() => "no status".to_owned(),
            Some(TaskStatus::Other(status)) => format!("unknown status {status:?}"),
            Some(status) => status.to_string(),
        };
        if reported.as_ref() != Some(&described) {
            job.narration.tell(&format!("Background task {id}: {described}"));
            reported = Some(described.clone());
        }
        let text = shown.as_ref().and_then(|task| task.text.as_deref());
        let end = |failure, may_be_running| Ok(End { id: id.clone(), failure, may_be_running });
        let failed = |how: &str| end(Some(ended_badly(how, &id, text, sent)), false);
        match status {
            Some(TaskStatus::Success) => return end(None, false),
            Some(TaskStatus::Failed) => return failed("The service's background task failed"),
            Some(TaskStatus::Cancelled) => return failed("The service's background task was cancelled"),
            Some(TaskStatus::Deleted) => return failed("The service's background task was deleted"),
            Some(TaskStatus::Created | TaskStatus::Executing) => last_known = Instant::now(),
            None | Some(TaskStatus::Other(_)) if last_known.elapsed() < UNKNOWN_STATUS_PATIENCE => {}
            None => {
                let how = format!("The service does not show task {id}, although it listed the task before");
                return end(Some(not_followed(&how, text, sent)), true);
            }
            Some(TaskStatus::Other(_)) => {
                let how = format!("The service's background task {id} has {described}");
                return end(Some(not_followed(&how, text, sent)), true);
            }
        }
        let step = format!("{STEP} {id} (status {described})");
        job.step(&step, sent, tokio::time::sleep(pace.pause())).await.map_err(Unread::Failed)?;
        shown = job.read(&step, sent, job.client.show_task(&job.address.instance, &id)).await?;
    }
}

fn ended_badly(how: &str, id: &TaskId, text: Option<&str>, sent: &Sent) -> Failure {
    let advice = "Some topics may have been reset and others not. Look at the task in the console (Background Tasks).";
    task_failure(&format!("{how} (task {id})"), text, sent, advice)
        .titled("Kafka offset reset failed in the background")
}

fn not_followed(how: &str, text: Option<&str>, sent: &Sent) -> Failure {
    let cause = format!("{how}, so it is not known whether the task has ended");
    let advice = "Look at the task in the console (Background Tasks).";
    task_failure(&cause, text, sent, advice).titled("Background task status not known")
}

fn task_failure(cause: &str, text: Option<&str>, sent: &Sent, advice: &str) -> Failure {
    let text = text.map(|text| format!(" The task's message: {text}")).unwrap_or_default();
    Failure::of(format!("{cause}.{text}"), sent.clone(), advice)
}
