//! Chooses which offset to read next between two messages.

use crate::huaweicloud::{StoredMessage, UnixMillis};

/// How many requests the search may lag behind bisection before it bisects. Limits the cost of unevenly spaced
/// messages.
pub(super) const BISECTION_LAG: u32 = 8;

/// After this many probes that moved the same end, the search takes longer steps from it.
const SAME_END_LIMIT: u32 = 3;

/// The factor by which these steps grow.
const STEP_GROWTH: i64 = 4;

/// The end of the interval that a probe replaces.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum IntervalEnd {
    #[default]
    Older,
    Newer,
}

/// Chooses offsets by interpolation, by longer steps if that moves only one end, and by bisection if it takes too long.
#[derive(Default)]
pub(super) struct ProbeChooser {
    probes: u32,
    /// The length of the first interval.
    first_length: i64,
    /// The end that the last probes replaced, and their number.
    last_end: IntervalEnd,
    same_end: u32,
    /// The number of offsets by which the last probe moved the end.
    last_step: i64,
}

impl ProbeChooser {
    /// The offset to read next, between the two messages.
    pub(super) fn next(&mut self, time: UnixMillis, older: &StoredMessage, newer: &StoredMessage) -> i64 {
        let length = newer.offset.get() - older.offset.get();
        self.first_length = self.first_length.max(length);
        let halvings = self.first_length.ilog2() - length.max(1).ilog2();
        let distance = if self.probes >= BISECTION_LAG + halvings {
            length / 2
        } else {
            let distance = interpolate(time, older, newer);
            match self.last_end {
                _ if self.same_end < SAME_END_LIMIT => distance,
                IntervalEnd::Older => self.lengthen(distance, length),
                IntervalEnd::Newer => length - self.lengthen(length - distance, length),
            }
        };
        older.offset.get() + distance.clamp(1, (length - 1).max(1))
    }

    /// A longer step, but at most to the middle.
    fn lengthen(&self, distance: i64, length: i64) -> i64 {
        distance.max(self.last_step.saturating_mul(STEP_GROWTH).min(length / 2))
    }

    /// Records that a probe moved `end` by `step` offsets.
    pub(super) fn record(&mut self, end: IntervalEnd, step: i64) {
        self.probes += 1;
        self.same_end = if self.last_end == end { self.same_end + 1 } else { 1 };
        self.last_end = end;
        self.last_step = step;
    }
}

/// The distance from `older` to the first message that is not older than the time, if messages are evenly spaced.
/// Timestamps are whole milliseconds, so the boundary between older and newer messages is half a millisecond before the
/// time.
fn interpolate(time: UnixMillis, older: &StoredMessage, newer: &StoredMessage) -> i64 {
    let between = |from: i64, to: i64| i128::from(to) - i128::from(from);
    let length = between(older.offset.get(), newer.offset.get());
    let passed = 2 * between(older.timestamp.get(), time.get()) - 1;
    let span = 2 * between(older.timestamp.get(), newer.timestamp.get());
    i64::try_from(length * passed / span.max(1)).unwrap_or(i64::MAX)
}
