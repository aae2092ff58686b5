//! Whether a partition stands where it was asked to. Pure.
//!
//! Producers go on while a group is stopped, and so does retention: both ends of a log may have moved between the reset
//! and either look, so "at its end" is any offset from the end before to the end after.

use crate::huaweicloud::MessageOffset;

use super::position::Position;
use super::resolve::Aim;

/// What two looks say about one partition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// It stands where it was asked to.
    AsAsked,
    /// It stands where it stood, by a time that only its messages can tell to mean that place.
    Unmoved,
    /// Nothing is committed, before and after: the service left it out.
    LeftOut,
    /// It stands somewhere else.
    Elsewhere,
}

/// Judges one partition by the look before the reset and the look after it.
pub(super) fn judge(aim: Aim, before: &Position, after: &Position) -> Verdict {
    let Some(now) = after.committed else {
        return if before.committed.is_none() { Verdict::LeftOut } else { Verdict::Elsewhere };
    };
    let (earliest, latest) = match aim {
        Aim::Offset(_) | Aim::Shifted(_) => {
            let offset = aim.sent_offset().unwrap_or(MessageOffset::MIN);
            let ends = [before.log.clamp(offset), after.log.clamp(offset)];
            (ends[0].min(ends[1]), ends[0].max(ends[1]))
        }
        Aim::Earliest => (before.log.start, after.log.start),
        Aim::Latest => (before.log.end, after.log.end),
        Aim::Time(_) => (before.log.start, after.log.end),
    };
    if now < earliest || now > latest {
        Verdict::Elsewhere
    } else if matches!(aim, Aim::Time(_)) && before.committed == after.committed {
        Verdict::Unmoved
    } else {
        Verdict::AsAsked
    }
}

/// Whether the service moved the target to an end of the log. None: a time at the start of a log, of which only the
/// first message can tell whether it is younger.
pub(super) fn clamped(aim: Aim, after: &Position) -> Option<bool> {
    match (aim, after.committed) {
        (Aim::Offset(_) | Aim::Shifted(_), Some(now)) => Some(aim.asked_offset() != Some(now.get())),
        (Aim::Time(time), Some(now)) if time.get() > 0 && !after.log.is_empty() => {
            if now >= after.log.end {
                Some(true)
            } else if now <= after.log.start {
                None
            } else {
                Some(false)
            }
        }
        _ => Some(false),
    }
}

