//! Resolves a target to the requests of the reset endpoint. Pure: positions and time come in, a plan comes out.
//!
//! | target | requests |
//! |---|---|
//! | `message_offset`, `timestamp`, `datetime`, `by_duration`, `earliest`, `latest` | one, for one or every partition |
//! | `current`, `shift_by`, `partition_offsets` | one per partition, or a single one if it has the same effect |
//!
//! Resets are absolute (an offset or a time), so sending one twice has the same effect as sending it once.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::huaweicloud::{
    MessageOffset, Partition, PartitionNumber, ResetMessageOffset, ResetTarget, TopicName, UnixMillis,
};

use super::super::request::{Scope, Target};
use super::position::Position;

/// An offset beyond every log: the greatest integer that every JSON parser reads exactly (RFC 7493).
const BEYOND_EVERY_LOG: i64 = 9_007_199_254_740_991;
/// A time later than every message: the latest that this provider accepts as milliseconds, in the year 5138.
const LATER_THAN_EVERY_MESSAGE: i64 = 100_000_000_000_000;

/// The target of one partition, without anything that is relative to the group or to the current time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ResolvedTarget {
    /// This offset.
    Offset(MessageOffset),
    /// The result of a shift. It may be negative; then 0 is sent.
    Shifted(i64),
    /// The start of the log.
    Earliest,
    /// The end of the log.
    Latest,
    /// The first message that is not older than this.
    Time(UnixMillis),
}

/// One request of a plan.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct PlannedReset {
    pub(crate) partition: Partition,
    pub(crate) target: ResolvedTarget,
}

/// All requests to send. No two of them affect the same partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ResetPlan {
    /// `None`: every topic.
    pub(crate) topic: Option<TopicName>,
    /// Never empty. A single one for all partitions, or one for each partition, sorted by number.
    pub(crate) resets: Vec<PlannedReset>,
}

/// Why a target cannot be resolved for this group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Unresolvable {
    /// No partition has a committed offset, so there is no `current`.
    NothingCommitted,
    /// These partitions have no committed offset to shift. `others` are the shifted offsets of the rest.
    NothingToShift { missing: Vec<PartitionNumber>, others: Vec<(PartitionNumber, MessageOffset)> },
}

/// Resolves a target. `positions` has every partition of the scope, and may be empty for targets that are not relative
/// to committed offsets. `is_complete`: the number of partitions matches the service's total.
///
/// # Errors
/// The target is relative to committed offsets that the group does not have.
pub(crate) fn resolve(
    scope: &Scope,
    target: &Target,
    positions: &[Position],
    is_complete: bool,
    now: Timestamp,
) -> Result<ResetPlan, Unresolvable> {
    let (topic, partition) = match scope {
        Scope::EveryTopic => (None, Partition::All),
        Scope::Topic(topic, partition) => (Some(topic.clone()), *partition),
    };
    let one = |target| Ok(vec![PlannedReset { partition, target }]);
    // A request for all partitions would also move those that `positions` may lack.
    let may_combine = partition == Partition::All && is_complete;
    let resets = match target {
        Target::Offset(offset) => one(ResolvedTarget::Offset(*offset)),
        Target::Time(time) => one(ResolvedTarget::Time(*time)),
        Target::ByDuration(duration) => one(ResolvedTarget::Time(before(now, *duration))),
        Target::Earliest => one(ResolvedTarget::Earliest),
        Target::Latest => one(ResolvedTarget::Latest),
        Target::Current => current(positions).map(|targets| per_partition(may_combine, positions, targets)),
        Target::ShiftBy(by) => shifted(positions, *by).map(|targets| per_partition(may_combine, positions, targets)),
        Target::PartitionOffsets(offsets) => {
            let targets = offsets.iter().map(|(number, offset)| (*number, ResolvedTarget::Offset(*offset))).collect();
            Ok(per_partition(may_combine, positions, targets))
        }
    }?;
    Ok(ResetPlan { topic, resets })
}

impl ResolvedTarget {
    /// The offset that was requested. `None`: a time, or an end of the log.
    pub(crate) fn requested_offset(self) -> Option<i64> {
        match self {
            ResolvedTarget::Offset(offset) => Some(offset.get()),
            ResolvedTarget::Shifted(requested) => Some(requested),
            ResolvedTarget::Earliest | ResolvedTarget::Latest | ResolvedTarget::Time(_) => None,
        }
    }

