//! A real cluster behind the API: topics, logs, groups and their offsets are Kafka's own.
//!
//! Calls block until the cluster has answered, and one is made at a time, as with the state in
//! memory. What the cluster refuses reaches the client as the service's refusal.

mod assignment;
mod group;
mod messages;

/// The client library, for tests that produce and consume.
pub use rdkafka;

use crate::state::cluster::{Cluster, Ends, Message, Move};
use crate::state::{Group, StateError};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::metadata::{Metadata, MetadataTopic};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long the cluster may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The group of the client that only looks. It never commits, so no such group comes to be.
const NOBODY: &str = "dms-emulator";

/// A connected cluster. Clones share the connection.
#[derive(Clone)]
pub(crate) struct Kafka(Arc<Connection>);

struct Connection {
    bootstrap: String,
    /// Asks about topics and logs.
    client: BaseConsumer,
    /// The client of the group that was asked for last. A new one takes a second to find the
    /// group's coordinator, and one reset asks several times.
    last: Mutex<Option<(String, Arc<BaseConsumer>)>>,
}

impl fmt::Debug for Kafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kafka({})", self.0.bootstrap)
    }
}

impl Kafka {
    /// Connects to a cluster, and makes sure that it answers.
    pub(crate) fn connect(bootstrap: &str) -> KafkaResult<Self> {
        let client = config(bootstrap, NOBODY).create::<BaseConsumer>()?;
        client.fetch_metadata(None, PATIENCE)?;
        Ok(Self(Arc::new(Connection { bootstrap: bootstrap.to_owned(), client, last: Mutex::default() })))
    }

    /// A client that can commit for a group, and never joins it.
    fn client_of(&self, group: &str) -> Result<Arc<BaseConsumer>, StateError> {
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, client)) = &*last
            && of == group
        {
            return Ok(Arc::clone(client));
        }
        let client = config(&self.0.bootstrap, group).create().map_err(|error| failed("connect", &error))?;
        let client = Arc::new(client);
        *last = Some((group.to_owned(), Arc::clone(&client)));
        Ok(client)
    }

    fn metadata(&self) -> Result<Metadata, StateError> {
        let metadata = self.0.client.fetch_metadata(None, PATIENCE);
        metadata.map_err(|error| failed("list its brokers and topics", &error))
    }

    fn partitions(&self, topic: &str) -> Result<usize, StateError> {
        let metadata = self.0.client.fetch_metadata(Some(topic), PATIENCE);
        let metadata = metadata.map_err(|error| failed("describe a topic", &error))?;
        let found = metadata.topics().iter().find(|found| found.name() == topic && exists(found));
        let found = found.ok_or_else(|| StateError::UnknownTopic { topic: topic.to_owned() })?;
        Ok(found.partitions().len())
    }

    fn ends(&self, topic: &str, partition: i32) -> Result<Ends, StateError> {
        let ends = self.0.client.fetch_watermarks(topic, partition, PATIENCE);
        let (start, end) = ends.map_err(|error| failed("tell the ends of a log", &error))?;
        Ok(Ends { start, end })
    }
}

impl Cluster for Kafka {
    fn topics(&self) -> Result<BTreeMap<String, usize>, StateError> {
        Ok(users_topics(&self.metadata()?))
    }

    fn logs(&self, topic: &str) -> Result<Vec<Ends>, StateError> {
        let partitions = self.partitions(topic)?;
        (0_i32..).take(partitions).map(|partition| self.ends(topic, partition)).collect()
    }

    /// Asks for this partition's ends alone.
    fn log(&self, topic: &str, partition: i32) -> Result<Ends, StateError> {
        let count = self.partitions(topic)?;
        if usize::try_from(partition).is_ok_and(|index| index < count) {
            return self.ends(topic, partition);
        }
        Err(StateError::UnknownPartition { topic: topic.to_owned(), partition, count })
    }

    fn group(&self, name: &str) -> Result<Group, StateError> {
        group::describe(self, name)
    }

    fn offset_at(&self, topic: &str, partition: i32, timestamp: i64) -> Result<i64, StateError> {
        let log = self.log(topic, partition)?;
        // No message is older than 0, and Kafka's protocol has meanings of its own for times below.
        let wanted = one(topic, partition, Offset::Offset(timestamp.max(0)));
        let found = wanted.and_then(|wanted| self.0.client.offsets_for_times(wanted, PATIENCE));
        let found = found.map_err(|error| failed("find the offset of a time", &error))?;
        match found.find_partition(topic, partition).map(|found| found.offset()) {
            Some(Offset::Offset(offset)) => Ok(offset),
            // No message is as young.
            _ => Ok(log.end),
        }
    }

    fn message_from(&self, topic: &str, partition: i32, offset: i64) -> Result<Option<Message>, StateError> {
        let log = self.log(topic, partition)?;
        messages::first(self, topic, partition, Ends { start: offset.max(log.start), ..log })
    }

    fn last_message(&self, topic: &str, partition: i32) -> Result<Option<Message>, StateError> {
        let log = self.log(topic, partition)?;
        messages::last(self, topic, partition, log)
    }

    fn commit(&mut self, group: &str, moves: &[Move]) -> Result<(), StateError> {
        group::commit(self, group, moves)
    }
}

/// Never creates a topic, never commits by itself, and sees what Kafka's own tools see: also
/// messages of transactions that are open.
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
        // Reads end where a log ends; waiting there for more would only take time.
        .set("fetch.wait.max.ms", "10");
    config
}

/// Those of Kafka itself are not a user's.
fn users_topics(metadata: &Metadata) -> BTreeMap<String, usize> {
    let topics = metadata.topics().iter().filter(|topic| exists(topic) && !topic.name().starts_with("__"));
    topics.map(|topic| (topic.name().to_owned(), topic.partitions().len())).collect()
}

fn exists(topic: &MetadataTopic) -> bool {
    topic.error().is_none() && !topic.partitions().is_empty()
}

fn one(topic: &str, partition: i32, offset: Offset) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, offset)?;
    Ok(list)
}

/// `what` completes "it cannot …".
fn failed(what: &str, error: &KafkaError) -> StateError {
    StateError::Cluster { message: format!("it cannot {what}: {error}") }
}

/// Whether the broker refuses a commit because the group is not without members.
fn is_online(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{FencedInstanceId, IllegalGeneration, RebalanceInProgress, UnknownMemberId};
    let code = error.rdkafka_error_code();
    matches!(code, Some(UnknownMemberId | IllegalGeneration | RebalanceInProgress | FencedInstanceId))
}

#[cfg(test)]
mod tests;
