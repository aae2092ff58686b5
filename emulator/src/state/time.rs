//! What happens in the state by itself, as time passes. Time comes from outside; nothing here waits.

use super::State;
use jiff::{SignedDuration, Timestamp};

impl State {
    /// Brings the state up to `now`: members whose time is over leave, tasks go on.
    ///
    /// Called before anything looks, so that nothing has to happen in between.
    pub fn advance(&mut self, now: Timestamp) {
        for instance in self.instances.values_mut() {
            for group in instance.groups.values_mut() {
                group.advance(now);
            }
            instance.advance_tasks(now);
        }
    }

    /// Notes that a request named this group: the time of its members runs from the first one.
    pub fn note_request(&mut self, instance: &str, group: &str, now: Timestamp) {
        if let Ok(group) = self.group_mut(instance, group) {
            group.first_request_at.get_or_insert(now);
            group.advance(now);
        }
    }
}

/// `milliseconds` after `at`, or the end of time.
pub(super) fn later(at: Timestamp, milliseconds: u64) -> Timestamp {
    let duration = i64::try_from(milliseconds).map_or(SignedDuration::MAX, SignedDuration::from_millis);
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// `seconds` after `at`, or the end of time.
pub(super) fn seconds_after(at: Timestamp, seconds: u64) -> Timestamp {
    later(at, seconds.saturating_mul(1_000))
}
