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

/// The partitions of a topic: every one, from 0 on and without gaps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TopicPartitions {
    /// By number.
    pub partitions: Vec<TopicPartition>,
    /// Whether the service's total says that these are all. Otherwise only an empty page does.
    pub counted: bool,
}

impl Client {
    /// The partitions of a topic. Asks page by page, until the service's total is reached; where the service gives none
    /// that can be right, until a page is empty.
    ///
    /// # Errors
    /// Every error of a request, and [`Decode`](crate::huaweicloud::ErrorKind::Decode) for a list that can't be whole.
    pub async fn list_topic_partitions(
        &self,
        instance: &InstanceAddress,
        topic: &TopicName,
    ) -> Result<TopicPartitions, Error> {
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
        let mut list = List::default();
        loop {
            let query = [("limit", &*PAGE.to_string()), ("offset", &*list.found.len().to_string())];
            let response = self.get(instance, &path, &query).await?;
            let page = response.json()?;
            if let Some(counted) = list.take(page).map_err(|what| response.unexpected(&what))? {
                return Ok(TopicPartitions { partitions: list.found.into_values().collect(), counted });
            }
        }
    }
}

/// What the pages have brought so far.
#[derive(Default)]
struct List {
    found: BTreeMap<PartitionNumber, TopicPartition>,
    /// The greatest that a page gave: partitions are never removed.
    total: Option<i64>,
}

impl List {
    /// Takes a page in. None: there may be others. Otherwise the list is whole, and whether the total says so.
    fn take(&mut self, page: Page) -> Result<Option<bool>, String> {
        let (from, is_empty) = (self.found.len(), page.partitions.is_empty());
        self.total = self.total.max(page.total.map(|Whole(total)| total));
        for described in page.partitions {
            let partition = TopicPartition::try_from(described).map_err(|error| error.to_string())?;
            let number = partition.partition;
            if self.found.insert(number, partition).is_some() {
                return Err(self.not_whole(&format!(
                    "asked for those after the first {from}, the service repeats partition {number}"
                )));
            }
        }
        let found = i64::try_from(self.found.len()).unwrap_or(i64::MAX);
        let counted = match self.total {
            Some(total) if found == total => true,
            Some(total) if found < total && is_empty => return Err(self.not_whole("there are no further ones")),
            // Without a total that can be right, only an empty page is the last: a service may hold pages shorter than
            // it was asked for.
            _ if is_empty => false,
            _ => return Ok(None),
        };
        match (0..).zip(self.found.keys()).find(|(expected, number)| *expected != number.get()) {
            Some((missing, _)) => Err(self.not_whole(&format!("partition {missing} is missing"))),
            None => Ok(Some(counted)),
        }
    }

    /// Why this can't be the whole list.
    fn not_whole(&self, what: &str) -> String {
        let total = self.total.map_or_else(|| "no total".to_owned(), |total| format!("a total of {total}"));
        let count = self.found.len();
        format!("the list of the topic's partitions is not whole: {what}; it has listed {count}, with {total}")
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
