//! Forecasts where a reset would lead, by reading messages if the target is a time.

use crate::provider::operation_limits::concurrently;

use super::super::context::ResetContext;
use super::super::locate::Undetermined;
use super::super::request::Scope;
use super::super::reset_plan::{Destination, Forecast, Position, ResetPlan, ResolvedTarget};
use super::locate_times::Messages;

/// What the reset would do to each partition that it affects. A partition whose messages cannot be read, or not before
/// the limits end the search, has an unknown destination.
pub(crate) async fn forecast(ctx: &ResetContext<'_>, plan: &ResetPlan, positions: &[Position]) -> Vec<Forecast> {
    let is_every_topic = ctx.request.scope == Scope::EveryTopic;
    let messages = Messages::new(ctx);
    let forecast = |position: &Position| {
        let (position, target) = (position.clone(), plan.target_of(position.partition)?);
        let known = Destination::without_messages(is_every_topic, target, &position);
        let messages = &messages;
        Some(async move {
            let destination = match (known, target) {
                (Some(known), _) => known,
                (None, ResolvedTarget::Time(time)) => {
                    let located = ctx.limits.run(messages.locate(time, &position)).await;
                    let location = located.unwrap_or(Err(Undetermined::Interrupted));
                    Destination::of_time(time, position.log, location)
                }
                (None, _) => Destination::Unchanged,
            };
            Forecast { position, target, destination }
        })
    };
    concurrently(positions.iter().filter_map(forecast).collect()).await
}
