//! Where a reset would move each partition, and how many messages it would replay or skip. Pure.

use std::iter::Sum;

use crate::huaweicloud::{MessageOffset, UnixMillis};

use super::super::locate::{Location, LogRange, Undetermined};
use super::movement::Movement;
use super::position::Position;
use super::range::{Outside, outside};
use super::resolve::ResolvedTarget;

/// What a reset would do to one partition.
#[derive(Debug)]
pub(crate) struct Forecast {
    pub(crate) position: Position,
    pub(crate) target: ResolvedTarget,
    pub(crate) destination: Destination,
}

/// Where a reset would move one partition.
#[derive(Debug)]
pub(crate) enum Destination {
    /// To this offset. `outside`: the target lies on this side of the log.
    Offset { offset: MessageOffset, outside: Option<Outside> },
    /// Not known: a reset of every topic may skip partitions without a committed offset.
    MaybeSkipped,
    /// To an offset from `earliest` to `latest`.
    Unknown { earliest: MessageOffset, latest: MessageOffset, why: Undetermined },
}

/// A number of messages, as far as it is known.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Count {
    pub(crate) least: i64,
    pub(crate) most: i64,
}

impl Destination {
    /// The destination of a target that does not depend on messages. `None`: the target is a time, which only messages
    /// can resolve.
    pub(crate) fn without_messages(is_every_topic: bool, target: ResolvedTarget, position: &Position) -> Option<Self> {
        let log = position.log;
        if is_every_topic && position.committed.is_none() {
            return Some(Self::MaybeSkipped);
        }
        let inside = |offset| Some(Self::Offset { offset, outside: None });
        match target {
            ResolvedTarget::Offset(_) | ResolvedTarget::Shifted(_) => {
                let outside = outside(target.requested_offset()?, log.start.get(), log.end.get());
                Some(Self::Offset { offset: log.clamp(target.sent_offset()?), outside })
            }
            ResolvedTarget::Latest => inside(log.end),
            _ if log.is_empty() => inside(log.end),
            // For every topic, the service receives a time instead.
            ResolvedTarget::Earliest if !is_every_topic => inside(log.start),
            ResolvedTarget::Earliest | ResolvedTarget::Time(_) => None,
        }
    }

    /// The destination of a time, from the search for its message.
    pub(crate) fn of_time(time: UnixMillis, log: LogRange, location: Result<Location, Undetermined>) -> Self {
        match location.and_then(|it| it.check_order(log)) {
            Ok(location) => {
                let outside = if location.is_before_first_message(time) {
                    Some(Outside::Before)
                } else {
                    location.is_after_last_message().then_some(Outside::After)
                };
                Self::Offset { offset: location.offset(log), outside }
            }
            Err(why) => {
                let (earliest, latest) = why.bounds(log);
                Self::Unknown { earliest, latest, why }
            }
        }
    }
}

impl Forecast {
    /// The new offset. `None`: it is not known.
    pub(crate) fn offset(&self) -> Option<MessageOffset> {
        match self.destination {
            Destination::Offset { offset, .. } => Some(offset),
            Destination::MaybeSkipped | Destination::Unknown { .. } => None,
        }
    }

    /// The side of the log on which the target lies. `None`: within the log, or not known.
    pub(crate) fn outside(&self) -> Option<Outside> {
        match self.destination {
            Destination::Offset { outside, .. } => outside,
            Destination::MaybeSkipped | Destination::Unknown { .. } => None,
        }
    }

    /// Whether the search for its message did not end.
    pub(crate) fn is_interrupted(&self) -> bool {
        matches!(self.destination, Destination::Unknown { why: Undetermined::Interrupted | Undetermined::NotRead, .. })
    }

    /// Whether the target is known to lie within the log.
    pub(crate) fn is_within_log(&self) -> bool {
        match &self.destination {
            Destination::Offset { outside, .. } => outside.is_none(),
            Destination::MaybeSkipped => true,
            Destination::Unknown { why, .. } => why.is_within_log(),
        }
    }

