//! Validates the provider block and configures the provider.

use std::sync::{Arc, PoisonError};

use crate::tf_provider::diagnostics::Diagnostics;
use crate::tf_provider::pb::tfplugin5 as pb;
use crate::tf_provider::provider::{ConfigureRequest, Provider};
use crate::tf_provider::resource::to_model;

use super::{FromDiagnostics, ServerState, wire};

pub(super) async fn prepare<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::prepare_provider_config::Request,
) -> Result<pb::prepare_provider_config::Response, Diagnostics> {
    let prepared_config = request.config.clone();
    let config = wire::decode(request.config, &shared.value_type)?;
    let diagnostics = shared.provider.validate(to_model(&config)?);
    Ok(pb::prepare_provider_config::Response { prepared_config, diagnostics: wire::diagnostics(diagnostics) })
}

pub(super) async fn configure<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::configure::Request,
) -> Result<pb::configure::Response, Diagnostics> {
    let config = to_model(&wire::decode(request.config, &shared.value_type)?)?;
    let request = ConfigureRequest { config, terraform_version: request.terraform_version };
    let client = shared.provider.configure(request)?;
    *shared.client.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(client));
    Ok(pb::configure::Response::from_diagnostics(Diagnostics::new()))
}
