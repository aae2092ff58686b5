//! Whether the reset moved a partition as requested, judged by its offsets before and after. Pure.
//!
//! Producers and retention do not wait for a reset, so both ends of a log may move between the first read and the last
//! one. A target that depends on an end is therefore a range of offsets. An offset in the range is proof only if the
//! range has a single offset. If the offset has moved into the range, it agrees with the reset. An unchanged offset
//! proves nothing.

use crate::huaweicloud::MessageOffset;

use super::position::Position;
use super::resolve::ResolvedTarget;

/// The result for one partition after the reset.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// Its committed offset is the requested one.
    AsRequested,
    /// Its committed offset has moved to where an end of the log was between the two reads. The exact offset is
    /// unknown.
    Plausible,
    /// Its committed offset may be the requested one, but nothing proves it. Holds the reason, as the end of a
    /// sentence.
    Unverified(String),
    /// No offset is committed, before or after: the service skipped it.
    Skipped,
    /// Its committed offset is not the requested one.
    Misplaced,
}

impl Verdict {
    /// Whether it proves that the reset was carried out. `in_doubt`: the service did not confirm the reset.
    pub(crate) fn is_verified(&self, in_doubt: bool) -> bool {
        match self {
            Verdict::AsRequested => true,
            Verdict::Plausible => !in_doubt,
            Verdict::Unverified(_) | Verdict::Skipped | Verdict::Misplaced => false,
        }
    }
}

/// Judges one partition by the reads before and after the reset. `None`: the target is a time, so only messages can
/// show whether the committed offset is right.
pub(crate) fn judge(target: ResolvedTarget, before: &Position, after: &Position) -> Option<Verdict> {
    let Some(now) = after.committed else {
        return Some(if before.committed.is_none() { Verdict::Skipped } else { Verdict::Misplaced });
    };
    let (earliest, latest) = match target {
        ResolvedTarget::Offset(_) | ResolvedTarget::Shifted(_) => {
            let offset = target.sent_offset().unwrap_or(MessageOffset::MIN);
            let ends = [before.log.clamp(offset), after.log.clamp(offset)];
            (ends[0].min(ends[1]), ends[0].max(ends[1]))
        }
        ResolvedTarget::Earliest => (before.log.start, after.log.start),
        ResolvedTarget::Latest => (before.log.end, after.log.end),
        ResolvedTarget::Time(_) => (before.log.start, after.log.end),
    };
    if now < earliest || now > latest {
        Some(Verdict::Misplaced)
    } else if earliest == latest || target.sent_offset() == Some(now) {
        Some(Verdict::AsRequested)
    } else if matches!(target, ResolvedTarget::Time(_)) {
        None
    } else {
        Some(by_change(before, after))
    }
}

/// The verdict on an offset in a range of possible ends of the log.
pub(crate) fn by_change(before: &Position, after: &Position) -> Verdict {
    if before.committed == after.committed {
        Verdict::Unverified("the group was at this offset before, and the log has changed since".to_owned())
    } else {
        Verdict::Plausible
    }
}

/// Whether the service moved the target to an end of the log. `None`: the target is a time, so only messages can show
/// it.
pub(crate) fn clamped(target: ResolvedTarget, after: &Position) -> Option<bool> {
    match (target, after.committed) {
        (ResolvedTarget::Offset(_) | ResolvedTarget::Shifted(_), Some(now)) => {
            Some(target.requested_offset() != Some(now.get()))
        }
        (ResolvedTarget::Time(time), Some(_)) if time.get() > 0 && !after.log.is_empty() => None,
        _ => Some(false),
    }
}