/// Whether the target lies outside of what the partition holds, where that partition does not stand at it. None: a time,
/// of which only messages could tell.
pub(super) fn lies_outside(aim: Aim, after: &Position) -> Option<bool> {
    match aim {
        Aim::Offset(_) | Aim::Shifted(_) => {
            let sent = aim.sent_offset().map(|offset| after.log.clamp(offset).get());
            Some(sent != aim.asked_offset())
        }
        Aim::Time(time) if time.get() > 0 => None,
        Aim::Earliest | Aim::Latest | Aim::Time(_) => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::super::position::tests::{offset, position};
    use super::*;

    fn time(millis: i64) -> Aim {
        Aim::Time(millis.try_into().unwrap())
    }

    #[test]
    fn partitions_are_judged_by_both_looks() {
        use Verdict::{AsAsked, Elsewhere, LeftOut, Unmoved};
        // Aim; committed and log before; committed and log after.
        for (aim, before, after, expected) in [
            (Aim::Offset(offset(200)), (Some(140), (0, 300)), (Some(200), (0, 310)), AsAsked),
            (Aim::Offset(offset(200)), (Some(200), (0, 300)), (Some(200), (0, 310)), AsAsked),
            (Aim::Offset(offset(200)), (Some(140), (0, 300)), (Some(140), (0, 310)), Elsewhere),
            (Aim::Offset(offset(200)), (Some(140), (0, 300)), (Some(201), (0, 310)), Elsewhere),
            (Aim::Offset(offset(200)), (None, (0, 300)), (Some(200), (0, 300)), AsAsked),
            (Aim::Offset(offset(200)), (Some(140), (0, 300)), (None, (0, 300)), Elsewhere),
            (Aim::Offset(offset(200)), (None, (0, 300)), (None, (0, 300)), LeftOut),
            // Clamped to an end that moved meanwhile.
            (Aim::Offset(offset(999)), (Some(140), (0, 300)), (Some(305), (0, 310)), AsAsked),
            (Aim::Offset(offset(999)), (Some(140), (0, 300)), (Some(299), (0, 310)), Elsewhere),
            (Aim::Offset(offset(5)), (Some(140), (100, 300)), (Some(110), (120, 300)), AsAsked),
            (Aim::Earliest, (Some(140), (100, 300)), (Some(100), (100, 300)), AsAsked),
            (Aim::Earliest, (Some(140), (100, 300)), (Some(110), (120, 300)), AsAsked),
            (Aim::Earliest, (Some(140), (100, 300)), (Some(140), (100, 300)), Elsewhere),
            (Aim::Latest, (Some(140), (100, 300)), (Some(307), (100, 310)), AsAsked),
            (Aim::Latest, (Some(140), (100, 300)), (Some(140), (100, 310)), Elsewhere),
            (time(5_000), (Some(140), (0, 300)), (Some(120), (0, 300)), AsAsked),
            (time(5_000), (Some(140), (0, 300)), (Some(140), (0, 300)), Unmoved),
            (time(5_000), (Some(140), (0, 300)), (Some(311), (0, 310)), Elsewhere),
        ] {
            let (before, after) = (position(0, before.0, before.1), position(0, after.0, after.1));
            assert_eq!(judge(aim, &before, &after), expected, "{aim:?} {before:?} {after:?}");
        }
    }

    #[test]
    fn clamping_is_told_from_where_the_partition_stands() {
        for (aim, after, expected) in [
            (Aim::Offset(offset(200)), position(0, Some(200), (0, 300)), Some(false)),
            (Aim::Offset(offset(999)), position(0, Some(300), (0, 300)), Some(true)),
            (Aim::Offset(offset(0)), position(0, Some(100), (100, 300)), Some(true)),
            (Aim::Shifted(-60), position(0, Some(0), (0, 300)), Some(true)),
            (Aim::Shifted(141), position(0, Some(141), (0, 300)), Some(false)),
            (Aim::Earliest, position(0, Some(100), (100, 300)), Some(false)),
            (Aim::Latest, position(0, Some(300), (100, 300)), Some(false)),
            (time(0), position(0, Some(100), (100, 300)), Some(false)),
            (time(5_000), position(0, Some(200), (100, 300)), Some(false)),
            (time(5_000), position(0, Some(300), (100, 300)), Some(true)),
            (time(5_000), position(0, Some(100), (100, 300)), None),
            (time(5_000), position(0, Some(100), (100, 100)), Some(false)),
        ] {
            assert_eq!(clamped(aim, &after), expected, "{aim:?} {after:?}");
        }
    }

    #[test]
    fn partition_that_was_left_where_it_was_was_not_clamped() {
        for (aim, after, expected) in [
            (Aim::Offset(offset(150)), position(0, Some(190), (100, 250)), Some(false)),
            (Aim::Offset(offset(999)), position(0, Some(190), (100, 250)), Some(true)),
            (Aim::Offset(offset(5)), position(0, None, (100, 250)), Some(true)),
            (Aim::Shifted(-60), position(0, Some(140), (0, 300)), Some(true)),
            (Aim::Shifted(141), position(0, Some(140), (0, 300)), Some(false)),
            (Aim::Latest, position(0, Some(140), (0, 300)), Some(false)),
            (time(0), position(0, Some(140), (100, 300)), Some(false)),
            (time(5_000), position(0, Some(300), (0, 300)), None),
        ] {
            assert_eq!(lies_outside(aim, &after), expected, "{aim:?} {after:?}");
        }
    }
}
