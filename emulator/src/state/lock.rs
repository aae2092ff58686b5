//! The lock on a key pair after too many wrong signatures.
//!
//! According to the documentation of the service, all requests of a key pair are refused for five minutes after more
//! than five failed checks in a row.

use jiff::{SignedDuration, Timestamp};

use super::State;

/// How long a key pair stays locked.
const LOCK_DURATION: SignedDuration = SignedDuration::from_mins(5);

/// How many wrong signatures in a row lock a key pair; 0 turns the lock off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockAfter(pub(crate) u32);

impl Default for LockAfter {
    fn default() -> Self {
        Self(5)
    }
}

/// The wrong signatures of a key pair.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SignatureFailures {
    consecutive: u32,
    locked_until: Option<Timestamp>,
}

impl State {
    /// Whether the access key is locked, so that all its requests are refused.
    pub(crate) fn is_locked(&self, access_key: &str, now: Timestamp) -> bool {
        let credential = self.credentials.get(access_key);
        credential.and_then(|credential| credential.failures.locked_until).is_some_and(|end| now < end)
    }

    /// Records a correct or a wrong signature.
    pub(crate) fn record_signature(&mut self, access_key: &str, is_valid: bool, now: Timestamp) {
        let LockAfter(limit) = self.lock_after;
        let Some(credential) = self.credentials.get_mut(access_key) else {
            return;
        };
        let consecutive = if is_valid { 0 } else { credential.failures.consecutive.saturating_add(1) };
        credential.failures = SignatureFailures { consecutive, locked_until: None };
        if limit > 0 && consecutive >= limit {
            let locked_until = now.checked_add(LOCK_DURATION).unwrap_or(Timestamp::MAX);
            // After the lock, the count starts again at 0.
            credential.failures = SignatureFailures { consecutive: 0, locked_until: Some(locked_until) };
        }
    }
}
