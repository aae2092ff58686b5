//! The resource's life: create resets, update and read send nothing, delete forgets.

use std::sync::Arc;

use crate::huaweicloud::Region;
use crate::provider::Configured;
use crate::provider::config::Location;
use crate::provider::limits::Limits;
use crate::tf_provider::value::Attr;
use crate::tf_provider::{
    ApplyResponse, AttributePath, CreateRequest, Diagnostics, MoveRequest, PlanRequest, PlanResponse, Resource, Schema,
};

use super::arguments::Form;
use super::moved;
use super::request::ResetRequest;
use super::run::{self, Ran, Trace};
use super::schema::{self, OffsetReset};

/// The resource.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider) struct KafkaOffsetReset;

impl Resource for KafkaOffsetReset {
    type Model = OffsetReset;
    type Client = Configured;

    fn type_name(&self) -> &'static str {
        super::TYPE_NAME
    }

    fn schema(&self) -> Schema {
        schema::resource()
    }

    fn validate(&self, config: OffsetReset) -> Diagnostics {
        ResetRequest::check(&config.arguments(), Form::Resource, None)
    }

    /// A create is planned with the region it will go to, and refused when that can't be reached.
    fn plan(&self, request: PlanRequest<OffsetReset, Configured>) -> PlanResponse<OffsetReset> {
        let PlanRequest { prior, mut planned, config, client } = request;
        let mut diagnostics = Diagnostics::new();
        if prior.is_some() {
            return PlanResponse { planned, diagnostics };
        }
        if let Some(configured) = &client {
            // Validation must not depend on the current time.
            let now = Some(configured.system.now());
            diagnostics.extend(ResetRequest::check(&config.arguments(), Form::Resource, now));
        }
        warn_of_every_topic(&planned.topic, &mut diagnostics);
        if let Some(configured) = client {
            check_region(&config.region, configured.location(), &mut diagnostics);
            if let (Attr::Null, Some(region)) = (&config.region, configured.location().region()) {
                planned.region = Attr::Known(region.to_string());
            }
        }
        PlanResponse { planned, diagnostics }
    }

    async fn create(&self, request: CreateRequest<OffsetReset, Configured>) -> ApplyResponse<OffsetReset> {
        let CreateRequest { planned, client: configured, cancellation, .. } = request;
        let request = match ResetRequest::parse(&planned.arguments(), Form::Resource, configured.system.now()) {
            Ok(request) => request,
            Err(diagnostics) => return ApplyResponse::failed(nothing_sent(diagnostics)),
        };
        let limits = Limits::new(cancellation, request.timeout);
        let Ran { trace, diagnostics } = run::run(&request, &configured, &limits, &Arc::default()).await;
        ApplyResponse { state: trace.map(|trace| state(planned, trace)), diagnostics }
    }

    fn import_refusal(&self) -> String {
        "An offset reset is something that was done, not something that is there: nothing at the service tells one \
         reset from another, so there is nothing to import. Write a resource block; its first apply resets the \
         offsets."
            .to_owned()
    }

    fn move_from(&self, request: MoveRequest) -> Result<OffsetReset, Diagnostics> {
        moved::from_official_provider(&request).unwrap_or_else(|| Err(request.unsupported(super::TYPE_NAME)))
    }
}

/// Mistakes that came to light when values became known.
pub(super) fn nothing_sent(diagnostics: Diagnostics) -> Diagnostics {
    let mut told = Diagnostics::new();
    for it in diagnostics {
        told.error(it.path, it.summary, format!("{} The reset was not sent.", it.detail));
    }
    told
}

/// The plan, with what was unknown in it.
fn state(planned: OffsetReset, trace: Trace) -> OffsetReset {
    let Trace { region, project_id, reset_at, request_id, task_id, offsets } = trace;
    OffsetReset {
        region: Attr::from_option(region.map(|region| region.to_string())),
        project_id: Attr::Known(project_id.to_string()),
        id: Attr::Known(uuid::Uuid::new_v4().to_string()),
        reset_at: Attr::Known(reset_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        request_id: Attr::from_option(request_id),
        task_id: Attr::from_option(task_id),
        offsets: Attr::from_option(offsets),
        ..planned
    }
}

/// The plan is the last moment to think about it.
pub(super) fn warn_of_every_topic(topic: &Attr<String>, diagnostics: &mut Diagnostics) {
    let (path, summary, when) = match topic {
        Attr::Known(_) => return,
        Attr::Null => (AttributePath::root(), "No topic named: every topic of the group is reset", ""),
        Attr::Unknown => (
            AttributePath::attribute("topic"),
            "Topic not known yet: without one, every topic of the group is reset",
            "If it turns out to be null: ",
        ),
    };
    let detail = format!(
        "{when}The offsets of every topic that the group has consumed move. The service does that in the background, and \
         the reset waits for its end."
    );
    diagnostics.warning(path, summary, detail);
}

/// Refuses a region, or a missing region, for which there is no address. Validation has reported malformed names.
pub(super) fn check_region(region: &Attr<String>, location: &Location, diagnostics: &mut Diagnostics) {
    let named = match region {
        Attr::Known(name) => Region::parse(name).ok(),
        Attr::Null => None,
        Attr::Unknown => return,
    };
    if let Err(error) = location.check(named.as_ref()) {
        let detail = match named {
            Some(_) => {
                let advice = "Correct it, or use a provider block for that region, with its endpoints.";
                format!("{}. {advice}", error.report())
            }
            None => {
                "No region is set, and it is part of the service's address: set it here, in the provider block, or as \
                     HW_REGION_NAME."
                    .to_owned()
            }
        };
        diagnostics.error(AttributePath::attribute("region"), "Unreachable region", detail);
    }
}
