//! Options of the requests of one caller: a deadline, and an observer of retries.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Client;
use crate::huaweicloud::error::Error;

/// Receives the attempts and retries of a request.
pub trait RetryObserver: Send + Sync {
    /// An attempt starts: from now on, data may reach the service.
    fn on_attempt(&self) {}

    /// An attempt failed, and the request is sent again after a pause.
    fn on_retry(&self, notice: &RetryNotice<'_>);
}

/// A failed attempt that is followed by another one.
#[derive(Debug)]
pub struct RetryNotice<'a> {
    /// The error of the attempt.
    pub error: &'a Error,
    /// The time until the next attempt.
    pub pause: Duration,
    /// The number of attempts made, which is also the number of the retry that follows.
    pub attempts: u32,
    /// The highest number of retries.
    pub max_retries: u32,
    /// Whether the service asked for this pause (`Retry-After`).
    pub requested_by_service: bool,
}

/// The deadline and the observer of one caller.
#[derive(Clone, Default)]
pub(super) struct CallOptions {
    pub(super) deadline: Option<Instant>,
    pub(super) observer: Option<Arc<dyn RetryObserver>>,
}

impl Client {
    /// The same client with a deadline and an observer. An error is returned at once if the wait for the next attempt
    /// would last beyond the deadline.
    #[must_use]
    pub fn with_deadline(&self, deadline: Option<Instant>, observer: Arc<dyn RetryObserver>) -> Self {
        Self { shared: Arc::clone(&self.shared), options: CallOptions { deadline, observer: Some(observer) } }
    }

    /// The same client with a deadline and no observer.
    #[must_use]
    pub fn until(&self, deadline: Option<Instant>) -> Self {
        Self { shared: Arc::clone(&self.shared), options: CallOptions { deadline, observer: None } }
    }
}
