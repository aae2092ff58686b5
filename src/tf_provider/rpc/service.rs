//! Implements the generated service trait.

use std::sync::Arc;
use std::time::Instant;

use crate::tf_provider::pb::tfplugin5 as pb;
use crate::tf_provider::pb::tfplugin5::provider_server::Provider as Service;
use crate::tf_provider::provider::Provider;

use super::{ProviderServer, RpcResult, action, data_source, provider, resource, schema};

/// Implements the service. Each unary call is one line: its name, the module of its messages, whether it can change
/// something, and its handler.
macro_rules! service {
    ($($call:ident, $messages:ident, $run:ident => $handler:path;)+) => {
        #[tonic::async_trait]
        impl<P: Provider> Service for ProviderServer<P> {
            type InvokeActionStream = action::Events;

            $(async fn $call(
                &self,
                request: tonic::Request<pb::$messages::Request>,
            ) -> RpcResult<pb::$messages::Response> {
                let started = Instant::now();
                let response = self.$run(request, $handler).await;
                let duration = started.elapsed().as_micros() as u64;
                log::debug!(rpc = stringify!($call), duration_us = duration; "call completed");
                response
            })+

            async fn invoke_action(
                &self,
                request: tonic::Request<pb::invoke_action::Request>,
            ) -> RpcResult<Self::InvokeActionStream> {
                Ok(tonic::Response::new(action::invoke(Arc::clone(&self.0), request.into_inner())))
            }

            async fn stop(&self, _: tonic::Request<pb::stop::Request>) -> RpcResult<pb::stop::Response> {
                log::info!("received Stop: cancelling all calls");
                ProviderServer::stop(self);
                Ok(tonic::Response::new(pb::stop::Response::default()))
            }
        }
    };
}

service! {
    get_schema, get_provider_schema, read => schema::get;
    prepare_provider_config, prepare_provider_config, read => provider::prepare;
    configure, configure, read => provider::configure;
    validate_resource_type_config, validate_resource_type_config, read => resource::validate;
    upgrade_resource_state, upgrade_resource_state, read => resource::upgrade;
    read_resource, read_resource, read => resource::read;
    plan_resource_change, plan_resource_change, read => resource::plan;
    apply_resource_change, apply_resource_change, change => resource::apply;
    import_resource_state, import_resource_state, read => resource::import;
    move_resource_state, move_resource_state, read => resource::move_state;
    validate_data_source_config, validate_data_source_config, read => data_source::validate;
    read_data_source, read_data_source, read => data_source::read;
    validate_action_config, validate_action_config, read => action::validate;
    plan_action, plan_action, read => action::plan;
}
