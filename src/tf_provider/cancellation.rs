//! What asks the calls of one server to end: Terraform's Stop, the end of its connection, signals.

use tokio_util::sync::CancellationToken;

/// Tells a running call that it is to end soon.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(CancellationToken);

impl Cancellation {
    /// Whether the call is to end.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Returns when the call is to end; at once if that has been asked for already.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }
}

/// Hands a [`Cancellation`] to each call of a server. Once cancelled, it stays so: a call that arrives after a Stop,
/// even one that was on its way before, must not begin what the user wants to end.
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
    /// For a call that changes something.
    pub fn cancellation(&self) -> Cancellation {
        Cancellation(self.all.clone())
    }

    /// For a call that changes nothing.
    pub fn read_cancellation(&self) -> Cancellation {
        Cancellation(self.reads.clone())
    }

    /// Cancels every call, now and later.
    pub fn stop(&self) {
        self.all.cancel();
    }

    /// Cancels every call that changes nothing, now and later.
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
    fn stop_of_reads_leaves_changes_alone() {
        let signal = StopSignal::default();
        signal.stop_reads();
        assert!(signal.read_cancellation().is_cancelled());
        assert!(!signal.cancellation().is_cancelled() && !signal.is_stopped());
    }
}
