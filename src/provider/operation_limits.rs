//! The limits of an operation: the user's interrupt, the time limit, and the number of concurrent requests.

use std::future::Future;
use std::time::Duration;

use futures_util::{Stream, StreamExt, TryStreamExt, stream};
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
    /// Ends work once `timeout` has passed, or at `cancellation`.
    pub(crate) fn new(cancellation: Cancellation, timeout: Duration) -> Self {
        // A limit that the clock cannot represent counts as unlimited.
        Self { cancellation, timeout, deadline: Instant::now().checked_add(timeout) }
    }

    /// The end of the time limit. `None`: never.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether the user interrupted.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
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

/// Runs at most [`MAX_CONCURRENT_REQUESTS`] futures at the same time, and returns the outputs in the order of `work`. A
/// slow future does not delay the start of later ones.
pub(crate) async fn concurrently<F: Future>(work: Vec<F>) -> Vec<F::Output> {
    in_order(unordered(work).collect().await)
}

/// The same for work that can fail.
///
/// # Errors
/// The first error, which cancels all other work.
pub(crate) async fn try_concurrently<T, E, F>(work: Vec<F>) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    let numbered = unordered(work).map(|(number, result)| result.map(|output| (number, output)));
    numbered.try_collect().await.map(in_order)
}

/// The outputs with their indexes in `work`, as they become available.
fn unordered<F: Future>(work: Vec<F>) -> impl Stream<Item = (usize, F::Output)> {
    let numbered = work.into_iter().enumerate().map(|(number, future)| async move { (number, future.await) });
    stream::iter(numbered).buffer_unordered(MAX_CONCURRENT_REQUESTS)
}

fn in_order<T>(mut outputs: Vec<(usize, T)>) -> Vec<T> {
    outputs.sort_by_key(|(number, _)| *number);
    outputs.into_iter().map(|(_, output)| output).collect()
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

    #[tokio::test(start_paused = true)]
    async fn outputs_keep_their_order_and_eight_requests_run_at_once() {
        let started = Instant::now();
        let work = (0..16_u64).map(|number| async move {
            tokio::time::sleep(Duration::from_secs(16 - number)).await;
            number
        });
        assert_eq!(concurrently(work.collect()).await, (0..16).collect::<Vec<_>>());
        assert_eq!(started.elapsed(), Duration::from_secs(17));
    }

    /// Retries of one request must not delay all others.
    #[tokio::test(start_paused = true)]
    async fn slow_request_does_not_delay_the_start_of_others() {
        let started = Instant::now();
        let work = (0..32_u64).map(|number| async move {
            tokio::time::sleep(Duration::from_secs(if number % 16 == 0 { 60 } else { 1 })).await;
        });
        concurrently(work.collect()).await;
        assert!(started.elapsed() < Duration::from_secs(70), "{:?}", started.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn first_error_ends_the_work() {
        let started = Instant::now();
        let work = (0..500_u64).map(|number| async move {
            tokio::time::sleep(Duration::from_secs(if number == 0 { 60 } else { 1 })).await;
            if number == 1 { Err(number) } else { Ok(()) }
        });
        assert_eq!(try_concurrently(work.collect()).await, Err(1));
        assert_eq!(started.elapsed(), Duration::from_secs(1));
    }
}
