//! How many requests per second the gateway lets through.

use crate::message::Refusal;
use crate::routes::Operation;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So long it takes for a limit to let its whole burst through again.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// A limit: a bucket of as many tokens as requests are let through in a second, filled evenly by
/// the emulator's clock. What finds it empty is refused with 429 `APIGW.0308`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// For this operation. Default: one bucket for all.
    #[serde(default)]
    pub operation: Option<Operation>,
    /// Requests in a second, also at once.
    pub per_second: NonZeroU32,
    /// The `Retry-After` header of refusals. Default: none.
    #[serde(default)]
    pub retry_after: Option<String>,
}

impl RateLimit {
    /// For all requests together; 0 counts as 1.
    pub fn all(per_second: u32) -> Self {
        let per_second = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        Self { operation: None, per_second, retry_after: None }
    }

    /// For one operation; 0 counts as 1.
    pub fn for_operation(operation: Operation, per_second: u32) -> Self {
        Self { operation: Some(operation), ..Self::all(per_second) }
    }

    /// With a `Retry-After` header in refusals.
    #[must_use]
    pub fn retry_after(mut self, value: &str) -> Self {
        self.retry_after = Some(value.to_owned());
        self
    }

    fn refusal(&self) -> Refusal {
        let message = format!(
            "The throttling threshold has been reached: policy api over ratelimit,limit:{},time:1 second",
            self.per_second
        );
        Refusal::new(429, "APIGW.0308", message).with_header("retry-after", self.retry_after.clone())
    }
}

struct Bucket {
    limit: RateLimit,
    /// When it will be full again. A bucket that is a second away from that is empty.
    full_at: Timestamp,
}

impl Bucket {
    /// When it would be full again after one request more; `None` if there is no token.
    fn after_one_more(&mut self, now: Timestamp) -> Option<Timestamp> {
        let token = SECOND / i32::try_from(self.limit.per_second.get()).unwrap_or(i32::MAX);
        // Nothing is further away than a second, unless the clock was moved back.
        let empty = now.checked_add(SECOND).unwrap_or(Timestamp::MAX);
        self.full_at = self.full_at.min(empty);
        let full_at = self.full_at.max(now).checked_add(token).unwrap_or(Timestamp::MAX);
        (full_at <= empty).then_some(full_at)
    }
}

/// The limits in force.
#[derive(Default)]
pub(crate) struct Limits(Mutex<Vec<Bucket>>);

impl Limits {
    /// These and no others, with full buckets.
    pub(crate) fn set(&self, limits: impl IntoIterator<Item = RateLimit>) {
        let full = |limit| Bucket { limit, full_at: Timestamp::MIN };
        let buckets: Vec<Bucket> = limits.into_iter().map(full).collect();
        *self.lock() = buckets;
    }

    pub(crate) fn add(&self, limit: RateLimit) {
        self.lock().push(Bucket { limit, full_at: Timestamp::MIN });
    }

    pub(crate) fn in_force(&self) -> Vec<RateLimit> {
        self.lock().iter().map(|bucket| bucket.limit.clone()).collect()
    }

    /// Takes a token of every limit that is for this operation, or of none.
    pub(crate) fn pass(&self, operation: Operation, now: Timestamp) -> Result<(), Refusal> {
        let mut buckets = self.lock();
        let mut taken = Vec::new();
        for (index, bucket) in buckets.iter_mut().enumerate() {
            if bucket.limit.operation.is_none_or(|limited| limited == operation) {
                taken.push((index, bucket.after_one_more(now).ok_or_else(|| bucket.limit.refusal())?));
            }
        }
        for (index, full_at) in taken {
            buckets[index].full_at = full_at;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Bucket>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_704_067_200_000 + milliseconds).unwrap()
    }

    fn limits(list: &[RateLimit]) -> impl Fn(Operation, i64) -> bool + use<> {
        let limits = Limits::default();
        limits.set(list.iter().cloned());
        move |operation, milliseconds| limits.pass(operation, at(milliseconds)).is_ok()
    }

    #[test]
    fn a_burst_passes_and_then_one_for_each_part_of_a_second() {
        let pass = limits(&[RateLimit::all(4)]);
        let many = |milliseconds| (0..10).filter(|_| pass(Operation::ListTopics, milliseconds)).count();
        assert_eq!(many(0), 4);
        assert_eq!(many(249), 0);
        assert_eq!(many(250), 1);
        assert_eq!(many(800), 2, "the rest of a token is kept");
        assert_eq!(many(1_000), 1);
        assert_eq!(many(60_000), 4, "never more than the burst");
        assert_eq!(many(0), 0, "a clock that goes back gives no tokens");
        assert_eq!(many(1_000), 4, "and takes none for longer than a second");
    }

    #[test]
    fn a_limit_is_for_its_operation_and_a_refused_request_takes_no_token() {
        let pass = limits(&[RateLimit::all(3), RateLimit::for_operation(Operation::ListTopics, 1)]);
        assert!(pass(Operation::ListTopics, 0));
        assert!(!pass(Operation::ListTopics, 0));
        assert!(!pass(Operation::ListTopics, 0));
        assert!(pass(Operation::ShowGroup, 0));
        assert!(pass(Operation::ListTasks, 0));
        assert!(!pass(Operation::ShowGroup, 0));
    }

    #[test]
    fn odd_rates_are_never_exceeded() {
        for rate in [1, 3, 7, 200, u32::MAX] {
            let limits = Limits::default();
            limits.set([RateLimit::all(rate)]);
            let passed = (0..1_000).filter(|_| limits.pass(Operation::ListTasks, at(0)).is_ok()).count();
            assert_eq!(passed, usize::try_from(rate.min(1_000)).unwrap());
        }
    }
}
