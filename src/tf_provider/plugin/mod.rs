//! The process of a plugin, from the handshake to its end.
//!
//! 1. Check that Terraform started the process (`handshake`).
//! 2. Handle signals, or the events of a console (`platform`).
//! 3. Listen on a socket in a private directory, or on a port on Windows (`platform`).
//! 4. Print the handshake line.
//! 5. Accept connections over mutual TLS (`connection`, `tls`) and serve them (`router`).
//! 6. End after Shutdown (`go_plugin`), when the client closes its connection, when the parent process ends, or when no
//!    client connects.
//!
//! Standard output has only the handshake line, or the reason why there is none. Standard error (`stderr`) has the log
//! (`log`).
//!
//! If a person starts the process for debugging, it waits for any Terraform of the user instead (`reattach`).

mod connection;
mod go_plugin;
mod handshake;
mod log;
mod panic;
#[cfg(unix)]
#[path = "unix/mod.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows/mod.rs"]
mod platform;
mod reattach;
mod router;
mod stderr;
mod tls;
/// Also compiled into the tests on Unix, because the module uses no Windows API.
#[cfg(test)]
#[cfg(unix)]
#[path = "windows/port.rs"]
mod windows_port;

use std::error::Error;
use std::future::Future;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::printable::printable;

use super::provider::Provider;
use super::rpc::{ProviderServer, panic_message};
use connection::Connections;
use go_plugin::Controller;
use handshake::Handshake;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) use handshake::variable;
pub use handshake::{VariableLookup, is_started_by_terraform};
use platform::PluginSocket;
use router::Router;

/// How long the process waits for the client to disconnect after the response to Shutdown.
const DISCONNECT_TIMEOUT: Duration = Duration::from_millis(500);

/// How long the process waits for the first client. Terraform waits one minute for a plugin. If Terraform is killed
/// during that time, it never connects.
const FIRST_CLIENT_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a process that cannot serve continues to run after it has printed the reason. Terraform ends the
/// process after reading the line. If the process ended first, Terraform might report that instead of the reason.
const FAILURE_DISPLAY_TIME: Duration = Duration::from_secs(1);

/// The text for a person who starts the process without a command.
const NOT_STARTED_BY_TERRAFORM: &str = "This is a Terraform provider. Terraform starts it when a configuration needs it.\n\
     Add it to required_providers, then run terraform init and terraform apply.\n\
     Run it with --help to list the commands for use without Terraform.";

/// The handshake line of a start with these variables.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn handshake_line(environment: &VariableLookup<'_>) -> Option<String> {
    let handshake = Handshake::from_environment(environment).ok()?;
    let address = handshake::Address { network: "unix", text: "/tmp/socket".to_owned() };
    Some(handshake.line(&address, handshake.client_certificates.iter().flatten().next()))
}

/// Serves `provider` to the Terraform that started the process, until Terraform sends Shutdown or ends.
///
/// Prints errors so that Terraform quotes them. Returns the exit code of the process.
pub fn serve<P: Provider>(provider: P, environment: &VariableLookup<'_>) -> ExitCode {
    if !is_started_by_terraform(environment) {
        return fail(NOT_STARTED_BY_TERRAFORM);
    }
    let handshake = match Handshake::from_environment(environment) {
        Ok(handshake) => handshake,
        Err(reason) => return fail_handshake(&reason),
    };
    let type_name = provider.type_name();
    let announced = AtomicBool::new(false);
    let work = serve_parent(provider, &handshake, environment, &announced);
    // Libraries can panic if the system lacks resources.
    let outcome = catch_unwind(AssertUnwindSafe(|| run(environment, type_name, work)));
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(reason)) => fail_handshake(&reason),
        // The handshake line is already printed, and the panic hook has reported the panic.
        Err(_) if announced.load(Ordering::Relaxed) => ExitCode::FAILURE,
        Err(panic) => fail_handshake(&format!("The provider could not start: {}.", panic_message(&*panic))),
    }
}

