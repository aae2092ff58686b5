//! The position of a group on one partition: its committed offset, and the range of the log.

use crate::huaweicloud::{MessageOffset, PartitionNumber, TopicName};

use super::super::locate::LogRange;

/// A partition as the group sees it, at the moment of reading.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Position {
    pub(crate) topic: TopicName,
    pub(crate) partition: PartitionNumber,
    /// `None`: the group has no committed offset here.
    pub(crate) committed: Option<MessageOffset>,
    pub(crate) log: LogRange,
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
}
