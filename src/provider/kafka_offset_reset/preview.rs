//! Previews a reset: reads what the reset would read, and forecasts the new offsets. Sends only reads.

use std::sync::Arc;
use std::time::Duration;

use crate::huaweicloud::ConsumerGroup;
use crate::provider::Configured;
use crate::provider::operation_limits::Limits;
use crate::tf_provider::{AttributePath, Cancellation, Diagnostics};

use super::arguments::{Arguments, Form};
use super::context::ResetContext;
use super::phases::{Observation, READ_OFFSETS, READ_PERMISSION, check_forecast, observe, resolve_target};
use super::report::{Failure, Warnings, describe_effect, describe_preview};
use super::request::ResetRequest;
use super::reset_plan::{Forecast, ResetPlan};
use super::steps::forecast;

const PREVIEW: &str = "Preview: resetting consumer group <group> <effect>";
const NOT_AVAILABLE: &str = "Preview of consumer group <group> not available";
/// The patterns of all titles, as the documentation lists them.
pub(super) const TITLES: &[&str] = &[PREVIEW, NOT_AVAILABLE];

/// The time limit at plan time.
const PLAN_TIMEOUT: Duration = Duration::from_secs(5);

/// The forecast of a reset, and what it is based on.
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
    let advice = format!("A preview needs {READ_PERMISSION}.");
    let observed = observe(ctx).await.map_err(|error| error.refused(&READ_OFFSETS, "group", &advice));
    let Observation { group, snapshot, .. } = observed?;
    let plan = resolve_target(ctx, &snapshot, warnings).await?;
    let forecasts = forecast(ctx, &plan, &snapshot.positions).await;
    Ok(Preview { group, plan, forecasts })
}

/// The preview of a plan as one warning. It never fails the plan.
pub(super) async fn preview_in_plan(
    arguments: &Arguments,
    form: Form,
    configured: Option<&Configured>,
    cancellation: Cancellation,
) -> Diagnostics {
    let is_wanted = arguments.preview.known().copied().unwrap_or(arguments.preview.is_null() && form == Form::Action);
    if !is_wanted {
        return Diagnostics::new();
    }
    let group = arguments.group.known().map_or("(known after apply)".to_owned(), |group| format!("{group:?}"));
    let titled = |title: &str, detail: String| {
        Diagnostics::from_warning(AttributePath::root(), title.replace("<group>", &group), detail)
    };
    let known = configured.and_then(|it| Some((it, ResetRequest::known(arguments, form, it.system.now())?)));
    let Some((configured, request)) = known else {
        return titled(NOT_AVAILABLE, "Some arguments of the reset are known only after the apply.".to_owned());
    };
    let limits = Limits::new(cancellation, PLAN_TIMEOUT);
    let read = async {
        let ctx = ResetContext::connect(&request, configured, &limits, Arc::default()).await?;
        let preview = preview(&ctx, &mut Warnings::new()).await;
        preview.map_err(|failure| failure.not_sent(&request, ctx.region()))
    };
    match read.await {
        Ok(Preview { group, plan, forecasts }) => {
            let refusal = check_forecast(&request, &forecasts).err();
            let detail = describe_preview(&request, &plan, &forecasts, &group, refusal.as_ref().map(Failure::context));
            titled(&PREVIEW.replace("<effect>", &describe_effect(&forecasts)), detail)
        }
        Err(errors) => {
            let why = errors.iter().find_map(|error| error.detail.lines().next());
            titled(NOT_AVAILABLE, why.unwrap_or("The group cannot be read.").to_owned())
        }
    }
}
