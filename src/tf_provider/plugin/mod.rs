//! The process as Terraform runs it: handshake, connections, companion services, signals, end.
//!
//! Order of a life: check that Terraform started us (`handshake`), handle signals (`signals`), listen on a socket in a
//! private directory (`socket`), print the handshake line, accept connections over mutual TLS (`connection`, `tls`),
//! serve (`router`), and end on Shutdown (`go_plugin`), when the client has closed its connection, when the parent
//! is gone, or when no client ever connects. Standard output carries only the handshake line, or the reason why there
//! is none. Standard error (`stderr`) carries the log (`log`).
//!
//! Started for a debugger instead, the process waits for any Terraform of its user (`reattach`).

mod connection;
mod go_plugin;
mod handshake;
mod log;
mod panic;
mod reattach;
mod router;
mod signals;
mod socket;
mod stale;
mod stderr;
mod tls;

use std::error::Error;
use std::future::Future;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::provider::Provider;
use super::rpc::{ProviderServer, panic_message};
use crate::printable::printable;
use connection::Connections;
use go_plugin::Controller;
pub use handshake::Environment;
use handshake::{Handshake, NotAPlugin};
use router::Router;
use signals::Parent;
use socket::PluginSocket;
use tls::ServerIdentity;

/// How long the client may take to hang up after it was told that Shutdown is done.
const DISCONNECT_TIME: Duration = Duration::from_millis(500);

/// How long a client may take to connect for the first time. Terraform itself waits a minute for a plugin; one that
/// was killed in between never comes.
const FIRST_CLIENT_TIME: Duration = Duration::from_secs(120);

/// How long a process that cannot serve keeps running after it has printed the reason. Terraform ends it when it has
/// read the line. If the process ended first, Terraform might report that instead of the reason.
const REFUSAL_TIME: Duration = Duration::from_secs(1);

/// The handshake line of a start with these variables, as if the cookie were set.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn handshake_line(environment: &Environment<'_>, socket: &std::path::Path) -> Option<String> {
    let handshake = Handshake::from_environment(&|name| handshake::cookie(name).or_else(|| environment(name))).ok()?;
    let certificates = handshake.client_certificates();
    Some(handshake.line(socket, certificates.iter().flatten().next()))
}

/// Whether Terraform started this process, and not a person.
pub fn is_started_by_terraform(environment: &Environment<'_>) -> bool {
    handshake::has_cookie(environment)
}

/// Serves `provider` to the Terraform that started this process, until it says Shutdown or goes away.
///
/// Errors are printed where Terraform quotes them. The exit code is for `main`.
pub fn serve<P: Provider>(provider: P, environment: &Environment<'_>) -> ExitCode {
    let handshake = match Handshake::from_environment(environment) {
        Ok(handshake) => handshake,
        Err(NotAPlugin::NoCookie) => return failed(&NotAPlugin::NoCookie.to_string()),
        Err(refusal) => return refused(&refusal.to_string()),
    };
    let type_name = provider.type_name();
    let announced = AtomicBool::new(false);
    let work = serve_parent(provider, &handshake, &announced);
    // Libraries can panic, too, if the system lacks resources.
    let outcome = catch_unwind(AssertUnwindSafe(|| run(environment, type_name, work)));
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(reason)) => refused(&reason),
        // Terraform has read its one line. The panic itself has been reported.
        Err(_) if announced.load(Ordering::Relaxed) => ExitCode::FAILURE,
        Err(panic) => refused(&format!("The provider could not start: {}.", panic_message(&*panic))),
    }
}

/// Serves `provider` to every Terraform that is told of this process, until it is interrupted.
///
/// `source` is the provider's source address, such as `registry.example/acme/sample`. What to tell Terraform is printed
/// on standard output, as a line for the shell.
pub fn serve_for_debugging<P: Provider + Clone>(provider: P, source: &str, environment: &Environment<'_>) -> ExitCode {
    let directories = handshake::socket_directories(environment);
    match run(environment, provider.type_name(), reattach::serve(provider, source, &directories)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => failed(&reason),
    }
}

