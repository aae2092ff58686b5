//! Cancels the calls of a server: after Terraform's Stop, at the end of the connection, and after signals.

use tokio_util::sync::CancellationToken;

/// The cancellation of a running call.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(CancellationToken);

impl Cancellation {
    /// Whether the call should end.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Returns when the call should end. Returns immediately if it already should.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }
}

/// Gives a [`Cancellation`] to each call of a server. Cancellation is permanent: a call that arrives after a Stop, even
/// if it was sent before, must not start work that the user wants to end.
#[derive(Debug)]
pub struct StopSignal {
    all: CancellationToken,
    /// A child of `all`.
    reads: CancellationToken,
}

impl Default for StopSignal {
    fn default() -> Self {
        let all = CancellationToken::new();
        Self { reads: all.child_token(), all }
    }
}

impl StopSignal {
    /// The cancellation of a call that can change something.
    pub fn cancellation(&self) -> Cancellation {
        Cancellation(self.all.clone())
    }

    /// The cancellation of a read-only call.
    pub fn read_cancellation(&self) -> Cancellation {
        Cancellation(self.reads.clone())
    }

    /// Cancels all current and future calls.
    pub fn stop(&self) {
        self.all.cancel();
    }

    /// Cancels all current and future read-only calls.
    pub fn stop_reads(&self) {
        self.reads.cancel();
    }

    /// Whether [`StopSignal::stop`] was called.
    pub fn is_stopped(&self) -> bool {
        self.all.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use super::StopSignal;

    #[test]
    fn stop_is_final() {
        let signal = StopSignal::default();
        let before = signal.cancellation();
        assert!(!before.is_cancelled() && !signal.is_stopped());
        signal.stop();
        assert!(before.is_cancelled() && signal.is_stopped());
        assert!(signal.cancellation().is_cancelled() && signal.read_cancellation().is_cancelled());
    }

    #[test]
    fn stop_of_reads_does_not_cancel_changes() {
        let signal = StopSignal::default();
        signal.stop_reads();
        assert!(signal.read_cancellation().is_cancelled());
        assert!(!signal.cancellation().is_cancelled() && !signal.is_stopped());
    }
}
