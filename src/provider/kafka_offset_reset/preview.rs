//! Previews a reset: reads what the reset would read, and forecasts the new offsets. Sends only reads.

use std::sync::Arc;
use std::time::Duration;

use crate::huaweicloud::ConsumerGroup;
use crate::provider::Configured;
use crate::provider::operation_limits::{Interruption, Limits};
use crate::tf_provider::value::{Attr, Number};
use crate::tf_provider::{AttributePath, Cancellation, Diagnostics};

use super::arguments::{Arguments, Form};
use super::context::ResetContext;
use super::phases::{Observation, READ_OFFSETS, READ_PERMISSION, check_limits, observe, resolve_target};
use super::report::{Failure, FailureKind, Warnings, describe_effect, describe_preview};
use super::request::ResetRequest;
use super::reset_plan::{Forecast, ResetPlan};
use super::steps::{READ_TIMESTAMPS, forecast};

// Titles name the topic, because Terraform merges warnings with equal titles.
const PREVIEW: &str = "Preview: resetting consumer group <group> on topic <topic> <effect>";
const PREVIEW_OF_EVERY_TOPIC: &str = "Preview: resetting consumer group <group> <effect>";
const NOT_AVAILABLE: &str = "Preview of consumer group <group> not available";
/// The patterns of all titles, as the documentation lists them.
pub(super) const TITLES: &[&str] = &[PREVIEW, PREVIEW_OF_EVERY_TOPIC, NOT_AVAILABLE];

/// The time limit at plan time.
const PLAN_TIMEOUT: Duration = Duration::from_secs(5);

/// The forecast of a reset, and what it is based on.
pub(super) struct Preview {
    pub(super) group: ConsumerGroup,
    pub(super) plan: ResetPlan,
    /// Sorted by topic and partition.
    pub(super) forecasts: Vec<Forecast>,
    /// Whether they have every partition that the reset affects.
    pub(super) is_complete: bool,
}

/// Previews a reset.
///
/// # Errors
/// The group or its topics cannot be read, the target cannot be resolved, or the user interrupted.
pub(super) async fn preview(ctx: &ResetContext<'_>, warnings: &mut Warnings) -> Result<Preview, Failure> {
    let advice = format!("A preview needs {READ_PERMISSION}.");
    let observed = observe(ctx).await.map_err(|error| error.refused(&READ_OFFSETS, "group", &advice));
    let Observation { group, snapshot, .. } = observed?;
    let plan = resolve_target(ctx, &snapshot, warnings).await?;
    let forecasts = forecast(ctx, &plan, &snapshot.positions).await;
    // Without the messages that an interrupted read lacks, the result would look complete.
    if ctx.limits.is_cancelled() {
        return Err(ctx.interrupted(&READ_TIMESTAMPS, Interruption::Cancelled));
    }
    Ok(Preview { group, plan, forecasts, is_complete: snapshot.complete })
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
    let titled = |title: &str, detail: &str| {
        Diagnostics::from_warning(AttributePath::root(), title.replace("<group>", &group), detail)
    };
    let Some(configured) = configured else {
        return titled(NOT_AVAILABLE, "The provider is not configured in this plan.");
    };
    let Some(request) = ResetRequest::known(&for_preview(arguments), form, configured.system.now()) else {
        return titled(NOT_AVAILABLE, "Some arguments of the reset are known only after the apply.");
    };
    let limits = Limits::new(cancellation, PLAN_TIMEOUT);
    let read = async {
        let ctx = ResetContext::connect(&request, configured, &limits, Arc::default()).await?;
        let preview = preview(&ctx, &mut Warnings::new()).await;
        preview.map_err(|failure| failure.not_sent(&request, ctx.region()))
    };
    match read.await {
        Ok(preview) => {
            let title = match request.scope.topic() {
                Some(topic) => PREVIEW.replace("<topic>", &format!("{:?}", topic.as_str())),
                None => PREVIEW_OF_EVERY_TOPIC.to_owned(),
            };
            let refusal = preview.refusal(&request);
            let Preview { group, plan, forecasts, .. } = preview;
            let detail = describe_preview(&request, &plan, &forecasts, &group, refusal.as_ref().map(Failure::context));
            titled(&title.replace("<effect>", &describe_effect(&forecasts)), &detail)
        }
        Err(errors) => {
            let why = errors.iter().find_map(|error| error.detail.lines().next());
            titled(NOT_AVAILABLE, why.unwrap_or("The group cannot be read."))
        }
    }
}

/// The arguments without those that a preview does not need. They may still be unknown.
fn for_preview(arguments: &Arguments) -> Arguments {
    let known_or_null = |text: &Attr<String>| text.known().cloned().map_or(Attr::Null, Attr::Known);
    let known_limit = |limit: &Attr<Number>| limit.known().cloned().map_or(Attr::Null, Attr::Known);
    Arguments {
        wait_for_inactive: known_or_null(&arguments.wait_for_inactive),
        timeout: known_or_null(&arguments.timeout),
        max_replayed_messages: known_limit(&arguments.max_replayed_messages),
        max_skipped_messages: known_limit(&arguments.max_skipped_messages),
        ..arguments.clone()
    }
}

impl Preview {
    /// Why an apply would refuse the reset now. `None` also if that is only unknown because the preview ended early.
    fn refusal(&self, request: &ResetRequest) -> Option<Failure> {
        let refusal = check_limits(request, &self.forecasts, self.is_complete).err()?;
        let is_certain = matches!(
            refusal.kind(),
            FailureKind::ReplaysTooMany(_) | FailureKind::SkipsTooMany(_) | FailureKind::OutOfRange
        );
        (is_certain || !self.forecasts.iter().any(Forecast::is_interrupted)).then_some(refusal)
    }
}
