//! A gate that holds resets, for tests of what happens while one is in flight.

use tokio::sync::watch;

/// Open at first.
pub(crate) struct Gate(watch::Sender<GateState>);

#[derive(Default)]
struct GateState {
    closed: bool,
    /// How many times the gate was opened. A waiting task passes at the next opening, even if the gate is closed again
    /// before the task runs.
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

    /// Returns at once if the gate is open, otherwise when it is opened.
    pub(crate) async fn pass(&self) {
        let mut state = self.0.subscribe();
        let seen = state.borrow().openings;
        // Fails only when the sender is dropped, and `self` owns it.
        let _ = state.wait_for(|state| !state.closed || state.openings != seen).await;
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::select;

    use super::*;

    #[tokio::test]
    async fn waiting_task_passes_at_the_next_opening_even_if_the_gate_closes_again() {
        let gate = Gate::new();
        gate.pass().await;
        gate.close();
        let mut waiting = pin!(gate.pass());
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
        select! {
            biased;
            () = gate.pass() => panic!("passed a gate that was closed again"),
            () = async {} => {}
        }
    }
}
