//! Everything before a reset is sent: `acquire` the group, `observe` it, and check the list of background tasks.
//!
//! Reads that do not depend on each other are made at the same time. Their errors are reported in the order in which
//! their values are needed. Nothing here changes an offset, so after any failure here, the reset was not sent.

use crate::huaweicloud::{ConsumerGroup, GroupOffset, MessageOffset, Partition};
use crate::provider::reset_locks::{Conflict, Guard, LockScope, ResetLocks};

use super::context::{ReadError, ResetContext};
use super::report::{
    Activity, Failure, FailureKind, WarningKind, Warnings, describe_offsets, describe_partitions, describe_rollback,
};
use super::request::{OutOfRangePolicy, ResetRequest, Scope, Target};
use super::reset_plan::{Position, ResetPlan, Unresolvable, resolve};
use super::steps::{
    LIST_TASKS, PartitionReads, READ_GROUP, READ_TIMESTAMPS, Snapshot, Tasks, background_task,
    check_messages_are_readable, check_range, list_partitions, positions, read_group, service_time, topics_to_list,
    wait_for_inactive,
};

const READ_OFFSETS: Activity = Activity::new("read", "reading", "the group's offsets");
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

/// What is read in one round trip, before anything is decided.
pub(super) struct FirstReads {
    /// `None`: nothing needs the group.
    group: Option<ConsumerGroup>,
    /// The partitions of the topic. `None`: nothing needs them, or the reset affects every topic.
    partitions: Option<Result<PartitionReads, ReadError>>,
}

/// The existing background tasks. `None`: the reset affects one topic, so it has no task.
type TaskList = Option<Result<Tasks, ReadError>>;

/// Prepares a reset.
///
/// # Errors
/// The group is active, the target cannot be resolved, or a check failed or is not possible. Nothing was sent.
pub(super) async fn prepare(
    ctx: &ResetContext<'_>,
    locks: &ResetLocks,
    warnings: &mut Warnings,
) -> Result<Prepared, Failure> {
    let (reads, tasks, guard) = acquire(ctx, locks, warnings).await?;
    let (plan, before) = observe(ctx, Some(reads), warnings).await?;
    let tasks = known_tasks(ctx, tasks, warnings)?;
    Ok(Prepared { plan, before, tasks, guard })
}

/// Waits until the group has no members and no other reset conflicts with this one. Everything is read after the last
/// wait, because during a wait the ends of the logs and the list of tasks change. No lock is held while waiting for
/// members.
async fn acquire(
    ctx: &ResetContext<'_>,
    locks: &ResetLocks,
    warnings: &mut Warnings,
) -> Result<(FirstReads, TaskList, Guard), Failure> {
    let checks_members = ctx.request.require_inactive_group;
    let mut guard = locks.request(lock_scope(ctx));
    loop {
        let conflict = guard.conflict();
        let reads = tokio::try_join!(first_reads(ctx, checks_members), async { Ok(list_tasks(ctx).await) });
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
            (group, None) => return Ok((FirstReads { group, ..reads }, tasks, guard)),
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

/// Reads the group and, for a reset of one topic, its partitions at the same time.
///
/// # Errors
/// The group cannot be read. An error of the partitions is part of the result.
async fn first_reads(ctx: &ResetContext<'_>, checks_members: bool) -> Result<FirstReads, ReadError> {
    let needs_positions = needs_positions(ctx.request);
    let group = async {
        if !needs_positions && !checks_members {
            return Ok::<_, ReadError>(None);
        }
        let group = read_group(ctx).await?;
        if checks_members && group.is_inactive() {
            ctx.progress.report(&format!("Group inactive, state {}", group.state));
        }
        Ok(Some(group))
    };
    let partitions = async {
        match &ctx.request.scope {
            Scope::Topic(topic, _) if needs_positions => Some(list_partitions(ctx, vec![topic.clone()], None).await),
            _ => None,
        }
    };
    // An error of the group ends the other read.
    let (group, partitions) = tokio::try_join!(group, async { Ok(partitions.await) })?;
    Ok(FirstReads { group, partitions })
}

async fn list_tasks(ctx: &ResetContext<'_>) -> TaskList {
    match ctx.request.scope {
        Scope::EveryTopic => Some(background_task::known_tasks(ctx).await),
        Scope::Topic(..) => None,
    }
}

/// Makes the plan from what was read, and checks its targets. Returns the plan and the positions before the reset. Reads
/// the group if `reads` is `None`. Sends only reads, and waits neither for members nor for other resets.
///
/// # Errors
/// A read failed, the target cannot be resolved, or it is out of range.
pub(super) async fn observe(
    ctx: &ResetContext<'_>,
    reads: Option<FirstReads>,
    warnings: &mut Warnings,
) -> Result<(ResetPlan, Vec<Position>), Failure> {
    let reads = match reads {
        Some(reads) => reads,
        None => first_reads(ctx, false).await.map_err(|error| refused_read_of_offsets(ctx.request, error))?,
    };
    let (Snapshot { positions: before, complete }, message_read) = snapshot(ctx, reads).await?;
    let now = service_time(ctx, warnings).await?;
    let ResetRequest { scope, target, .. } = ctx.request;
    let plan = resolve(scope, target, &before, complete, now).map_err(unresolvable)?;
    if !before.is_empty() {
        let affected = plan.affected(&before);
        let (partitions, requests) = (affected.len(), plan.resets.len());
        ctx.progress.report(&format!("Partitions to reset: {partitions}; requests to send: {requests}"));
        for line in describe_rollback(&affected) {
            ctx.progress.report(&line);
        }
    }
    check_targets(ctx, &plan, &before, message_read).await?;
    Ok((plan, before))
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

/// The argument of a target that is relative to committed offsets.
fn relative_argument(request: &ResetRequest) -> Option<&'static str> {
    match request.target {
        Target::Current => Some("position"),
        Target::ShiftBy(_) => Some("shift_by"),
        _ => None,
    }
}

fn needs_positions(request: &ResetRequest) -> bool {
    request.verify || relative_argument(request).is_some() || request.out_of_range == OutOfRangePolicy::Error
}

/// The positions before the reset, and whether a message has been read. No positions: nothing needs them.
async fn snapshot(ctx: &ResetContext<'_>, reads: FirstReads) -> Result<(Snapshot, bool), Failure> {
    let (Some(group), true) = (reads.group, needs_positions(ctx.request)) else {
        return Ok((Snapshot { positions: Vec::new(), complete: false }, false));
    };
    let read = async {
        let PartitionReads { lists, message_read } = match reads.partitions {
            Some(partitions) => partitions?,
            None => list_partitions(ctx, topics_to_list(ctx, &group)?, message_to_read(ctx.request, &group)).await?,
        };
        Ok((positions(ctx, &group, lists)?, message_read))
    };
    let (snapshot, message_read) = read.await.map_err(|error| refused_read_of_offsets(ctx.request, error))?;
    if snapshot.positions.is_empty() {
        return Err(nothing_to_reset(&ctx.request.scope));
    }
    Ok((snapshot, message_read))
}

/// The partition whose last message shows that messages can be read, chosen before the partitions are listed. `None`:
/// the reset does not need that, or the group does not show a partition with messages.
fn message_to_read<'a>(request: &ResetRequest, group: &'a ConsumerGroup) -> Option<&'a GroupOffset> {
    let by_time = matches!(request.target, Target::Time(_) | Target::ByDuration(_));
    if !by_time || !request.verify || request.out_of_range == OutOfRangePolicy::Error {
        return None;
    }
    group.offsets.iter().filter(|it| it.log_end.is_some_and(|end| end > MessageOffset::MIN)).max_by_key(|it| it.log_end)
}

