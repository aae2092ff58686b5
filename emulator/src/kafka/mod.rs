//! A real Kafka cluster with the topics, logs, groups and offsets that the API shows.
//!
//! Calls block until the cluster responds, one call at a time, because the state is locked. An error of the cluster
//! becomes an error of the service.

mod assignment;
mod group;
mod messages;

/// The client library, for tests that produce and consume.
pub use rdkafka;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::metadata::{Metadata, MetadataTopic};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::state::cluster::{Cluster, LogBounds, Message, OffsetCommit, RealCluster};
use crate::state::{Group, StateError};

/// The timeout of one call to the cluster.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The group of the client that only reads. It never commits, so Kafka never creates this group.
const OBSERVER_GROUP: &str = "dms-emulator";

/// A connected cluster.
pub(crate) struct Kafka {
    bootstrap: String,
    /// Reads topics and logs.
    client: BaseConsumer,
    /// Reads messages. All reads share one client, because creating a client takes a tenth of a second.
    message_client: Mutex<BaseConsumer>,
    /// The client of the group used last. A new client needs a second to find the coordinator of its group, and one
    /// reset makes several calls for the same group.
    group_client: Mutex<Option<(String, Arc<BaseConsumer>)>>,
}

impl fmt::Debug for Kafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kafka({})", self.bootstrap)
    }
}

impl Kafka {
    /// Connects to a cluster.
    ///
    /// # Errors
    ///
    /// The cluster does not respond.
    pub(crate) fn connect(bootstrap: &str) -> KafkaResult<Self> {
        let client = config(bootstrap, OBSERVER_GROUP).create::<BaseConsumer>()?;
        client.fetch_metadata(None, TIMEOUT)?;
        let message_client = Mutex::new(config(bootstrap, OBSERVER_GROUP).create()?);
        Ok(Self { bootstrap: bootstrap.to_owned(), client, message_client, group_client: Mutex::default() })
    }

    /// A client that commits for a group without joining it.
    fn group_client(&self, group: &str) -> Result<Arc<BaseConsumer>, StateError> {
        let mut last = self.group_client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, client)) = &*last
            && of == group
        {
            return Ok(Arc::clone(client));
        }
        let client = config(&self.bootstrap, group).create().map_err(|error| cluster_error("connect", &error))?;
        let client = Arc::new(client);
        *last = Some((group.to_owned(), Arc::clone(&client)));
        Ok(client)
    }

    fn metadata(&self) -> Result<Metadata, StateError> {
        let metadata = self.client.fetch_metadata(None, TIMEOUT);
        metadata.map_err(|error| cluster_error("list its brokers and topics", &error))
    }

    fn partitions(&self, topic: &str) -> Result<usize, StateError> {
        let metadata = self.client.fetch_metadata(Some(topic), TIMEOUT);
        let metadata = metadata.map_err(|error| cluster_error("describe a topic", &error))?;
        let found = metadata.topics().iter().find(|found| found.name() == topic && exists(found));
        let found = found.ok_or_else(|| StateError::UnknownTopic { topic: topic.to_owned() })?;
        Ok(found.partitions().len())
    }

    fn ends(&self, topic: &str, partition: i32) -> Result<LogBounds, StateError> {
        let ends = self.client.fetch_watermarks(topic, partition, TIMEOUT);
        let (start, end) = ends.map_err(|error| cluster_error("read the ends of a log", &error))?;
        Ok(LogBounds { start, end })
    }
}

impl Cluster for Kafka {
    fn topics(&self) -> Result<BTreeMap<String, usize>, StateError> {
        Ok(user_topics(&self.metadata()?))
    }

    fn logs(&self, topic: &str) -> Result<Vec<LogBounds>, StateError> {
        let partitions = self.partitions(topic)?;
        (0_i32..).take(partitions).map(|partition| self.ends(topic, partition)).collect()
    }

    /// Overridden to read the ends of one partition only.
    fn log(&self, topic: &str, partition: i32) -> Result<LogBounds, StateError> {
        let count = self.partitions(topic)?;
        if usize::try_from(partition).is_ok_and(|index| index < count) {
            return self.ends(topic, partition);
        }
        Err(StateError::UnknownPartition { topic: topic.to_owned(), partition, count })
    }

    fn group_names(&self) -> Result<Vec<String>, StateError> {
        group::names(self)
    }

    fn group(&self, name: &str) -> Result<Group, StateError> {
        group::describe(self, name)
    }

    fn offset_at(&self, topic: &str, partition: i32, timestamp: i64) -> Result<i64, StateError> {
        let log = self.log(topic, partition)?;
        // No message is older than 0, and negative times have a special meaning in the protocol.
        let wanted = single_partition(topic, partition, Offset::Offset(timestamp.max(0)));
        let found = wanted.and_then(|wanted| self.client.offsets_for_times(wanted, TIMEOUT));
        let found = found.map_err(|error| cluster_error("find the offset of a time", &error))?;
        match found.find_partition(topic, partition).map(|found| found.offset()) {
            Some(Offset::Offset(offset)) => Ok(offset),
            // No message was written at this time or later.
            _ => Ok(log.end),
        }
    }

    fn message_from(&self, topic: &str, partition: i32, offset: i64) -> Result<Option<Message>, StateError> {
        let log = self.log(topic, partition)?;
        messages::first(self, topic, partition, LogBounds { start: offset.max(log.start), ..log })
    }

    fn last_message(&self, topic: &str, partition: i32) -> Result<Option<Message>, StateError> {
        let log = self.log(topic, partition)?;
        messages::last(self, topic, partition, log)
    }
}

impl RealCluster for Kafka {
    fn commit(&self, group: &str, commits: &[OffsetCommit]) -> Result<(), StateError> {
        group::commit(self, group, commits)
    }
}

/// A client that never creates topics and never commits automatically. Like the tools of Kafka, it also reads messages
/// of open transactions.
fn config(bootstrap: &str, group: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("client.id", "dms-emulator")
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("allow.auto.create.topics", "false")
        .set("isolation.level", "read_uncommitted")
        .set("auto.offset.reset", "earliest")
        .set("enable.partition.eof", "true")
        // Reads stop at the end of a log, so waiting there for more messages is useless.
        .set("fetch.wait.max.ms", "10");
    config
}

/// The topics without the internal ones of Kafka, with their numbers of partitions.
fn user_topics(metadata: &Metadata) -> BTreeMap<String, usize> {
    let topics = metadata.topics().iter().filter(|topic| exists(topic) && !topic.name().starts_with("__"));
    topics.map(|topic| (topic.name().to_owned(), topic.partitions().len())).collect()
}

fn exists(topic: &MetadataTopic) -> bool {
    topic.error().is_none() && !topic.partitions().is_empty()
}

fn single_partition(topic: &str, partition: i32, offset: Offset) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, offset)?;
    Ok(list)
}

/// `what` completes "cannot …".
fn cluster_error(what: &str, error: &KafkaError) -> StateError {
    StateError::Cluster { message: format!("cannot {what}: {error}") }
}

/// Whether the broker refuses a commit because the group has members.
fn is_online(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{FencedInstanceId, IllegalGeneration, RebalanceInProgress, UnknownMemberId};
    let code = error.rdkafka_error_code();
    matches!(code, Some(UnknownMemberId | IllegalGeneration | RebalanceInProgress | FencedInstanceId))
}

#[cfg(test)]
mod tests;
