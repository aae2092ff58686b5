//! The gate that keeps resets waiting, for tests of what happens in the middle of one.

use tokio::sync::watch;

/// Open at first.
pub(crate) struct Hold(watch::Sender<GateState>);

#[derive(Default)]
struct GateState {
    closed: bool,
    /// How often the gate was opened. Who waits passes at the next opening, even if the gate is
    /// closed again before the waiter gets to run.
    openings: u64,
}

impl Hold {
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

    /// Returns at once if the gate is open, else when it is opened.
    pub(crate) async fn pass(&self) {
        let mut state = self.0.subscribe();
        let seen = state.borrow().openings;
        // Fails only without a sender, and `self` is it.
        let _ = state.wait_for(|state| !state.closed || state.openings != seen).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use tokio::select;

    #[tokio::test]
    async fn who_waits_passes_at_the_next_opening_even_if_it_is_closed_at_once() {
        let hold = Hold::new();
        hold.pass().await;
        hold.close();
        let mut waiting = pin!(hold.pass());
        select! {
            biased;
            () = &mut waiting => panic!("passed a closed gate"),
            () = async {} => {}
        }
        hold.open();
        hold.close();
        select! {
            biased;
            () = &mut waiting => {}
            () = async {} => panic!("still waits after an opening"),
        }
        select! {
            biased;
            () = hold.pass() => panic!("passed a gate that was closed again"),
            () = async {} => {}
        }
    }
}
