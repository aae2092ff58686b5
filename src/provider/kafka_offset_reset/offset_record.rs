//! What the state records about the offsets of a reset: `before`, `after`, `clamped`, and the number of messages moved.

use crate::huaweicloud::MessageOffset;
use crate::tf_provider::value::Attr;

use super::arguments::OffsetMap;
use super::reset_plan::{Movement, Position};

/// The offsets before and after a reset. `None`: not read, or not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OffsetRecord {
    pub(crate) before: Option<OffsetMap>,
    pub(crate) after: Option<OffsetMap>,
    /// The partitions whose target lies outside their log, as `topic/partition`.
    pub(crate) clamped: Option<Vec<String>>,
    /// The sum over all partitions.
    pub(crate) movement: Option<Movement>,
}

impl OffsetRecord {
    /// The record before the reset is sent. No positions: they were not read.
    pub(crate) fn before(positions: &[&Position]) -> Self {
        let before = (!positions.is_empty()).then(|| offset_map(positions.iter().map(|it| (*it, it.committed))));
        Self { before, ..Self::default() }
    }

    /// The record of partitions that were read before and after the reset, each with whether its target lies outside
    /// its log. A value that is unknown for one partition is unknown for the whole reset.
    pub(crate) fn new(partitions: &[(&Position, &Position, Option<bool>)]) -> Self {
        Self {
            before: Some(offset_map(partitions.iter().map(|(before, ..)| (*before, before.committed)))),
            after: Some(offset_map(partitions.iter().map(|(_, after, _)| (*after, after.committed)))),
            clamped: clamped(partitions),
            movement: partitions.iter().map(|(before, after, _)| movement(before, after)).sum(),
        }
    }
}

/// The given offset of each partition.
pub(super) fn offset_map<'a>(offsets: impl Iterator<Item = (&'a Position, Option<MessageOffset>)>) -> OffsetMap {
    let mut map = OffsetMap::new();
    for (Position { topic, partition, .. }, offset) in offsets {
        let offset = Attr::from_option(offset.map(MessageOffset::get));
        map.entry(topic.to_string()).or_default().insert(partition.to_string(), offset);
    }
    map
}

/// Sorted by topic, then by number.
fn clamped(partitions: &[(&Position, &Position, Option<bool>)]) -> Option<Vec<String>> {
    let mut clamped = Vec::new();
    for (position, _, is_clamped) in partitions {
        if (*is_clamped)? {
            clamped.push((&position.topic, position.partition));
        }
    }
    clamped.sort();
    Some(clamped.into_iter().map(|(topic, partition)| format!("{topic}/{partition}")).collect())
}

/// `None`: the committed offset is gone.
fn movement(before: &Position, after: &Position) -> Option<Movement> {
    match (before.committed, after.committed) {
        (None, None) => Some(Movement::default()),
        (_, after) => Some(Movement::between(before, after?)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::reset_plan::position::tests::position;
    use super::*;
    use crate::huaweicloud::TopicName;

    const LOG: (i64, i64) = (100, 300);

    fn map(topic: &str, offsets: &[(&str, Option<i64>)]) -> Option<OffsetMap> {
        let offsets = offsets.iter().map(|(partition, offset)| ((*partition).to_owned(), Attr::from_option(*offset)));
        Some(OffsetMap::from([(topic.to_owned(), offsets.collect())]))
    }

    #[test]
    fn partitions_without_a_committed_offset_are_null_in_the_maps() {
        let before = [position(0, Some(140), LOG), position(10, None, LOG)];
        let after = [position(0, Some(120), LOG), position(10, Some(100), LOG)];
        let expected = map("orders", &[("0", Some(140)), ("10", None)]);
        assert_eq!(
            OffsetRecord::new(&[(&before[0], &after[0], Some(false)), (&before[1], &after[1], Some(false))]),
            OffsetRecord {
                before: expected.clone(),
                after: map("orders", &[("0", Some(120)), ("10", Some(100))]),
                clamped: Some(vec![]),
                movement: Some(Movement { replayed: 20, skipped: 0 }),
            }
        );
        let [first, second] = &before;
        assert_eq!(OffsetRecord::before(&[first, second]), OffsetRecord { before: expected, ..Default::default() });
        assert_eq!(OffsetRecord::before(&[]), OffsetRecord::default());
    }

    #[test]
    fn clamped_partitions_are_sorted_by_topic_and_number() {
        let position = |topic: &str, partition| Position {
            topic: TopicName::parse(topic).unwrap(),
            ..position(partition, Some(140), LOG)
        };
        let positions = [position("b", 0), position("a", 10), position("a", 9), position("a", 1)];
        let clamped = |flags: [Option<bool>; 4]| {
            let partitions: Vec<_> = positions.iter().zip(flags).map(|(it, clamped)| (it, it, clamped)).collect();
            OffsetRecord::new(&partitions).clamped
        };
        let expected = ["a/9", "a/10", "b/0"].map(str::to_owned).to_vec();
        assert_eq!(clamped([Some(true), Some(true), Some(true), Some(false)]), Some(expected));
        assert_eq!(clamped([Some(true), None, Some(true), Some(false)]), None);
    }

    #[test]
    fn sums_are_not_known_if_an_offset_is_gone() {
        for (before, after, expected) in [
            (Some(140), Some(100), Some(Movement { replayed: 80, skipped: 0 })),
            (Some(140), None, None),
            (None, Some(140), Some(Movement { replayed: 40, skipped: 0 })),
            (None, None, Some(Movement { replayed: 40, skipped: 0 })),
        ] {
            let replayed = (position(0, Some(140), LOG), position(0, Some(100), LOG));
            let second = (position(1, before, LOG), position(1, after, LOG));
            let record = OffsetRecord::new(&[(&replayed.0, &replayed.1, None), (&second.0, &second.1, None)]);
            assert_eq!(record.movement, expected, "{before:?} {after:?}");
        }
    }
}
