//! Advances the state to the current time, which the caller passes in.

use jiff::{SignedDuration, Timestamp};

use super::State;

impl State {
    /// Advances the state to `now`: members leave, and tasks progress.
    ///
    /// Called before every access to the state, so no timers are needed.
    pub fn advance(&mut self, now: Timestamp) {
        for instance in self.instances.values_mut() {
            // Not every group, because an instance can have many.
            let groups = &mut instance.groups;
            let mut advance = |name: &String| groups.get_mut(name).map(|group| group.advance(now));
            instance.requested_groups.retain(|name| advance(name).is_some());
            instance.advance_tasks(now);
        }
    }

    /// Records that a request named this group. `leaves_after_ms` of its members counts from the first one.
    pub fn record_request(&mut self, instance: &str, group: &str, now: Timestamp) {
        let Ok(instance) = self.any_instance_mut(instance) else { return };
        if let Some(found) = instance.groups.get_mut(group) {
            found.first_request_at.get_or_insert(now);
            found.advance(now);
            instance.requested_groups.insert(group.to_owned());
        }
    }
}

/// `milliseconds` after `at`, limited to the range of `Timestamp`.
pub(super) fn after_millis(at: Timestamp, milliseconds: u64) -> Timestamp {
    let duration = i64::try_from(milliseconds).map_or(SignedDuration::MAX, SignedDuration::from_millis);
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// `seconds` after `at`, limited to the range of `Timestamp`.
pub(super) fn after_seconds(at: Timestamp, seconds: u64) -> Timestamp {
    after_millis(at, seconds.saturating_mul(1_000))
}
