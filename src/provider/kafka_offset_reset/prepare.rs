//! Everything before a reset is sent: `acquire` the group, `observe` it, and list the known background tasks.
//!
//! Nothing here changes an offset, so after any failure here, the reset was not sent.

use crate::huaweicloud::{ConsumerGroup, Error, Partition};
use crate::provider::reset_locks::{Conflict, Guard, LockScope, ResetLocks};

use super::context::{ReadError, ResetContext};
use super::locate::Undetermined;
use super::report::{
    Activity, Failure, FailureKind, WarningKind, Warnings, describe_offsets, describe_partitions, describe_rollback,
};
use super::request::{ResetRequest, Scope, Target};
use super::reset_plan::{Destination, Forecast, Position, ResetPlan, Unresolvable, resolve};
use super::steps::{
    LIST_TASKS, READ_GROUP, READ_TIMESTAMPS, Snapshot, Tasks, background_task, check_messages_are_readable, forecast,
    read_group, read_positions, service_time, wait_for_inactive,
};
use super::target_checks;

pub(super) const READ_OFFSETS: Activity = Activity::new("read", "reading", "the group's offsets");
const AWAIT_INSTANCE: Activity = Activity::new(
    "wait for",
    "waiting for",
    "another reset on this instance, because one of the two resets every topic",
);
const AWAIT_PARTITIONS: Activity = Activity::new("wait for", "waiting for", "another reset of the same partitions");

/// A reset that is ready to be sent.
pub(super) struct Prepared {
    pub(super) plan: ResetPlan,
    /// The positions before the reset. Empty: nothing needs them, so they were not read.
    pub(super) before: Vec<Position>,
    /// The background tasks that exist. `None`: the reset affects one topic, or the credentials are not allowed to read
    /// tasks.
    pub(super) tasks: Option<Tasks>,
    pub(super) guard: Guard,
}

/// Prepares a reset.
///
/// # Errors
/// The group is active, the target cannot be resolved, or a check failed or is not possible. Nothing was sent.
pub(super) async fn prepare(
    ctx: &ResetContext<'_>,
    locks: &ResetLocks,
    warnings: &mut Warnings,
) -> Result<Prepared, Failure> {
    let (group, guard) = acquire(ctx, locks, warnings).await?;
    let (plan, before) = plan(ctx, group, warnings).await?;
    let tasks = known_tasks(ctx, warnings).await?;
    Ok(Prepared { plan, before, tasks, guard })
}

/// Waits until the group has no members and no other reset conflicts with this one. The group is `None` if the check
/// for members is turned off.
async fn acquire(
    ctx: &ResetContext<'_>,
    locks: &ResetLocks,
    warnings: &mut Warnings,
) -> Result<(Option<ConsumerGroup>, Guard), Failure> {
    let group = inactive_group(ctx).await?;
    let pending = locks.request(lock_scope(ctx));
    let Some(conflict) = pending.conflict() else { return Ok((group, pending.granted().await)) };
    let activity = match conflict {
        Conflict::Instance => AWAIT_INSTANCE,
        Conflict::Partitions => AWAIT_PARTITIONS,
    };
    ctx.progress.report(&format!("Now {}", activity.describe()));
    let guard = ctx.step(&activity, pending.granted()).await?;
    if conflict == Conflict::Partitions {
        let detail = "Another reset in this run changed offsets of the same partitions, and this reset waited for it. \
                      The order of the two is not defined unless one depends on the other (depends_on).";
        warnings.push((WarningKind::SamePartitions, detail.to_owned()));
    }
    // Clients may have joined during the wait.
    Ok((inactive_group(ctx).await?, guard))
}

/// Reads what the plan depends on, makes the plan, and checks its targets. Returns the plan and the positions before the
/// reset. Reads the group if it is needed and `group` is `None`. Sends only reads.
///
/// # Errors
/// A read failed, the target cannot be resolved, or it is out of range.
async fn plan(
    ctx: &ResetContext<'_>,
    group: Option<ConsumerGroup>,
    warnings: &mut Warnings,
) -> Result<(ResetPlan, Vec<Position>), Failure> {
    let snapshot = snapshot(ctx, group).await?;
    let plan = resolve_target(ctx, &snapshot, warnings).await?;
    let before = snapshot.positions;
    if !before.is_empty() {
        let affected = plan.affected(&before);
        let (partitions, requests) = (affected.len(), plan.resets.len());
        ctx.progress.report(&format!("Partitions to reset: {partitions}; requests to send: {requests}"));
        for line in describe_rollback(&affected) {
            ctx.progress.report(&line);
        }
    }
    check_targets(ctx, &plan, &before).await?;
    Ok((plan, before))
}

