//! The limits of an operation: the user's interrupt, the time limit, and the number of concurrent requests.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::tf_provider::Cancellation;

/// How many requests of one operation may be in flight at the same time.
pub(crate) const MAX_CONCURRENT_REQUESTS: usize = 8;

/// The limits of one operation.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    cancellation: Cancellation,
    timeout: Duration,
    deadline: Option<Instant>,
}

/// Why an operation ended early.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Interruption {
    /// The user interrupted.
    Cancelled,
    /// The time limit has passed. Holds its length.
    TimedOut(Duration),
}

impl Limits {
    /// Ends work after `timeout` from now, or at `cancellation`.
    pub(crate) fn new(cancellation: Cancellation, timeout: Duration) -> Self {
        // A limit that the clock cannot represent is no limit.
        Self { cancellation, timeout, deadline: Instant::now().checked_add(timeout) }
    }

    /// The end of the time limit. `None`: never.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Runs one step. When a limit ends it, the step is dropped.
    ///
    /// # Errors
    /// A limit ended the step.
    pub(crate) async fn run<T>(&self, step: impl Future<Output = T>) -> Result<T, Interruption> {
        let time_is_up = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.cancellation.cancelled() => Err(Interruption::Cancelled),
            () = time_is_up => Err(Interruption::TimedOut(self.timeout)),
            outcome = step => Ok(outcome),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf_provider::cancellation::StopSignal;

    fn limits(stop: &StopSignal, seconds: u64) -> Limits {
        Limits::new(stop.cancellation(), Duration::from_secs(seconds))
    }

    #[tokio::test(start_paused = true)]
    async fn step_within_the_limits_ends_by_itself() {
        assert_eq!(limits(&StopSignal::default(), 1).run(async { 7 }).await, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn steps_share_one_time_limit() {
        let limits = limits(&StopSignal::default(), 3);
        let two_seconds = || tokio::time::sleep(Duration::from_secs(2));
        assert_eq!(limits.run(two_seconds()).await, Ok(()));
        assert_eq!(limits.run(two_seconds()).await, Err(Interruption::TimedOut(Duration::from_secs(3))));
    }

    #[tokio::test]
    async fn interrupt_ends_a_step_that_would_never_end() {
        let stop = StopSignal::default();
        let limits = limits(&stop, 3600);
        let (outcome, ()) = tokio::join!(limits.run(std::future::pending::<()>()), async { stop.stop() });
        assert_eq!(outcome, Err(Interruption::Cancelled));
    }

    #[tokio::test]
    async fn nothing_is_begun_after_an_interrupt() {
        let stop = StopSignal::default();
        let limits = limits(&stop, 3600);
        stop.stop();
        let begun = std::cell::Cell::new(false);
        let outcome = limits.run(async { begun.set(true) }).await;
        assert_eq!((outcome, begun.get()), (Err(Interruption::Cancelled), false));
    }
}
