//! What a caller adds to its requests: until when they make sense, and who wants to know how they go.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Client;
use crate::huaweicloud::error::Error;

/// Told how a request goes, while it goes.
pub trait RetryObserver: Send + Sync {
    /// An attempt begins: from here on, something may reach the service.
    fn on_attempt(&self) {}

    /// An attempt failed, and after a wait the request is sent again.
    fn on_retry(&self, wait: &RetryNotice<'_>);
}

/// A wait between two attempts.
#[derive(Debug)]
pub struct RetryNotice<'a> {
    /// Why.
    pub error: &'a Error,
    /// How long.
    pub pause: Duration,
    /// Which repetition comes then, from 1.
    pub repetition: u32,
    /// How many there may be.
    pub max_retries: u32,
    /// The service itself asked for so long a wait (`Retry-After`).
    pub asked_for: bool,
}

/// Bounds and observer of the requests of one caller.
#[derive(Clone, Default)]
pub(super) struct CallOptions {
    pub(super) deadline: Option<Instant>,
    pub(super) observer: Option<Arc<dyn RetryObserver>>,
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallOptions").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl Client {
    /// The same client for work that is over at `deadline`: a wait that would last longer is not begun, and its error is
    /// told at once. `observer` is told of every attempt and wait.
    #[must_use]
    pub fn with_deadline(&self, deadline: Option<Instant>, observer: Arc<dyn RetryObserver>) -> Self {
        Self(Arc::clone(&self.0), CallOptions { deadline, observer: Some(observer) })
    }

    /// The same, for work that nobody watches.
    #[must_use]
    pub fn until(&self, deadline: Option<Instant>) -> Self {
        Self(Arc::clone(&self.0), CallOptions { deadline, observer: None })
    }
}
