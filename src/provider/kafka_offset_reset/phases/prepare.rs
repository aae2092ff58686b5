//! Everything before a reset is sent: `acquire` the group, `plan` the reset, and check the list of background tasks.
//!
//! Reads that do not depend on each other are made at the same time. Their errors are reported in the order in which
//! their values are needed. Nothing here changes an offset, so after any failure here, the reset was not sent.

use crate::huaweicloud::{Error, Partition};
use crate::provider::reset_locks::{Conflict, Guard, LockScope, ResetLocks};

use super::super::context::{ReadError, ResetContext};
use super::super::locate::Undetermined;
use super::super::report::{
    Activity, Failure, FailureKind, WarningKind, Warnings, describe_offsets, describe_partitions, describe_rollback,
};
use super::super::request::{ResetRequest, Scope, Target};
use super::super::reset_plan::{Destination, Forecast, Position, ResetPlan, Unresolvable, resolve};
use super::super::steps::{
    LIST_TASKS, READ_GROUP, READ_TIMESTAMPS, Snapshot, Tasks, background_task, check_messages_are_readable, forecast,
    service_time, wait_for_inactive,
};
use super::observe::{FirstReads, READ_OFFSETS, first_reads};
use super::target_checks;

const AWAIT_INSTANCE: Activity = Activity::new(
    "wait for",
    "waiting for",
    "another reset on this instance, because one of the two resets every topic",
);
const AWAIT_PARTITIONS: Activity = Activity::new("wait for", "waiting for", "another reset of the same partitions");

/// A reset that is ready to be sent.
pub(crate) struct Prepared {
    pub(crate) plan: ResetPlan,
    /// The positions before the reset. Empty: nothing needs them, so they were not read.
    pub(crate) before: Vec<Position>,
    /// The forecast of each affected partition. Empty: nothing needs them.
    pub(crate) forecasts: Vec<Forecast>,
    /// The background tasks that exist. `None`: the reset affects one topic, or the credentials are not allowed to read
    /// tasks.
    pub(crate) tasks: Option<Tasks>,
    pub(crate) guard: Guard,
}

/// The existing background tasks. `None`: the reset affects one topic, so it has no task.
type KnownTasks = Option<Result<Tasks, ReadError>>;

/// Prepares a reset.
///
/// # Errors
/// The group is active, the target cannot be resolved, or a check failed or is not possible. Nothing was sent.
pub(crate) async fn prepare(
    ctx: &ResetContext<'_>,
    locks: &ResetLocks,
    warnings: &mut Warnings,
) -> Result<Prepared, Failure> {
    let (reads, tasks, guard) = acquire(ctx, locks, warnings).await?;
    let (plan, before, forecasts) = plan(ctx, reads, warnings).await?;
    let tasks = known_tasks(ctx, tasks, warnings)?;
    Ok(Prepared { plan, before, forecasts, tasks, guard })
}

/// Waits until the group has no members and no other reset conflicts with this one. Everything is read after the last
/// wait, because the log ends and the list of tasks can change during a wait. No lock is held while waiting for
/// members.
async fn acquire(
    ctx: &ResetContext<'_>,
    locks: &ResetLocks,
    warnings: &mut Warnings,
) -> Result<(FirstReads, KnownTasks, Guard), Failure> {
    let checks_members = ctx.request.require_inactive_group;
    let needs_positions = needs_positions(ctx.request);
    let mut guard = locks.request(lock_scope(ctx));
    loop {
        let conflict = guard.conflict();
        let reads = tokio::try_join!(first_reads(ctx, checks_members || needs_positions, needs_positions), async {
            Ok(list_tasks(ctx).await)
        });
        let (reads, tasks) = reads.map_err(|error| match checks_members {
            true => refused_member_check(error),
            false => refused_read_of_offsets(ctx.request, error),
        })?;
        match (reads.group, conflict) {
            (Some(group), _) if checks_members && !group.is_inactive() => {
                drop(guard);
                wait_for_inactive(ctx, group).await.map_err(refused_member_check)?;
                guard = locks.request(lock_scope(ctx));
            }
            (_, Some(conflict)) => await_lock(ctx, &guard, conflict, warnings).await?,
            (group, None) => {
                if let (Some(group), true) = (&group, checks_members) {
                    ctx.progress.report(&format!("Group inactive, state {}", group.state));
                }
                return Ok((FirstReads { group, ..reads }, tasks, guard));
            }
        }
    }
}

