//! Prints the result of each check of the doctor as soon as it is known.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::huaweicloud::{RetryNotice, RetryObserver};
use crate::printable::printable;
use crate::provider::kafka_offset_reset::describe_retry;

/// Prints to standard output. Ignores a closed pipe.
#[derive(Debug)]
pub(super) struct Report {
    requests: Arc<Requests>,
}

impl Report {
    pub(super) fn new() -> Self {
        Self { requests: Arc::default() }
    }

    /// A check that passed.
    pub(super) fn ok(&self, check: &str, result: &str) {
        self.line(&format!("ok      {check}: {result}"));
    }

    /// A check that failed.
    pub(super) fn failed(&self, check: &str, result: &str) {
        self.line(&format!("failed  {check}: {result}"));
    }

    pub(super) fn line(&self, text: &str) {
        print(text);
    }

    /// Prints the retries of requests, and records that a request was sent.
    pub(super) fn observer(&self) -> Arc<dyn RetryObserver> {
        Arc::clone(&self.requests) as _
    }

    /// Whether a request has been sent.
    pub(super) fn has_sent_request(&self) -> bool {
        self.requests.0.load(Ordering::Acquire)
    }
}

#[derive(Debug, Default)]
struct Requests(AtomicBool);

impl RetryObserver for Requests {
    fn on_attempt(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn on_retry(&self, notice: &RetryNotice<'_>) {
        print(&format!("wait    {}", describe_retry(notice)));
    }
}

/// Prints one line. Errors and diagnostics can have several.
fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{}", printable(&text.replace('\n', " ")));
    let _ = stdout.flush();
}
