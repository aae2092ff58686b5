//! Limits the request rate: to the user's limit, and below it while the service throttles requests.
//!
//! The service does not publish its limit, so the client adapts: each throttled request lengthens the interval between
//! requests, and each success shortens it a little. Otherwise, concurrent requests would use up their retries against
//! each other.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The interval after the first throttled request: twenty requests per second.
const FIRST_INTERVAL: Duration = Duration::from_millis(50);
/// The longest interval.
const LONGEST_INTERVAL: Duration = Duration::from_secs(2);
/// Shorter intervals count as none.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
/// The factors by which the interval changes after a throttled and a successful request. At the service's limit, about
/// one of nine requests is throttled.
const INCREASE: f64 = 1.5;
const DECREASE: f64 = 0.95;

/// The request rate of one client.
#[derive(Debug)]
pub(super) struct Throttle {
    /// The shortest interval, from the user's limit.
    min_interval: Duration,
    rate: Mutex<Rate>,
}

#[derive(Debug)]
struct Rate {
    /// The earliest time of the next request.
    next: Instant,
    /// Adapted to the service. Zero: no limit.
    interval: Duration,
}

impl Throttle {
    /// A throttle with the user's limit.
    pub(super) fn new(per_second: Option<f64>) -> Self {
        let min_interval = per_second.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
        Self { min_interval, rate: Mutex::new(Rate { next: Instant::now(), interval: Duration::ZERO }) }
    }

    /// Reserves the next slot: the time at which one request may be sent.
    pub(super) fn next_slot(&self) -> Instant {
        let mut rate = self.rate();
        let slot = rate.next.max(Instant::now());
        rate.next = slot + rate.interval.max(self.min_interval);
        slot
    }

    /// The service throttled a request.
    pub(super) fn on_throttled(&self) {
        let mut rate = self.rate();
        rate.interval = rate.interval.mul_f64(INCREASE).clamp(FIRST_INTERVAL, LONGEST_INTERVAL);
    }

    /// A request succeeded.
    pub(super) fn on_success(&self) {
        let mut rate = self.rate();
        if !rate.interval.is_zero() {
            let shorter = rate.interval.mul_f64(DECREASE);
            rate.interval = if shorter < SHORTEST_INTERVAL { Duration::ZERO } else { shorter };
        }
    }

    fn rate(&self) -> MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds from the first slot to each slot.
    fn slots(throttle: &Throttle, count: usize) -> Vec<u128> {
        let first = throttle.next_slot();
        let rest = (1..count).map(|_| (throttle.next_slot() - first).as_millis());
        std::iter::once(0).chain(rest).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn requests_do_not_wait_without_a_limit() {
        assert_eq!(slots(&Throttle::new(None), 4), [0, 0, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn limit_of_the_user_is_respected() {
        assert_eq!(slots(&Throttle::new(Some(5.0)), 4), [0, 200, 400, 600]);
        assert_eq!(slots(&Throttle::new(Some(0.5)), 3), [0, 2_000, 4_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn interval_grows_after_throttling_and_shrinks_after_success() {
        let throttle = Throttle::new(None);
        throttle.on_throttled();
        assert_eq!(slots(&throttle, 3), [0, 50, 100]);
        throttle.on_throttled();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(slots(&throttle, 3), [0, 75, 150]);
        for _ in 0..20 {
            throttle.on_throttled();
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(slots(&throttle, 2), [0, 2_000]);
        for _ in 0..500 {
            throttle.on_success();
        }
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(slots(&throttle, 3), [0, 0, 0]);
    }
}
