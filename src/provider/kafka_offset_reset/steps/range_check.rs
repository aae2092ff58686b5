//! Checks before a reset that its targets are in range, and that messages can be read to verify a reset by time.

use crate::huaweicloud::{Error, UnixMillis};
use crate::provider::operation_limits::try_concurrently;

use super::super::context::{ReadError, ResetContext};
use super::super::report::{Activity, Failure, FailureKind, bounded_list, describe_log, describe_target};
use super::super::reset_plan::{Outside, Position, ResetPlan, moved_by_time, offsets_out_of_range, time_outside};

pub(crate) const READ_TIMESTAMPS: Activity = Activity::new("read", "reading", "the timestamps of the topic's messages");

/// Checks that every target is in the range of its log. Times are compared with those of the first and the last
/// message.
///
/// # Errors
/// A target is out of range, or messages cannot be read.
pub(crate) async fn check_range<'a>(
    ctx: &ResetContext<'_>,
    plan: &ResetPlan,
    positions: &'a [Position],
) -> Result<(), ReadError> {
    let (client, instance) = (&ctx.client, &ctx.address.instance);
    let compare = |(position, time): (&'a Position, UnixMillis)| async move {
        let first = client.beginning_message(instance, &position.topic, position.partition).await?;
        let last = client.end_message(instance, &position.topic, position.partition).await?;
        Ok::<_, Error>(time_outside(time, &first, &last).map(|side| (position, side)))
    };
    // Timestamp 0 means "earliest".
    let comparisons: Vec<_> =
        moved_by_time(plan, positions).into_iter().filter(|(_, time)| *time > UnixMillis::MIN).map(compare).collect();
    let mut out_of_range = offsets_out_of_range(plan, positions);
    out_of_range.extend(ctx.read(&READ_TIMESTAMPS, try_concurrently(comparisons)).await?.into_iter().flatten());
    if out_of_range.is_empty() { Ok(()) } else { Err(refused(plan, &out_of_range).into()) }
}

/// Reads the last message of one partition that the plan moves by time. If messages cannot be read, the reset could not
/// be verified, so the provider refuses it before anything is sent.
///
/// # Errors
/// The message cannot be read.
pub(crate) async fn check_messages_are_readable(
    ctx: &ResetContext<'_>,
    plan: &ResetPlan,
    positions: &[Position],
) -> Result<(), ReadError> {
    let by_time = moved_by_time(plan, positions);
    let Some((position, _)) = by_time.first() else { return Ok(()) };
    let read = ctx.client.end_message(&ctx.address.instance, &position.topic, position.partition);
    ctx.read(&READ_TIMESTAMPS, read).await.map(|_| ())
}

fn refused(plan: &ResetPlan, out_of_range: &[(&Position, Outside)]) -> Failure {
    let line = |(position, side): &(&Position, Outside)| {
        let side = match side {
            Outside::Before => "before",
            Outside::After => "after",
        };
        let target = describe_target(plan.target_of(position.partition)?);
        let (topic, partition, log) = (position.topic.as_str(), position.partition, describe_log(position.log));
        Some(format!("  topic {topic:?} partition {partition}: {target} is {side} its log ({log})"))
    };
    let lines: Vec<String> = out_of_range.iter().filter_map(line).collect();
    let context = format!("The target is outside the log of these partitions:\n{}", bounded_list(&lines));
    let advice = "Correct the target, or set on_out_of_range = \"clamp\" to use the nearer end of the log.";
    Failure::new(FailureKind::OutOfRange, context, advice).with_path("on_out_of_range")
}
