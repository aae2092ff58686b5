//! Serves the gRPC services on a connection, and routes each call to its service.
//!
//! This uses hyper instead of tonic's server. The latter would add HTTP/1.1 and pattern-based routing to the binary,
//! which are not needed.

use std::convert::Infallible;
use std::future::ready;

use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service};

use crate::tf_provider::pb::health::health_server::{self, HealthServer};
use crate::tf_provider::pb::plugin::grpc_broker_server::{self, GrpcBrokerServer};
use crate::tf_provider::pb::plugin::grpc_controller_server::{self, GrpcControllerServer};
use crate::tf_provider::pb::plugin::grpc_stdio_server::{self, GrpcStdioServer};
use crate::tf_provider::pb::tfplugin5::provider_server::{self, Provider, ProviderServer};
use crate::tf_provider::rpc::MAX_MESSAGE_BYTES;

use super::connection::Connection;
use super::go_plugin::{Broker, Controller, Health, Stdio};

/// The services. Each connection has a clone.
#[derive(Clone)]
pub(super) struct Router<P> {
    provider: ProviderServer<P>,
    controller: GrpcControllerServer<Controller>,
    stdio: GrpcStdioServer<Stdio>,
    broker: GrpcBrokerServer<Broker>,
    health: HealthServer<Health>,
}

impl<P: Provider + Clone> Router<P> {
    pub(super) fn new(provider: P, controller: Controller) -> Self {
        Self {
            provider: ProviderServer::new(provider)
                .max_decoding_message_size(MAX_MESSAGE_BYTES)
                .max_encoding_message_size(MAX_MESSAGE_BYTES),
            controller: GrpcControllerServer::new(controller),
            stdio: GrpcStdioServer::new(Stdio),
            broker: GrpcBrokerServer::new(Broker),
            health: HealthServer::new(Health),
        }
    }

    /// Serves `connection` in a separate task until the client closes it or disappears. Then calls `closed`, before any
    /// other task can run.
    pub(super) fn serve(self, connection: Connection, closed: impl FnOnce() + Send + 'static) {
        let mut http = http2::Builder::new(TokioExecutor::new());
        // The client limits the number of concurrent calls (`-parallelism`).
        http.max_concurrent_streams(None);
        let Connection { stream, guard } = connection;
        let serving = http.serve_connection(TokioIo::new(stream), self);
        tokio::spawn(async {
            if let Err(error) = serving.await {
                log::debug!(error:% = error; "connection failed");
            }
            drop(guard);
            closed();
        });
    }
}

type ResponseFuture = BoxFuture<Response<Body>, Infallible>;

impl<P: Provider> hyper::service::Service<Request<Incoming>> for Router<P> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    /// The path is `/<service>/<method>`.
    fn call(&self, request: Request<Incoming>) -> ResponseFuture {
        match request.uri().path().split('/').nth(1) {
            Some(provider_server::SERVICE_NAME) => self.provider.clone().call(request),
            Some(grpc_controller_server::SERVICE_NAME) => self.controller.clone().call(request),
            Some(grpc_stdio_server::SERVICE_NAME) => self.stdio.clone().call(request),
            Some(grpc_broker_server::SERVICE_NAME) => self.broker.clone().call(request),
            Some(health_server::SERVICE_NAME) => self.health.clone().call(request),
            _ => Box::pin(ready(Ok(Status::unimplemented("unknown service").into_http()))),
        }
    }
}
