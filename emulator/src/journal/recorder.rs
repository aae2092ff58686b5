//! Records requests on arrival and completion, and notifies waiting tests.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use crate::delivery::Outcome;
use crate::message::{ApiError, Request};
use crate::routes::{Call, Operation};
use crate::signature::claimed_access_key;

use super::{Journal, JournalEntry};

/// JSON pointers to the tokens in request bodies, which are redacted.
const TOKEN_POINTERS: [&str; 2] = ["/auth/id_token/id", "/auth/identity/token/id"];

/// The journal that is being written.
pub(crate) struct Recorder {
    records: Mutex<Records>,
    changed: Condvar,
    changes: watch::Sender<()>,
}

#[derive(Default)]
struct Records {
    entries: Vec<JournalEntry>,
    sequence: u64,
    /// The number of requests in flight by operation; `None` is an unknown route. Not derived from the entries, because
    /// clearing the journal does not complete the requests.
    in_flight: BTreeMap<Option<Operation>, usize>,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        let (changes, _) = watch::channel(());
        Self { records: Mutex::default(), changed: Condvar::new(), changes }
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
        let mut records = self.lock();
        let count = records.in_flight.entry(operation).or_default();
        *count += 1;
        let in_flight = *count;
        records.sequence += 1;
        let sequence = records.sequence;
        records.entries.push(JournalEntry {
            sequence,
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
            body: body(&request.body),
            abandoned: false,
            connection_closed: false,
            fault,
            side_effect: false,
            in_flight,
        });
        drop(records);
        self.notify();
        InFlight { recorder: self, sequence, operation, finished: false }
    }

    pub(crate) fn snapshot(&self) -> Journal {
        Journal(self.lock().entries.clone())
    }

    pub(crate) fn clear(&self) {
        self.lock().entries.clear();
    }

    /// Waits until `find` finds an entry, which can be one that is already recorded.
    pub(crate) async fn wait_for(&self, find: impl Fn(&Journal) -> Option<JournalEntry>) -> JournalEntry {
        // Subscribed before the first search, so that no change between the two is missed.
        let mut changes = self.changes.subscribe();
        loop {
            if let Some(entry) = find(&self.snapshot()) {
                return entry;
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Like [`Recorder::wait_for`], but blocks the thread. `None` after `timeout`.
    pub(crate) fn wait_for_blocking(
        &self,
        find: impl Fn(&Journal) -> Option<JournalEntry>,
        timeout: Duration,
    ) -> Option<JournalEntry> {
        let deadline = Instant::now() + timeout;
        let mut records = self.lock();
        loop {
            if let Some(entry) = find(&Journal(records.entries.clone())) {
                return Some(entry);
            }
            let remaining = deadline.checked_duration_since(Instant::now())?;
            let woken = self.changed.wait_timeout(records, remaining);
            records = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Records the end of a request. `None` if the journal was cleared in the meantime.
    fn finish(&self, request: &InFlight<'_>, change: impl FnOnce(&mut JournalEntry)) -> Option<JournalEntry> {
        let mut records = self.lock();
        if let Some(count) = records.in_flight.get_mut(&request.operation) {
            *count = count.saturating_sub(1);
        }
        let sequence = request.sequence;
        // Entries are sorted by sequence, and a long run has tens of thousands of them.
        let index = records.entries.binary_search_by_key(&sequence, |entry| entry.sequence).ok()?;
        let entry = records.entries.get_mut(index)?;
        change(entry);
        let entry = entry.clone();
        drop(records);
        self.notify();
        Some(entry)
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
    sequence: u64,
    operation: Option<Operation>,
    finished: bool,
}

impl InFlight<'_> {
    /// Records the outcome. `None` if the journal was cleared in the meantime.
    pub(crate) fn finish(mut self, outcome: &Outcome) -> Option<JournalEntry> {
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

fn body(bytes: &[u8]) -> Option<Value> {
    if bytes.is_empty() {
        return None;
    }
    let text = || Value::String(String::from_utf8_lossy(bytes).into_owned());
    let mut body = serde_json::from_slice(bytes).unwrap_or_else(|_| text());
    for pointer in TOKEN_POINTERS {
        if let Some(token) = body.pointer_mut(pointer) {
            *token = Value::String("(hidden)".to_owned());
        }
    }
    Some(body)
}
