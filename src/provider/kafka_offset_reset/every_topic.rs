//! A reset of every topic, which the service does in the background: finding its task, and following it to its end.
//!
//! Nothing in an answer names the task. So the tasks that are there already are remembered before the reset is sent, and
//! only a new one is followed; the instance is kept for this reset alone meanwhile (`instance_locks`).

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::huaweicloud::{Accepted, Error, RESET_TASK_NAME, Task, TaskId, TaskStatus};
use crate::provider::pace::Pace;

use super::failure::Failure;
use super::job::{Job, Unread};
use super::resolve::Plan;
use super::send;
use super::sent::Sent;

const STEP: &str = "following the service's background task";
/// Heading of a task's end that is none of the way there.
const TASK_ENDED_BADLY: &str = "Kafka offset reset failed in the background";
/// How long to wait for the task of a reset whose answer was lost, before it is sent again. As many pauses, as many
/// repetitions.
const PAUSES_AFTER_LOSS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// How long the task may take to show up in the list.
const APPEARS_WITHIN: Duration = Duration::from_secs(60);

/// The tasks that were there before.
#[derive(Debug, Default)]
pub(super) struct KnownTasks(BTreeSet<TaskId>);

/// Reads the whole list of tasks. Its order is not published, so no part of it can be left out.
pub(super) async fn known_tasks(job: &Job<'_>) -> Result<KnownTasks, Unread> {
    let mut known = KnownTasks::default();
    let read = async {
        each_page(job, |page| {
            known.0.extend(page.into_iter().map(|task| task.id));
            false
        })
        .await
    };
    job.read("listing the service's background tasks", &Sent::No, read).await?;
    Ok(known)
}

impl KnownTasks {
    /// Whether it is a reset that was not there before.
    fn is_new(&self, task: &Task) -> bool {
        task.name == RESET_TASK_NAME && !self.0.contains(&task.id)
    }
}

/// Gives the list of tasks to `enough`, page by page, until it says so. A page without a task that was not seen before
/// is taken for the last: a service that pages in another way must not hold us for ever.
async fn each_page(job: &Job<'_>, mut enough: impl FnMut(Vec<Task>) -> bool) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    loop {
        let start = u32::try_from(seen.len()).unwrap_or(u32::MAX).saturating_add(1);
        let page = job.client.list_tasks(&job.address.instance, start).await?;
        let unseen: Vec<Task> = page.tasks.into_iter().filter(|task| seen.insert(task.id.clone())).collect();
        let complete = page.count.is_some_and(|count| u64::try_from(seen.len()).is_ok_and(|seen| seen >= count));
        if unseen.is_empty() || enough(unseen) || complete {
            return Ok(());
        }
    }
}

/// The new tasks on the first page that has any; none if there are none yet.
async fn new_tasks(job: &Job<'_>, known: &KnownTasks, sent: &Sent) -> Result<Vec<Task>, Unread> {
    let mut new = Vec::new();
    let read = async {
        each_page(job, |page| {
            new.extend(page.into_iter().filter(|task| known.is_new(task)));
            !new.is_empty()
        })
        .await
    };
    job.read(STEP, sent, read).await?;
    Ok(new)
}

/// Sends the one reset of the plan. When the answer is lost, a task that shows up says that the reset arrived; it is
/// sent again only when there is none, since each one that arrives makes a task of its own.
pub(super) async fn send(job: &Job<'_>, plan: &Plan, known: Option<&KnownTasks>) -> Result<Accepted, Failure> {
    let Some(known) = known else { return send::all(job, plan).await };
    let Some(reset) = plan.steps.first().map(|step| plan.request(step)) else {
        return Ok(Accepted { request_id: None });
    };
    let mut lost: Option<Error> = None;
    let mut pauses = PAUSES_AFTER_LOSS.into_iter();
    loop {
        let (client, watch) = job.watched_client();
        let error = match job.limits.run(client.reset_message_offset(job.address, &reset)).await {
            Ok(Ok(accepted)) => return Ok(accepted),
            Ok(Err(error)) => error,
            Err(interruption) => {
                let in_doubt = lost.is_some() || watch.may_have_arrived();
                let sent = if in_doubt { Sent::Perhaps } else { Sent::No };
                return Err(job.interrupted(send::STEP, interruption, sent));
            }
        };
        let was_lost = error.may_have_been_done();
        if !was_lost && lost.is_none() {
            return Err(Failure::error(send::STEP, &error, Sent::after(&error)));
        }
        // A refusal after a loss may well be about the task of the reset that was lost: the service runs one at a time.
        log::warn!("the answer to a reset was lost, looking for its task: {}", error.report());
        let pause = pauses.next();
        job.step(send::STEP, &Sent::Perhaps, tokio::time::sleep(pause.unwrap_or_default())).await?;
        match new_tasks(job, known, &Sent::Perhaps).await {
            Ok(new) if !new.is_empty() => return Ok(Accepted { request_id: None }),
            Ok(_) if was_lost && pause.is_some() => lost = Some(error),
            _ => return Err(Failure::error(send::STEP, lost.as_ref().unwrap_or(&error), Sent::Perhaps)),
        }
    }
}

