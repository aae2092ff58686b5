//! Validates and reads data sources.

use std::sync::Arc;

use crate::tf_provider::data_source::DataSourceRequest;
use crate::tf_provider::diagnostics::Diagnostics;
use crate::tf_provider::pb::tfplugin5 as pb;
use crate::tf_provider::provider::Provider;

use super::{FromDiagnostics, ServerState, wire};

pub(super) async fn validate<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::validate_data_source_config::Request,
) -> Result<pb::validate_data_source_config::Response, Diagnostics> {
    let registered = shared.data_source(&request.type_name)?;
    let config = wire::decode(request.config, &registered.value_type)?;
    Ok(FromDiagnostics::from_diagnostics(registered.handler.validate(config)))
}

pub(super) async fn read<P: Provider>(
    shared: Arc<ServerState<P>>,
    request: pb::read_data_source::Request,
) -> Result<pb::read_data_source::Response, Diagnostics> {
    let registered = shared.data_source(&request.type_name)?;
    let request = DataSourceRequest {
        config: wire::decode(request.config, &registered.value_type)?,
        client: shared.configured_client()?,
        cancellation: shared.stop.read_cancellation(),
    };
    let (state, diagnostics) = registered.handler.read(request).await?;
    let state = wire::encode(&state, &registered.value_type)?;
    Ok(pb::read_data_source::Response { state, diagnostics: wire::diagnostics(diagnostics) })
}
