//! What a caller adds to its requests: until when they make sense, and who wants to know how they go.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Client;
use crate::huaweicloud::error::Error;

/// Told how a request goes, while it goes.
pub trait Observer: Send + Sync {
    /// An attempt begins: from here on, something may reach the service.
    fn attempting(&self) {}

    /// An attempt failed, and after a wait the request is sent again.
    fn waiting(&self, wait: &Wait<'_>);
}

/// A wait between two attempts.
#[derive(Debug)]
pub struct Wait<'a> {
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
pub(super) struct Work {
    pub(super) deadline: Option<Instant>,
    pub(super) observer: Option<Arc<dyn Observer>>,
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl Client {
    /// The same client for work that is over at `deadline`: a wait that would last longer is not begun, and its error is
    /// told at once. `observer` is told of every attempt and wait.
    #[must_use]
    pub fn working_until(&self, deadline: Option<Instant>, observer: Arc<dyn Observer>) -> Self {
        Self(Arc::clone(&self.0), Work { deadline, observer: Some(observer) })
    }

    /// The same, for work that nobody watches.
    #[must_use]
    pub fn until(&self, deadline: Option<Instant>) -> Self {
        Self(Arc::clone(&self.0), Work { deadline, observer: None })
    }
}