    /// Whether messages that were read before the reset prove that the requested time resolves to the offset committed
    /// in `after`, the position after the reset. Later writes only append, so the message at this offset remains the
    /// first one at or after the time, as long as it is in the log. If the end of the log is lower than before, the
    /// topic was created again or the log was truncated, so the messages prove nothing.
    pub(crate) fn proves(&self, after: &Position) -> bool {
        let Destination::Offset { offset, outside: None } = self.destination else { return false };
        let (old, new) = (self.position.log, after.log);
        let is_same_log = !old.is_empty() && offset >= new.start && new.end >= old.end;
        matches!(self.target, ResolvedTarget::Time(_)) && after.committed == Some(offset) && is_same_log
    }

    /// Whether the service moves the target to an end of the log. `None`: not known.
    pub(crate) fn is_clamped(&self) -> Option<bool> {
        match self.destination {
            Destination::Unknown { .. } => None,
            _ => Some(self.outside().is_some()),
        }
    }

    /// How many messages are read again.
    pub(crate) fn replayed(&self) -> Count {
        // The further back the group moves, the more it replays.
        self.movements()
            .map_or(Count::default(), |[earliest, latest]| Count { least: latest.replayed, most: earliest.replayed })
    }

    /// How many unread messages are skipped.
    pub(crate) fn skipped(&self) -> Count {
        self.movements()
            .map_or(Count::default(), |[earliest, latest]| Count { least: earliest.skipped, most: latest.skipped })
    }

    /// The movements to the earliest and to the latest offset that are possible.
    fn movements(&self) -> Option<[Movement; 2]> {
        let (earliest, latest) = match self.destination {
            Destination::Offset { offset, .. } => (offset, offset),
            Destination::MaybeSkipped => return None,
            Destination::Unknown { earliest, latest, .. } => (earliest, latest),
        };
        Some([earliest, latest].map(|offset| Movement::between(&self.position, offset)))
    }
}

impl Count {
    /// The number, if it is known.
    pub(crate) fn exact(self) -> Option<i64> {
        (self.least == self.most).then_some(self.least)
    }
}

impl Sum for Count {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |total, it| Self {
            least: total.least.saturating_add(it.least),
            most: total.most.saturating_add(it.most),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::locate::Place;
    use super::super::position::tests::{offset, position};
    use super::*;
    use crate::huaweicloud::StoredMessage;

    const LOG: (i64, i64) = (100, 300);

    fn forecast(target: ResolvedTarget, committed: Option<i64>, log: (i64, i64)) -> Forecast {
        let position = position(0, committed, log);
        let destination = Destination::without_messages(false, target, &position).expect("a destination");
        Forecast { position, target, destination }
    }

    /// Both ends as the API page describes them: an offset outside the log resets to the nearer end.
    #[test]
    fn offsets_lead_to_the_offset_or_the_nearer_end_of_the_log() {
        let at = |number| ResolvedTarget::Offset(offset(number));
        let time = |millis: i64| ResolvedTarget::Time(millis.try_into().unwrap());
        for (target, log, expected, outside) in [
            (at(120), LOG, 120, None),
            (at(100), LOG, 100, None),
            (at(300), LOG, 300, None),
            (at(99), LOG, 100, Some(Outside::Before)),
            (at(301), LOG, 300, Some(Outside::After)),
            (ResolvedTarget::Shifted(-60), LOG, 100, Some(Outside::Before)),
            (ResolvedTarget::Earliest, LOG, 100, None),
            (ResolvedTarget::Latest, LOG, 300, None),
            (time(5_000), (300, 300), 300, None),
        ] {
            let forecast = forecast(target, Some(140), log);
            assert_eq!((forecast.offset(), forecast.outside()), (Some(offset(expected)), outside), "{target:?}");
        }
        let by_time = Destination::without_messages(false, time(5_000), &position(0, Some(140), LOG));
        assert!(by_time.is_none(), "only messages can resolve a time");
    }

    #[test]
    fn reset_of_every_topic_may_skip_partitions_without_a_committed_offset() {
        let position = position(0, None, LOG);
        let destination = Destination::without_messages(true, ResolvedTarget::Earliest, &position);
        assert!(matches!(destination, Some(Destination::MaybeSkipped)), "{destination:?}");
    }

