//! Records requests on arrival and completion, and notifies waiting tests.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::delivery::Outcome;
use crate::limits::Limits;
use crate::message::{ApiError, Request};
use crate::routes::{Call, Operation};
use crate::signature::claimed_access_key;

use super::{Journal, JournalEntry, body};

/// The journal that is being written.
pub(crate) struct Recorder {
    max_entries: usize,
    max_bytes: usize,
    records: Mutex<Records>,
    changed: Condvar,
    changes: watch::Sender<()>,
}

#[derive(Default)]
struct Records {
    /// Sorted by sequence.
    entries: VecDeque<Recorded>,
    /// The sum of the sizes of the entries.
    bytes: usize,
    sequence: u64,
    /// The number of changes to the entries so far.
    revision: u64,
    dropped: u64,
    /// The sequence of the last entry that was dropped.
    dropped_until: u64,
    /// The highest revision of a dropped entry.
    dropped_revision: u64,
    /// The number of requests in flight by operation; `None` is an unknown route. Not derived from the entries, because
    /// clearing the journal does not complete the requests.
    in_flight: BTreeMap<Option<Operation>, usize>,
}

struct Recorded {
    /// Shared with snapshots, so that a snapshot of a long journal takes little time.
    entry: Arc<JournalEntry>,
    /// The revision of its last change.
    revision: u64,
    bytes: usize,
}

impl Records {
    /// The entries that changed after the revision `seen`, in the order of arrival. Sets `seen` to the newest revision.
    ///
    /// # Panics
    ///
    /// One of them was dropped.
    fn changed_since(&self, seen: &mut u64) -> Vec<Arc<JournalEntry>> {
        assert!(
            self.dropped_revision <= *seen,
            "the journal dropped requests that this wait has not seen: clear it earlier, or raise its limits"
        );
        let changed = self.entries.iter().filter(|recorded| recorded.revision > *seen);
        let changed = changed.map(|recorded| Arc::clone(&recorded.entry)).collect();
        *seen = self.revision;
        changed
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.entries.pop_front() else { return };
        self.bytes -= oldest.bytes;
        self.dropped += 1;
        self.dropped_until = oldest.entry.sequence;
        self.dropped_revision = self.dropped_revision.max(oldest.revision);
    }
}

impl Recorder {
    pub(crate) fn new(limits: &Limits) -> Self {
        let (changes, _) = watch::channel(());
        Self {
            max_entries: limits.journal_entries,
            max_bytes: limits.journal_bytes,
            records: Mutex::default(),
            changed: Condvar::new(),
            changes,
        }
    }

