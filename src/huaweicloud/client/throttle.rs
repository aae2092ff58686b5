//! How many requests leave per second: as many as the user allows, and fewer while the service refuses for too many.
//!
//! A limit that the service does not tell is found by its refusals: each slows the pace, each success makes it a little
//! faster. Without that, requests that come in parallel would use up their repetitions against each other.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The pace after the first refusal: twenty requests per second.
const FIRST_INTERVAL: Duration = Duration::from_millis(50);
/// The slowest pace that refusals lead to.
const LONGEST_INTERVAL: Duration = Duration::from_secs(2);
/// Below this, the pace is no longer kept.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);
/// How much longer an interval becomes by each refusal, and how much shorter by each success. Around the service's own
/// limit, that is a refusal in about nine requests.
const SLOWED_BY: f64 = 1.5;
const EASED_BY: f64 = 0.95;

/// The pace of one client.
#[derive(Debug)]
pub(super) struct Throttle {
    /// The user's: the shortest time between two requests.
    fixed: Duration,
    pace: Mutex<Pace>,
}

#[derive(Debug)]
struct Pace {
    /// When the next request may leave.
    next: Instant,
    /// Learned from refusals; zero for none.
    interval: Duration,
}

impl Throttle {
    /// At most `per_second` requests, if that is given.
    pub(super) fn new(per_second: Option<f64>) -> Self {
        let fixed = per_second.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
        Self { fixed, pace: Mutex::new(Pace { next: Instant::now(), interval: Duration::ZERO }) }
    }

    /// When the request that asks may leave. Each call is a turn of its own.
    pub(super) fn turn(&self) -> Instant {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = pace.next.max(Instant::now());
        pace.next = turn + pace.interval.max(self.fixed);
        turn
    }

    /// The service refused a request because there were too many.
    pub(super) fn refused(&self) {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.interval = pace.interval.mul_f64(SLOWED_BY).clamp(FIRST_INTERVAL, LONGEST_INTERVAL);
    }

    /// The service took a request.
    pub(super) fn taken(&self) {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        if !pace.interval.is_zero() {
            let eased = pace.interval.mul_f64(EASED_BY);
            pace.interval = if eased < SHORTEST_INTERVAL { Duration::ZERO } else { eased };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds from the first turn to each.
    fn turns(throttle: &Throttle, count: usize) -> Vec<u128> {
        let first = throttle.turn();
        let rest = (1..count).map(|_| (throttle.turn() - first).as_millis());
        std::iter::once(0).chain(rest).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_waits_without_a_limit_or_a_refusal() {
        assert_eq!(turns(&Throttle::new(None), 4), [0, 0, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn limit_of_the_user_is_kept() {
        assert_eq!(turns(&Throttle::new(Some(5.0)), 4), [0, 200, 400, 600]);
        assert_eq!(turns(&Throttle::new(Some(0.5)), 3), [0, 2_000, 4_000]);
    }

    #[tokio::test(start_paused = true)]
    async fn refusals_slow_down_and_successes_ease() {
        let throttle = Throttle::new(None);
        throttle.refused();
        assert_eq!(turns(&throttle, 3), [0, 50, 100]);
        throttle.refused();
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(turns(&throttle, 3), [0, 75, 150]);
        for _ in 0..20 {
            throttle.refused();
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(turns(&throttle, 2), [0, 2_000]);
        for _ in 0..500 {
            throttle.taken();
        }
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(turns(&throttle, 3), [0, 0, 0]);
    }
}
