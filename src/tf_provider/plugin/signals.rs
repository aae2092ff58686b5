//! Signals, and the end of the parent.
//!
//! A terminal sends Ctrl-C to both Terraform and this process. During an apply, Terraform responds with a Stop call and
//! waits for the work to end. But while it plans for an apply, it sends no Stop, and would wait for a read that hangs.
//! So SIGINT cancels read-only calls, and leaves the others to Terraform's Stop. A terminal that closes sends SIGHUP to
//! both: Terraform ends, and this process ends with its parent. SIGTERM usually ends the whole job, so it counts as
//! Stop, and the process continues to answer until Shutdown.

use std::io;
use std::os::unix::process::parent_id;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// How often the parent is looked for. Unix tells children nothing when a parent dies by force.
const PARENT_WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// From now on, ignores SIGHUP, and calls `interrupted` at each SIGINT and `terminated` at each SIGTERM.
pub(super) fn handle(
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
                    log::debug!("received SIGINT: cancelling reads, leaving other calls to Terraform");
                    interrupted();
                }
                Some(()) = hangup.recv() => log::debug!("hang-up left to Terraform"),
                Some(()) = terminate.recv() => {
                    log::info!("received SIGTERM: cancelling all work");
                    terminated();
                }
                else => break,
            }
        }
    });
    Ok(())
}

/// Whatever asks a process to end that a person started: Ctrl-C, the end of the terminal, `kill`.
pub(super) struct TerminationSignal([Signal; 3]);

impl TerminationSignal {
    /// Catches these signals from now on.
    pub(super) fn watch() -> io::Result<Self> {
        let [interrupt, hangup, terminate] =
            [SignalKind::interrupt(), SignalKind::hangup(), SignalKind::terminate()].map(signal);
        Ok(Self([interrupt?, hangup?, terminate?]))
    }

    /// Returns at the first of them.
    pub(super) async fn requested(mut self) {
        let [interrupt, hangup, terminate] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

/// The process that started this one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parent(u32);

impl Parent {
    /// To be asked before anyone can know that this process serves: who waits for that may be gone right after.
    pub(super) fn of_this_process() -> Self {
        Self(parent_id())
    }

    /// Returns when the parent is gone and another process has taken us over.
    pub(super) async fn gone(self) {
        let mut look = tokio::time::interval(PARENT_WATCH_INTERVAL);
        while parent_id() == self.0 {
            look.tick().await;
        }
    }
}