/// Whether the target lies outside the partition's log, if the group is not at the target. `None`: the target is a
/// time, so only messages could show it.
pub(crate) fn lies_outside(target: ResolvedTarget, after: &Position) -> Option<bool> {
    match target {
        ResolvedTarget::Offset(_) | ResolvedTarget::Shifted(_) => {
            let sent = target.sent_offset().map(|offset| after.log.clamp(offset).get());
            Some(sent != target.requested_offset())
        }
        ResolvedTarget::Time(time) if time.get() > 0 => None,
        ResolvedTarget::Earliest | ResolvedTarget::Latest | ResolvedTarget::Time(_) => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::super::position::tests::{offset, position};
    use super::*;

    fn time(millis: i64) -> ResolvedTarget {
        ResolvedTarget::Time(millis.try_into().unwrap())
    }

    #[test]
    fn partitions_are_judged_by_both_reads() {
        let as_requested = || Some(Verdict::AsRequested);
        let plausible = || Some(Verdict::Plausible);
        let misplaced = || Some(Verdict::Misplaced);
        let unverified = |before: &Position, after: &Position| Some(by_change(before, after));
        let at = ResolvedTarget::Offset(offset(200));
        // ResolvedTarget; committed and log before; committed and log after.
        for (target, before, after, expected) in [
            (at, (Some(140), (0, 300)), (Some(200), (0, 310)), as_requested()),
            (at, (Some(200), (0, 300)), (Some(200), (0, 310)), as_requested()),
            (at, (Some(140), (0, 300)), (Some(140), (0, 310)), misplaced()),
            (at, (Some(140), (0, 300)), (Some(201), (0, 310)), misplaced()),
            (at, (None, (0, 300)), (Some(200), (0, 300)), as_requested()),
            (at, (Some(140), (0, 300)), (None, (0, 300)), misplaced()),
            (at, (None, (0, 300)), (None, (0, 300)), Some(Verdict::Skipped)),
            // Clamped to an end of the log that has moved since.
            (ResolvedTarget::Offset(offset(999)), (Some(140), (0, 300)), (Some(305), (0, 310)), plausible()),
            (ResolvedTarget::Offset(offset(999)), (Some(140), (0, 300)), (Some(300), (0, 300)), as_requested()),
            (ResolvedTarget::Offset(offset(999)), (Some(140), (0, 300)), (Some(299), (0, 310)), misplaced()),
            (ResolvedTarget::Offset(offset(305)), (Some(140), (0, 300)), (Some(305), (0, 310)), as_requested()),
            // Offset 5 was requested, but it lies before the log: a reset would have gone to 100.
            (ResolvedTarget::Offset(offset(5)), (Some(5), (100, 300)), (Some(5), (100, 300)), misplaced()),
            (ResolvedTarget::Offset(offset(5)), (Some(140), (100, 300)), (Some(110), (120, 300)), plausible()),
            (ResolvedTarget::Earliest, (Some(140), (100, 300)), (Some(100), (100, 300)), as_requested()),
            (ResolvedTarget::Earliest, (Some(100), (100, 300)), (Some(100), (100, 300)), as_requested()),
            (ResolvedTarget::Earliest, (Some(140), (100, 300)), (Some(110), (120, 300)), plausible()),
            (ResolvedTarget::Earliest, (Some(140), (100, 300)), (Some(140), (100, 300)), misplaced()),
            (ResolvedTarget::Latest, (Some(140), (100, 300)), (Some(307), (100, 310)), plausible()),
            (ResolvedTarget::Latest, (Some(300), (100, 300)), (Some(300), (100, 300)), as_requested()),
            (ResolvedTarget::Latest, (Some(140), (100, 300)), (Some(140), (100, 310)), misplaced()),
            (time(5_000), (Some(140), (0, 300)), (Some(120), (0, 300)), None),
            (time(5_000), (Some(140), (0, 300)), (Some(140), (0, 300)), None),
            (time(5_000), (Some(140), (0, 300)), (Some(311), (0, 310)), misplaced()),
            // An empty log has only one possible offset.
            (time(5_000), (None, (7, 7)), (Some(7), (7, 7)), as_requested()),
        ] {
            let (before, after) = (position(0, before.0, before.1), position(0, after.0, after.1));
            assert_eq!(judge(target, &before, &after), expected, "{target:?} {before:?} {after:?}");
        }
        // In the range, but unchanged: the reset may never have happened.
        for (target, before, after) in [
            (ResolvedTarget::Latest, (Some(100), (0, 100)), (Some(100), (0, 200))),
            (ResolvedTarget::Offset(offset(150)), (Some(100), (0, 100)), (Some(100), (0, 200))),
            (ResolvedTarget::Earliest, (Some(30), (10, 100)), (Some(30), (60, 100))),
            (ResolvedTarget::Shifted(-5), (Some(30), (10, 100)), (Some(30), (60, 100))),
        ] {
            let (before, after) = (position(0, before.0, before.1), position(0, after.0, after.1));
            let expected = unverified(&before, &after);
            assert!(matches!(expected, Some(Verdict::Unverified(_))), "{target:?}");
            assert_eq!(judge(target, &before, &after), expected, "{target:?}");
        }
    }

    #[test]
    fn only_the_exact_offset_verifies_a_reset_in_doubt() {
        for (verdict, accepted, in_doubt) in [
            (Verdict::AsRequested, true, true),
            (Verdict::Plausible, true, false),
            (Verdict::Unverified(String::new()), false, false),
            (Verdict::Skipped, false, false),
            (Verdict::Misplaced, false, false),
        ] {
            assert_eq!((verdict.is_verified(false), verdict.is_verified(true)), (accepted, in_doubt), "{verdict:?}");
        }
    }

    #[test]
    fn clamping_shows_in_the_committed_offset() {
        for (target, after, expected) in [
            (ResolvedTarget::Offset(offset(200)), position(0, Some(200), (0, 300)), Some(false)),
            (ResolvedTarget::Offset(offset(999)), position(0, Some(300), (0, 300)), Some(true)),
            (ResolvedTarget::Offset(offset(0)), position(0, Some(100), (100, 300)), Some(true)),
            (ResolvedTarget::Shifted(-60), position(0, Some(0), (0, 300)), Some(true)),
            (ResolvedTarget::Shifted(141), position(0, Some(141), (0, 300)), Some(false)),
            (ResolvedTarget::Earliest, position(0, Some(100), (100, 300)), Some(false)),
            (ResolvedTarget::Latest, position(0, Some(300), (100, 300)), Some(false)),
            (time(0), position(0, Some(100), (100, 300)), Some(false)),
            (time(5_000), position(0, Some(200), (100, 300)), None),
            (time(5_000), position(0, Some(100), (100, 100)), Some(false)),
        ] {
            assert_eq!(clamped(target, &after), expected, "{target:?} {after:?}");
        }
    }

    #[test]
    fn partition_that_did_not_move_is_not_clamped_by_its_old_offset() {
        for (target, after, expected) in [
            (ResolvedTarget::Offset(offset(150)), position(0, Some(190), (100, 250)), Some(false)),
            (ResolvedTarget::Offset(offset(999)), position(0, Some(190), (100, 250)), Some(true)),
            (ResolvedTarget::Offset(offset(5)), position(0, None, (100, 250)), Some(true)),
            (ResolvedTarget::Shifted(-60), position(0, Some(140), (0, 300)), Some(true)),
            (ResolvedTarget::Shifted(141), position(0, Some(140), (0, 300)), Some(false)),
            (ResolvedTarget::Latest, position(0, Some(140), (0, 300)), Some(false)),
            (time(0), position(0, Some(140), (100, 300)), Some(false)),
            (time(5_000), position(0, Some(300), (0, 300)), None),
        ] {
            assert_eq!(lies_outside(target, &after), expected, "{target:?} {after:?}");
        }
    }
}
