//! The process as Terraform runs it: handshake, connections, companion services, signals, end.
//!
//! Order of a life: check that Terraform started us (`handshake`), ignore Ctrl-C (`signals`), listen on a socket in
//! a private directory (`socket`), print the handshake line, accept connections over mutual TLS (`connection`,
//! `tls`), serve, and end when told to Shutdown (`companions`), when the parent is gone, or when nobody ever connects.
//! Standard output carries the handshake line and nothing else, ever; standard error carries the log (`log`).

mod companions;
mod connection;
mod handshake;
mod log;
mod panic;
mod signals;
mod socket;
mod tls;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use tonic::transport::Server;

use super::pb::health::health_server::HealthServer;
use super::pb::plugin::grpc_broker_server::GrpcBrokerServer;
use super::pb::plugin::grpc_controller_server::GrpcControllerServer;
use super::pb::plugin::grpc_stdio_server::GrpcStdioServer;
use super::pb::tfplugin5::provider_server::ProviderServer as ProviderService;
use super::provider::Provider;
use super::rpc::{MAX_MESSAGE_BYTES, ProviderServer};
use companions::{Broker, Controller, Health, Stdio};
use connection::Connections;
use handshake::Handshake;
use signals::Parent;
use socket::PluginSocket;
use tls::ServerIdentity;

/// How long the client may take to hang up after it was told that Shutdown is done.
const HANG_UP_TIME: Duration = Duration::from_millis(500);

/// How long a client may take to connect for the first time. Terraform itself waits a minute for a plugin; one that
/// was killed in between never comes.
const FIRST_CLIENT_TIME: Duration = Duration::from_secs(120);

/// Serves `provider` to the Terraform that started this process, until it says Shutdown or goes away.
///
/// `environment` looks up environment variables. What goes wrong is told on standard error; the code is for `main`.
pub fn serve<P: Provider>(provider: P, environment: &dyn Fn(&str) -> Option<String>) -> ExitCode {
    let handshake = match Handshake::from_environment(environment) {
        Ok(handshake) => handshake,
        Err(refusal) => {
            tell(&refusal.to_string());
            return ExitCode::FAILURE;
        }
    };
    log::install(environment, provider.type_name());
    panic::install_hook();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell(&format!("The provider could not start: no asynchronous runtime: {error}."));
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(provider, &handshake));
    // Work that is still going on has been told to stop; waiting for it would keep Terraform waiting.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("The provider could not go on: {error}."));
            ExitCode::FAILURE
        }
    }
}

async fn run<P: Provider>(provider: P, handshake: &Handshake) -> Result<(), Box<dyn Error>> {
    let parent = Parent::of_this_process();
    let server = ProviderServer::new(provider);
    let stop = server.clone();
    signals::handle(move || stop.stop())?;
    let identity = handshake.client_certificates().map(ServerIdentity::new).transpose()?;
    let (socket, listener) = PluginSocket::bind(handshake.socket_directory())?;
    let connections = Connections::accept(listener, identity.as_ref().map(ServerIdentity::acceptor));
    announce(&handshake.line(socket.path(), identity.as_ref().map(ServerIdentity::certificate)))?;

    let (controller, shutdown) = Controller::new();
    let (open, expected) = (connections.open(), connections.open());
    let serving = Server::builder()
        .add_service(
            ProviderService::new(server.clone())
                .max_decoding_message_size(MAX_MESSAGE_BYTES)
                .max_encoding_message_size(MAX_MESSAGE_BYTES),
        )
        .add_service(GrpcControllerServer::new(controller))
        .add_service(GrpcStdioServer::new(Stdio))
        .add_service(GrpcBrokerServer::new(Broker))
        .add_service(HealthServer::new(Health))
        .serve_with_incoming(connections);

    tokio::select! {
        result = serving => result?,
        () = shutdown.requested() => {
            server.stop();
            // The client hangs up when it has read the answer. Ending before would show it a broken connection.
            let _ = tokio::time::timeout(HANG_UP_TIME, open.all_closed()).await;
        }
        () = parent.gone() => server.stop(),
        () = expected.nobody_came_within(FIRST_CLIENT_TIME) => {
            ::log::warn!("nobody connected: this process was forgotten");
        }
    }
    drop(socket);
    Ok(())
}

/// Prints the handshake line; the socket listens by now.
fn announce(line: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// Writes to standard error. When nobody reads it, there is nobody to tell.
fn tell(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{message}");
}