/// The group, and its positions in the scope of the request.
pub(super) struct Observation {
    pub(super) group: ConsumerGroup,
    pub(super) snapshot: Snapshot,
}

/// Reads the group and its positions once, without waiting.
///
/// # Errors
/// A read failed, or the group has no partition in the scope of the request.
pub(super) async fn observe(ctx: &ResetContext<'_>) -> Result<Observation, ReadError> {
    let group = read_group(ctx).await?;
    let snapshot = read_positions(ctx, &group).await?;
    if snapshot.positions.is_empty() {
        return Err(nothing_to_reset(&ctx.request.scope).into());
    }
    Ok(Observation { group, snapshot })
}

/// Resolves the target of the request.
///
/// # Errors
/// The group has no committed offset to which the target is relative, or the service's time cannot be read.
pub(super) async fn resolve_target(
    ctx: &ResetContext<'_>,
    snapshot: &Snapshot,
    warnings: &mut Warnings,
) -> Result<ResetPlan, Failure> {
    let now = service_time(ctx, warnings).await?;
    let ResetRequest { scope, target, .. } = ctx.request;
    resolve(scope, target, &snapshot.positions, snapshot.complete, now).map_err(unresolvable)
}

/// The group, once it has no members. `None`: the check is turned off.
async fn inactive_group(ctx: &ResetContext<'_>) -> Result<Option<ConsumerGroup>, Failure> {
    if !ctx.request.require_inactive_group {
        return Ok(None);
    }
    wait_for_inactive(ctx).await.map(Some).map_err(|error| {
        let advice = format!("The check for members needs {READ_PERMISSION}. {TURN_OFF_MEMBER_CHECK}.");
        error.refused(&READ_GROUP, "require_inactive_group", &advice)
    })
}

/// The partitions that this reset locks.
fn lock_scope(ctx: &ResetContext<'_>) -> LockScope {
    let ResetRequest { scope, target, .. } = ctx.request;
    let partitions = match (scope, target) {
        (_, Target::PartitionOffsets(offsets)) => Some(offsets.keys().copied().collect()),
        (Scope::Topic(_, Partition::Number(number)), _) => Some([*number].into()),
        (Scope::Topic(_, Partition::All) | Scope::EveryTopic, _) => None,
    };
    LockScope { group: ctx.address.clone(), topic: scope.topic().cloned(), partitions }
}

/// The positions before the reset. Empty: nothing needs them.
async fn snapshot(ctx: &ResetContext<'_>, group: Option<ConsumerGroup>) -> Result<Snapshot, Failure> {
    let request = ctx.request;
    let relative_argument = match request.target {
        Target::Current => Some("position"),
        Target::ShiftBy(_) => Some("shift_by"),
        _ => None,
    };
    if !request.verify && relative_argument.is_none() && target_checks::first(request).is_none() {
        return Ok(Snapshot { positions: Vec::new(), complete: false });
    }
    let read = async {
        let group = match group {
            Some(group) => group,
            None => read_group(ctx).await?,
        };
        read_positions(ctx, &group).await
    };
    let snapshot = read.await.map_err(|error| {
        let (argument, advice) = if let Some(argument) = relative_argument {
            let advice =
                format!("This target is relative to the committed offsets. Reading them needs {READ_PERMISSION}.");
            (argument, advice)
        } else if let Some((argument, why)) = target_checks::first(request) {
            (argument, format!("{why} Reading the logs needs {READ_PERMISSION}."))
        } else {
            let advice = format!("Verifying the reset needs {READ_PERMISSION}. {TURN_OFF_VERIFICATION}.");
            ("verify", advice)
        };
        error.refused(&READ_OFFSETS, argument, &advice)
    })?;
    if snapshot.positions.is_empty() { Err(nothing_to_reset(&request.scope)) } else { Ok(snapshot) }
}

