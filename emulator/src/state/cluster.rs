//! The interface to a Kafka cluster, in memory or real, that the emulated services need.

use std::collections::BTreeMap;
use std::fmt;

use super::{Group, Instance, Log, StateError};

/// Both ends of a partition's log: offsets run from `start` (included) to `end` (excluded).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LogBounds {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

/// A message in a log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Message {
    pub(crate) offset: i64,
    /// When it was written, in Unix milliseconds.
    pub(crate) timestamp: i64,
}

/// An offset to commit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct OffsetCommit {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// Topics and consumer groups, either those of an [`Instance`] in memory or those of a real cluster.
pub(crate) trait Cluster {
    /// All topics with their numbers of partitions.
    fn topics(&self) -> Result<BTreeMap<String, usize>, StateError>;

    /// The ends of the logs of a topic, in the order of the partitions.
    fn logs(&self, topic: &str) -> Result<Vec<LogBounds>, StateError>;

    /// The names of all groups that exist, sorted.
    fn group_names(&self) -> Result<Vec<String>, StateError>;

    /// A group with its state, members and committed offsets.
    fn group(&self, name: &str) -> Result<Group, StateError>;

    /// The offset of the first message at this time (Unix milliseconds) or later; the log end if there is none.
    fn offset_at(&self, topic: &str, partition: i32, timestamp: i64) -> Result<i64, StateError>;

    /// The first message at this offset or later.
    fn message_from(&self, topic: &str, partition: i32, offset: i64) -> Result<Option<Message>, StateError>;

    /// The last message of the log.
    fn last_message(&self, topic: &str, partition: i32) -> Result<Option<Message>, StateError>;

    /// The ends of the log of one partition.
    fn log(&self, topic: &str, partition: i32) -> Result<LogBounds, StateError> {
        let logs = self.logs(topic)?;
        let log = usize::try_from(partition).ok().and_then(|index| logs.get(index).copied());
        log.ok_or_else(|| StateError::UnknownPartition { topic: topic.to_owned(), partition, count: logs.len() })
    }
}

/// A real cluster, which all instances share.
pub(crate) trait RealCluster: Cluster + fmt::Debug + Send + Sync {
    /// Commits all offsets of a group without members, or none.
    fn commit(&self, group: &str, commits: &[OffsetCommit]) -> Result<(), StateError>;
}

impl Instance {
    /// The cluster with the topics and groups of the instance.
    pub(crate) fn cluster(&self) -> &dyn Cluster {
        match &self.real_cluster {
            Some(cluster) => cluster.as_ref(),
            None => self,
        }
    }

    /// Commits offsets in that cluster.
    pub(crate) fn commit_to_cluster(&mut self, group: &str, commits: &[OffsetCommit]) -> Result<(), StateError> {
        if let Some(cluster) = &self.real_cluster {
            return cluster.commit(group, commits);
        }
        let group = self.group_mut(group)?;
        for OffsetCommit { topic, partition, offset } in commits {
            group.commit(topic, *partition, *offset);
        }
        Ok(())
    }
}

impl Cluster for Instance {
    fn topics(&self) -> Result<BTreeMap<String, usize>, StateError> {
        Ok(self.topics.iter().map(|(name, logs)| (name.clone(), logs.len())).collect())
    }

    fn logs(&self, topic: &str) -> Result<Vec<LogBounds>, StateError> {
        Ok(self.topic(topic)?.iter().map(|log| LogBounds { start: log.start(), end: log.end() }).collect())
    }

    fn group_names(&self) -> Result<Vec<String>, StateError> {
        let existing = self.groups.iter().filter(|(_, group)| group.exists());
        Ok(existing.map(|(name, _)| name.clone()).collect())
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
}

fn message(log: &Log, offset: i64) -> Option<Message> {
    log.timestamp(offset).map(|timestamp| Message { offset, timestamp })
}
