//! The attempts at a request that failed.

use std::fmt;
use std::time::Duration;

/// The attempts at a request, and why the client made no further one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attempts {
    /// How many were made.
    pub count: u32,
    /// The time from the start of the first attempt to the end of the last one.
    pub elapsed: Duration,
    /// Why there was no further attempt.
    pub no_retry: NoRetryReason,
}

/// Why the client made no further attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoRetryReason {
    /// A retry cannot succeed, or could carry out the request a second time.
    NotRetryable,
    /// The client made all the retries that `max_retries` allows.
    RetriesExhausted,
    /// The next attempt would have started after the caller's deadline.
    Deadline {
        /// The wait before the next attempt.
        wait: Duration,
        /// The time until the deadline.
        remaining: Duration,
        /// Whether the service asked for this wait (`Retry-After`).
        requested_by_service: bool,
    },
}

/// As a suffix of the error message: empty after a single attempt that could not be retried.
impl fmt::Display for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let NoRetryReason::Deadline { wait, remaining, requested_by_service } = self.no_retry {
            let reason = match requested_by_service {
                true => "the service requests a wait of",
                false => "the next attempt would be in",
            };
            let (wait, remaining) = (seconds(wait), seconds(remaining));
            write!(f, "; not retried: {reason} {wait}, but only {remaining} of the time limit remain")?;
        }
        if self.count > 1 {
            write!(f, "; {} attempts within {}", self.count, seconds(self.elapsed))?;
        }
        Ok(())
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
