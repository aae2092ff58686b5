//! Verifies a reset: reads the offsets again until every partition is at its target or the time is up.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::provider::poll_interval::PollInterval;
use crate::provider::together::together;

use super::inactive::look;
use super::job::{Job, Unread};
use super::judge::{Verdict, clamped, judge, lies_outside};
use super::message_evidence::{PartitionMessages, StoredMessages, judge_by_messages};
use super::observe;
use super::offsets::OffsetRecord;
use super::position::Position;
use super::request::Scope;
use super::resolve::{Aim, Plan};
use super::sent::Sent;
use super::verification::{PartitionResult, Verification, offset_record};

const STEP: &str = "verifying the reset";
/// How long to read again while a partition is not at its target, because the service may report a committed offset
/// with a delay.
const PATIENCE: Duration = Duration::from_secs(4);
/// The same while a background task that cannot be followed may be running.
const PATIENCE_WITH_UNSEEN_TASK: Duration = Duration::from_secs(120);

/// Reads the offsets and judges them, repeatedly if needed. `sent`: whether the reset was sent, for errors. `in_doubt`:
/// an answer or a background task reported a failure. `task_unseen`: a background task may still be running.
pub(super) async fn verify(
    job: &Job<'_>,
    plan: &Plan,
    before: &[Position],
    sent: &Sent,
    in_doubt: bool,
    task_unseen: bool,
) -> Result<Verification, Unread> {
    let patience = if task_unseen { PATIENCE_WITH_UNSEEN_TASK } else { PATIENCE };
    let in_doubt = in_doubt || task_unseen;
    let started = Instant::now();
    let mut pace = PollInterval::new(Duration::from_millis(250), Duration::from_secs(5));
    let mut group = look(job, sent).await?;
    let mut after = observe::moved_on(job, before, &group, sent).map_err(Unread::Failed)?;
    let mut is_current = false;
    loop {
        let work = judge_all(job, plan, before, &after, is_current);
        let results = job.step(STEP, sent, work).await.map_err(Unread::Failed)?;
        let is_over = is_settled(&job.request.scope, &results, in_doubt) || started.elapsed() >= patience;
        if is_over && (is_current || results.iter().all(|it| holds_with_old_ends(it, in_doubt))) {
            return Ok(Verification::new(job.request, &results, &group, sent, in_doubt));
        }
        job.step(STEP, sent, tokio::time::sleep(pace.pause())).await.map_err(Unread::Failed)?;
        group = look(job, sent).await?;
        after = with_all_of(before, observe::positions(job, &group, sent).await?.positions);
        is_current = true;
    }
}

/// Whether a verdict holds even if some ends of the log were read before the reset. If the offset has not moved, or the
/// service did not confirm the reset, only a changed end can show the difference.
fn holds_with_old_ends(result: &PartitionResult, in_doubt: bool) -> bool {
    let committed = result.after.committed;
    (committed.is_some() && committed == result.aim.sent_offset())
        || (!in_doubt && committed != result.before.committed)
}

/// Whether further reads cannot change the outcome.
fn is_settled(scope: &Scope, results: &[PartitionResult], in_doubt: bool) -> bool {
    let moved = results.iter().any(|it| it.verdict.is_verified(in_doubt) && it.before.committed != it.after.committed);
    results.iter().all(|it| match &it.verdict {
        // Until a partition has moved, one without an offset may still get it.
        Verdict::Skipped => moved && *scope == Scope::EveryTopic,
        verdict => verdict.is_verified(in_doubt),
    })
}

/// Judges every partition that the plan moves. For a time, reads the messages around its committed offset.
async fn judge_all(
    job: &Job<'_>,
    plan: &Plan,
    before: &[Position],
    after: &[Position],
    is_current: bool,
) -> Vec<PartitionResult> {
    together(pairs(plan, before, after), |(aim, before, after)| {
        let messages = StoredMessages {
            client: job.client.clone(),
            instance: job.address.instance.clone(),
            topic: after.topic.clone(),
            partition: after.partition,
        };
        async move {
            let verdict = match (judge(aim, &before, &after), aim) {
                (Some(verdict), _) => verdict,
                (None, Aim::Time(time)) => judge_by_messages(time, &before, &after, is_current, &messages).await,
                (None, _) => Verdict::Misplaced,
            };
            let clamped = match (&verdict, clamped(aim, &after), aim) {
                (Verdict::Misplaced, ..) => lies_outside(aim, &after),
                // The time lies before the log if the first message is younger.
                (_, None, Aim::Time(time)) => messages.first().await.ok().map(|first| time < first.timestamp),
                (_, clamped, _) => clamped,
            };
            PartitionResult { aim, before, after, verdict, clamped }
        }
    })
    .await
}

/// The records if the reset could not be verified: the offsets before, and the current ones if they can be read.
pub(super) async fn records_without_verification(job: &Job<'_>, plan: &Plan, before: &[Position]) -> Vec<OffsetRecord> {
    let after = match look(job, &Sent::Accepted).await {
        Ok(group) => observe::moved_on(job, before, &group, &Sent::Accepted).unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    let now = |before: &Position| after.iter().find(|after| same(before, after));
    plan.touched(before).into_iter().map(|before| offset_record(before, now(before), None)).collect()
}

/// Each partition that the plan moves, before and after.
fn pairs(plan: &Plan, before: &[Position], after: &[Position]) -> Vec<(Aim, Position, Position)> {
    let after: HashMap<_, _> = after.iter().map(|it| ((&it.topic, it.partition), it)).collect();
    let pair = |before: &Position| {
        let after = after.get(&(&before.topic, before.partition))?;
        Some((plan.aim_of(before.partition)?, before.clone(), (*after).clone()))
    };
    before.iter().filter_map(pair).collect()
}

fn same(one: &Position, other: &Position) -> bool {
    one.partition == other.partition && one.topic == other.topic
}

/// Adds the partitions that are no longer listed, without a committed offset.
fn with_all_of(before: &[Position], mut after: Vec<Position>) -> Vec<Position> {
    let listed: HashSet<_> = after.iter().map(|it| (it.topic.clone(), it.partition)).collect();
    let missing = before.iter().filter(|it| !listed.contains(&(it.topic.clone(), it.partition)));
    after.extend(missing.map(|it| Position { committed: None, ..it.clone() }));
    after
}
