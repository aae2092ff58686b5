//! Reads single messages from the logs of a real cluster.
//!
//! Offsets can have gaps: compaction removes messages, and transaction markers are invisible to clients. So an offset
//! only defines where a read starts.

use std::sync::{MutexGuard, PoisonError};
use std::time::Instant;

use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::Offset;

use crate::state::StateError;
use crate::state::cluster::{LogBounds, Message};

use super::{Kafka, TIMEOUT, cluster_error, single_partition};

/// The first message in this range.
pub(super) fn first(
    kafka: &Kafka,
    topic: &str,
    partition: i32,
    range: LogBounds,
) -> Result<Option<Message>, StateError> {
    let mut reader = MessageReader::open(kafka, topic, partition, range)?;
    reader.next()
}

/// The last message of a log: reads the end of the log, and a longer part of it until that contains a message.
pub(super) fn last(kafka: &Kafka, topic: &str, partition: i32, log: LogBounds) -> Result<Option<Message>, StateError> {
    let mut distance = 1;
    loop {
        let start = log.end.saturating_sub(distance).max(log.start);
        let mut reader = MessageReader::open(kafka, topic, partition, LogBounds { start, ..log })?;
        let mut last = None;
        while let Some(message) = reader.next()? {
            last = Some(message);
        }
        if last.is_some() || start == log.start {
            return Ok(last);
        }
        distance *= 16;
    }
}

/// A read of a range of offsets. Only one read takes place at a time.
struct MessageReader<'a> {
    /// `None`: the range is empty.
    consumer: Option<MutexGuard<'a, BaseConsumer>>,
    end: i64,
    deadline: Instant,
}

impl<'a> MessageReader<'a> {
    fn open(kafka: &'a Kafka, topic: &str, partition: i32, range: LogBounds) -> Result<Self, StateError> {
        let mut reader = Self { consumer: None, end: range.end, deadline: Instant::now() + TIMEOUT };
        if range.start < range.end {
            let consumer = kafka.message_client.lock().unwrap_or_else(PoisonError::into_inner);
            let assigned = single_partition(topic, partition, Offset::Offset(range.start))
                .and_then(|assignment| consumer.assign(&assignment));
            assigned.map_err(|error| cluster_error("read messages", &error))?;
            reader.consumer = Some(consumer);
        }
        Ok(reader)
    }

    fn next(&mut self) -> Result<Option<Message>, StateError> {
        let Some(consumer) = &self.consumer else {
            return Ok(None);
        };
        let left = self.deadline.saturating_duration_since(Instant::now());
        match consumer.poll(left) {
            Some(Ok(found)) if found.offset() < self.end => {
                let timestamp = found.timestamp().to_millis().unwrap_or_default();
                Ok(Some(Message { offset: found.offset(), timestamp }))
            }
            // At the end of the log, or at a message that was written later.
            Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => Ok(None),
            // It may have happened since the last read, because the client reports errors only during a read.
            Some(Err(error)) if is_disconnect(&error) => self.next(),
            Some(Err(error)) => Err(cluster_error("read messages", &error)),
            None => Err(StateError::Cluster { message: "reading messages timed out".to_owned() }),
        }
    }
}

/// Whether the connection was lost. The client connects again by itself.
fn is_disconnect(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure};
    matches!(error.rdkafka_error_code(), Some(AllBrokersDown | BrokerTransportFailure))
}

impl Drop for MessageReader<'_> {
    fn drop(&mut self) {
        if let Some(consumer) = &self.consumer {
            // Otherwise, the client would continue to fetch. The next read replaces the assignment in any case.
            let _ = consumer.unassign();
        }
    }
}
