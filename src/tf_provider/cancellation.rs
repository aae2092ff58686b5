//! Terraform's Stop, carried to the work in flight.

use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

/// Tells a running call that the user wants it to end soon.
#[derive(Clone, Debug, Default)]
pub struct Cancellation(CancellationToken);

impl Cancellation {
    /// Whether Stop has come.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Returns when Stop comes; at once if it has come already.
    pub async fn cancelled(&self) {
        self.0.cancelled().await;
    }
}

/// Hands a [`Cancellation`] to each call and ends those in flight at Stop. Calls that begin after a Stop are not
/// touched by it: in reattach mode one process lives on through many operations.
#[derive(Debug, Default)]
pub struct StopSignal(Mutex<CancellationToken>);

impl StopSignal {
    /// For a call that begins now.
    pub fn cancellation(&self) -> Cancellation {
        Cancellation(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Cancels every call in flight.
    pub fn stop(&self) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *current).cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::StopSignal;

    #[test]
    fn stop_ends_calls_in_flight_and_spares_later_ones() {
        let signal = StopSignal::default();
        let before = signal.cancellation();
        assert!(!before.is_cancelled());
        signal.stop();
        assert!(before.is_cancelled());
        assert!(!signal.cancellation().is_cancelled());
    }
}
