//! Forecasts where a reset would move each partition, by reading messages if the target is a time.

use super::super::context::ResetContext;
use super::super::request::Scope;
use super::super::reset_plan::{Destination, Forecast, Position, ResetPlan, ResolvedTarget};
use super::locate_times::locate_times;

/// What the reset would do to each partition that it affects. The destination is unknown if the messages of the
/// partition cannot be read, or if the limits end the search first.
pub(crate) async fn forecast(ctx: &ResetContext<'_>, plan: &ResetPlan, positions: &[Position]) -> Vec<Forecast> {
    let is_every_topic = ctx.request.scope == Scope::EveryTopic;
    let affected = plan.affected(positions).into_iter().filter_map(|it| Some((it, plan.target_of(it.partition)?)));
    let affected: Vec<(&Position, ResolvedTarget)> = affected.collect();
    let without_messages = |(position, target): &(&Position, ResolvedTarget)| {
        Destination::without_messages(is_every_topic, *target, position)
    };
    let by_time = affected.iter().filter(|it| without_messages(it).is_none());
    let wanted = by_time.filter_map(|(position, target)| Some((*position, plan.sent_time(*target)?))).collect();
    let mut locations = locate_times(ctx, wanted).await.into_iter();
    let forecast = |it: &(&Position, ResolvedTarget)| {
        let (position, target) = (it.0.clone(), it.1);
        let by_time = || Some(Destination::of_time(plan.sent_time(target)?, position.log, locations.next()?));
        let destination = without_messages(it).or_else(by_time)?;
        Some(Forecast { position, target, destination })
    };
    affected.iter().filter_map(forecast).collect()
}
