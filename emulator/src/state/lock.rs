//! The lock on a key pair whose signatures were wrong too often.
//!
//! The service's documentation: after more than five failed checks in a row everything signed with
//! the key is refused for five minutes.

use super::State;
use jiff::{SignedDuration, Timestamp};

/// For how long.
const LOCKED: SignedDuration = SignedDuration::from_mins(5);

/// How many wrong signatures in a row lock a key pair; 0: none do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockAfter(pub(crate) u32);

impl Default for LockAfter {
    fn default() -> Self {
        Self(5)
    }
}

/// How near a key pair is to its lock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Failures {
    in_a_row: u32,
    locked_until: Option<Timestamp>,
}

impl State {
    /// Whether all that names this access key is refused.
    pub(crate) fn is_locked(&self, access_key: &str, now: Timestamp) -> bool {
        let credential = self.credentials.get(access_key);
        credential.and_then(|credential| credential.failures.locked_until).is_some_and(|end| now < end)
    }

    /// Notes that a signature was right or wrong.
    pub(crate) fn note_signature(&mut self, access_key: &str, is_right: bool, now: Timestamp) {
        let LockAfter(limit) = self.lock_after;
        let Some(credential) = self.credentials.get_mut(access_key) else {
            return;
        };
        let in_a_row = if is_right { 0 } else { credential.failures.in_a_row.saturating_add(1) };
        credential.failures = Failures { in_a_row, locked_until: None };
        if limit > 0 && in_a_row >= limit {
            let locked_until = now.checked_add(LOCKED).unwrap_or(Timestamp::MAX);
            // Counts from the start again when the lock is off.
            credential.failures = Failures { in_a_row: 0, locked_until: Some(locked_until) };
        }
    }
}