/// Serves `provider` for debugging until the process is interrupted.
///
/// `source` is the provider's source address, such as `registry.example/acme/sample`. Prints a shell command on
/// standard output. The command sets the variable with which Terraform finds the process.
pub fn serve_for_debugging<P: Provider + Clone>(
    provider: P,
    source: &str,
    environment: &VariableLookup<'_>,
) -> ExitCode {
    match run(environment, provider.type_name(), reattach::serve(provider, source, environment)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => fail(&reason),
    }
}

/// Installs the log and the panic hook, and runs `work` to its end.
///
/// # Errors
///
/// If the process cannot start. The error is a sentence for the user.
fn run(
    environment: &VariableLookup<'_>,
    type_name: &str,
    work: impl Future<Output = Result<(), Box<dyn Error>>>,
) -> Result<(), String> {
    log::install(environment, type_name);
    panic::install_hook();
    let failed = |error: &dyn Error| format!("The provider could not start: {error}.");
    let runtime = platform::runtime().enable_all().build();
    let runtime = runtime.map_err(|error| failed(&error))?;
    let outcome = runtime.block_on(work);
    // Do not wait for the remaining tasks, which are cancelled: Terraform waits for the process to end.
    runtime.shutdown_background();
    stderr::flush();
    outcome.map_err(|error| failed(&*error))
}

/// Serves the parent process. Sets `announced` when the handshake line is printed.
///
/// # Errors
///
/// If the process cannot start.
async fn serve_parent<P: Provider>(
    provider: P,
    handshake: &Handshake,
    environment: &VariableLookup<'_>,
    announced: &AtomicBool,
) -> Result<(), Box<dyn Error>> {
    // Called before the handshake line is printed, because the parent can end right after it reads the line.
    let parent_end = platform::parent_end();
    let server = ProviderServer::new(provider);
    let (interrupted, terminated) = (server.clone(), server.clone());
    platform::install_handlers(move || interrupted.stop_reads(), move || terminated.stop())?;
    let (certificate, acceptor) = handshake.client_certificates.clone().map(tls::acceptor).transpose()?.unzip();
    let (socket, listener) = PluginSocket::bind(environment)?;
    announce(&handshake.line(&socket.address(), certificate.as_ref()))?;
    announced.store(true, Ordering::Relaxed);
    let mut connections = Connections::accept(listener, acceptor);

    let shutdown = CancellationToken::new();
    let open = connections.open();
    // Terraform connects once, so the socket can be removed after that.
    let client_gone = async {
        open.clone().first_connected().await;
        socket.clean_up();
        open.clone().all_closed().await;
    };
    let router = Router::new(server.clone(), Controller(shutdown.clone()));
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
        () = shutdown.cancelled() => {
            server.stop();
            // The client disconnects after it has read the response. It would report an error if the process ended
            // first.
            let _ = tokio::time::timeout(DISCONNECT_TIMEOUT, open.clone().all_closed()).await;
        }
        () = client_gone => ::log::debug!("the client has closed its connection"),
        () = parent_end => server.stop(),
        () = open.clone().none_within(FIRST_CLIENT_TIMEOUT) => {
            ::log::warn!("no client has connected: ending the process");
        }
    }
    Ok(())
}

/// Prints the handshake line, when the socket is listening.
///
/// # Errors
///
/// If standard output cannot be written.
fn announce(line: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// Prints on standard error why the process cannot serve.
fn fail(reason: &str) -> ExitCode {
    stderr::write(printable(reason).into_owned());
    stderr::flush();
    ExitCode::FAILURE
}

/// Reports why this process cannot serve. Terraform does not show standard error, but it quotes the first line of
/// standard output that is not a handshake line.
fn fail_handshake(reason: &str) -> ExitCode {
    let code = fail(reason);
    if announce(&without_field_separators(reason)).is_ok() {
        std::thread::sleep(FAILURE_DISPLAY_TIME);
    }
    code
}

/// `reason` on one line, without the bars that separate the fields of a handshake line.
fn without_field_separators(reason: &str) -> String {
    printable(&reason.replace(|character: char| character == '|' || character.is_control(), " ")).into_owned()
}
