//! A gate that holds requests, for tests of what happens while one is in flight.

use tokio::sync::watch;

/// Open at first.
pub(crate) struct Gate(watch::Sender<GateState>);

/// A request that has arrived and may have to wait at the gate.
pub(crate) struct Arrival {
    state: watch::Receiver<GateState>,
    /// How many times the gate had been opened before the arrival.
    seen: u64,
}

#[derive(Default)]
struct GateState {
    closed: bool,
    /// How many times the gate was opened. A request passes at the first opening after its arrival, even if the gate is
    /// closed again before its task runs.
    openings: u64,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(GateState::default()))
    }

    pub(crate) fn close(&self) {
        self.0.send_modify(|state| state.closed = true);
    }

    pub(crate) fn open(&self) {
        self.0.send_modify(|state| {
            state.closed = false;
            state.openings += 1;
        });
    }

    pub(crate) fn arrive(&self) -> Arrival {
        let state = self.0.subscribe();
        let seen = state.borrow().openings;
        Arrival { state, seen }
    }
}

impl Arrival {
    /// Waits until the gate is opened. Returns at once if it is open, or was opened since the arrival.
    pub(crate) async fn pass(&mut self) {
        let seen = self.seen;
        // Fails only when the gate is dropped.
        let _ = self.state.wait_for(|state| !state.closed || state.openings != seen).await;
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::select;

    use super::*;

    /// A test that has seen the arrival in the journal may open and close the gate at once.
    #[tokio::test]
    async fn request_passes_at_an_opening_between_its_arrival_and_its_wait() {
        let gate = Gate::new();
        gate.close();
        let mut arrival = gate.arrive();
        gate.open();
        gate.close();
        select! {
            biased;
            () = arrival.pass() => {}
            () = async {} => panic!("still waits after an opening"),
        }
    }

    #[tokio::test]
    async fn waiting_task_passes_at_the_next_opening_even_if_the_gate_closes_again() {
        let gate = Gate::new();
        gate.arrive().pass().await;
        gate.close();
        let mut arrival = gate.arrive();
        let mut waiting = pin!(arrival.pass());
        select! {
            biased;
            () = &mut waiting => panic!("passed a closed gate"),
            () = async {} => {}
        }
        gate.open();
        gate.close();
        select! {
            biased;
            () = &mut waiting => {}
            () = async {} => panic!("still waits after an opening"),
        }
        let mut later = gate.arrive();
        select! {
            biased;
            () = later.pass() => panic!("passed a gate that was closed again"),
            () = async {} => {}
        }
    }
}