fn refused_member_check(error: ReadError) -> Failure {
    let advice = format!("The check for members needs {READ_PERMISSION}. {TURN_OFF_MEMBER_CHECK}.");
    error.refused(&READ_GROUP, "require_inactive_group", &advice)
}

/// The positions cannot be read. Names the argument that needs them.
fn refused_read_of_offsets(request: &ResetRequest, error: ReadError) -> Failure {
    let (argument, advice) = if let Some(argument) = relative_argument(request) {
        let advice = format!("This target is relative to the committed offsets. Reading them needs {READ_PERMISSION}.");
        (argument, advice)
    } else if request.out_of_range == OutOfRangePolicy::Error {
        let advice = format!(
            "on_out_of_range = \"error\" compares the target with the log of each partition. Reading the logs needs \
             {READ_PERMISSION}. To let the service use the nearer end of the log, set on_out_of_range = \"clamp\"."
        );
        ("on_out_of_range", advice)
    } else {
        let advice = format!("Verifying the reset needs {READ_PERMISSION}. {TURN_OFF_VERIFICATION}.");
        ("verify", advice)
    };
    error.refused(&READ_OFFSETS, argument, &advice)
}

/// Refuses a target outside the log, and a reset by time that could not be verified. `message_read`: a message of the
/// group has been read, so messages can be read.
async fn check_targets(
    ctx: &ResetContext<'_>,
    plan: &ResetPlan,
    before: &[Position],
    message_read: bool,
) -> Result<(), Failure> {
    let (checked, argument, advice) = if ctx.request.out_of_range == OutOfRangePolicy::Error {
        let advice = format!(
            "on_out_of_range = \"error\" compares the time with these timestamps. Reading them needs {READ_PERMISSION}."
        );
        (check_range(ctx, plan, before).await, "on_out_of_range", advice)
    } else if ctx.request.verify && !message_read {
        let advice = format!("Verifying a reset by time needs {READ_PERMISSION}. {TURN_OFF_VERIFICATION}.");
        (check_messages_are_readable(ctx, plan, before).await, "verify", advice)
    } else {
        return Ok(());
    };
    checked.map_err(|error| error.refused(&READ_TIMESTAMPS, argument, &advice))
}

/// The background tasks that exist before a reset of every topic. See [`Prepared::tasks`].
fn known_tasks(ctx: &ResetContext<'_>, tasks: TaskList, warnings: &mut Warnings) -> Result<Option<Tasks>, Failure> {
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
pub(super) fn warn_task_not_followed(why: &str, warnings: &mut Warnings) {
    let detail = format!(
        "The service resets every topic in a background task, and the provider could not wait for its end: {why}. \
         Before you start the group, look at the task in the console (Background Tasks). Following it needs the \
         permission dms:instance:getBackgroundTask."
    );
    warnings.push((WarningKind::TaskNotFollowed, detail));
}

const READ_PERMISSION: &str = "the permission dms:instance:get";
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
