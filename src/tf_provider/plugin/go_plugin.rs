//! The small services that stand beside the provider: controller, stdio, broker, health.

use std::pin::Pin;

use tokio::sync::watch;
use tokio_stream::{Stream, pending};
use tonic::{Request, Response, Status, Streaming};

use super::super::pb::health::health_check_response::ServingStatus;
use super::super::pb::health::health_server;
use super::super::pb::health::{HealthCheckRequest, HealthCheckResponse};
use super::super::pb::plugin::{
    ConnInfo, Empty, StdioData, grpc_broker_server, grpc_controller_server, grpc_stdio_server,
};

/// The name under which go-plugin asks for health.
const PLUGIN_SERVICE: &str = "plugin";

/// Takes the client's word that it is done with us.
pub(super) struct Controller(watch::Sender<bool>);

/// Tells when Shutdown was asked for.
pub(super) struct Shutdown(watch::Receiver<bool>);

impl Controller {
    pub(super) fn new() -> (Self, Shutdown) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Shutdown(receiver))
    }
}

impl Shutdown {
    pub(super) async fn requested(mut self) {
        if self.0.wait_for(|asked| *asked).await.is_err() {
            // The controller went away without the word: then it never comes.
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

/// Carries output that a plugin writes outside its log. There is none: the stream stays open and silent, as
/// Terraform logs whatever comes through it as unexpected.
pub(super) struct Stdio;

#[tonic::async_trait]
impl grpc_stdio_server::GrpcStdio for Stdio {
    type StreamStdioStream = Silent<StdioData>;

    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(Box::pin(pending())))
    }
}

/// Would negotiate further connections. Terraform opens the stream and never uses it; it ends with the client's.
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

/// Says that the plugin serves, as it does from its first moment.
pub(super) struct Health;

#[tonic::async_trait]
impl health_server::Health for Health {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        match request.into_inner().service.as_str() {
            PLUGIN_SERVICE => Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() })),
            other => Err(Status::not_found(format!("no service of the name {other}"))),
        }
    }
}
