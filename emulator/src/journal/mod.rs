//! Every request in the order of arrival, and the means to wait for one.

mod recorder;

pub(crate) use self::recorder::{Recorder, Ticket};

use serde::Serialize;
use serde_json::Value;

/// One request. Holds nothing secret: of the headers, only the access key is kept.
#[derive(Clone, Debug, Serialize)]
pub struct JournalEntry {
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
    /// The client went away before the answer; nothing was changed in the state.
    pub abandoned: bool,
    /// The emulator closed or reset the connection before the whole answer was out, as a script or
    /// a fault said.
    pub connection_closed: bool,
    /// The name of the fault that hit the request.
    pub fault: Option<String>,
    /// The request changed what it was to change: a reset was carried out or became a task, a
    /// task's record was removed. Tells what happened where the client was told otherwise, or nothing.
    pub side_effect: bool,
    /// How many requests of the same operation, whatever they named, were unanswered when this one
    /// arrived, itself included: 1 for a lone one.
    pub in_flight: usize,
}

impl JournalEntry {
    /// Whether method and end of the path are these.
    pub fn matches(&self, method: &str, path_suffix: &str) -> bool {
        self.method == method && self.path.ends_with(path_suffix)
    }
}

/// The requests that had arrived when this was asked for.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Journal(Vec<JournalEntry>);

impl Journal {
    /// All requests, in the order of arrival.
    pub fn entries(&self) -> &[JournalEntry] {
        &self.0
    }

    /// How many requests had this method and a path with this end.
    pub fn count(&self, method: &str, path_suffix: &str) -> usize {
        self.matching(method, path_suffix).count()
    }

    /// The requests with this method and a path with this end.
    pub fn matching<'a>(
        &'a self,
        method: &'a str,
        path_suffix: &'a str,
    ) -> impl Iterator<Item = &'a JournalEntry> + 'a {
        self.0.iter().filter(move |entry| entry.matches(method, path_suffix))
    }

    /// The most requests with this method and a path with this end that were unanswered at one
    /// time; 0 if there were none.
    pub fn max_in_flight(&self, method: &str, path_suffix: &str) -> usize {
        self.matching(method, path_suffix).map(|entry| entry.in_flight).max().unwrap_or(0)
    }

    /// How many different connections the requests came over.
    pub fn connection_count(&self) -> usize {
        let mut numbers: Vec<u64> = self.0.iter().map(|entry| entry.connection).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.len()
    }
}
