//! Whether the targets of a plan lie within the logs of their partitions. Pure.

use crate::huaweicloud::{StoredMessage, UnixMillis};

use super::position::Position;
use super::resolve::{ResetPlan, ResolvedTarget};

/// The side of a log on which a target lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outside {
    Before,
    After,
}

/// The partitions whose target is an offset outside the log.
pub(crate) fn offsets_out_of_range<'a>(plan: &ResetPlan, positions: &'a [Position]) -> Vec<(&'a Position, Outside)> {
    let outside = |it: &'a Position| {
        let requested = plan.target_of(it.partition)?.requested_offset()?;
        Some((it, outside(requested, it.log.start.get(), it.log.end.get())?))
    };
    positions.iter().filter_map(outside).collect()
}

/// The partitions with messages whose target is a time. For an empty log, any time is in range.
pub(crate) fn moved_by_time<'a>(plan: &ResetPlan, positions: &'a [Position]) -> Vec<(&'a Position, UnixMillis)> {
    let by_time = |it: &'a Position| match plan.target_of(it.partition)? {
        ResolvedTarget::Time(time) if !it.log.is_empty() => Some((it, time)),
        _ => None,
    };
    positions.iter().filter_map(by_time).collect()
}

/// Compares a time with the first and the last message of a partition.
pub(crate) fn time_outside(time: UnixMillis, first: &StoredMessage, last: &StoredMessage) -> Option<Outside> {
    outside(time, first.timestamp, last.timestamp)
}

fn outside<T: Copy + Ord>(value: T, first: T, last: T) -> Option<Outside> {
    if value < first {
        Some(Outside::Before)
    } else if value > last {
        Some(Outside::After)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::position::tests::{offset, position};
    use super::super::resolve::PlannedReset;
    use super::*;
    use crate::huaweicloud::Partition;

    const CASES: [(i64, Option<Outside>); 4] =
        [(99, Some(Outside::Before)), (100, None), (250, None), (251, Some(Outside::After))];

    /// The log end is the offset of the next message, so it is a valid position.
    #[test]
    fn offsets_within_a_log_include_both_of_its_ends() {
        for (requested, expected) in CASES {
            let reset = PlannedReset { partition: Partition::All, target: ResolvedTarget::Shifted(requested) };
            let plan = ResetPlan { topic: None, resets: vec![reset] };
            let positions = [position(0, None, (100, 250))];
            let side = offsets_out_of_range(&plan, &positions).first().map(|(_, side)| *side);
            assert_eq!(side, expected, "{requested}");
        }
    }

    /// The API page names the earliest and the largest timestamp as the bounds.
    #[test]
    fn times_are_compared_with_the_first_and_the_last_message() {
        let message = |millis: i64| StoredMessage { offset: offset(1), timestamp: millis.try_into().unwrap() };
        for (requested, expected) in CASES {
            let time = requested.try_into().unwrap();
            assert_eq!(time_outside(time, &message(100), &message(250)), expected, "{requested}");
        }
    }
}
