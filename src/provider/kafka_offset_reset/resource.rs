//! The resource: create resets offsets; read, update and delete send nothing.

use std::sync::Arc;

use crate::provider::Configured;
use crate::provider::operation_limits::Limits;
use crate::tf_provider::value::Attr;
use crate::tf_provider::{
    ApplyResponse, CreateRequest, Diagnostics, MoveRequest, PlanRequest, PlanResponse, Resource, Schema,
};

use super::arguments::{Arguments, Form, OffsetReset};
use super::moved_state;
use super::offset_record::OffsetRecord;
use super::phases::{Outcome, ResetRecord, run};
use super::plan_time_checks::{TYPE_NAME, check_region, not_sent, warn_of_every_topic};
use super::preview::preview_in_plan;
use super::request::ResetRequest;
use super::schema;

/// The resource.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider) struct KafkaOffsetReset;

impl Resource for KafkaOffsetReset {
    type Model = OffsetReset;
    type Client = Configured;

    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn schema(&self) -> Schema {
        schema::resource()
    }

    fn validate(&self, config: OffsetReset) -> Diagnostics {
        ResetRequest::check(&config.arguments(), Form::Resource, None)
    }

    /// Plans the region of a new reset, refuses a region without an address, and previews the reset if requested. The
    /// warnings of a replacement come with its first plan, because Terraform drops those of the second one.
    async fn plan(&self, request: PlanRequest<OffsetReset, Configured>) -> PlanResponse<OffsetReset> {
        let PlanRequest { prior, mut planned, replaces, config, client, cancellation } = request;
        let mut diagnostics = Diagnostics::new();
        if prior.is_some() && !replaces {
            return PlanResponse { planned, diagnostics };
        }
        if let Some(configured) = &client {
            // Validation must not depend on the current time.
            let now = Some(configured.system.now());
            diagnostics.extend(ResetRequest::check(&config.arguments(), Form::Resource, now));
        }
        warn_of_every_topic(&planned.group, &planned.topic, &mut diagnostics);
        if let Some(configured) = &client {
            check_region(&config.region, configured.location(), &mut diagnostics);
            if let (None, Attr::Null, Some(region)) = (&prior, &config.region, configured.location().region()) {
                planned.region = Attr::Known(region.to_string());
            }
        }
        if !diagnostics.has_errors() {
            // The configuration shows whether the two computed arguments are unknown, or only not set.
            let (region, project_id) = (config.region.clone(), config.project_id.clone());
            let arguments = Arguments { region, project_id, ..planned.arguments() };
            // Boxed, because most plans have no preview, and large futures are slow to move.
            let preview = preview_in_plan(&arguments, Form::Resource, client.as_deref(), cancellation);
            diagnostics.extend(Box::pin(preview).await);
        }
        PlanResponse { planned, diagnostics }
    }

    async fn create(&self, request: CreateRequest<OffsetReset, Configured>) -> ApplyResponse<OffsetReset> {
        let CreateRequest { planned, client: configured, cancellation, .. } = request;
        let request = match ResetRequest::parse(&planned.arguments(), Form::Resource, configured.system.now()) {
            Ok(request) => request,
            Err(diagnostics) => return ApplyResponse::failed(not_sent(diagnostics)),
        };
        let limits = Limits::new(cancellation, request.timeout);
        let Outcome { record, diagnostics } = run(&request, &configured, &limits, Arc::default()).await;
        ApplyResponse { state: record.map(|record| state(planned, record)), diagnostics }
    }

    fn import_refusal(&self) -> String {
        "A reset is an event, so there is nothing to import. Write a resource block; its first apply resets the \
         offsets."
            .to_owned()
    }

    fn move_from(&self, request: MoveRequest) -> Result<OffsetReset, Diagnostics> {
        moved_state::from_official_provider(&request).unwrap_or_else(|| Err(request.unsupported(TYPE_NAME)))
    }
}

/// The plan, with its unknown values filled in.
fn state(planned: OffsetReset, record: ResetRecord) -> OffsetReset {
    let ResetRecord { region, project_id, reset_at, request_id, task_id, offsets } = record;
    let OffsetRecord { before, after, clamped, movement } = offsets;
    OffsetReset {
        region: Attr::from_option(region.map(|region| region.to_string())),
        project_id: Attr::Known(project_id.to_string()),
        id: Attr::Known(uuid::Uuid::new_v4().to_string()),
        reset_at: Attr::Known(reset_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        request_id: Attr::from_option(request_id),
        task_id: Attr::from_option(task_id),
        before: Attr::from_option(before),
        after: Attr::from_option(after),
        clamped: Attr::from_option(clamped),
        replayed_messages: Attr::from_option(movement.map(|it| it.replayed)),
        skipped_messages: Attr::from_option(movement.map(|it| it.skipped)),
        ..planned
    }
}