    #[test]
    fn time_among_messages_out_of_order_is_unknown_unless_the_hint_names_its_message() {
        let message = |at: i64, time: i64| StoredMessage { offset: offset(at), timestamp: time.try_into().unwrap() };
        let middle = |previous| Place::Message { previous, message: message(200, 5_000) };
        let older = || Some(message(199, 4_000));
        let disorder = || Some((message(150, 9_000), message(299, 8_000)));
        let log = position(0, None, LOG).log;
        let destination = |place, is_hinted, disorder| {
            Destination::of_time(5_000.try_into().unwrap(), log, Ok(Location { place, is_hinted, disorder }))
        };
        for (place, is_hinted, disorder) in [
            (middle(older()), false, None),
            (middle(older()), true, disorder()),
            // No message is before the first one.
            (middle(None), false, disorder()),
        ] {
            let exact = destination(place, is_hinted, disorder);
            assert!(
                matches!(exact, Destination::Offset { offset: at, outside: None } if at == offset(200)),
                "{exact:?}"
            );
        }
        let end = Place::End { last: message(299, 4_000) };
        for (place, latest, is_within_log) in [(middle(older()), 200, true), (end, 300, false)] {
            let unknown = destination(place, false, disorder());
            let Destination::Unknown { earliest, latest: found, why } = unknown else { panic!("{unknown:?}") };
            assert_eq!((earliest, found, why.is_within_log()), (offset(100), offset(latest), is_within_log));
            assert_eq!(
                why.describe(),
                format!(
                    "its messages are not in order of time (offset 150 is later than offset 299), so the target can be \
                     any offset up to {latest}"
                )
            );
        }
    }

    #[test]
    fn only_the_message_of_a_time_proves_a_committed_offset() {
        let time = ResolvedTarget::Time(5_000.try_into().unwrap());
        let at = |outside| Destination::Offset { offset: offset(200), outside };
        let unknown =
            Destination::Unknown { earliest: offset(200), latest: offset(200), why: Undetermined::Interrupted };
        for (target, log, destination, committed, expected) in [
            (time, LOG, at(None), 200, true),
            (time, LOG, at(None), 199, false),
            // The log can grow before the reset, or lose its first messages.
            (time, LOG, at(Some(Outside::After)), 200, false),
            (time, LOG, at(Some(Outside::Before)), 200, false),
            (time, (200, 200), at(None), 200, false),
            (ResolvedTarget::Latest, LOG, at(None), 200, false),
            (time, LOG, unknown, 200, false),
            (time, LOG, Destination::MaybeSkipped, 200, false),
        ] {
            let forecast = Forecast { position: position(0, Some(140), log), target, destination };
            let after = position(0, Some(committed), LOG);
            assert_eq!(forecast.proves(&after), expected, "{forecast:?} {committed}");
        }
    }

    /// If the reset was not carried out, the group can have been at the target before.
    #[test]
    fn message_proves_nothing_if_the_log_has_lost_messages_up_to_it_or_is_another_log() {
        let destination = Destination::Offset { offset: offset(200), outside: None };
        let target = ResolvedTarget::Time(5_000.try_into().unwrap());
        let forecast = Forecast { position: position(0, Some(200), LOG), target, destination };
        for (log, expected) in [
            (LOG, true),
            ((200, 400), true),
            ((201, 400), false),
            ((400, 400), false),
            ((100, 299), false),
            ((0, 200), false),
        ] {
            assert_eq!(forecast.proves(&position(0, Some(200), log)), expected, "{log:?}");
        }
    }

    #[test]
    fn unknown_destination_bounds_the_number_of_messages() {
        let unknown = |committed| Forecast {
            position: position(0, Some(committed), LOG),
            target: ResolvedTarget::Time(5_000.try_into().unwrap()),
            destination: Destination::Unknown {
                earliest: offset(120),
                latest: offset(180),
                why: Undetermined::Interrupted,
            },
        };
        let count = |least, most| Count { least, most };
        for (committed, replayed, skipped) in
            [(200, count(20, 80), count(0, 0)), (150, count(0, 30), count(0, 30)), (100, count(0, 0), count(20, 80))]
        {
            let forecast = unknown(committed);
            assert_eq!((forecast.replayed(), forecast.skipped()), (replayed, skipped), "{committed}");
            assert_eq!((forecast.offset(), forecast.is_clamped()), (None, None));
        }
        let known = forecast(ResolvedTarget::Earliest, Some(140), LOG);
        let total: Count = [&unknown(200), &known].into_iter().map(Forecast::replayed).sum();
        assert_eq!((total, total.exact()), (count(60, 120), None));
    }
}
