//! The services of go-plugin, HashiCorp's plugin library: controller, stdio, broker and health.

use std::pin::Pin;

use tokio::sync::watch;
use tokio_stream::{Stream, pending};
use tonic::{Request, Response, Status, Streaming};

use crate::tf_provider::pb::health::health_check_response::ServingStatus;
use crate::tf_provider::pb::health::health_server;
use crate::tf_provider::pb::health::{HealthCheckRequest, HealthCheckResponse};
use crate::tf_provider::pb::plugin::{
    ConnInfo, Empty, StdioData, grpc_broker_server, grpc_controller_server, grpc_stdio_server,
};

/// The service name in go-plugin's health checks.
const PLUGIN_SERVICE: &str = "plugin";

/// Receives the client's Shutdown.
pub(super) struct Controller(watch::Sender<bool>);

/// Notifies about the client's Shutdown.
pub(super) struct Shutdown(watch::Receiver<bool>);

impl Controller {
    pub(super) fn new() -> (Self, Shutdown) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Shutdown(receiver))
    }
}

impl Shutdown {
    /// Returns when the client has requested Shutdown.
    pub(super) async fn requested(mut self) {
        if self.0.wait_for(|requested| *requested).await.is_err() {
            // The controller was dropped, so there will be no request.
            std::future::pending::<()>().await;
        }
    }
}

#[tonic::async_trait]
impl grpc_controller_server::GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.0.send_replace(true);
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
        let (open, closed) = tokio::sync::mpsc::channel(1);
        let mut incoming = request.into_inner();
        tokio::spawn(async move {
            while let Ok(Some(_)) = incoming.message().await {}
            drop(open);
        });
        Ok(Response::new(Box::pin(tokio_stream::wrappers::ReceiverStream::new(closed))))
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
