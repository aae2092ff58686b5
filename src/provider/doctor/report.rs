//! The doctor's lines, each printed as soon as it is known.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::huaweicloud::{RetryNotice, RetryObserver};
use crate::printable::printable;
use crate::provider::kafka_offset_reset::describe_retry;

/// Tells steps on standard output. When nobody reads it, there is nobody to tell.
#[derive(Debug)]
pub(super) struct Report {
    requests: Arc<Requests>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self { requests: Arc::default() }
    }

    /// A step that went well, and what it brought.
    pub(super) fn ok(&self, step: &str, what: &str) {
        self.line(&format!("ok      {step}: {what}"));
    }

    /// A step that did not.
    pub(super) fn failed(&self, step: &str, what: &str) {
        self.line(&format!("failed  {step}: {what}"));
    }

    pub(super) fn line(&self, text: &str) {
        print(text);
    }

    /// Tells the waits of requests, and remembers that there were any.
    pub(super) fn observer(&self) -> Arc<dyn RetryObserver> {
        Arc::clone(&self.requests) as _
    }

    /// Whether a request has left.
    pub(super) fn has_seen_a_request(&self) -> bool {
        self.requests.0.load(Ordering::Acquire)
    }
}

#[derive(Debug, Default)]
struct Requests(AtomicBool);

impl RetryObserver for Requests {
    fn on_attempt(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn on_retry(&self, wait: &RetryNotice<'_>) {
        print(&format!("wait    {}", describe_retry(wait)));
    }
}

/// One line, whatever is in the text: causes of errors and diagnostics may have several.
fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{}", printable(&text.replace('\n', " ")));
    let _ = stdout.flush();
}
