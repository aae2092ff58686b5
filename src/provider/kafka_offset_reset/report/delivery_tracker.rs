//! Observes the requests of a reset: reports retries, and records whether a request may have reached the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::huaweicloud::{RetryNotice, RetryObserver};

use super::progress::ProgressReporter;
use super::wording::describe_retry;

/// The observer of one request, or of several reads, whose delivery does not matter.
#[derive(Debug)]
pub(crate) struct DeliveryTracker {
    progress: Arc<ProgressReporter>,
    in_flight: AtomicBool,
    in_doubt: AtomicBool,
}

impl DeliveryTracker {
    pub(crate) fn new(progress: Arc<ProgressReporter>) -> Arc<Self> {
        Arc::new(Self { progress, in_flight: AtomicBool::new(false), in_doubt: AtomicBool::new(false) })
    }

    /// Whether the service may carry out the request if it is abandoned now.
    pub(crate) fn may_have_arrived(&self) -> bool {
        self.in_flight.load(Ordering::Acquire) || self.in_doubt.load(Ordering::Acquire)
    }
}

impl RetryObserver for DeliveryTracker {
    fn on_attempt(&self) {
        self.in_flight.store(true, Ordering::Release);
        self.progress.resumed();
    }

    fn on_retry(&self, notice: &RetryNotice<'_>) {
        self.in_flight.store(false, Ordering::Release);
        if notice.error.may_have_taken_effect() {
            self.in_doubt.store(true, Ordering::Release);
        }
        self.progress.retrying(&describe_retry(notice));
    }
}
