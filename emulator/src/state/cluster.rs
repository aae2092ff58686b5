//! What the services need of Kafka, whether it is pretended or real.

use super::{Group, Instance, Log, StateError};
use std::collections::BTreeMap;

/// Both ends of a partition's log: offsets run from `start` (included) to `end` (excluded).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Ends {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

/// A message that is in a log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Message {
    pub(crate) offset: i64,
    /// When it was written, in Unix milliseconds.
    pub(crate) timestamp: i64,
}

/// An offset to be committed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Move {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// Topics and consumer groups: in memory those of the [`Instance`], or a real cluster's.
pub(crate) trait Cluster {
    /// Every topic with the number of its partitions.
    fn topics(&self) -> Result<BTreeMap<String, usize>, StateError>;

    /// The logs of a topic, from partition 0 on.
    fn logs(&self, topic: &str) -> Result<Vec<Ends>, StateError>;

    /// A group with its state, members and committed offsets.
    fn group(&self, name: &str) -> Result<Group, StateError>;

    /// The first message of this time (Unix milliseconds) or later; the log end if there is none.
    fn offset_at(&self, topic: &str, partition: i32, timestamp: i64) -> Result<i64, StateError>;

    /// The first message at this offset or later.
    fn message_from(&self, topic: &str, partition: i32, offset: i64) -> Result<Option<Message>, StateError>;

    /// The last message of the log.
    fn last_message(&self, topic: &str, partition: i32) -> Result<Option<Message>, StateError>;

    /// Commits offsets of a group without members, all or none.
    fn commit(&mut self, group: &str, moves: &[Move]) -> Result<(), StateError>;

    /// One partition's log.
    fn log(&self, topic: &str, partition: i32) -> Result<Ends, StateError> {
        let logs = self.logs(topic)?;
        let log = usize::try_from(partition).ok().and_then(|index| logs.get(index).copied());
        log.ok_or_else(|| StateError::UnknownPartition { topic: topic.to_owned(), partition, count: logs.len() })
    }
}

impl Instance {
    /// Where its topics and groups are.
    pub(crate) fn cluster(&self) -> &dyn Cluster {
        #[cfg(feature = "kafka")]
        if let Some(kafka) = &self.kafka {
            return kafka;
        }
        self
    }

    /// Commits offsets there.
    pub(crate) fn commit_in_cluster(&mut self, group: &str, moves: &[Move]) -> Result<(), StateError> {
        #[cfg(feature = "kafka")]
        if let Some(kafka) = &mut self.kafka {
            return kafka.commit(group, moves);
        }
        self.commit(group, moves)
    }
}

impl Cluster for Instance {
    fn topics(&self) -> Result<BTreeMap<String, usize>, StateError> {
        Ok(self.topics.iter().map(|(name, logs)| (name.clone(), logs.len())).collect())
    }

    fn logs(&self, topic: &str) -> Result<Vec<Ends>, StateError> {
        Ok(self.topic(topic)?.iter().map(|log| Ends { start: log.start(), end: log.end() }).collect())
    }

    fn group(&self, name: &str) -> Result<Group, StateError> {
        Self::group(self, name).cloned()
    }

    fn offset_at(&self, topic: &str, partition: i32, timestamp: i64) -> Result<i64, StateError> {
        Ok(self.partition(topic, partition)?.offset_at(timestamp))
    }

    fn message_from(&self, topic: &str, partition: i32, offset: i64) -> Result<Option<Message>, StateError> {
        let log = self.partition(topic, partition)?;
        Ok(log.message_from(offset).and_then(|offset| message(log, offset)))
    }

    fn last_message(&self, topic: &str, partition: i32) -> Result<Option<Message>, StateError> {
        let log = self.partition(topic, partition)?;
        Ok(log.last_message().and_then(|offset| message(log, offset)))
    }

    fn commit(&mut self, group: &str, moves: &[Move]) -> Result<(), StateError> {
        let group = self.group_mut(group)?;
        for Move { topic, partition, offset } in moves {
            group.commit(topic, *partition, *offset);
        }
        Ok(())
    }
}

fn message(log: &Log, offset: i64) -> Option<Message> {
    log.timestamp(offset).map(|timestamp| Message { offset, timestamp })
}
