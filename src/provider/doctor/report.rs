//! Prints the result of each check of the doctor as soon as it is known.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::huaweicloud::{RetryNotice, RetryObserver};
use crate::printable::printable;
use crate::provider::kafka_offset_reset::describe_retry;

/// Prints to standard output. Ignores a closed pipe. Clones share their state.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    has_sent_request: Arc<AtomicBool>,
}

impl Report {
    /// A check that passed.
    pub(super) fn ok(&self, check: &str, result: &str) {
        self.line(&format!("ok      {check}: {result}"));
    }

    /// A check that failed.
    pub(super) fn failed(&self, check: &str, result: &str) {
        self.line(&format!("failed  {check}: {result}"));
    }

    /// Prints one line. Errors and diagnostics can have several.
    pub(super) fn line(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        let _ = writeln!(stdout, "{}", printable(&text.replace('\n', " ")));
        let _ = stdout.flush();
    }

    /// Whether a request has been sent.
    pub(super) fn has_sent_request(&self) -> bool {
        self.has_sent_request.load(Ordering::Acquire)
    }
}

/// Prints the retries of requests, and records that a request was sent.
impl RetryObserver for Report {
    fn on_attempt(&self) {
        self.has_sent_request.store(true, Ordering::Release);
    }

    fn on_retry(&self, notice: &RetryNotice<'_>) {
        self.line(&format!("wait    {}", describe_retry(notice)));
    }
}
