//! How many messages a reset replays or skips, counted in offsets. Pure.

use std::iter::Sum;

use crate::huaweicloud::MessageOffset;

use super::position::Position;

/// How many messages a group reads again, and how many it never reads.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Movement {
    pub(crate) replayed: i64,
    pub(crate) skipped: i64,
}

impl Movement {
    /// The movement of one partition. Messages outside the log cannot be read, so they do not count. Without a
    /// committed offset, the group has no position to count from, so nothing counts.
    pub(crate) fn between(before: &Position, after: MessageOffset) -> Self {
        let Some(committed) = before.committed else { return Self::default() };
        let distance = after.get() - before.log.clamp(committed).get();
        Self { replayed: (-distance).max(0), skipped: distance.max(0) }
    }
}

impl Sum for Movement {
    fn sum<I: Iterator<Item = Self>>(movements: I) -> Self {
        movements.fold(Self::default(), |sum, it| Self {
            replayed: sum.replayed.saturating_add(it.replayed),
            skipped: sum.skipped.saturating_add(it.skipped),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::position::tests::{offset, position};
    use super::*;

    #[test]
    fn movement_counts_from_the_committed_offset_within_the_log() {
        for (committed, after, replayed, skipped) in [
            (Some(140), 120, 20, 0),
            (Some(140), 140, 0, 0),
            (Some(140), 200, 0, 60),
            // The messages before the log start are deleted.
            (Some(40), 120, 0, 20),
            (Some(40), 100, 0, 0),
            // No messages exist after the log end.
            (Some(400), 120, 180, 0),
            (Some(400), 300, 0, 0),
            (None, 100, 0, 0),
            (None, 300, 0, 0),
            (Some(0), i64::MAX, 0, i64::MAX - 100),
        ] {
            let movement = Movement::between(&position(0, committed, (100, 300)), offset(after));
            assert_eq!(movement, Movement { replayed, skipped }, "{committed:?} {after}");
        }
    }

    #[test]
    fn sums_saturate() {
        let most = Movement { replayed: i64::MAX, skipped: 1 };
        let sum: Movement = [most, most, Movement { replayed: 1, skipped: i64::MAX }].into_iter().sum();
        assert_eq!(sum, Movement { replayed: i64::MAX, skipped: i64::MAX });
    }
}