/// Checks the targets before anything is sent: those that the request limits, and a reset by time that could not be
/// verified.
async fn check_targets(ctx: &ResetContext<'_>, plan: &ResetPlan, before: &[Position]) -> Result<(), Failure> {
    let request = ctx.request;
    if let Some((argument, why)) = target_checks::first(request) {
        let forecasts = forecast(ctx, plan, before).await;
        let forecasts = readable(forecasts).map_err(|error| {
            let advice = format!("{why} Reading the messages needs {READ_PERMISSION}.");
            ReadError::new(&READ_TIMESTAMPS, error).refused(&READ_TIMESTAMPS, argument, &advice)
        })?;
        return target_checks::check(request, &forecasts);
    }
    if request.verify {
        let advice = format!("Verifying a reset by time needs {READ_PERMISSION}. {TURN_OFF_VERIFICATION}.");
        let checked = check_messages_are_readable(ctx, plan, before).await;
        return checked.map_err(|error| error.refused(&READ_TIMESTAMPS, "verify", &advice));
    }
    Ok(())
}

/// The forecasts, if no message that they need was unreadable.
fn readable(forecasts: Vec<Forecast>) -> Result<Vec<Forecast>, Error> {
    let readable = |forecast: Forecast| match forecast.destination {
        Destination::Unknown { why: Undetermined::Unreadable(error), .. } => Err(error),
        _ => Ok(forecast),
    };
    forecasts.into_iter().map(readable).collect()
}

/// The background tasks that exist before a reset of every topic. See [`Prepared::tasks`].
async fn known_tasks(ctx: &ResetContext<'_>, warnings: &mut Warnings) -> Result<Option<Tasks>, Failure> {
    if ctx.request.scope != Scope::EveryTopic {
        return Ok(None);
    }
    match background_task::known_tasks(ctx).await {
        Ok(tasks) => Ok(Some(tasks)),
        Err(ReadError::Forbidden(error)) if !ctx.request.verify => {
            warn_task_not_followed(&error.report(), warnings);
            Ok(None)
        }
        Err(error) => {
            let advice = format!(
                "The service resets every topic in a background task. Following it needs the permission \
                 dms:instance:getBackgroundTask. {TURN_OFF_VERIFICATION}."
            );
            Err(error.refused(&LIST_TASKS, "verify", &advice))
        }
    }
}

/// Warns, before or after the reset is sent, that its background task cannot be followed.
pub(super) fn warn_task_not_followed(why: &str, warnings: &mut Warnings) {
    let detail = format!(
        "The service resets every topic in a background task, and the provider could not wait for its end: {why}. \
         Before you start the group, look at the task in the console (Background Tasks). Following it needs the \
         permission dms:instance:getBackgroundTask."
    );
    warnings.push((WarningKind::TaskNotFollowed, detail));
}

pub(super) const READ_PERMISSION: &str = "the permission dms:instance:get";
const TURN_OFF_MEMBER_CHECK: &str =
    "If you know that the group is stopped, you can reset without this check: set require_inactive_group = false";
const TURN_OFF_VERIFICATION: &str = "To reset without verification, set verify = false";
const OTHER_TARGET: &str = "Use another target, such as position = \"earliest\".";

fn nothing_to_reset(scope: &Scope) -> Failure {
    let (context, advice) = match scope {
        Scope::EveryTopic => (
            "The group has no committed offsets, so there is nothing to reset.",
            "To give the group offsets on one topic, set topic.",
        ),
        Scope::Topic(..) => ("The topic has no such partition.", "Correct the number."),
    };
    Failure::new(FailureKind::Failed, context, advice)
}

fn unresolvable(why: Unresolvable) -> Failure {
    match why {
        Unresolvable::NothingCommitted => {
            let context = "The group has no committed offset there, so there is nothing to commit again.";
            Failure::new(FailureKind::Failed, context, OTHER_TARGET)
        }
        Unresolvable::NothingToShift { missing, others } => {
            let missing = describe_partitions(&missing);
            let context = format!("The group has no committed offset on {missing}, so there is nothing to shift.");
            let advice = if others.is_empty() {
                OTHER_TARGET.to_owned()
            } else {
                let others = describe_offsets(others.into_iter());
                format!("To shift only the other partitions, set partition_offsets = {others} instead of shift_by.")
            };
            Failure::new(FailureKind::Failed, context, advice).with_path("shift_by")
        }
    }
}
