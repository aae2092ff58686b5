//! Checks before a reset that its targets are in range, and that messages can be read to verify a reset by time.

use crate::huaweicloud::UnixMillis;

use super::super::context::{ReadError, ResetContext};
use super::super::locate::Undetermined;
use super::super::report::{Activity, Failure, FailureKind, bounded_list, describe_log, describe_target};
use super::super::reset_plan::{Outside, Position, ResetPlan, moved_by_time, offsets_out_of_range};
use super::locate_times::locate_times;

pub(crate) const READ_TIMESTAMPS: Activity = Activity::new("read", "reading", "the timestamps of the topic's messages");

/// Checks that every target is in the range of its log. A time is in range unless it is before the first message or
/// after the last one.
///
/// # Errors
/// A target is out of range, or messages cannot be read.
pub(crate) async fn check_range(
    ctx: &ResetContext<'_>,
    plan: &ResetPlan,
    positions: &[Position],
) -> Result<(), ReadError> {
    let mut out_of_range = offsets_out_of_range(plan, positions);
    // Timestamp 0 means "earliest", which is always in range.
    let wanted: Vec<_> =
        moved_by_time(plan, positions).into_iter().filter(|(_, time)| *time > UnixMillis::MIN).collect();
    let compare = async {
        let locations = locate_times(ctx, wanted.clone()).await;
        let (mut outside, mut unknown) = (Vec::new(), Vec::new());
        for ((position, time), location) in wanted.into_iter().zip(locations) {
            match location {
                Ok(it) if it.is_before_first_message(time) => outside.push((position, Outside::Before)),
                Ok(it) if it.is_after_last_message() => outside.push((position, Outside::After)),
                // The time lies between two messages, which is enough here.
                Ok(_) | Err(Undetermined::TooManyRequests { older: Some(_), newer: Some(_), .. }) => {}
                Err(Undetermined::Unreadable(error)) => return Err(error),
                Err(why) => unknown.push((position, why)),
            }
        }
        Ok((outside, unknown))
    };
    let (outside, unknown) = ctx.read(&READ_TIMESTAMPS, compare).await?;
    out_of_range.extend(outside);
    if !out_of_range.is_empty() {
        return Err(refused(plan, &out_of_range).into());
    }
    if unknown.is_empty() { Ok(()) } else { Err(not_comparable(&unknown).into()) }
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

/// The failure if it is not known whether times are in range.
fn not_comparable(unknown: &[(&Position, Undetermined)]) -> Failure {
    let line = |(position, why): &(&Position, Undetermined)| {
        let (topic, partition) = (position.topic.as_str(), position.partition);
        format!("  topic {topic:?} partition {partition}: {}", why.describe())
    };
    let lines: Vec<String> = unknown.iter().map(line).collect();
    let context =
        format!("The time cannot be compared with the messages of these partitions:\n{}", bounded_list(&lines));
    let advice = "Set on_out_of_range = \"clamp\" to use the nearer end of the log if the time is outside the log.";
    Failure::new(FailureKind::Failed, context, advice).with_path("on_out_of_range")
}
