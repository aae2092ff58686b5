//! The position of a group on one partition: its committed offset, and the range of the log.

use crate::huaweicloud::{MessageOffset, PartitionNumber, TopicName};

/// A partition as the group sees it, at the moment of reading.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Position {
    pub(crate) topic: TopicName,
    pub(crate) partition: PartitionNumber,
    /// `None`: the group has no committed offset here.
    pub(crate) committed: Option<MessageOffset>,
    pub(crate) log: LogRange,
}

/// The offsets of a partition: from `start` inclusive to `end` exclusive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LogRange {
    pub(crate) start: MessageOffset,
    /// The offset of the next message.
    pub(crate) end: MessageOffset,
}

impl LogRange {
    /// `offset`, or the end of the log that is nearer to it.
    pub(crate) fn clamp(self, offset: MessageOffset) -> MessageOffset {
        // The two ends may have been read at different moments, so the end may be before the start.
        offset.min(self.end).max(self.start)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn offset(number: i64) -> MessageOffset {
        number.try_into().expect("an offset")
    }

    /// A position on a topic called "orders".
    pub(crate) fn position(partition: i64, committed: Option<i64>, (start, end): (i64, i64)) -> Position {
        Position {
            topic: TopicName::parse("orders").expect("a topic"),
            partition: partition.try_into().expect("a partition"),
            committed: committed.map(offset),
            log: LogRange { start: offset(start), end: offset(end) },
        }
    }

    /// According to the API page, an offset before the earliest one resets to the earliest, and an offset after the
    /// latest one to the latest.
    #[test]
    fn offset_outside_the_log_is_clamped_to_the_nearer_end() {
        let log = LogRange { start: offset(100), end: offset(250) };
        for (requested, expected) in [(0, 100), (99, 100), (100, 100), (180, 180), (250, 250), (i64::MAX, 250)] {
            assert_eq!(log.clamp(offset(requested)), offset(expected), "{requested}");
        }
    }
}
