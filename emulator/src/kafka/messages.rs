//! Reads single messages of a real log.
//!
//! Offsets have gaps: compaction takes messages away, and transactions leave marks that no client
//! sees. So one reads from an offset on, and sees what comes.

use super::{Kafka, NOBODY, PATIENCE, config, failed, one};
use crate::state::StateError;
use crate::state::cluster::{Ends, Message};
use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::Offset;
use std::time::Instant;

/// The first message between these ends.
pub(super) fn first(kafka: &Kafka, topic: &str, partition: i32, between: Ends) -> Result<Option<Message>, StateError> {
    let mut reader = Reader::open(kafka, topic, partition, between)?;
    reader.next()
}

/// The last message between these ends: read on from a little before the end, then from further.
pub(super) fn last(kafka: &Kafka, topic: &str, partition: i32, log: Ends) -> Result<Option<Message>, StateError> {
    let mut distance = 1;
    loop {
        let start = log.end.saturating_sub(distance).max(log.start);
        let mut reader = Reader::open(kafka, topic, partition, Ends { start, ..log })?;
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

struct Reader {
    /// `None`: there is nothing between the ends.
    consumer: Option<BaseConsumer>,
    end: i64,
    deadline: Instant,
}

impl Reader {
    fn open(kafka: &Kafka, topic: &str, partition: i32, between: Ends) -> Result<Self, StateError> {
        let mut reader = Self { consumer: None, end: between.end, deadline: Instant::now() + PATIENCE };
        if between.start < between.end {
            let opened = config(&kafka.0.bootstrap, NOBODY).create().and_then(|consumer: BaseConsumer| {
                consumer.assign(&one(topic, partition, Offset::Offset(between.start))?)?;
                Ok(consumer)
            });
            reader.consumer = Some(opened.map_err(|error| failed("be read", &error))?);
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
            // Written since the ends were told, or none.
            Some(Ok(_) | Err(KafkaError::PartitionEOF(_))) => Ok(None),
            Some(Err(error)) => Err(failed("be read", &error)),
            None => Err(StateError::Cluster { message: "it takes too long to be read".to_owned() }),
        }
    }
}