/// How the task ended.
#[derive(Debug)]
pub(super) enum Followed {
    /// With success.
    Done(TaskId),
    /// In another way, told.
    Failed(Option<TaskId>, Failure),
    /// There were several, so that nobody can tell which one is ours; why it matters, told.
    Several(String),
    /// No task has shown up in time.
    NotSeen,
    /// The keys may no longer read tasks.
    Forbidden(Error),
}

/// Follows the new task to its end; all of them, where somebody else reset at the same moment.
pub(super) async fn follow(job: &Job<'_>, known: &KnownTasks) -> Followed {
    let mut new = match find(job, known).await {
        Ok(new) => new,
        Err(Unread::Forbidden(error)) => return Followed::Forbidden(error),
        Err(Unread::Failed(failure)) => return Followed::Failed(None, failure),
    };
    let Some(task) = new.pop() else { return Followed::NotSeen };
    if new.is_empty() {
        return follow_one(job, task).await;
    }
    new.push(task);
    let mut ends = Vec::new();
    for task in new {
        let id = task.id.clone();
        match follow_one(job, task).await {
            Followed::Done(_) => ends.push(format!("{id} ended with success")),
            Followed::Failed(_, failure) if failure.is_titled(TASK_ENDED_BADLY) => ends.push(format!("{id} did not")),
            other => return other,
        }
    }
    Followed::Several(format!("{} new ones have shown up: {}", ends.len(), ends.join(", ")))
}

async fn follow_one(job: &Job<'_>, mut task: Task) -> Followed {
    let id = task.id.clone();
    let mut pace = Pace::new(Duration::from_millis(250), Duration::from_secs(5));
    let mut told = None;
    loop {
        if told.as_ref() != Some(&task.status) {
            job.narration.tell(&format!("Background task {id}: {}", task.status));
            told = Some(task.status.clone());
        }
        let ended = match task.status {
            TaskStatus::Success => return Followed::Done(id),
            TaskStatus::Failed => Some("The service's background task failed"),
            TaskStatus::Cancelled => Some("The service's background task was cancelled"),
            TaskStatus::Deleted => Some("The service's background task was deleted"),
            TaskStatus::Created | TaskStatus::Executing | TaskStatus::Other(_) => None,
        };
        if let Some(how) = ended {
            return Followed::Failed(Some(id.clone()), ended_badly(how, &id, task.text.as_deref()));
        }
        let next = async {
            job.step(STEP, &Sent::Accepted, tokio::time::sleep(pace.pause())).await.map_err(Unread::Failed)?;
            job.read(STEP, &Sent::Accepted, job.client.show_task(&job.address.instance, &id)).await
        };
        task = match next.await {
            Ok(Some(task)) => task,
            Ok(None) => {
                let how = "The record of the service's background task was removed before its end";
                return Followed::Failed(Some(id.clone()), ended_badly(how, &id, None));
            }
            Err(Unread::Forbidden(error)) => return Followed::Forbidden(error),
            Err(Unread::Failed(failure)) => return Followed::Failed(Some(id), failure),
        };
    }
}

/// The new tasks, once there are any; none when the time for it is over.
async fn find(job: &Job<'_>, known: &KnownTasks) -> Result<Vec<Task>, Unread> {
    let started = Instant::now();
    let mut pace = Pace::new(Duration::from_millis(250), Duration::from_secs(2));
    loop {
        let new = new_tasks(job, known, &Sent::Accepted).await?;
        if !new.is_empty() || started.elapsed() >= APPEARS_WITHIN {
            return Ok(new);
        }
        let pause = tokio::time::sleep(pace.pause());
        job.step(STEP, &Sent::Accepted, pause).await.map_err(Unread::Failed)?;
    }
}

fn ended_badly(how: &str, id: &TaskId, text: Option<&str>) -> Failure {
    let words = match text {
        Some(text) => format!(" It says: {text}"),
        None => String::new(),
    };
    let advice = "Some topics may have been reset and others not. Look at the task in the console (Background Tasks).";
    Failure::of(format!("{how} (task {id}).{words}"), Sent::Accepted, advice).titled(TASK_ENDED_BADLY)
}
