//! From a target to what the one endpoint takes. Pure: positions and time come in, resets come out.
//!
//! | target | resets |
//! |---|---|
//! | `message_offset`, `timestamp`, `datetime`, `by_duration`, `earliest`, `latest` | one, for every partition or one |
//! | `current`, `shift_by`, `partition_offsets` | one per partition; one for all where it surely says the same |
//!
//! Every reset that leaves here is absolute, an offset or a time: sent twice, it does what it does once.

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::huaweicloud::{
    MessageOffset, Partition, PartitionNumber, ResetMessageOffset, ResetTarget, TopicName, UnixMillis,
};

use super::position::Position;
use super::request::{Scope, Target};

/// Beyond every log, and the greatest number that JSON carries safely everywhere (RFC 7493): a larger one might arrive
/// as another.
const BEYOND_EVERY_LOG: i64 = 9_007_199_254_740_991;
/// Later than every message: the year 5138, the last that this provider takes for milliseconds.
const LATER_THAN_EVERY_MESSAGE: i64 = 100_000_000_000_000;

/// Where a partition is to stand afterwards.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Aim {
    /// At this offset.
    Offset(MessageOffset),
    /// At the offset that a shift leads to, which may lie before every log. What is sent is 0 then.
    Shifted(i64),
    /// At the start of its log.
    Earliest,
    /// At the end of its log.
    Latest,
    /// At the first message not older than this.
    Time(UnixMillis),
}

/// One request to send.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Step {
    pub(super) partition: Partition,
    pub(super) aim: Aim,
}

/// All requests to send, each for partitions of its own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Plan {
    /// None: every topic.
    pub(super) topic: Option<TopicName>,
    /// Never empty. One for all partitions, or those of single partitions in the order of their numbers.
    pub(super) steps: Vec<Step>,
}

/// Why a target means nothing for this group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Unresolvable {
    /// Nothing is committed on any partition, so there is no `current`.
    NothingCommitted,
    /// Nothing is committed on these partitions, so they can't be shifted; the others would come to stand there.
    NothingToShift { missing: Vec<PartitionNumber>, others: Vec<(PartitionNumber, MessageOffset)> },
}

/// Resolves a target. `positions` are those of every partition of the scope; targets that are not relative to what is
/// committed do without. `counted`: they are all by the service's own count.
pub(super) fn resolve(
    scope: &Scope,
    target: &Target,
    positions: &[Position],
    counted: bool,
    now: Timestamp,
) -> Result<Plan, Unresolvable> {
    let (topic, partition) = match scope {
        Scope::EveryTopic => (None, Partition::All),
        Scope::Topic(topic, partition) => (Some(topic.clone()), *partition),
    };
    let one = |aim| Ok(vec![Step { partition, aim }]);
    // A partition that was not seen is one that nobody asked to move.
    let may_be_one = partition == Partition::All && counted;
    let steps = match target {
        Target::Offset(offset) => one(Aim::Offset(*offset)),
        Target::Time(time) => one(Aim::Time(*time)),
        Target::ByDuration(duration) => one(Aim::Time(before(now, *duration))),
        Target::Earliest => one(Aim::Earliest),
        Target::Latest => one(Aim::Latest),
        Target::Current => current(positions).map(|aims| per_partition(may_be_one, positions, aims)),
        Target::ShiftBy(by) => shifted(positions, *by).map(|aims| per_partition(may_be_one, positions, aims)),
        Target::PartitionOffsets(offsets) => {
            let aims = offsets.iter().map(|(number, offset)| (*number, Aim::Offset(*offset))).collect();
            Ok(per_partition(may_be_one, positions, aims))
        }
    }?;
    Ok(Plan { topic, steps })
}

impl Aim {
    /// The offset that was asked for; none where it is a time, or an end of the log.
    pub(super) fn asked_offset(self) -> Option<i64> {
        match self {
            Aim::Offset(offset) => Some(offset.get()),
            Aim::Shifted(asked) => Some(asked),
            Aim::Earliest | Aim::Latest | Aim::Time(_) => None,
        }
    }

    /// The offset that is sent; none where a time is sent, or an end of the log is meant.
    pub(super) fn sent_offset(self) -> Option<MessageOffset> {
        self.asked_offset().map(offset)
    }
}

impl Plan {
    /// Where this partition is to go; none if it is not touched.
    pub(super) fn aim_of(&self, partition: PartitionNumber) -> Option<Aim> {
        if let [Step { partition: Partition::All, aim }] = self.steps[..] {
            return Some(aim);
        }
        // Steps of single partitions come in the order of their numbers.
        let found = self.steps.binary_search_by(|step| match step.partition {
            Partition::All => Ordering::Less,
            Partition::Number(number) => number.cmp(&partition),
        });
        found.ok().map(|index| self.steps[index].aim)
    }

    /// Those of `positions` that it moves.
    pub(super) fn touched<'a>(&self, positions: &'a [Position]) -> Vec<&'a Position> {
        positions.iter().filter(|it| self.aim_of(it.partition).is_some()).collect()
    }

    /// The request of one of its steps.
    pub(super) fn request(&self, step: &Step) -> ResetMessageOffset {
        let to = match (step.aim, &self.topic) {
            (Aim::Offset(offset), _) => ResetTarget::Offset(offset),
            (Aim::Shifted(asked), _) => ResetTarget::Offset(offset(asked)),
            (Aim::Time(time), _) => ResetTarget::Timestamp(time),
            // The offset means the start of the log, even where retention or compaction has removed its first message;
            // a time means a message.
            (Aim::Earliest, Some(_)) => ResetTarget::Offset(MessageOffset::MIN),
            (Aim::Latest, Some(_)) => ResetTarget::Offset(offset(BEYOND_EVERY_LOG)),
            // Of every topic, the service documents times only.
            (Aim::Earliest, None) => ResetTarget::Timestamp(UnixMillis::MIN),
            (Aim::Latest, None) => ResetTarget::Timestamp(millis(LATER_THAN_EVERY_MESSAGE)),
        };
        ResetMessageOffset { topic: self.topic.clone(), partition: step.partition, to }
    }
}

