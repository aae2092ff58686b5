//! Verifies a reset: reads the offsets again until every partition is at its target or the time is up.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::huaweicloud::{PartitionNumber, TopicName, UnixMillis};
use crate::provider::operation_limits::concurrently;
use crate::provider::poll_interval::PollInterval;

use super::super::context::{ReadError, ResetContext};
use super::super::locate::{SharedReads, StoredMessages};
use super::super::offset_record::OffsetRecord;
use super::super::report::{Activity, PartitionResult, Verification};
use super::super::request::Scope;
use super::super::reset_plan::{
    Forecast, Position, ResetPlan, ResolvedTarget, Verdict, clamped, judge, judge_by_messages, lies_outside,
};
use super::background_task::{TaskList, Tasks};
use super::group::read_group;
use super::offsets::{read_positions, refresh};

pub(crate) const VERIFY: Activity = Activity::new("verify", "verifying", "the reset");
/// How long to keep reading while a partition is not at its target, because the service may report a committed offset
/// with a delay.
const PATIENCE: Duration = Duration::from_secs(4);
/// The same while a background task that cannot be followed may be running.
const PATIENCE_WITH_UNSEEN_TASK: Duration = Duration::from_secs(120);

/// Reads the offsets and judges them, repeatedly if needed. `in_doubt`: a response was lost, or a background task
/// failed. `task_unseen`: a background task may still be running. `tasks`: also list the new tasks after each read of
/// the offsets, while the offsets are judged, and return the last list. If a forecast already proves a committed
/// offset, the messages around it are not read again, unless `in_doubt` or `task_unseen`.
///
/// # Errors
/// The offsets cannot be read. Offsets other than the requested ones are part of the result.
pub(crate) async fn verify(
    ctx: &ResetContext<'_>,
    plan: &ResetPlan,
    before: &[Position],
    forecasts: &[Forecast],
    in_doubt: bool,
    task_unseen: bool,
    tasks: Option<&Tasks>,
) -> Result<(Verification, Option<TaskList>), ReadError> {
    let patience = if task_unseen { PATIENCE_WITH_UNSEEN_TASK } else { PATIENCE };
    let in_doubt = in_doubt || task_unseen;
    // If the outcome is in doubt, the committed offset may be the old one, and the topic may have been created again.
    let forecasts = if in_doubt { &[] } else { forecasts };
    let started = Instant::now();
    let mut interval = PollInterval::new(Duration::from_millis(250), Duration::from_secs(5));
    let mut group = read_group(ctx).await?;
    let mut after = refresh(ctx, before, &group)?;
    let mut is_current = false;
    loop {
        let new_tasks = async {
            match tasks {
                Some(tasks) => Some(tasks.new_ones(ctx).await),
                None => None,
            }
        };
        let judged = async { tokio::join!(judge_all(ctx, plan, before, forecasts, &after, is_current), new_tasks) };
        let (results, new_tasks) = ctx.step(&VERIFY, judged).await?;
        let is_settled = is_settled(&ctx.request.scope, &results, in_doubt);
        let is_over = match is_current {
            true => is_settled || started.elapsed() >= patience,
            false => is_settled && results.iter().all(|it| holds_with_old_ends(it, in_doubt)),
        };
        if is_over {
            return Ok((Verification::new(&ctx.request.scope, &results, &group, in_doubt), new_tasks));
        }
        ctx.step(&VERIFY, tokio::time::sleep(interval.pause())).await?;
        group = read_group(ctx).await?;
        after = with_all_of(before, read_positions(ctx, &group).await?.positions);
        is_current = true;
    }
}

/// Whether a verdict holds even if some ends of the log were read before the reset. If the offset has not moved, or the
/// service did not confirm the reset, only a changed end can show the difference.
fn holds_with_old_ends(result: &PartitionResult, in_doubt: bool) -> bool {
    let committed = result.after.committed;
    (committed.is_some() && committed == result.target.sent_offset())
        || (!in_doubt && committed != result.before.committed)
}

