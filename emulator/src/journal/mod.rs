//! The journal: every request in the order of arrival.

mod body;
mod json;
mod recorder;

pub(crate) use self::json::JournalJson;
pub(crate) use self::recorder::{InFlight, Recorder};

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::routes::RouteKind;

/// One request. Contains no secrets: of the headers, only the access key is kept.
#[derive(Clone, Debug, Serialize)]
pub struct JournalEntry {
    /// The number of the request, counted from 1 since the emulator started.
    pub sequence: u64,
    /// The time of arrival by the emulator's clock, in RFC 3339.
    pub time: String,
    /// For example `PUT`.
    pub method: String,
    /// As on the request line: percent-encoded, without the query.
    pub path: String,
    /// As on the request line, without the `?`.
    pub query: Option<String>,
    /// Whether the request has a route.
    pub route: RouteKind,
    /// `None` while the request is in flight, and if no part of a response was sent.
    pub status: Option<u16>,
    /// The error code of the response, if it was an error.
    pub error_code: Option<String>,
    /// The `X-Request-Id` of the response.
    pub request_id: String,
    /// The access key that the request names, whether or not its signature is valid.
    pub access_key: Option<String>,
    /// The number of the connection, counted from 1.
    pub connection: u64,
    /// The body: JSON if it is JSON, otherwise text; `None` if it is empty. If it is longer than 16 KiB, its first
    /// 16 KiB as text.
    pub body: Option<Value>,
    /// The client closed the connection before the response. The request changed nothing.
    pub abandoned: bool,
    /// A fault closed or reset the connection before the response was complete.
    pub connection_closed: bool,
    /// The name of the fault that hit the request.
    pub fault: Option<String>,
    /// The request changed something, whatever the client received: a reset was carried out or became a task, the
    /// record of a task was removed, or a group, offset, topic or message was created, changed or deleted. A reset counts
    /// even if it moves no offset; any other call that succeeds without a change does not.
    pub side_effect: bool,
    /// How many requests of the same operation were in flight when this one arrived, including this one.
    pub in_flight: usize,
}

impl JournalEntry {
    /// Whether the request has this method and a path that ends with `path_suffix`.
    pub fn matches(&self, method: &str, path_suffix: &str) -> bool {
        self.method == method && self.path.ends_with(path_suffix)
    }
}

/// A snapshot of the requests received so far.
///
/// [`Limits`](crate::Limits) bound the journal: it drops the oldest entries to make room for new ones. The methods that
/// count then panic, because they could only return a wrong number.
#[derive(Clone, Debug)]
pub struct Journal {
    entries: Vec<Arc<JournalEntry>>,
    dropped: u64,
}

impl Journal {
    /// All requests that were not dropped, in the order of arrival.
    pub fn entries(&self) -> &[Arc<JournalEntry>] {
        &self.entries
    }

    /// How many requests were dropped since the journal was last cleared, all of them older than the entries.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The number of requests with this method and a path that ends with `path_suffix`.
    ///
    /// # Panics
    ///
    /// Requests were dropped.
    pub fn count(&self, method: &str, path_suffix: &str) -> usize {
        self.complete().matching(method, path_suffix).count()
    }

    /// The requests with this method and a path that ends with `path_suffix`, without those that were dropped.
    pub fn matching<'a>(
        &'a self,
        method: &'a str,
        path_suffix: &'a str,
    ) -> impl Iterator<Item = &'a JournalEntry> + 'a {
        self.entries.iter().map(Arc::as_ref).filter(move |entry| entry.matches(method, path_suffix))
    }

    /// The highest number of requests in flight at the same time, among those with this method and a path that ends
    /// with `path_suffix`; 0 if there were none.
    ///
    /// # Panics
    ///
    /// Requests were dropped.
    pub fn max_in_flight(&self, method: &str, path_suffix: &str) -> usize {
        self.complete().matching(method, path_suffix).map(|entry| entry.in_flight).max().unwrap_or(0)
    }

    /// The number of connections that the requests used.
    ///
    /// # Panics
    ///
    /// Requests were dropped.
    pub fn connection_count(&self) -> usize {
        let mut numbers: Vec<u64> = self.complete().entries.iter().map(|entry| entry.connection).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.len()
    }

    fn complete(&self) -> &Self {
        let dropped = self.dropped;
        assert!(dropped == 0, "the journal dropped {dropped} requests: clear it earlier, or raise its limits");
        self
    }
}

impl Serialize for Journal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.entries.iter().map(Arc::as_ref))
    }
}

#[cfg(test)]
mod tests;
