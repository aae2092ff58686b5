//! Previews a reset: reads what the reset would read, and shows where it would lead. Sends only reads.

use std::sync::Arc;
use std::time::Duration;

use crate::huaweicloud::ConsumerGroup;
use crate::provider::Configured;
use crate::provider::operation_limits::Limits;
use crate::tf_provider::{AttributePath, Cancellation, Diagnostics};

use super::arguments::{Arguments, Form};
use super::context::{ReadError, ResetContext};
use super::prepare::{READ_OFFSETS, READ_PERMISSION, Observation, observe};
use super::report::{Failure, ProgressReporter, WarningKind, Warnings, describe_effect, describe_preview, into_diagnostics};
use super::request::ResetRequest;
use super::reset_plan::{Forecast, ResetPlan};
use super::steps::forecast;
use super::target_checks;

const PREVIEW: &str = "Preview: resetting consumer group <group> <effect>";
/// The patterns of all titles, as the documentation lists them.
pub(super) const TITLES: &[&str] = &[PREVIEW];

/// The time limit at plan time.
const PLAN_TIMEOUT: Duration = Duration::from_secs(5);

/// Where a reset would lead.
pub(super) struct Preview {
    pub(super) group: ConsumerGroup,
    pub(super) plan: ResetPlan,
    /// Sorted by topic and partition.
    pub(super) forecasts: Vec<Forecast>,
}

/// Previews a reset.
///
/// # Errors
/// The group or its topics cannot be read, or the target cannot be resolved.
pub(super) async fn preview(ctx: &ResetContext<'_>, warnings: &mut Warnings) -> Result<Preview, Failure> {
    let Observation { group, snapshot } = observe(ctx).await.map_err(|error| {
        error.refused(&READ_OFFSETS, "group", &format!("A preview needs {READ_PERMISSION}."))
    })?;
    let (plan, positions) = resolve_target(ctx, snapshot, warnings).await?;
    let forecasts = forecast(ctx, &plan, &positions).await;
    Ok(Preview { group, plan, forecasts })
}

/// The preview as one warning, for a plan. It never fails the plan.
pub(super) async fn preview_in_plan(
    arguments: &Arguments,
    form: Form,
    configured: &Configured,
    cancellation: Cancellation,
) -> Diagnostics {
    let Some(request) = ResetRequest::known(arguments, form, configured.system.now()) else { return unavailable() };
    if !request.preview {
        return Diagnostics::new();
    }
    let limits = Limits::new(cancellation, PLAN_TIMEOUT);
    todo!()
}
