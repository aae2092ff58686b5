//! A running emulator: inspects and controls it, and stops it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::fault::Fault;
use crate::journal::{Journal, JournalEntry};
use crate::rate_limit::RateLimit;
use crate::seed::{Seed, SeedError};
use crate::service::Service;
use crate::state::{State, StateError};

/// A running emulator. Dropping it stops it and closes its connections.
pub struct Emulator {
    pub(crate) address: SocketAddr,
    pub(crate) service: Arc<Service>,
    /// Sending or dropping it stops the server.
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// The address that the emulator listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint for clients, the same for DMS and IAM: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests received so far, without those that the journal has dropped; see [`Limits`](crate::Limits).
    pub fn journal(&self) -> Journal {
        self.service.journal.snapshot(0)
    }

    /// Clears the journal.
    pub fn clear_journal(&self) {
        self.service.journal.clear();
    }

    /// The committed offsets of a group on a topic, one per partition; -1 for a partition without one.
    ///
    /// # Errors
    ///
    /// The instance, group or topic does not exist.
    pub fn group_offsets(&self, instance: &str, group: &str, topic: &str) -> Result<Vec<i64>, StateError> {
        self.service.state().group_offsets(instance, group, topic)
    }

    /// Reads or changes the state. Requests wait until `access` returns.
    pub fn with_state<T>(&self, access: impl FnOnce(&mut State) -> T) -> T {
        access(&mut self.service.state())
    }

    /// Replaces the state by the one that the seed describes.
    ///
    /// # Errors
    ///
    /// The seed is not consistent. Nothing is changed then.
    pub fn replace(&self, seed: &Seed) -> Result<(), SeedError> {
        self.service.replace(seed)
    }

    /// Merges a seed into the state; see [`Seed::merge_into`].
    ///
    /// # Errors
    ///
    /// The seed does not fit the state. Nothing is changed then.
    pub fn merge(&self, seed: &Seed) -> Result<(), SeedError> {
        self.service.merge(seed)
    }

    /// Restores the initial state and rate limits; clears the journal and the faults.
    pub fn reset(&self) {
        self.service.reset();
    }

    /// Makes all further resets, and requests with the fault [`Hold`](crate::Effect::Hold), wait for
    /// [`Emulator::release`]. They appear in the journal when they arrive, without a status.
    pub fn hold(&self) {
        self.service.gate.close();
    }

    /// Lets held requests continue and later ones pass.
    pub fn release(&self) {
        self.service.gate.open();
    }

    /// Adds a rule after the active ones. The first rule that hits a request is applied.
    pub fn add_fault(&self, fault: Fault) {
        self.add_faults([fault]);
    }

    /// Adds rules after the active ones.
    pub fn add_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.service.faults.add(faults);
    }

    /// The active rules; `count` is the number of requests that each can still hit.
    pub fn faults(&self) -> Vec<Fault> {
        self.service.faults.active()
    }

    /// Removes all rules. A request that a rule has already hit is not affected.
    pub fn clear_faults(&self) {
        self.service.faults.clear();
    }

    /// Adds a rate limit, with a full bucket.
    pub fn add_rate_limit(&self, limit: RateLimit) {
        self.service.rate_limiter.add(limit);
    }

    /// The active rate limits.
    pub fn rate_limits(&self) -> Vec<RateLimit> {
        self.service.rate_limiter.active()
    }

    /// Removes all rate limits.
    pub fn clear_rate_limits(&self) {
        self.service.rate_limiter.set([]);
    }

    /// Waits for a request with this method and a path that ends with `path_suffix`. Returns at once if one has already
    /// arrived. The entry is as recorded on arrival, so it usually has no status.
    ///
    /// # Panics
    ///
    /// See [`Emulator::wait_for_nth`].
    pub async fn wait_for(&self, method: &str, path_suffix: &str) -> JournalEntry {
        self.wait_for_nth(method, path_suffix, 1).await
    }

    /// Waits until `nth` such requests have arrived, and returns the last of them; 0 counts as 1.
    ///
    /// # Panics
    ///
    /// The journal dropped a request that this wait has not seen; see [`Limits`](crate::Limits). Without the panic, the
    /// wait might never end.
    pub async fn wait_for_nth(&self, method: &str, path_suffix: &str, nth: usize) -> JournalEntry {
        self.service.journal.wait_for(is_nth(method, path_suffix, nth)).await
    }

    /// Like [`Emulator::wait_for`], but blocks the thread. `None` if no such request arrives within `timeout`.
    ///
    /// # Panics
    ///
    /// See [`Emulator::wait_for_nth`].
    pub fn wait_for_blocking(&self, method: &str, path_suffix: &str, timeout: Duration) -> Option<JournalEntry> {
        self.service.journal.wait_for_blocking(is_nth(method, path_suffix, 1), timeout)
    }

    /// Waits until the predicate is true for an entry of the journal, for example for one that is abandoned. When an
    /// entry changes, the predicate is called with it again.
    ///
    /// # Panics
    ///
    /// See [`Emulator::wait_for_nth`].
    pub async fn wait_until(&self, predicate: impl Fn(&JournalEntry) -> bool) -> JournalEntry {
        self.service.journal.wait_for(predicate).await
    }

    /// Stops the emulator, as dropping it does.
    pub fn shutdown(self) {}
}

/// A predicate that is true for the nth entry with this method and a path that ends with `path_suffix`.
pub(crate) fn is_nth(method: &str, path_suffix: &str, nth: usize) -> impl FnMut(&JournalEntry) -> bool {
    let (mut seen, mut last) = (0, 0);
    move |entry| {
        // Called with an entry again when its outcome is recorded.
        if entry.sequence <= last || !entry.matches(method, path_suffix) {
            return false;
        }
        last = entry.sequence;
        seen += 1;
        seen == nth.max(1)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // An error is a panic of the server, which has already printed its message.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("address", &self.address).finish_non_exhaustive()
    }
}
