//! Signals, and the end of the parent.
//!
//! A terminal sends Ctrl-C to Terraform and to us alike. Terraform then says Stop by a call of its own and waits for
//! the work to end, so here the signal means nothing. SIGTERM comes from whoever ends the whole job: it counts as
//! Stop, and the process goes on to answer until Shutdown.

use std::io;
use std::os::unix::process::parent_id;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

/// How often the parent is looked for. Unix tells children nothing when a parent dies by force.
const PARENT_WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// Swallows SIGINT from now on and calls `stop` at each SIGTERM.
pub(super) fn handle(stop: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                Some(()) = interrupt.recv() => log::debug!("interrupt left to Terraform"),
                Some(()) = terminate.recv() => {
                    log::info!("asked to terminate: work in flight is cancelled");
                    stop();
                }
                else => break,
            }
        }
    });
    Ok(())
}

/// Returns when the process that started this one is gone and another one has taken us over.
pub(super) async fn parent_gone() {
    let parent = parent_id();
    let mut look = tokio::time::interval(PARENT_WATCH_INTERVAL);
    while parent_id() == parent {
        look.tick().await;
    }
}
