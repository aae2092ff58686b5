//! Rate limits of the gateway, as token buckets.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::message::ApiError;
use crate::routes::Operation;

/// How long an empty bucket takes to refill.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// A limit: a token bucket that holds `per_second` tokens and refills evenly, by the emulator's clock. A request that
/// finds the bucket empty is refused with 429 `APIGW.0308`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// The operation that it limits. Default: all requests together.
    #[serde(default)]
    pub operation: Option<Operation>,
    /// Requests per second, and the size of a burst.
    pub per_second: NonZeroU32,
    /// The `Retry-After` header of the 429 response. Default: none.
    #[serde(default)]
    pub retry_after: Option<String>,
}

impl RateLimit {
    /// Limits all requests together; 0 counts as 1.
    pub fn all(per_second: u32) -> Self {
        let per_second = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        Self { operation: None, per_second, retry_after: None }
    }

    /// Limits one operation; 0 counts as 1.
    pub fn for_operation(operation: Operation, per_second: u32) -> Self {
        Self { operation: Some(operation), ..Self::all(per_second) }
    }

    /// Adds a `Retry-After` header to the 429 response.
    #[must_use]
    pub fn retry_after(mut self, value: &str) -> Self {
        self.retry_after = Some(value.to_owned());
        self
    }

    fn error(&self) -> ApiError {
        let message = format!(
            "The throttling threshold has been reached: policy api over ratelimit,limit:{},time:1 second",
            self.per_second
        );
        ApiError::new(429, "APIGW.0308", message).with_header("retry-after", self.retry_after.clone())
    }
}

struct Bucket {
    limit: RateLimit,
    /// When the bucket will be full. If that is a second away, it is empty.
    full_at: Timestamp,
}

impl Bucket {
    /// When the bucket will be full after one more request; `None` if it is empty.
    fn full_after_request(&mut self, now: Timestamp) -> Option<Timestamp> {
        let token = SECOND / i32::try_from(self.limit.per_second.get()).unwrap_or(i32::MAX);
        // At most a second away, unless a test has set the clock back.
        let empty = now.checked_add(SECOND).unwrap_or(Timestamp::MAX);
        self.full_at = self.full_at.min(empty);
        let full_at = self.full_at.max(now).checked_add(token).unwrap_or(Timestamp::MAX);
        (full_at <= empty).then_some(full_at)
    }
}

/// The active limits.
#[derive(Default)]
pub(crate) struct RateLimiter(Mutex<Vec<Bucket>>);

impl RateLimiter {
    /// Replaces the limits. The buckets are full.
    pub(crate) fn set(&self, limits: impl IntoIterator<Item = RateLimit>) {
        let full = |limit| Bucket { limit, full_at: Timestamp::MIN };
        let buckets: Vec<Bucket> = limits.into_iter().map(full).collect();
        *self.lock() = buckets;
    }

    pub(crate) fn add(&self, limit: RateLimit) {
        self.lock().push(Bucket { limit, full_at: Timestamp::MIN });
    }

    pub(crate) fn active(&self) -> Vec<RateLimit> {
        self.lock().iter().map(|bucket| bucket.limit.clone()).collect()
    }

    /// Takes a token from each limit that applies to this operation.
    ///
    /// # Errors
    ///
    /// One of the buckets is empty. No token is taken then.
    pub(crate) fn try_acquire(&self, operation: Operation, now: Timestamp) -> Result<(), ApiError> {
        let mut buckets = self.lock();
        let mut taken = Vec::new();
        for (index, bucket) in buckets.iter_mut().enumerate() {
            if bucket.limit.operation.is_none_or(|limited| limited == operation) {
                taken.push((index, bucket.full_after_request(now).ok_or_else(|| bucket.limit.error())?));
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
        let limits = RateLimiter::default();
        limits.set(list.iter().cloned());
        move |operation, milliseconds| limits.try_acquire(operation, at(milliseconds)).is_ok()
    }

    #[test]
    fn full_bucket_allows_a_burst_and_refills_evenly() {
        let pass = limits(&[RateLimit::all(4)]);
        let passed = |milliseconds| (0..10).filter(|_| pass(Operation::ListTopics, milliseconds)).count();
        assert_eq!(passed(0), 4);
        assert_eq!(passed(249), 0);
        assert_eq!(passed(250), 1);
        assert_eq!(passed(800), 2, "a fraction of a token is kept");
        assert_eq!(passed(1_000), 1);
        assert_eq!(passed(60_000), 4, "the burst is the maximum");
        assert_eq!(passed(0), 0, "no tokens when the clock is set back");
        assert_eq!(passed(1_000), 4, "full again a second later");
    }

    #[test]
    fn limit_applies_to_its_operation_and_refused_request_takes_no_token() {
        let pass = limits(&[RateLimit::all(3), RateLimit::for_operation(Operation::ListTopics, 1)]);
        assert!(pass(Operation::ListTopics, 0));
        assert!(!pass(Operation::ListTopics, 0));
        assert!(!pass(Operation::ListTopics, 0));
        assert!(pass(Operation::ShowGroup, 0));
        assert!(pass(Operation::ListTasks, 0));
        assert!(!pass(Operation::ShowGroup, 0));
    }

    #[test]
    fn rate_is_never_exceeded() {
        for rate in [1, 3, 7, 200, u32::MAX] {
            let limits = RateLimiter::default();
            limits.set([RateLimit::all(rate)]);
            let passed = (0..1_000).filter(|_| limits.try_acquire(Operation::ListTasks, at(0)).is_ok()).count();
            assert_eq!(passed, usize::try_from(rate.min(1_000)).unwrap());
        }
    }
}