    /// The offset that is sent. `None`: a time, or an end of the log.
    pub(crate) fn sent_offset(self) -> Option<MessageOffset> {
        self.requested_offset().map(offset)
    }
}

impl ResetPlan {
    /// The target of this partition. `None`: the plan does not affect it.
    pub(crate) fn target_of(&self, partition: PartitionNumber) -> Option<ResolvedTarget> {
        if let [PlannedReset { partition: Partition::All, target }] = self.resets[..] {
            return Some(target);
        }
        // Sorted, see `resets`.
        let found = self.resets.binary_search_by(|reset| match reset.partition {
            Partition::All => Ordering::Less,
            Partition::Number(number) => number.cmp(&partition),
        });
        found.ok().map(|index| self.resets[index].target)
    }

    /// Those of `positions` that the plan affects.
    pub(crate) fn affected<'a>(&self, positions: &'a [Position]) -> Vec<&'a Position> {
        positions.iter().filter(|it| self.target_of(it.partition).is_some()).collect()
    }

    /// The time that the plan sends. `None`: it sends offsets.
    pub(crate) fn time(&self) -> Option<UnixMillis> {
        match self.resets.first()?.target {
            ResolvedTarget::Time(time) => Some(time),
            _ => None,
        }
    }

    /// The time that is sent for one of the plan's targets, if only messages can resolve it.
    pub(crate) fn sent_time(&self, target: ResolvedTarget) -> Option<UnixMillis> {
        match (target, &self.topic) {
            (ResolvedTarget::Time(time), _) => Some(time),
            // For every topic, the service documents only times.
            (ResolvedTarget::Earliest, None) => Some(UnixMillis::MIN),
            _ => None,
        }
    }

    /// The request of one of its resets.
    pub(crate) fn request(&self, reset: &PlannedReset) -> ResetMessageOffset {
        let to = match (reset.target, &self.topic) {
            (ResolvedTarget::Offset(offset), _) => ResetTarget::Offset(offset),
            (ResolvedTarget::Shifted(requested), _) => ResetTarget::Offset(offset(requested)),
            (ResolvedTarget::Time(time), _) => ResetTarget::Timestamp(time),
            // Offset 0 is clamped to the start of the log. A time would resolve to a message, which retention or
            // compaction may have removed from the start.
            (ResolvedTarget::Earliest, Some(_)) => ResetTarget::Offset(MessageOffset::MIN),
            (ResolvedTarget::Latest, Some(_)) => ResetTarget::Offset(offset(BEYOND_EVERY_LOG)),
            // For every topic, the service documents only times.
            (ResolvedTarget::Earliest, None) => ResetTarget::Timestamp(UnixMillis::MIN),
            (ResolvedTarget::Latest, None) => ResetTarget::Timestamp(millis(LATER_THAN_EVERY_MESSAGE)),
        };
        ResetMessageOffset { topic: self.topic.clone(), partition: reset.partition, to }
    }
}

/// The nearest valid offset, for the results of arithmetic.
fn offset(number: i64) -> MessageOffset {
    MessageOffset::try_from(number.max(0)).unwrap_or(MessageOffset::MIN)
}

fn millis(number: i64) -> UnixMillis {
    UnixMillis::try_from(number.max(0)).unwrap_or(UnixMillis::MIN)
}

fn before(now: Timestamp, duration: std::time::Duration) -> UnixMillis {
    let back = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    // Not 0, which the service reads as "earliest".
    millis(now.as_millisecond().saturating_sub(back).max(1))
}

type Targets = Vec<(PartitionNumber, ResolvedTarget)>;

fn current(positions: &[Position]) -> Result<Targets, Unresolvable> {
    let targets: Targets =
        positions.iter().filter_map(|it| Some((it.partition, ResolvedTarget::Offset(it.committed?)))).collect();
    if targets.is_empty() { Err(Unresolvable::NothingCommitted) } else { Ok(targets) }
}

fn shifted(positions: &[Position], by: i64) -> Result<Targets, Unresolvable> {
    let mut missing = Vec::new();
    let mut targets = Targets::new();
    for position in positions {
        match position.committed {
            // Offsets are below 2⁶³, so a saturated sum is beyond the end of the log, like the exact one.
            Some(committed) => {
                targets.push((position.partition, ResolvedTarget::Shifted(committed.get().saturating_add(by))));
            }
            None => missing.push(position.partition),
        }
    }
    if positions.is_empty() {
        Err(Unresolvable::NothingCommitted)
    } else if missing.is_empty() {
        Ok(targets)
    } else {
        let others = targets.into_iter().filter_map(|(number, target)| Some((number, target.sent_offset()?))).collect();
        Err(Unresolvable::NothingToShift { missing, others })
    }
}