/// The nearest offset, for numbers that may have left the range by arithmetic.
fn offset(number: i64) -> MessageOffset {
    MessageOffset::try_from(number.max(0)).unwrap_or(MessageOffset::MIN)
}

fn millis(number: i64) -> UnixMillis {
    UnixMillis::try_from(number.max(0)).unwrap_or(UnixMillis::MIN)
}

fn before(now: Timestamp, duration: std::time::Duration) -> UnixMillis {
    let back = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    // Not 0, which says "the earliest" and nothing about a time.
    millis(now.as_millisecond().saturating_sub(back).max(1))
}

type Aims = Vec<(PartitionNumber, Aim)>;

fn current(positions: &[Position]) -> Result<Aims, Unresolvable> {
    let aims: Aims = positions.iter().filter_map(|it| Some((it.partition, Aim::Offset(it.committed?)))).collect();
    if aims.is_empty() { Err(Unresolvable::NothingCommitted) } else { Ok(aims) }
}

fn shifted(positions: &[Position], by: i64) -> Result<Aims, Unresolvable> {
    let mut missing = Vec::new();
    let mut aims = Aims::new();
    for position in positions {
        match position.committed {
            // A log's offsets are below 2⁶³, so an overflow lies beyond its end as well.
            Some(committed) => aims.push((position.partition, Aim::Shifted(committed.get().saturating_add(by)))),
            None => missing.push(position.partition),
        }
    }
    if positions.is_empty() {
        Err(Unresolvable::NothingCommitted)
    } else if missing.is_empty() {
        Ok(aims)
    } else {
        let others = aims.into_iter().filter_map(|(number, aim)| Some((number, aim.sent_offset()?))).collect();
        Err(Unresolvable::NothingToShift { missing, others })
    }
}

/// One step each, or one for all where that may be and every partition of the topic goes to the same offset.
fn per_partition(may_be_one: bool, positions: &[Position], aims: Aims) -> Vec<Step> {
    let step = |(number, aim)| Step { partition: Partition::Number(number), aim };
    let same = aims.first().map(|(_, first)| *first).filter(|first| aims.iter().all(|(_, it)| it == first));
    let covers_topic = !positions.is_empty()
        && positions.iter().all(|it| aims.binary_search_by_key(&it.partition, |(number, _)| *number).is_ok());
    match same {
        Some(aim) if may_be_one && covers_topic => vec![Step { partition: Partition::All, aim }],
        _ => aims.into_iter().map(step).collect(),
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

    fn sent_where(counted: bool, scope: &Scope, target: &Target, positions: &[Position]) -> Vec<String> {
        let plan = resolve(scope, target, positions, counted, Timestamp::from_millisecond(NOW).unwrap()).unwrap();
        let request = |step| {
            let ResetMessageOffset { partition, to, .. } = plan.request(step);
            let partition = match partition {
                Partition::All => -1,
                Partition::Number(number) => number.get(),
            };
            match to {
                ResetTarget::Offset(offset) => format!("{partition} offset {offset}"),
                ResetTarget::Timestamp(time) => format!("{partition} timestamp {time}"),
            }
        };
        plan.steps.iter().map(request).collect()
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
    fn every_topic_goes_by_time() {
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

    /// Whether there are others is not known then: -1 would move those too.
    #[test]
    fn list_without_a_total_was_taken_for_every_partition() {
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
    fn current_leaves_partitions_alone_on_which_nothing_is_committed() {
        let some = [position(0, Some(140), (0, 300)), position(1, None, (100, 250))];
        assert_eq!(sent(&topic(-1), &Target::Current, &some), ["0 offset 140"]);
        let none = [position(0, None, (0, 300))];
        let outcome = resolve(&topic(-1), &Target::Current, &none, true, Timestamp::UNIX_EPOCH);
        assert_eq!(outcome, Err(Unresolvable::NothingCommitted));
    }

    /// Kafka's own tool refuses it too.
    #[test]
    fn shift_without_a_committed_offset_is_refused_with_the_rest() {
        let some = [position(0, Some(140), (0, 300)), position(1, None, (100, 250))];
        let outcome = resolve(&topic(-1), &Target::ShiftBy(1), &some, true, Timestamp::UNIX_EPOCH);
        let missing = vec![1.try_into().unwrap()];
        let others = vec![(0.try_into().unwrap(), at(141))];
        assert_eq!(outcome, Err(Unresolvable::NothingToShift { missing, others }));
    }

    #[test]
    fn aim_is_known_for_partitions_that_are_touched_only() {
        let plan = resolve(&topic(-1), &Target::Current, &positions()[..1], true, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(plan.aim_of(0.try_into().unwrap()), Some(Aim::Offset(at(140))));
        let every = resolve(&topic(-1), &Target::Latest, &[], true, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(every.aim_of(7.try_into().unwrap()), Some(Aim::Latest));
    }
}
