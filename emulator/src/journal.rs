//! Every request in the order of arrival, and the means to wait for one.

use crate::message::{Answer, Request};
use crate::routes::Endpoint;
use crate::verify::claimed_access_key;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// One request. Holds nothing secret: of the headers, only the access key is kept.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Counts requests from 1, over the emulator's life.
    pub sequence: u64,
    /// When it arrived, by the emulator's clock; RFC 3339.
    pub time: String,
    /// For example `PUT`.
    pub method: String,
    /// As on the request line: still percent-encoded, without the query.
    pub path: String,
    /// As on the request line, without the `?`.
    pub query: Option<String>,
    /// `null` until answered.
    pub status: Option<u16>,
    /// The error code of the answer, if it was a refusal.
    pub error_code: Option<String>,
    /// The `X-Request-Id` of the answer.
    pub request_id: String,
    /// The access key named in the request, whether or not the signature was right.
    pub access_key: Option<String>,
    /// Which connection it came over; connections are counted from 1.
    pub connection: u64,
    /// The body: JSON where it is JSON, else text, `null` where empty.
    pub body: Option<Value>,
    /// The client went away before the answer; nothing was changed in the world.
    pub abandoned: bool,
    /// The emulator closed the connection instead of answering, as a script said.
    pub connection_closed: bool,
    /// How many requests of the same operation, whatever they named, were unanswered when this one
    /// arrived, itself included: 1 for a lone one.
    pub in_flight: usize,
}

impl Entry {
    /// Whether method and end of the path are these.
    pub fn is(&self, method: &str, path_suffix: &str) -> bool {
        self.method == method && self.path.ends_with(path_suffix)
    }
}

/// The requests that had arrived when this was asked for.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Journal(Vec<Entry>);

impl Journal {
    /// All requests, in the order of arrival.
    pub fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// How many requests had this method and a path with this end.
    pub fn count(&self, method: &str, path_suffix: &str) -> usize {
        self.matching(method, path_suffix).count()
    }

    /// The requests with this method and a path with this end.
    pub fn matching<'a>(&'a self, method: &'a str, path_suffix: &'a str) -> impl Iterator<Item = &'a Entry> + 'a {
        self.0.iter().filter(move |entry| entry.is(method, path_suffix))
    }

    /// The most requests with this method and a path with this end that were unanswered at one
    /// time; 0 if there were none.
    pub fn most_in_flight(&self, method: &str, path_suffix: &str) -> usize {
        self.matching(method, path_suffix).map(|entry| entry.in_flight).max().unwrap_or(0)
    }

    /// How many different connections the requests came over.
    pub fn connections(&self) -> usize {
        let mut numbers: Vec<u64> = self.0.iter().map(|entry| entry.connection).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.len()
    }
}

/// Where requests are written down.
pub(crate) struct Recorder {
    log: Mutex<Log>,
    arrived: Condvar,
    changes: watch::Sender<()>,
}

#[derive(Default)]
struct Log {
    entries: Vec<Entry>,
    sequence: u64,
    /// Unanswered requests by operation, `None` for those that name no known one. Kept beside the
    /// entries because emptying the journal answers nobody.
    unanswered: BTreeMap<Option<Endpoint>, usize>,
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
        endpoint: Option<Endpoint>,
        request_id: &str,
        now: Timestamp,
    ) -> Ticket<'_> {
        let mut log = self.lock();
        let unanswered = log.unanswered.entry(endpoint).or_default();
        *unanswered += 1;
        let in_flight = *unanswered;
        log.sequence += 1;
        let sequence = log.sequence;
        log.entries.push(Entry {
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
    pub(crate) async fn wait_for(&self, wanted: impl Fn(&Journal) -> Option<Entry>) -> Entry {
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
        wanted: impl Fn(&Journal) -> Option<Entry>,
        limit: Duration,
    ) -> Option<Entry> {
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
    fn finish(&self, ticket: &Ticket<'_>, change: impl FnOnce(&mut Entry)) -> Option<Entry> {
        let mut log = self.lock();
        if let Some(unanswered) = log.unanswered.get_mut(&ticket.endpoint) {
            *unanswered = unanswered.saturating_sub(1);
        }
        let sequence = ticket.sequence;
        let entry = log.entries.iter_mut().find(|entry| entry.sequence == sequence)?;
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
    endpoint: Option<Endpoint>,
    done: bool,
}

impl Ticket<'_> {
    /// Writes the answer down. `None` if the journal was emptied meanwhile.
    pub(crate) fn answered(mut self, answer: &Answer) -> Option<Entry> {
        self.done = true;
        self.recorder.finish(&self, |entry| {
            entry.status = Some(answer.status);
            entry.error_code = answer.error_code.as_deref().map(str::to_owned);
        })
    }

    /// Writes down that there will be no answer. `None` if the journal was emptied meanwhile.
    pub(crate) fn connection_closed(mut self) -> Option<Entry> {
        self.done = true;
        self.recorder.finish(&self, |entry| entry.connection_closed = true)
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
    Some(serde_json::from_slice(bytes).unwrap_or_else(|_| text()))
}
