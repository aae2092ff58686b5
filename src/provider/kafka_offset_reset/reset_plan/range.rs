//! Whether the targets of a plan lie within the logs of their partitions. Pure.

use crate::huaweicloud::UnixMillis;

use super::position::Position;
use super::resolve::{ResetPlan, ResolvedTarget};

/// The side of a log on which a target lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outside {
    Before,
    After,
}

/// The partitions with messages whose target is a time. For an empty log, any time is in range.
pub(crate) fn moved_by_time<'a>(plan: &ResetPlan, positions: &'a [Position]) -> Vec<(&'a Position, UnixMillis)> {
    let by_time = |it: &'a Position| match plan.target_of(it.partition)? {
        ResolvedTarget::Time(time) if !it.log.is_empty() => Some((it, time)),
        _ => None,
    };
    positions.iter().filter_map(by_time).collect()
}

/// The side of a log on which an offset lies. `None`: within it.
pub(crate) fn outside(offset: i64, start: i64, end: i64) -> Option<Outside> {
    if offset < start {
        Some(Outside::Before)
    } else if offset > end {
        Some(Outside::After)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The log end is the offset of the next message, so it is a valid position.
    #[test]
    fn range_includes_both_of_its_ends() {
        for (value, expected) in [(99, Some(Outside::Before)), (100, None), (250, None), (251, Some(Outside::After))] {
            assert_eq!(outside(value, 100, 250), expected, "{value}");
        }
    }
}
