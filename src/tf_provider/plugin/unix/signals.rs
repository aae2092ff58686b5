//! Handles signals and detects the end of the parent process.
//!
//! - SIGINT: a terminal sends Ctrl-C to both Terraform and this process. During an apply, Terraform then calls Stop and
//!   waits for the operations to end. During the plan of an apply, it does not call Stop, and would wait for a read
//!   that hangs. SIGINT therefore cancels read-only calls, and has no effect on others.
//! - SIGHUP: a terminal that closes sends it to both. Terraform ends, and this process ends with its parent.
//! - SIGTERM: usually, all processes of a job receive it. It has the same effect as Stop, and the process continues to
//!   respond until Shutdown.

use std::io;
use std::os::unix::process::parent_id;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

/// The interval of checks for the parent process. Unix does not notify children when a parent is killed.
const PARENT_CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// Installs the signal handlers. They call `interrupted` after each SIGINT and `terminated` after each SIGTERM, and
/// ignore SIGHUP.
///
/// # Errors
///
/// If a handler cannot be installed.
pub(in crate::tf_provider::plugin) fn install_handlers(
    interrupted: impl Fn() + Send + 'static,
    terminated: impl Fn() + Send + 'static,
) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                Some(()) = interrupt.recv() => {
                    log::debug!("received SIGINT: cancelling read-only calls");
                    interrupted();
                }
                Some(()) = hangup.recv() => log::debug!("ignored SIGHUP"),
                Some(()) = terminate.recv() => {
                    log::info!("received SIGTERM: cancelling all calls");
                    terminated();
                }
                else => break,
            }
        }
    });
    Ok(())
}

/// Installs handlers for the signals that end a process that a person started: SIGINT, SIGHUP and SIGTERM. The future
/// ends when the first of them arrives.
///
/// # Errors
///
/// If a handler cannot be installed.
pub(in crate::tf_provider::plugin) fn termination() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Returns a future that completes when the current parent process has ended.
pub(in crate::tf_provider::plugin) fn parent_end() -> impl Future<Output = ()> {
    // The parent's id changes when the parent ends, so record it now, not when the future is first polled.
    let parent = parent_id();
    async move {
        let mut interval = tokio::time::interval(PARENT_CHECK_INTERVAL);
        while parent_id() == parent {
            interval.tick().await;
        }
    }
}
