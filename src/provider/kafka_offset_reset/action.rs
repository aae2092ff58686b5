//! The action: resets offsets each time it is invoked, and reports progress.

use std::sync::Arc;

use crate::provider::Configured;
use crate::provider::operation_limits::Limits;
use crate::tf_provider::{Action, Diagnostics, InvokeRequest, PlanActionRequest, Schema};

use super::arguments::{Arguments, Form};
use super::phases;
use super::plan_time_checks::{TYPE_NAME, check_region, not_sent, warn_of_every_topic};
use super::preview::preview_in_plan;
use super::report::ProgressReporter;
use super::request::ResetRequest;
use super::schema;

/// The action.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider) struct KafkaOffsetResetAction;

impl Action for KafkaOffsetResetAction {
    type Model = Arguments;
    type Client = Configured;

    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn schema(&self) -> Schema {
        schema::action()
    }

    fn validate(&self, config: Arguments) -> Diagnostics {
        ResetRequest::check(&config, Form::Action, None)
    }

    /// Sends only the reads of the preview.
    async fn plan(&self, request: PlanActionRequest<Arguments, Configured>) -> Diagnostics {
        let PlanActionRequest { config, client, cancellation } = request;
        // Validation must not depend on the current time.
        let now = client.as_ref().map(|configured| configured.system.now());
        let mut diagnostics = ResetRequest::check(&config, Form::Action, now);
        warn_of_every_topic(&config.group, &config.topic, &mut diagnostics);
        if let Some(configured) = &client {
            check_region(&config.region, configured.location(), &mut diagnostics);
        }
        if !diagnostics.has_errors() {
            // Boxed, because most plans have no preview, and large futures are slow to move.
            let preview = preview_in_plan(&config, Form::Action, client.as_deref(), cancellation);
            diagnostics.extend(Box::pin(preview).await);
        }
        diagnostics
    }

    async fn invoke(&self, request: InvokeRequest<Arguments, Configured>) -> Diagnostics {
        let InvokeRequest { config, client: configured, cancellation, progress } = request;
        let request = match ResetRequest::parse(&config, Form::Action, configured.system.now()) {
            Ok(request) => request,
            Err(diagnostics) => return not_sent(diagnostics),
        };
        let limits = Limits::new(cancellation, request.timeout);
        phases::run(&request, &configured, &limits, Arc::new(ProgressReporter::to(progress))).await.diagnostics
    }
}
