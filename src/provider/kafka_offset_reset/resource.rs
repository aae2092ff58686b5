//! The resource's life: create resets, update and read send nothing, delete forgets.

use crate::huaweicloud::{Client, Region, Service};
use crate::provider::Configured;
use crate::provider::limits::Limits;
use crate::tf_provider::value::Attr;
use crate::tf_provider::{
    Applied, AttributePath, Cancellation, CreateRequest, Diagnostics, PlanRequest, Planned, Resource, Schema,
};

use super::request::ResetRequest;
use super::run::{self, Done};
use super::schema::{self, OffsetReset};

/// The resource.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider) struct KafkaOffsetReset;

impl Resource for KafkaOffsetReset {
    type Model = OffsetReset;
    type Client = Configured;

    fn type_name(&self) -> &'static str {
        "huaweicloud_kafka_offset_reset"
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: OffsetReset) -> Diagnostics {
        ResetRequest::check(&config)
    }

    /// A create is planned with the region it will go to, and refused when that can't be reached.
    fn plan(&self, request: PlanRequest<OffsetReset, Configured>) -> Planned<OffsetReset> {
        let PlanRequest { prior, mut planned, config, client } = request;
        let mut diagnostics = Diagnostics::new();
        if prior.is_some() {
            return Planned { planned, diagnostics };
        }
        if matches!(planned.topic, Attr::Null) {
            diagnostics.warning(
                AttributePath::root(),
                "Every topic of the group will be reset",
                "No topic is named, so the offsets of every topic that the group has consumed will move. The service \
                 does that in the background, after it took the request.",
            );
        }
        if let Some(client) = client.as_ref().and_then(|configured| configured.client.as_ref()) {
            plan_region(&mut planned, &config, client, &mut diagnostics);
        }
        Planned { planned, diagnostics }
    }

    async fn create(&self, request: CreateRequest<OffsetReset, Configured>) -> Applied<OffsetReset> {
        let CreateRequest { planned, client: configured, cancellation } = request;
        match reset(&planned, &configured, cancellation).await {
            Ok(Done { region, project_id, request_id }) => Applied::state(OffsetReset {
                region: region.map_or(Attr::Null, |region| Attr::Known(region.to_string())),
                project_id: Attr::Known(project_id.to_string()),
                id: Attr::Known(uuid::Uuid::new_v4().to_string()),
                reset_at: Attr::Known(configured.host.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
                request_id: request_id.map_or(Attr::Null, Attr::Known),
                ..planned
            }),
            Err(diagnostics) => Applied::failed(diagnostics),
        }
    }

    fn import_refusal(&self) -> String {
        "An offset reset is something that was done, not something that is there: nothing at the service tells one \
         reset from another, so there is nothing to import. Write a resource block; its first apply resets the \
         offsets."
            .to_owned()
    }
}

async fn reset(
    planned: &OffsetReset,
    configured: &Configured,
    cancellation: Cancellation,
) -> Result<Done, Diagnostics> {
    let request = ResetRequest::parse(planned)?;
    let limits = Limits::new(cancellation, request.timeout);
    run::run(&request, configured.client()?, &limits).await
}

/// Fills in the provider's region where the block names none, and checks that the region has an address.
fn plan_region(planned: &mut OffsetReset, config: &OffsetReset, client: &Client, diagnostics: &mut Diagnostics) {
    let named = match &config.region {
        // A malformed name was told by validation.
        Attr::Known(name) => Region::parse(name).ok(),
        Attr::Null => None,
        Attr::Unknown => return,
    };
    if let Err(error) = client.endpoint(Service::Dms, named.as_ref()) {
        let advice = match named {
            Some(_) => "Correct it, or use a provider block for that region, with its endpoints.",
            None => "Set it here, in the provider block, or as HW_REGION_NAME.",
        };
        let detail = format!("{}. {advice}", error.report());
        diagnostics.error(AttributePath::attribute("region"), "Unreachable region", detail);
    }
    if let (Attr::Null, Some(region)) = (&config.region, client.region()) {
        planned.region = Attr::Known(region.to_string());
    }
}
