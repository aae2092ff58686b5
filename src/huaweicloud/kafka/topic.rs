//! The partitions of a topic and what they hold (`ListTopicPartitions`).
//!
//! `GET /v2/{project_id}/kafka/instances/{instance_id}/topics/{topic}/partitions`, in pages of at
//! most 50. Source: the page "Querying the Partition List of a Topic" of the API reference; that
//! `offset` counts partitions, not pages, is seen in the official provider.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::wire::{Whole, list};
use super::{InstanceAddress, MessageOffset, OutOfRange, PartitionNumber, TopicName};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::error::Error;

/// Most partitions that one answer may hold.
const PAGE: usize = 50;

/// What one partition holds.
///
/// It is not published whether the service's `last_offset` is the offset of the last message or of
/// the next one (the published sample, 0 to 1216303 with 1216303 messages, suggests the next one).
/// So the service's `message_count` decides: where it equals `last_offset - start_offset + 1`,
/// `log_end` is one more than `last_offset`; everywhere else, and where it is missing, `log_end` is
/// `last_offset`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TopicPartition {
    /// The partition.
    pub partition: PartitionNumber,
    /// The offset of the first message that is kept.
    pub log_start: MessageOffset,
    /// The offset that the next message written will have. Equal to `log_start`: nothing is kept.
    pub log_end: MessageOffset,
}

impl Client {
    /// The partitions of a topic, by number. Asks page by page, until the service's total is
    /// reached or a page brings nothing new.
    ///
    /// # Errors
    /// Every error of a request.
    pub async fn list_topic_partitions(
        &self,
        instance: &InstanceAddress,
        topic: &TopicName,
    ) -> Result<Vec<TopicPartition>, Error> {
        let path = [
            "v2",
            instance.project_id.as_str(),
            "kafka",
            "instances",
            instance.instance_id.as_str(),
            "topics",
            topic.as_str(),
            "partitions",
        ];
        let mut found = BTreeMap::new();
        let mut asked = 0;
        loop {
            let query = [("limit", &*PAGE.to_string()), ("offset", &*asked.to_string())];
            let response = self.get(instance, &path, &query).await?;
            let Page { partitions, total } = response.json()?;
            let (length, before) = (partitions.len(), found.len());
            for described in partitions {
                let partition =
                    TopicPartition::try_from(described).map_err(|error| response.unexpected(&error.to_string()))?;
                found.insert(partition.partition, partition);
            }
            asked += length;
            let complete = match total {
                Some(Whole(total)) => i64::try_from(asked).is_ok_and(|asked| asked >= total),
                // A service may hold pages shorter than it was asked for.
                None => length == 0,
            };
            if complete || found.len() == before {
                return Ok(found.into_values().collect());
            }
        }
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default, deserialize_with = "list")]
    partitions: Vec<Described>,
    total: Option<Whole>,
}

/// The last offset of an empty partition may be -1.
#[derive(Deserialize)]
struct Described {
    partition: PartitionNumber,
    start_offset: MessageOffset,
    last_offset: Whole,
    message_count: Option<Whole>,
}

impl TryFrom<Described> for TopicPartition {
    type Error = OutOfRange;

    fn try_from(described: Described) -> Result<Self, OutOfRange> {
        let Described { partition, start_offset: log_start, last_offset: Whole(last), message_count } = described;
        let after_last = last.saturating_add(1);
        let last_is_kept = message_count
            .is_some_and(|Whole(count)| i128::from(count) == i128::from(after_last) - i128::from(log_start.get()));
        let log_end = MessageOffset::try_from(if last_is_kept { after_last } else { last })?;
        Ok(Self { partition, log_start, log_end })
    }
}
