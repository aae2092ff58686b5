//! Checks before a reset by time that messages can be read, because otherwise it could not be verified.

use super::super::context::{ReadError, ResetContext};
use super::super::report::Activity;
use super::super::reset_plan::{Position, ResetPlan, moved_by_time};

pub(crate) const READ_TIMESTAMPS: Activity = Activity::new("read", "reading", "the timestamps of the topic's messages");

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