/// Runs `work` to its end, with log and panic hook installed. An error is a sentence for the user.
fn run(
    environment: &Environment<'_>,
    type_name: &str,
    work: impl Future<Output = Result<(), Box<dyn Error>>>,
) -> Result<(), String> {
    log::install(environment, type_name);
    panic::install_hook();
    let failed = |error: &dyn Error| format!("The provider could not start: {error}.");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(&error))?;
    let outcome = runtime.block_on(work);
    // Work that is still going on has been told to stop; waiting for it would keep Terraform waiting.
    runtime.shutdown_background();
    stderr::flush();
    outcome.map_err(|error| failed(&*error))
}

/// Serves until the end. An error means that it could not start. Sets `announced` once the handshake line is printed.
async fn serve_parent<P: Provider>(
    provider: P,
    handshake: &Handshake,
    announced: &AtomicBool,
) -> Result<(), Box<dyn Error>> {
    let parent = Parent::of_this_process();
    let server = ProviderServer::new(provider);
    let (interrupted, terminated) = (server.clone(), server.clone());
    signals::handle(move || interrupted.stop_reads(), move || terminated.stop())?;
    let identity = handshake.client_certificates().map(ServerIdentity::new).transpose()?;
    let certificate = identity.as_ref().map(|identity| identity.certificate().clone());
    let acceptor = identity.map(ServerIdentity::into_acceptor).transpose()?;
    let (socket, listener) = PluginSocket::bind(handshake.socket_directories())?;
    announce(&handshake.line(socket.path(), certificate.as_ref()))?;
    announced.store(true, Ordering::Relaxed);
    let mut connections = Connections::accept(listener, acceptor);

    let (controller, shutdown) = Controller::new();
    let open = connections.open();
    // Terraform connects once. With the socket gone by then, even a process that is killed leaves nothing behind.
    let client_gone = async {
        open.clone().first_came().await;
        socket.stale_remover().map(tokio::task::spawn_blocking);
        drop(socket);
        open.clone().all_closed().await;
    };
    let router = Router::new(&server, controller);
    let serve = async {
        while let Some(connection) = connections.next().await {
            let (server, open) = (server.clone(), open.clone());
            router.clone().serve(connection, move || {
                if open.is_none() {
                    server.stop();
                }
            });
        }
    };
    tokio::select! {
        () = serve => {}
        () = shutdown.requested() => {
            server.stop();
            // The client hangs up when it has read the answer. Ending before would show it a broken connection.
            let _ = tokio::time::timeout(DISCONNECT_TIME, open.clone().all_closed()).await;
        }
        () = client_gone => ::log::debug!("the client has closed its connection"),
        () = parent.gone() => server.stop(),
        () = open.clone().nobody_came_within(FIRST_CLIENT_TIME) => {
            ::log::warn!("nobody connected: this process was forgotten");
        }
    }
    Ok(())
}

/// Prints the line that says where to connect; the socket listens by now.
fn announce(line: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// Prints on standard error why the process ends.
fn failed(reason: &str) -> ExitCode {
    stderr::write(printable(reason).into_owned());
    stderr::flush();
    ExitCode::FAILURE
}

/// Reports why this process cannot serve. Terraform does not show standard error, but it quotes the first line of
/// standard output that is not a handshake line.
fn refused(reason: &str) -> ExitCode {
    let code = failed(reason);
    if announce(&without_field_separators(reason)).is_ok() {
        std::thread::sleep(REFUSAL_TIME);
    }
    code
}

/// `reason` on one line, without the bars that separate the fields of a handshake line.
fn without_field_separators(reason: &str) -> String {
    printable(&reason.replace(|character: char| character == '|' || character.is_control(), " ")).into_owned()
}
