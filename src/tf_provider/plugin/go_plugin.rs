//! The services of go-plugin, HashiCorp's plugin library: controller, stdio, broker and health.

use std::pin::Pin;

use tokio_stream::{Stream, StreamExt, pending};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use crate::tf_provider::pb::health::health_check_response::ServingStatus;
use crate::tf_provider::pb::health::health_server;
use crate::tf_provider::pb::health::{HealthCheckRequest, HealthCheckResponse};
use crate::tf_provider::pb::plugin::{
    ConnInfo, Empty, StdioData, grpc_broker_server, grpc_controller_server, grpc_stdio_server,
};

/// The service name in go-plugin's health checks.
const PLUGIN_SERVICE: &str = "plugin";

/// Cancels its token when the client requests Shutdown.
#[derive(Default)]
pub(super) struct Controller(pub(super) CancellationToken);

#[tonic::async_trait]
impl grpc_controller_server::GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.0.cancel();
        Ok(Response::new(Empty {}))
    }
}

type Silent<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Streams the output that a plugin writes outside its log. Terraform logs such output as unexpected, so the stream
/// stays open without data.
pub(super) struct Stdio;

#[tonic::async_trait]
impl grpc_stdio_server::GrpcStdio for Stdio {
    type StreamStdioStream = Silent<StdioData>;

    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(Box::pin(pending())))
    }
}

/// Negotiates further connections. Terraform opens the stream, but does not use it. The stream ends when the client's
/// ends.
pub(super) struct Broker;

#[tonic::async_trait]
impl grpc_broker_server::GrpcBroker for Broker {
    type StartStreamStream = Silent<ConnInfo>;

    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        Ok(Response::new(Box::pin(request.into_inner().filter_map(|_| None))))
    }
}

/// Reports that the plugin is serving.
pub(super) struct Health;

#[tonic::async_trait]
impl health_server::Health for Health {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        match request.into_inner().service.as_str() {
            PLUGIN_SERVICE => Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() })),
            other => Err(Status::not_found(format!("unknown service {other}"))),
        }
    }
}
