//! The process as Terraform runs it: handshake, connections, companion services, signals, end.
//!
//! Order of a life: check that Terraform started us (`handshake`), ignore Ctrl-C (`signals`), listen on a socket in a
//! private directory (`socket`), print the handshake line, accept connections over mutual TLS (`connection`, `tls`),
//! serve (`services`), and end when told to Shutdown (`companions`), when the parent is gone, or when nobody ever
//! connects. Standard output carries the handshake line and nothing else, ever; standard error carries the log (`log`).
//!
//! Started for a debugger instead, the process waits for any Terraform of its user (`reattach`).

mod companions;
mod connection;
mod handshake;
mod log;
mod panic;
mod reattach;
mod services;
mod signals;
mod socket;
mod tls;

use std::error::Error;
use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::provider::Provider;
use super::rpc::ProviderServer;
use companions::Controller;
use connection::Connections;
use handshake::Handshake;
use services::Services;
use signals::Parent;
use socket::PluginSocket;
use tls::ServerIdentity;

/// How long the client may take to hang up after it was told that Shutdown is done.
const HANG_UP_TIME: Duration = Duration::from_millis(500);

/// How long a client may take to connect for the first time. Terraform itself waits a minute for a plugin; one that
/// was killed in between never comes.
const FIRST_CLIENT_TIME: Duration = Duration::from_secs(120);

/// The line that answers such a start, as far as variables decide it; for fuzzing. The cookie counts as set.
pub(super) fn handshake_line(environment: &dyn Fn(&str) -> Option<String>, socket: &Path) -> Option<String> {
    let handshake = Handshake::from_environment(&|name| handshake::cookie(name).or_else(|| environment(name))).ok()?;
    let certificates = handshake.client_certificates();
    Some(handshake.line(socket, certificates.iter().flatten().next()))
}

/// Whether Terraform started this process, and not a person.
pub fn is_started_by_terraform(environment: &dyn Fn(&str) -> Option<String>) -> bool {
    handshake::has_cookie(environment)
}

/// Serves `provider` to the Terraform that started this process, until it says Shutdown or goes away.
///
/// `environment` looks up environment variables. What goes wrong is told on standard error; the code is for `main`.
pub fn serve<P: Provider>(provider: P, environment: &dyn Fn(&str) -> Option<String>) -> ExitCode {
    match Handshake::from_environment(environment) {
        Ok(handshake) => run(environment, provider.type_name(), serve_parent(provider, &handshake)),
        Err(refusal) => {
            tell(&refusal.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Serves `provider` to every Terraform that is told of this process, until it is interrupted.
///
/// `source` is the provider's source address, such as `registry.example/acme/sample`. What to tell Terraform is printed
/// on standard output, as a line for the shell.
pub fn serve_for_debugging<P: Provider + Clone>(
    provider: P,
    source: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> ExitCode {
    let directory = handshake::socket_directory(environment);
    run(environment, provider.type_name(), reattach::serve(provider, source, &directory))
}

/// Runs `work` to its end, with log and panic hook in place.
fn run(
    environment: &dyn Fn(&str) -> Option<String>,
    type_name: &str,
    work: impl Future<Output = Result<(), Box<dyn Error>>>,
) -> ExitCode {
    log::install(environment, type_name);
    panic::install_hook();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell(&format!("The provider could not start: no asynchronous runtime: {error}."));
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(work);
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

async fn serve_parent<P: Provider>(provider: P, handshake: &Handshake) -> Result<(), Box<dyn Error>> {
    let parent = Parent::of_this_process();
    let server = ProviderServer::new(provider);
    let stop = server.clone();
    signals::handle(move || stop.stop())?;
    let identity = handshake.client_certificates().map(ServerIdentity::new).transpose()?;
    let (socket, listener) = PluginSocket::bind(handshake.socket_directory())?;
    announce(&handshake.line(socket.path(), identity.as_ref().map(ServerIdentity::certificate)))?;
    // What a connection needs is made while Terraform reads the line; who is faster waits in the socket's queue.
    let mut connections = Connections::accept(listener, identity.map(ServerIdentity::into_acceptor).transpose()?);

    let (controller, shutdown) = Controller::new();
    let (open, expected, accepted) = (connections.open(), connections.open(), connections.open());
    // Terraform connects once. With the socket gone by then, even a process that is killed leaves nothing behind.
    let hide = async {
        accepted.first_came().await;
        drop(socket);
        std::future::pending::<()>().await;
    };
    let services = Services::new(&server, controller);
    let serve = async {
        while let Some(connection) = connections.next().await {
            services.clone().serve(connection);
        }
    };
    tokio::select! {
        () = serve => {}
        () = shutdown.requested() => {
            server.stop();
            // The client hangs up when it has read the answer. Ending before would show it a broken connection.
            let _ = tokio::time::timeout(HANG_UP_TIME, open.all_closed()).await;
        }
        () = parent.gone() => server.stop(),
        () = expected.nobody_came_within(FIRST_CLIENT_TIME) => {
            ::log::warn!("nobody connected: this process was forgotten");
        }
        () = hide => {}
    }
    Ok(())
}

/// Prints the line that says where to connect; the socket listens by now.
fn announce(line: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// Writes to standard error. When nobody reads it, there is nobody to tell.
fn tell(message: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{message}");
}