/// One reset per partition, or a single one if combining is allowed and every partition of the topic has the same
/// target.
fn per_partition(may_combine: bool, positions: &[Position], targets: Targets) -> Vec<PlannedReset> {
    let reset = |(number, target)| PlannedReset { partition: Partition::Number(number), target };
    let same = targets.first().map(|(_, first)| *first).filter(|first| targets.iter().all(|(_, it)| it == first));
    let covers_topic = !positions.is_empty()
        && positions.iter().all(|it| targets.binary_search_by_key(&it.partition, |(number, _)| *number).is_ok());
    match same {
        Some(target) if may_combine && covers_topic => vec![PlannedReset { partition: Partition::All, target }],
        _ => targets.into_iter().map(reset).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::position::tests::{offset as at, position};
    use super::*;

    /// 2024-01-01T00:02:00Z.
    const NOW: i64 = 1_704_067_320_000;

    fn topic(partition: i64) -> Scope {
        let topic = TopicName::parse("orders").unwrap();
        match partition {
            -1 => Scope::Topic(topic, Partition::All),
            number => Scope::Topic(topic, Partition::Number(number.try_into().unwrap())),
        }
    }

    fn positions() -> Vec<Position> {
        vec![position(0, Some(140), (0, 300)), position(1, Some(190), (100, 250))]
    }

    /// `partition offset` or `partition timestamp` of each request, in the terms of the API.
    fn sent(scope: &Scope, target: &Target, positions: &[Position]) -> Vec<String> {
        sent_where(true, scope, target, positions)
    }

    fn sent_where(is_complete: bool, scope: &Scope, target: &Target, positions: &[Position]) -> Vec<String> {
        let plan = resolve(scope, target, positions, is_complete, Timestamp::from_millisecond(NOW).unwrap()).unwrap();
        let request = |reset| {
            let ResetMessageOffset { partition, to, .. } = plan.request(reset);
            let partition = match partition {
                Partition::All => -1,
                Partition::Number(number) => number.get(),
            };
            match to {
                ResetTarget::Offset(offset) => format!("{partition} offset {offset}"),
                ResetTarget::Timestamp(time) => format!("{partition} timestamp {time}"),
            }
        };
        plan.resets.iter().map(request).collect()
    }

    #[test]
    fn each_target_becomes_what_the_endpoint_takes() {
        let hours = |hours: u64| std::time::Duration::from_secs(hours * 3600);
        let offsets = |pairs: &[(i64, i64)]| {
            Target::PartitionOffsets(
                pairs.iter().map(|(number, offset)| ((*number).try_into().unwrap(), at(*offset))).collect(),
            )
        };
        let time = |millis: i64| Target::Time(millis.try_into().unwrap());
        for (partition, target, expected) in [
            (-1, Target::Offset(at(200)), vec!["-1 offset 200"]),
            (1, Target::Offset(at(200)), vec!["1 offset 200"]),
            (-1, time(1_571_812_144_000), vec!["-1 timestamp 1571812144000"]),
            (1, time(0), vec!["1 timestamp 0"]),
            // Two hours before 2024-01-01T00:02:00Z.
            (-1, Target::ByDuration(hours(2)), vec!["-1 timestamp 1704060120000"]),
            (0, Target::ByDuration(hours(0)), vec!["0 timestamp 1704067320000"]),
            (-1, Target::ByDuration(hours(24 * 365 * 100)), vec!["-1 timestamp 1"]),
            (-1, Target::Earliest, vec!["-1 offset 0"]),
            (-1, Target::Latest, vec!["-1 offset 9007199254740991"]),
            (-1, Target::Current, vec!["0 offset 140", "1 offset 190"]),
            (-1, Target::ShiftBy(1), vec!["0 offset 141", "1 offset 191"]),
            (-1, Target::ShiftBy(-150), vec!["0 offset 0", "1 offset 40"]),
            (-1, Target::ShiftBy(i64::MAX), vec!["-1 offset 9223372036854775807"]),
            (-1, Target::ShiftBy(i64::MIN), vec!["0 offset 0", "1 offset 0"]),
            (-1, offsets(&[(1, 120)]), vec!["1 offset 120"]),
            (-1, offsets(&[(0, 5), (1, 120)]), vec!["0 offset 5", "1 offset 120"]),
            (-1, offsets(&[(0, 120), (1, 120)]), vec!["-1 offset 120"]),
        ] {
            assert_eq!(sent(&topic(partition), &target, &positions()), expected, "{partition} {target:?}");
        }
    }

    #[test]
    fn one_partition_is_shifted_alone() {
        let only = &positions()[1..];
        assert_eq!(sent(&topic(1), &Target::ShiftBy(1), only), ["1 offset 191"]);
        assert_eq!(sent(&topic(1), &Target::Current, only), ["1 offset 190"]);
    }

    #[test]
    fn every_topic_is_reset_by_time() {
        for (target, expected) in [
            (Target::Earliest, "-1 timestamp 0"),
            (Target::Latest, "-1 timestamp 100000000000000"),
            (Target::Time(NOW.try_into().unwrap()), "-1 timestamp 1704067320000"),
        ] {
            assert_eq!(sent(&Scope::EveryTopic, &target, &[]), [expected]);
        }
    }

    /// The topic has a partition that is not named: -1 would move that one too.
    #[test]
    fn equal_offsets_of_some_partitions_are_sent_one_by_one() {
        let mut three = positions();
        three.push(position(2, Some(7), (0, 10)));
        let offsets = [(0, 120), (1, 120)].map(|(it, to): (i64, i64)| (it.try_into().unwrap(), at(to)));
        let target = Target::PartitionOffsets(offsets.into());
        assert_eq!(sent(&topic(-1), &target, &three), ["0 offset 120", "1 offset 120"]);
        assert_eq!(sent(&topic(-1), &target, &[]), ["0 offset 120", "1 offset 120"], "the topic was not read");
    }

    /// The topic may have more partitions, which -1 would move too.
    #[test]
    fn incomplete_list_is_not_reset_as_a_whole() {
        let offsets = [(0, 120), (1, 120)].map(|(it, to): (i64, i64)| (it.try_into().unwrap(), at(to)));
        for (target, expected) in [
            (Target::PartitionOffsets(offsets.into()), ["0 offset 120", "1 offset 120"]),
            (Target::ShiftBy(i64::MIN), ["0 offset 0", "1 offset 0"]),
            (Target::ShiftBy(i64::MAX), ["0 offset 9223372036854775807", "1 offset 9223372036854775807"]),
        ] {
            assert_eq!(sent_where(false, &topic(-1), &target, &positions()), expected, "{target:?}");
        }
        assert_eq!(sent_where(false, &topic(-1), &Target::Earliest, &positions()), ["-1 offset 0"]);
    }

    #[test]
    fn current_skips_partitions_without_a_committed_offset() {
        let some = [position(0, Some(140), (0, 300)), position(1, None, (100, 250))];
        assert_eq!(sent(&topic(-1), &Target::Current, &some), ["0 offset 140"]);
        let none = [position(0, None, (0, 300))];
        let outcome = resolve(&topic(-1), &Target::Current, &none, true, Timestamp::UNIX_EPOCH);
        assert_eq!(outcome, Err(Unresolvable::NothingCommitted));
    }

    /// Kafka's own tool refuses it too.
    #[test]
    fn shift_without_a_committed_offset_is_refused_and_lists_the_other_partitions() {
        let some = [position(0, Some(140), (0, 300)), position(1, None, (100, 250))];
        let outcome = resolve(&topic(-1), &Target::ShiftBy(1), &some, true, Timestamp::UNIX_EPOCH);
        let missing = vec![1.try_into().unwrap()];
        let others = vec![(0.try_into().unwrap(), at(141))];
        assert_eq!(outcome, Err(Unresolvable::NothingToShift { missing, others }));
    }

    #[test]
    fn target_is_known_only_for_affected_partitions() {
        let plan = resolve(&topic(-1), &Target::Current, &positions()[..1], true, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(plan.target_of(0.try_into().unwrap()), Some(ResolvedTarget::Offset(at(140))));
        let every = resolve(&topic(-1), &Target::Latest, &[], true, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(every.target_of(7.try_into().unwrap()), Some(ResolvedTarget::Latest));
    }
}
