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

fn outside(offset: i64, start: i64, end: i64) -> Option<Outside> {
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
    use super::super::position::tests::position;
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
}