/// Waits for an earlier reset that conflicts with this one.
async fn await_lock(
    ctx: &ResetContext<'_>,
    guard: &Guard,
    conflict: Conflict,
    warnings: &mut Warnings,
) -> Result<(), Failure> {
    let activity = match conflict {
        Conflict::Instance => AWAIT_INSTANCE,
        Conflict::Partitions => AWAIT_PARTITIONS,
    };
    ctx.progress.report(&format!("Now {}", activity.describe()));
    ctx.step(&activity, guard.granted()).await?;
    if conflict == Conflict::Partitions && !warnings.iter().any(|(kind, _)| *kind == WarningKind::SamePartitions) {
        let detail = "Another reset in this run changed offsets of the same partitions, and this reset waited for it. \
                      The order of the two is not defined unless one depends on the other (depends_on).";
        warnings.push((WarningKind::SamePartitions, detail.to_owned()));
    }
    Ok(())
}

async fn list_tasks(ctx: &ResetContext<'_>) -> KnownTasks {
    match ctx.request.scope {
        Scope::EveryTopic => Some(background_task::known_tasks(ctx).await),
        Scope::Topic(..) => None,
    }
}

/// Makes the plan from what was read, and checks its targets. Returns the plan, the positions before the reset, and
/// their forecasts. Positions and forecasts are empty if nothing needs them.
///
/// # Errors
/// A read failed, the target cannot be resolved, or a check refuses it.
async fn plan(
    ctx: &ResetContext<'_>,
    reads: FirstReads,
    warnings: &mut Warnings,
) -> Result<(ResetPlan, Vec<Position>, Vec<Forecast>), Failure> {
    let request = ctx.request;
    let checks_messages =
        request.verify && request.target.is_time() && target_checks::argument_that_needs_forecast(request).is_none();
    let observed = match needs_positions(request) {
        true => reads.complete(ctx, checks_messages).await.map_err(|error| refused_read_of_offsets(request, error))?,
        false => None,
    };
    let (snapshot, message_read) = observed.map(|it| (it.snapshot, it.message_read)).unwrap_or_default();
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
    // Boxed, because most resets need no forecast, and large futures are slow to move.
    let forecasts = Box::pin(check_forecast(ctx, &plan, &before, snapshot.complete)).await?;
    if checks_messages && !message_read {
        let advice = format!("Verifying a reset by time needs {READ_PERMISSION}. {TURN_OFF_VERIFICATION}.");
        let checked = check_messages_are_readable(ctx, &plan, &before).await;
        checked.map_err(|error| error.refused(&READ_TIMESTAMPS, "verify", &advice))?;
    }
    Ok((plan, before, forecasts))
}

