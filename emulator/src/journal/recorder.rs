//! Writes requests down as they come and end, and wakes who waits for one.

use super::{Journal, JournalEntry};
use crate::message::Request;
use crate::reply::Reply;
use crate::routes::Operation;
use crate::verify::claimed_access_key;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Where bodies hold tokens that must not be shown.
const TOKENS: [&str; 2] = ["/auth/id_token/id", "/auth/identity/token/id"];

/// Where requests are written down.
pub(crate) struct Recorder {
    log: Mutex<Log>,
    arrived: Condvar,
    changes: watch::Sender<()>,
}

#[derive(Default)]
struct Log {
    entries: Vec<JournalEntry>,
    sequence: u64,
    /// Unanswered requests by operation, `None` for those that name no known one. Kept beside the
    /// entries because emptying the journal answers nobody.
    unanswered: BTreeMap<Option<Operation>, usize>,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        let (changes, _) = watch::channel(());
        Self { log: Mutex::default(), arrived: Condvar::new(), changes }
    }

    /// Writes a request down, unanswered.
    pub(crate) fn arrive(
        &self,
        request: &Request,
        endpoint: Option<Operation>,
        request_id: &str,
        fault: Option<String>,
        now: Timestamp,
    ) -> Ticket<'_> {
        let mut log = self.lock();
        let unanswered = log.unanswered.entry(endpoint).or_default();
        *unanswered += 1;
        let in_flight = *unanswered;
        log.sequence += 1;
        let sequence = log.sequence;
        log.entries.push(JournalEntry {
            sequence,
            time: format!("{now:.3}"),
            method: request.method.clone(),
            path: request.path.clone(),
            query: request.query.clone(),
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
        drop(log);
        self.announce();
        Ticket { recorder: self, sequence, endpoint, done: false }
    }

    pub(crate) fn snapshot(&self) -> Journal {
        Journal(self.lock().entries.clone())
    }

    pub(crate) fn clear(&self) {
        self.lock().entries.clear();
    }

    /// Waits until an entry that `wanted` accepts is there, now or later.
    pub(crate) async fn wait_for(&self, wanted: impl Fn(&Journal) -> Option<JournalEntry>) -> JournalEntry {
        // Subscribed before looking, so that nothing slips through between the two.
        let mut changes = self.changes.subscribe();
        loop {
            if let Some(entry) = wanted(&self.snapshot()) {
                return entry;
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The same for callers that are not asynchronous. `None` when `limit` has passed.
    pub(crate) fn wait_for_blocking(
        &self,
        wanted: impl Fn(&Journal) -> Option<JournalEntry>,
        limit: Duration,
    ) -> Option<JournalEntry> {
        let deadline = Instant::now() + limit;
        let mut log = self.lock();
        loop {
            if let Some(entry) = wanted(&Journal(log.entries.clone())) {
                return Some(entry);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            let woken = self.arrived.wait_timeout(log, left);
            log = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends a request's time in flight and writes down how. `None` if the journal was emptied
    /// meanwhile.
    fn finish(&self, ticket: &Ticket<'_>, change: impl FnOnce(&mut JournalEntry)) -> Option<JournalEntry> {
        let mut log = self.lock();
        if let Some(unanswered) = log.unanswered.get_mut(&ticket.endpoint) {
            *unanswered = unanswered.saturating_sub(1);
        }
        let sequence = ticket.sequence;
        // They are in order, and a long run has tens of thousands.
        let place = log.entries.binary_search_by_key(&sequence, |entry| entry.sequence).ok()?;
        let entry = log.entries.get_mut(place)?;
        change(entry);
        let entry = entry.clone();
        drop(log);
        self.announce();
        Some(entry)
    }

    fn announce(&self) {
        self.arrived.notify_all();
        self.changes.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered. Dropped without an end, it marks the entry abandoned.
pub(crate) struct Ticket<'a> {
    recorder: &'a Recorder,
    sequence: u64,
    endpoint: Option<Operation>,
    done: bool,
}

impl Ticket<'_> {
    /// Writes the end down. `None` if the journal was emptied meanwhile.
    pub(crate) fn close(mut self, reply: &Reply) -> Option<JournalEntry> {
        self.done = true;
        self.recorder.finish(&self, |entry| {
            if let Some(answer) = &reply.answer {
                entry.status = Some(answer.status);
                entry.error_code = answer.error_code.as_deref().map(str::to_owned);
            }
            entry.connection_closed = reply.cut_off();
            entry.side_effect = reply.side_effect;
        })
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if !self.done {
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
    for place in TOKENS {
        if let Some(token) = body.pointer_mut(place) {
            *token = Value::String("(hidden)".to_owned());
        }
    }
    Some(body)
}