/// Whether further reads cannot change the outcome.
fn is_settled(scope: &Scope, results: &[PartitionResult], in_doubt: bool) -> bool {
    let moved = results.iter().any(|it| it.verdict.is_verified(in_doubt) && it.before.committed != it.after.committed);
    results.iter().all(|it| match &it.verdict {
        // As long as no partition has moved, those without an offset may still get one.
        Verdict::Skipped => moved && *scope == Scope::EveryTopic,
        verdict => verdict.is_verified(in_doubt),
    })
}

/// Judges every partition that the plan moves. For a time, reads the messages around its committed offset, unless its
/// forecast has proven that offset.
async fn judge_all(
    ctx: &ResetContext<'_>,
    plan: &ResetPlan,
    before: &[Position],
    forecasts: &[Forecast],
    after: &[Position],
    is_current: bool,
) -> Vec<PartitionResult> {
    let shared = SharedReads::default();
    let forecasts: HashMap<_, _> = forecasts.iter().map(|it| (partition_key(&it.position), it)).collect();
    let judge_one = |(target, before, after): (ResolvedTarget, &Position, &Position)| {
        let is_proven = forecasts.get(&partition_key(after)).is_some_and(|forecast| forecast.proves(after));
        let (before, after, shared) = (before.clone(), after.clone(), &shared);
        async move {
            let (verdict, is_outside) = match (judge(target, &before, &after), plan.sent_time(target)) {
                (None, Some(_)) if is_proven => (Verdict::AsRequested, Some(false)),
                // After compaction, the earliest message of a topic can have a higher offset than the log start.
                (None, Some(time)) | (Some(Verdict::Misplaced), Some(time @ UnixMillis::MIN)) => {
                    let messages = StoredMessages {
                        client: &ctx.client,
                        instance: &ctx.address.instance,
                        topic: &after.topic,
                        partition: after.partition,
                        shared,
                    };
                    judge_by_messages(time, &before, &after, is_current, &messages).await
                }
                (verdict, _) => (verdict.unwrap_or(Verdict::Misplaced), None),
            };
            let clamped = match verdict {
                Verdict::Misplaced => lies_outside(target, &after),
                _ => clamped(target, &after).or(is_outside),
            };
            PartitionResult { target, before, after, verdict, clamped }
        }
    };
    concurrently(pairs(plan, before, after).into_iter().map(judge_one).collect()).await
}

/// The record if the reset could not be verified. `None`: the current offsets cannot be read.
pub(crate) async fn record_without_verification(
    ctx: &ResetContext<'_>,
    plan: &ResetPlan,
    before: &[Position],
) -> Option<OffsetRecord> {
    let group = read_group(ctx).await.ok()?;
    let after = refresh(ctx, before, &group).ok()?;
    let partitions: Vec<_> = pairs(plan, before, &after).into_iter().map(|(_, it, after)| (it, after, None)).collect();
    Some(OffsetRecord::new(&partitions))
}

/// Each partition that the plan moves, before and after.
fn pairs<'a>(
    plan: &ResetPlan,
    before: &'a [Position],
    after: &'a [Position],
) -> Vec<(ResolvedTarget, &'a Position, &'a Position)> {
    let after: HashMap<_, _> = after.iter().map(|it| (partition_key(it), it)).collect();
    let pair = |before: &'a Position| {
        let after = after.get(&partition_key(before))?;
        Some((plan.target_of(before.partition)?, before, *after))
    };
    before.iter().filter_map(pair).collect()
}

/// Adds the partitions that are no longer listed, as partitions without a committed offset.
fn with_all_of(before: &[Position], mut after: Vec<Position>) -> Vec<Position> {
    let listed: HashSet<_> = after.iter().map(|it| (it.topic.clone(), it.partition)).collect();
    let missing = before.iter().filter(|it| !listed.contains(&(it.topic.clone(), it.partition)));
    after.extend(missing.map(|it| Position { committed: None, ..it.clone() }));
    after
}

fn partition_key(position: &Position) -> (&TopicName, PartitionNumber) {
    (&position.topic, position.partition)
}