/// Resolves the target of the request.
///
/// # Errors
/// The group has no committed offset to which the target is relative, or the service's time cannot be read.
pub(crate) async fn resolve_target(
    ctx: &ResetContext<'_>,
    snapshot: &Snapshot,
    warnings: &mut Warnings,
) -> Result<ResetPlan, Failure> {
    let now = service_time(ctx, warnings).await?;
    let ResetRequest { scope, target, .. } = ctx.request;
    resolve(scope, target, &snapshot.positions, snapshot.complete, now).map_err(unresolvable)
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

fn needs_positions(request: &ResetRequest) -> bool {
    request.verify
        || request.relative_argument().is_some()
        || target_checks::argument_that_needs_forecast(request).is_some()
}

fn refused_member_check(error: ReadError) -> Failure {
    let advice = format!("The check for members needs {READ_PERMISSION}. {TURN_OFF_MEMBER_CHECK}.");
    error.refused(&READ_GROUP, "require_inactive_group", &advice)
}

/// The positions cannot be read. Names the argument that needs them.
fn refused_read_of_offsets(request: &ResetRequest, error: ReadError) -> Failure {
    let (argument, advice) = if let Some(argument) = request.relative_argument() {
        let advice = format!("This target is relative to the committed offsets. Reading them needs {READ_PERMISSION}.");
        (argument, advice)
    } else if let Some((argument, why)) = target_checks::argument_that_needs_forecast(request) {
        (argument, format!("{why} Reading the logs needs {READ_PERMISSION}."))
    } else {
        let advice = format!("Verifying the reset needs {READ_PERMISSION}. {TURN_OFF_VERIFICATION}.");
        ("verify", advice)
    };
    error.refused(&READ_OFFSETS, argument, &advice)
}

/// Refuses a target that `on_out_of_range` or a limit does not allow. Returns the forecasts that these checks needed.
async fn check_forecast(
    ctx: &ResetContext<'_>,
    plan: &ResetPlan,
    before: &[Position],
    is_complete: bool,
) -> Result<Vec<Forecast>, Failure> {
    let Some((argument, why)) = target_checks::argument_that_needs_forecast(ctx.request) else { return Ok(Vec::new()) };
    let forecasts = readable(forecast(ctx, plan, before).await).map_err(|error| {
        let advice = format!("{why} Reading the messages needs {READ_PERMISSION}.");
        ReadError::new(&READ_TIMESTAMPS, error).refused(&READ_TIMESTAMPS, argument, &advice)
    })?;
    target_checks::check(ctx.request, &forecasts, is_complete)?;
    Ok(forecasts)
}

/// The forecasts, or the error of the first message that could not be read.
fn readable(forecasts: Vec<Forecast>) -> Result<Vec<Forecast>, Error> {
    let readable = |forecast: Forecast| match forecast.destination {
        Destination::Unknown { why: Undetermined::Unreadable(error), .. } => Err(error),
        _ => Ok(forecast),
    };
    forecasts.into_iter().map(readable).collect()
}

/// The background tasks that exist before a reset of every topic. See [`Prepared::tasks`].
fn known_tasks(ctx: &ResetContext<'_>, tasks: KnownTasks, warnings: &mut Warnings) -> Result<Option<Tasks>, Failure> {
    match tasks {
        None => Ok(None),
        Some(Ok(tasks)) => Ok(Some(tasks)),
        Some(Err(ReadError::Forbidden(error))) if !ctx.request.verify => {
            warn_task_not_followed(&error.report(), warnings);
            Ok(None)
        }
        Some(Err(error)) => {
            let advice = format!(
                "The service resets every topic in a background task. Following it needs the permission \
                 dms:instance:getBackgroundTask. {TURN_OFF_VERIFICATION}."
            );
            Err(error.refused(&LIST_TASKS, "verify", &advice))
        }
    }
}

/// Warns, before or after the reset is sent, that its background task cannot be followed.
pub(crate) fn warn_task_not_followed(why: &str, warnings: &mut Warnings) {
    let detail = format!(
        "The service resets every topic in a background task, and the provider could not wait for its end: {why}. \
         Before you start the group, look at the task in the console (Background Tasks). Following it needs the \
         permission dms:instance:getBackgroundTask."
    );
    warnings.push((WarningKind::TaskNotFollowed, detail));
}

pub(crate) const READ_PERMISSION: &str = "the permission dms:instance:get";
const TURN_OFF_MEMBER_CHECK: &str =
    "If you know that the group is stopped, you can reset without this check: set require_inactive_group = false";
const TURN_OFF_VERIFICATION: &str = "To reset without verification, set verify = false";
const OTHER_TARGET: &str = "Use another target, such as position = \"earliest\".";

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
