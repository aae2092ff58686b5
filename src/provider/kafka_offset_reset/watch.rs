//! Watches the requests of a reset: tells their waits, and knows whether anything can have reached the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::huaweicloud::{RetryNotice, RetryObserver};

use super::narration::Narration;
use super::words::seconds;

/// For one request, or for several of which nobody asks what became of each.
#[derive(Debug)]
pub(super) struct Watch {
    narration: Arc<Narration>,
    on_its_way: AtomicBool,
    doubtful: AtomicBool,
}

impl Watch {
    pub(super) fn new(narration: Arc<Narration>) -> Arc<Self> {
        Arc::new(Self { narration, on_its_way: AtomicBool::new(false), doubtful: AtomicBool::new(false) })
    }

    /// Whether the request, ended here and now, may have been carried out.
    pub(super) fn may_have_arrived(&self) -> bool {
        self.on_its_way.load(Ordering::Acquire) || self.doubtful.load(Ordering::Acquire)
    }
}

impl RetryObserver for Watch {
    fn on_attempt(&self) {
        self.on_its_way.store(true, Ordering::Release);
        self.narration.goes_on();
    }

    fn on_retry(&self, wait: &RetryNotice<'_>) {
        self.on_its_way.store(false, Ordering::Release);
        if wait.error.may_have_taken_effect() {
            self.doubtful.store(true, Ordering::Release);
        }
        self.narration.waits(&wait_in_words(wait));
    }
}

/// `The service answered 503; trying again in 1.5 s (2 of 5)`
pub(in crate::provider) fn wait_in_words(wait: &RetryNotice<'_>) -> String {
    let what = match wait.error.response() {
        Some(answer) => {
            let code = answer.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
            format!("The service answered {}{code}", answer.status)
        }
        None if wait.error.may_have_taken_effect() => "The answer of the service was lost".to_owned(),
        None => "The service could not be reached".to_owned(),
    };
    let whose = if wait.requested_by_service { ", as it asks" } else { "" };
    let RetryNotice { attempts, max_retries, .. } = wait;
    format!("{what}; trying again in {}{whose} ({attempts} of {max_retries})", seconds(wait.pause))
}
