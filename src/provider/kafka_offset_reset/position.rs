//! Where a group stands on one partition, and what the partition holds.

use crate::huaweicloud::{MessageOffset, PartitionNumber, TopicName};

/// A partition as the group sees it, at the moment of reading.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Position {
    pub(super) topic: TopicName,
    pub(super) partition: PartitionNumber,
    /// None: the group has committed nothing here.
    pub(super) committed: Option<MessageOffset>,
    pub(super) log: LogRange,
}

/// The offsets that a partition holds: from `start` up to, and without, `end`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct LogRange {
    pub(super) start: MessageOffset,
    /// The offset that the next message gets.
    pub(super) end: MessageOffset,
}

impl LogRange {
    /// `offset`, or the end of the log that is nearer to it.
    pub(super) fn clamp(self, offset: MessageOffset) -> MessageOffset {
        // The service's two numbers may have been read at different moments, so the end may lie before the start.
        offset.min(self.end).max(self.start)
    }

    pub(super) fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::provider::kafka_offset_reset) fn offset(number: i64) -> MessageOffset {
        number.try_into().expect("an offset")
    }

    /// A position on a topic called "orders".
    pub(in crate::provider::kafka_offset_reset) fn position(
        partition: i64,
        committed: Option<i64>,
        (start, end): (i64, i64),
    ) -> Position {
        Position {
            topic: TopicName::parse("orders").expect("a topic"),
            partition: partition.try_into().expect("a partition"),
            committed: committed.map(offset),
            log: LogRange { start: offset(start), end: offset(end) },
        }
    }

    /// The API page: earlier than the earliest is the earliest, later than the latest is the latest.
    #[test]
    fn offsets_outside_of_a_log_become_its_nearer_end() {
        let log = LogRange { start: offset(100), end: offset(250) };
        for (asked, expected) in [(0, 100), (99, 100), (100, 100), (180, 180), (250, 250), (i64::MAX, 250)] {
            assert_eq!(log.clamp(offset(asked)), offset(expected), "{asked}");
        }
    }
}
