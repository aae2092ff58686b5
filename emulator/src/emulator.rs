//! The library's front: start an emulator, look into it, stop it.

use crate::builder::{Builder, StartError};
use crate::fault::Fault;
use crate::journal::{Journal, JournalEntry};
use crate::limit::RateLimit;
use crate::script::ResetScript;
use crate::seed::{Seed, SeedError};
use crate::service::Service;
use crate::state::{State, StateError};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// A running emulator. Dropping it stops it and closes its connections.
pub struct Emulator {
    pub(crate) address: SocketAddr,
    pub(crate) service: Arc<Service>,
    /// Its end, sent or dropped, is the signal to stop.
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// How the emulator shall be.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Starts an emulator of the [`demo`](crate::demo) state with all defaults, on a thread of its
    /// own. Short for `Emulator::builder().start_in_thread()`.
    pub fn start_in_thread() -> Result<Self, StartError> {
        Self::builder().start_in_thread()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint to give to clients, for DMS and IAM alike: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests that arrived so far.
    pub fn journal(&self) -> Journal {
        self.service.journal.snapshot()
    }

    /// Empties the journal.
    pub fn clear_journal(&self) {
        self.service.journal.clear();
    }

    /// Committed offsets of a group on a topic, one per partition; -1 where nothing is committed.
    pub fn group_offsets(&self, instance: &str, group: &str, topic: &str) -> Result<Vec<i64>, StateError> {
        self.service.state().group_offsets(instance, group, topic)
    }

    /// Looks into the state, or changes it, while no request can. Keep it short: requests wait.
    pub fn with_state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.service.state())
    }

    /// Replaces the state by what the seed describes.
    pub fn replace(&self, seed: &Seed) -> Result<(), SeedError> {
        self.service.replace(seed)
    }

    /// Lays a seed over the state; see [`Seed::merge_into`].
    pub fn merge(&self, seed: &Seed) -> Result<(), SeedError> {
        self.service.merge(seed)
    }

    /// Back to the state of the start, with an empty journal, no scripted resets and no faults.
    pub fn reset(&self) {
        self.service.reset();
    }

    /// Makes the resets that follow wait for [`Emulator::release`]. They are journalled when they
    /// arrive, with no status.
    pub fn hold(&self) {
        self.service.hold.close();
    }

    /// Lets waiting resets go on, and later ones pass.
    pub fn release(&self) {
        self.service.hold.open();
    }

    /// Says how the resets that follow end. Each script is used once, by the first reset that it
    /// fits; scripts given earlier come first. Resets that no script fits are carried out as usual.
    pub fn script_resets(&self, scripts: impl IntoIterator<Item = ResetScript>) {
        self.service.scripts.add(scripts);
    }

    /// The scripts that no reset has used yet.
    pub fn scripted_resets(&self) -> Vec<ResetScript> {
        self.service.scripts.left()
    }

    /// Puts a rule behind those in force. A request is hit by the first that hits it.
    pub fn add_fault(&self, fault: Fault) {
        self.add_faults([fault]);
    }

    /// Puts rules behind those in force.
    pub fn add_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.service.faults.add(faults);
    }

    /// The rules that are not used up; `count` says how many requests each may still hit.
    pub fn faults(&self) -> Vec<Fault> {
        self.service.faults.left()
    }

    /// Removes all rules. A request that is being served under one goes on as it said.
    pub fn clear_faults(&self) {
        self.service.faults.clear();
    }

    /// Adds a limit to those in force, with a full bucket.
    pub fn add_rate_limit(&self, limit: RateLimit) {
        self.service.limits.add(limit);
    }

    /// The limits in force.
    pub fn rate_limits(&self) -> Vec<RateLimit> {
        self.service.limits.in_force()
    }

    /// Removes all limits.
    pub fn clear_rate_limits(&self) {
        self.service.limits.set([]);
    }

    /// Waits for a request with this method and a path with this end. Returns at once if one has
    /// arrived already. The entry is as it is on arrival: most likely without a status.
    pub async fn wait_for(&self, method: &str, path_suffix: &str) -> JournalEntry {
        self.wait_for_nth(method, path_suffix, 1).await
    }

    /// Waits until as many such requests have arrived, and returns the last of them; 0 counts as 1.
    pub async fn wait_for_nth(&self, method: &str, path_suffix: &str, nth: usize) -> JournalEntry {
        self.service.journal.wait_for(|journal| find(journal, method, path_suffix, nth)).await
    }

    /// [`Emulator::wait_for`] for tests that are not asynchronous: `None` if none comes in time.
    pub fn wait_for_blocking(&self, method: &str, path_suffix: &str, limit: Duration) -> Option<JournalEntry> {
        let wanted = |journal: &Journal| find(journal, method, path_suffix, 1);
        self.service.journal.wait_for_blocking(wanted, limit)
    }

    /// Waits until any entry of the journal is as `wanted`, for instance answered or abandoned.
    pub async fn wait_until(&self, wanted: impl Fn(&JournalEntry) -> bool) -> JournalEntry {
        let find = |journal: &Journal| journal.entries().iter().find(|entry| wanted(entry)).cloned();
        self.service.journal.wait_for(find).await
    }

    /// Stops. The same as dropping, for those who like to say so.
    pub fn shutdown(self) {}
}

fn find(journal: &Journal, method: &str, path_suffix: &str, nth: usize) -> Option<JournalEntry> {
    journal.matching(method, path_suffix).nth(nth.saturating_sub(1)).cloned()
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // An error would be a panic of the server, whose message is on stderr already.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator").field("address", &self.address).finish_non_exhaustive()
    }
}
