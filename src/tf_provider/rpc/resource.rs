//! Validates, reads, plans, applies, upgrades and moves managed resources.

use std::sync::Arc;

use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::diagnostics::Diagnostics;
use crate::tf_provider::pb::tfplugin5 as pb;
use crate::tf_provider::plan;
use crate::tf_provider::provider::Provider;
use crate::tf_provider::resource::{
    ApplyResponse, CreateRequest, ErasedResource, MoveRequest, PlanRequest, PlanResponse,
};
use crate::tf_provider::schema::Block;
use crate::tf_provider::titles;
use crate::tf_provider::value::{Value, json};

use super::{FromDiagnostics, ServerState, wire};

pub(super) async fn validate<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::validate_resource_type_config::Request,
) -> Result<pb::validate_resource_type_config::Response, Diagnostics> {
    let registered = shared.resource(&request.type_name)?;
    let config = wire::decode(request.config, &registered.value_type)?;
    Ok(FromDiagnostics::from_diagnostics(registered.handler.validate(config)))
}

/// Terraform upgrades each state that it reads, even if the schema version is the same.
///
/// # Errors
///
/// If the state does not conform to the schema.
pub(super) async fn upgrade<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::upgrade_resource_state::Request,
) -> Result<pb::upgrade_resource_state::Response, Diagnostics> {
    let registered = shared.resource(&request.type_name)?;
    let raw = request.raw_state.unwrap_or_default();
    let state = json::decode(&raw.json, &registered.value_type).map_err(|error| {
        Diagnostics::from_error(
            error.path().clone(),
            titles::UNREADABLE_STATE,
            format!("The stored state of {} cannot be read: {error}.", request.type_name),
        )
    })?;
    let upgraded_state = wire::encode(&completed(&registered.schema.block, state), &registered.value_type)?;
    Ok(pb::upgrade_resource_state::Response { upgraded_state, diagnostics: Vec::new() })
}

/// Completes a state that an older version of the schema stored. Absent list blocks become empty, because Terraform
/// rejects null. Absent attributes get their default. Otherwise, the next plan would show a change, or even replace the
/// resource, only because of the new provider version.
fn completed(block: &Block, state: Value) -> Value {
    let defaults: Vec<_> = block.attributes.iter().map(|attribute| attribute.default_in(&state)).collect();
    let Value::Map(mut state) = state else { return state };
    for (attribute, default) in block.attributes.iter().zip(defaults) {
        if let (Some(default), None | Some(Value::Null)) = (default, state.get(&attribute.name)) {
            state.insert(attribute.name.clone(), default);
        }
    }
    for nested in &block.blocks {
        let value = match state.remove(&nested.name) {
            None | Some(Value::Null) => nested.nesting.empty_value(),
            Some(Value::List(items)) => items.into_iter().map(|item| completed(&nested.block, item)).collect(),
            Some(item) => completed(&nested.block, item),
        };
        state.insert(nested.name.clone(), value);
    }
    Value::Map(state)
}

/// Returns the stored state, because a resource has nothing to read.
pub(super) async fn read<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::read_resource::Request,
) -> Result<pb::read_resource::Response, Diagnostics> {
    let registered = shared.resource(&request.type_name)?;
    let state = wire::decode(request.current_state, &registered.value_type)?;
    let new_state = wire::encode(&state, &registered.value_type)?;
    Ok(pb::read_resource::Response { new_state, diagnostics: Vec::new(), private: request.private })
}

pub(super) async fn plan<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::plan_resource_change::Request,
) -> Result<pb::plan_resource_change::Response, Diagnostics> {
    let registered = shared.resource(&request.type_name)?;
    let prior = wire::decode(request.prior_state, &registered.value_type)?;
    let proposed = wire::decode(request.proposed_new_state, &registered.value_type)?;
    let config = wire::decode(request.config, &registered.value_type)?;
    let plan = plan::plan(&registered.schema, &prior, &proposed, &config);
    let PlanResponse { planned, diagnostics } = if plan.planned.is_null() {
        PlanResponse { planned: Value::Null, diagnostics: Diagnostics::new() }
    } else {
        let prior = (!prior.is_null()).then_some(prior);
        let (client, cancellation) = (shared.client(), shared.stop.read_cancellation());
        let replaces = !plan.requires_replace.is_empty();
        let request = PlanRequest { prior, planned: plan.planned, replaces, config, client, cancellation };
        registered.handler.plan(request).await
    };
    Ok(pb::plan_resource_change::Response {
        planned_state: wire::encode(&planned, &registered.value_type)?,
        requires_replace: plan.requires_replace.iter().map(wire::path).collect(),
        planned_private: request.prior_private,
        diagnostics: wire::diagnostics(diagnostics),
    })
}

pub(super) async fn apply<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::apply_resource_change::Request,
) -> Result<pb::apply_resource_change::Response, Diagnostics> {
    let registered = shared.resource(&request.type_name)?;
    let prior = wire::decode(request.prior_state, &registered.value_type)?;
    let planned = wire::decode(request.planned_state, &registered.value_type)?;
    let applied = match (prior, planned) {
        (Value::Null, planned) => {
            let (client, cancellation) = (shared.configured_client()?, shared.stop.cancellation());
            let config = wire::decode(request.config, &registered.value_type)?;
            create(&*registered.handler, CreateRequest { planned, config, client, cancellation }).await
        }
        (_, planned) => ApplyResponse::state(planned),
    };
    Ok(pb::apply_resource_change::Response {
        new_state: wire::encode(&applied.state.unwrap_or(Value::Null), &registered.value_type)?,
        private: request.planned_private,
        diagnostics: wire::diagnostics(applied.diagnostics),
    })
}

/// Creates a resource. If the provider leaves values unknown, they become null and an error reports it. Terraform would
/// otherwise discard the whole state.
async fn create<C>(resource: &dyn ErasedResource<C>, request: CreateRequest<Value, C>) -> ApplyResponse<Value> {
    let mut applied = resource.create(request).await;
    let Some(Value::Map(state)) = &mut applied.state else { return applied };
    let unknown: Vec<_> = state.iter_mut().filter(|(_, value)| !value.is_wholly_known()).collect();
    let mut diagnostics = Diagnostics::new();
    for (name, value) in unknown {
        *value = Value::Null;
        diagnostics.error(
            AttributePath::attribute(name),
            titles::STILL_UNKNOWN,
            format!("The provider did not set {name}. This is a bug in the provider. Please report it."),
        );
    }
    applied.diagnostics.extend(diagnostics);
    applied
}

pub(super) async fn import<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::import_resource_state::Request,
) -> Result<pb::import_resource_state::Response, Diagnostics> {
    let registered = shared.resource(&request.type_name)?;
    Err(Diagnostics::from_error(
        AttributePath::root(),
        titles::IMPORT_NOT_SUPPORTED,
        registered.handler.import_refusal(),
    ))
}

pub(super) async fn move_state<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::move_resource_state::Request,
) -> Result<pb::move_resource_state::Response, Diagnostics> {
    let registered = shared.resource(&request.target_type_name)?;
    let state = registered.handler.move_from(MoveRequest {
        source_provider_address: request.source_provider_address,
        source_type_name: request.source_type_name,
        source_schema_version: request.source_schema_version,
        source_state: request.source_state.unwrap_or_default().json.to_vec(),
    })?;
    Ok(pb::move_resource_state::Response {
        target_state: wire::encode(&state, &registered.value_type)?,
        ..pb::move_resource_state::Response::default()
    })
}