    /// Records the arrival of a request.
    pub(crate) fn record(
        &self,
        request: &Request,
        call: &Result<Call, ApiError>,
        request_id: &str,
        fault: Option<String>,
        now: Timestamp,
    ) -> InFlight<'_> {
        let operation = call.as_ref().ok().map(|call| call.operation);
        let route = Call::route_kind(call);
        let mut entry = JournalEntry {
            sequence: 0,
            time: format!("{now:.3}"),
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
            route,
            status: None,
            error_code: None,
            request_id: request_id.to_owned(),
            access_key: claimed_access_key(request).map(str::to_owned),
            connection: request.connection,
            body: body::recorded(&request.body),
            abandoned: false,
            connection_closed: false,
            fault,
            side_effect: false,
            in_flight: 0,
        };
        let bytes = memory(&entry);
        let mut records = self.lock();
        let count = records.in_flight.entry(operation).or_default();
        *count += 1;
        entry.in_flight = *count;
        records.sequence += 1;
        entry.sequence = records.sequence;
        let entry = Arc::new(entry);
        records.revision += 1;
        let revision = records.revision;
        records.entries.push_back(Recorded { entry: Arc::clone(&entry), revision, bytes });
        records.bytes += bytes;
        while records.entries.len() > self.max_entries || records.bytes > self.max_bytes {
            records.drop_oldest();
        }
        drop(records);
        self.notify();
        InFlight { recorder: self, entry, operation, finished: false }
    }

    /// The entries with a higher sequence than `since`.
    pub(crate) fn snapshot(&self, since: u64) -> Journal {
        let records = self.lock();
        let start = records.entries.partition_point(|recorded| recorded.entry.sequence <= since);
        let entries = records.entries.range(start..).map(|recorded| Arc::clone(&recorded.entry)).collect();
        Journal { entries, dropped: records.dropped }
    }

    pub(crate) fn clear(&self) {
        let mut records = self.lock();
        let Records { sequence, revision, .. } = *records;
        let in_flight = std::mem::take(&mut records.in_flight);
        let empty = Records { sequence, revision, in_flight, ..Records::default() };
        let cleared = std::mem::replace(&mut *records, empty);
        // Unlocked first, so that requests do not wait until the old entries are freed.
        drop(records);
        drop(cleared);
    }

    /// Waits until `find` returns true for an entry. Calls it with every entry that is already recorded, then with each
    /// one that changes.
    ///
    /// # Panics
    ///
    /// An entry was dropped before `find` was called with it.
    pub(crate) async fn wait_for(&self, mut find: impl FnMut(&JournalEntry) -> bool) -> JournalEntry {
        // Subscribed before the first search, so that no change between the two is missed.
        let mut changes = self.changes.subscribe();
        let mut seen = 0;
        loop {
            let changed = self.lock().changed_since(&mut seen);
            if let Some(entry) = changed.iter().find(|entry| find(entry)) {
                return JournalEntry::clone(entry);
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Like [`Recorder::wait_for`], but blocks the thread. `None` after `timeout`.
    pub(crate) fn wait_for_blocking(
        &self,
        mut find: impl FnMut(&JournalEntry) -> bool,
        timeout: Duration,
    ) -> Option<JournalEntry> {
        let deadline = Instant::now() + timeout;
        let mut seen = 0;
        let mut records = self.lock();
        loop {
            let changed = records.changed_since(&mut seen);
            if let Some(entry) = changed.iter().find(|entry| find(entry)) {
                return Some(JournalEntry::clone(entry));
            }
            let remaining = deadline.checked_duration_since(Instant::now())?;
            let woken = self.changed.wait_timeout(records, remaining);
            records = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Records the end of a request, and returns its final entry.
    fn finish(&self, request: &InFlight<'_>, change: impl FnOnce(&mut JournalEntry)) -> Arc<JournalEntry> {
        let mut entry = JournalEntry::clone(&request.entry);
        change(&mut entry);
        let entry = Arc::new(entry);
        let mut records = self.lock();
        if let Some(count) = records.in_flight.get_mut(&request.operation) {
            *count = count.saturating_sub(1);
        }
        records.revision += 1;
        let revision = records.revision;
        let index = records.entries.binary_search_by_key(&entry.sequence, |recorded| recorded.entry.sequence);
        match index {
            Ok(index) => {
                let recorded = &mut records.entries[index];
                (recorded.entry, recorded.revision) = (Arc::clone(&entry), revision);
            }
            Err(_) if entry.sequence <= records.dropped_until => records.dropped_revision = revision,
            // The journal was cleared in the meantime.
            Err(_) => {}
        }
        drop(records);
        self.notify();
        entry
    }

    fn notify(&self) {
        self.changed.notify_all();
        self.changes.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A recorded request that is in flight. Dropping it unfinished marks the entry as abandoned.
pub(crate) struct InFlight<'a> {
    recorder: &'a Recorder,
    /// As recorded on arrival.
    entry: Arc<JournalEntry>,
    operation: Option<Operation>,
    finished: bool,
}

impl InFlight<'_> {
    /// Records the outcome, and returns the final entry.
    pub(crate) fn finish(mut self, outcome: &Outcome) -> Arc<JournalEntry> {
        self.finished = true;
        self.recorder.finish(&self, |entry| {
            if let Some(response) = &outcome.response {
                entry.status = Some(response.status);
                entry.error_code = response.error_code.as_deref().map(str::to_owned);
            }
            entry.connection_closed = outcome.closes_early();
            entry.side_effect = outcome.side_effect;
        })
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.recorder.finish(self, |entry| entry.abandoned = true);
        }
    }
}

/// The approximate memory of an entry, in bytes.
fn memory(entry: &JournalEntry) -> usize {
    let JournalEntry { time, method, path, query, request_id, access_key, fault, .. } = entry;
    let optional = [query, access_key, fault].into_iter().flatten();
    let texts: usize = [time, method, path, request_id].into_iter().chain(optional).map(String::len).sum();
    size_of::<JournalEntry>() + size_of::<Recorded>() + texts + entry.body.as_ref().map_or(0, body::memory)
}
