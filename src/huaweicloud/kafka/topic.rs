//! The partitions of a topic and the ends of their logs (`ListTopicPartitions`).
//!
//! `GET /v2/{project_id}/kafka/instances/{instance_id}/topics/{topic}/partitions`, in pages of at most 50. Source: the
//! page "Querying the Partition List of a Topic" of the API reference. According to the official provider, `offset`
//! counts partitions, not pages.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::pages::PageBudget;
use super::wire::{Field, LenientInt, REASON_LIMIT, rows};
use super::{InstanceAddress, MessageOffset, PartitionNumber, TopicName};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::error::Error;
use crate::huaweicloud::redact::Redactor;

/// The highest number of partitions in one response.
const PAGE_SIZE: usize = 50;

/// The ends of the log of a partition.
///
/// It is not documented whether the service's `last_offset` is the offset of the last message or of the next one (the
/// sample in the documentation, 0 to 1216303 with 1216303 messages, suggests the next one). The service's
/// `message_count` decides: if it equals `last_offset - start_offset + 1`, `log_end` is `last_offset + 1`. Otherwise,
/// `log_end` is `last_offset`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TopicPartition {
    /// The partition.
    pub partition: PartitionNumber,
    /// The offset of the first message in the log.
    pub log_start: MessageOffset,
    /// The offset of the next message to be written. Equal to `log_start` if the log is empty.
    pub log_end: MessageOffset,
}

/// All partitions of a topic, numbered from 0 without gaps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TopicPartitions {
    /// By number.
    pub partitions: Vec<TopicPartition>,
    /// Partitions whose offsets cannot be read, with the reason. They may be offline.
    pub unreadable: BTreeMap<PartitionNumber, String>,
    /// Whether the service's total confirms that [`partitions`](Self::partitions) is complete. If not, only an empty
    /// page ended the list, or some partitions are unreadable.
    pub counted: bool,
}

impl TopicPartitions {
    /// The numbers of all partitions, in no particular order.
    pub fn numbers(&self) -> impl Iterator<Item = PartitionNumber> {
        self.partitions.iter().map(|it| it.partition).chain(self.unreadable.keys().copied())
    }
}

impl Client {
    /// The partitions of a topic. Requests pages until the service's total is reached or, if the service sends no
    /// plausible total, until a page is empty.
    ///
    /// # Errors
    /// Every error of a request, and [`Decode`](crate::huaweicloud::error::ErrorKind::Decode) for a list that is
    /// incomplete or endless.
    pub async fn list_topic_partitions(
        &self,
        instance: &InstanceAddress,
        topic: &TopicName,
    ) -> Result<TopicPartitions, Error> {
        let path = [
            "v2",
            instance.project_id.raw(),
            "kafka",
            "instances",
            instance.instance_id.raw(),
            "topics",
            topic.raw(),
            "partitions",
        ];
        let (mut list, mut budget) = (List::default(), PageBudget::new());
        loop {
            let query = [("limit", &*PAGE_SIZE.to_string()), ("offset", &*list.found.len().to_string())];
            let response = self.get(instance, &path, &query).await?;
            let page = response.json()?;
            if let Some(counted) = list.add(page, &response.redactor).map_err(|what| response.unexpected(&what))? {
                return Ok(list.into_partitions(counted));
            }
            budget.count_page(list.found.len()).map_err(|what| response.unexpected(&what))?;
        }
    }
}

/// The entries of the pages so far.
#[derive(Default)]
struct List {
    found: BTreeMap<PartitionNumber, Result<TopicPartition, String>>,
    /// The highest total of a page. Partitions are never removed.
    total: Option<i64>,
}

impl List {
    /// Adds a page. `None`: there may be further pages. Otherwise the list is complete, and the result is whether the
    /// total confirms it.
    ///
    /// # Errors
    /// The list is incomplete or contradictory.
    fn add(&mut self, page: PartitionRows, redactor: &Redactor) -> Result<Option<bool>, String> {
        let (from, is_empty) = (self.found.len(), page.partitions.is_empty());
        self.total = self.total.max(page.total.lenient().map(|LenientInt(total)| total));
        for PartitionRow { partition, ends } in page.partitions {
            // Without the number, it is unknown which partitions are in the list.
            let number = partition.required("partition").map_err(|why| redactor.show(&why, REASON_LIMIT));
            let number = number.map_err(|why| format!("an entry of the topic's partitions cannot be read: {why}"))?;
            if self.found.insert(number, ends.read(number).map_err(|why| redactor.show(&why, REASON_LIMIT))).is_some() {
                return Err(
                    self.incomplete(&format!("the page after the first {from} partitions repeats partition {number}"))
                );
            }
        }
        let found = i64::try_from(self.found.len()).unwrap_or(i64::MAX);
        let counted = match self.total {
            Some(total) if found == total => true,
            Some(total) if found < total && is_empty => return Err(self.incomplete("the next page is empty")),
            // Without a plausible total, only an empty page is the last one, because a service may send shorter pages
            // than requested.
            _ if is_empty => false,
            _ => return Ok(None),
        };
        match (0..).zip(self.found.keys()).find(|(expected, number)| *expected != number.get()) {
            Some((missing, _)) => Err(self.incomplete(&format!("partition {missing} is missing"))),
            None => Ok(Some(counted)),
        }
    }

    fn into_partitions(self, counted: bool) -> TopicPartitions {
        let (mut partitions, mut unreadable) = (Vec::new(), BTreeMap::new());
        for (number, partition) in self.found {
            match partition {
                Ok(partition) => partitions.push(partition),
                Err(why) => drop(unreadable.insert(number, why)),
            }
        }
        let counted = counted && unreadable.is_empty();
        TopicPartitions { partitions, unreadable, counted }
    }

    /// The message about an incomplete list.
    fn incomplete(&self, what: &str) -> String {
        let total = self.total.map_or_else(|| "no total".to_owned(), |total| format!("a total of {total}"));
        let count = self.found.len();
        format!(
            "the list of the topic's partitions is incomplete: {what}; {count} partitions were read, and the service \
             reports {total}"
        )
    }
}

#[derive(Deserialize)]
struct PartitionRows {
    #[serde(default, deserialize_with = "rows")]
    partitions: Vec<PartitionRow>,
    #[serde(default)]
    total: Field<LenientInt>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PartitionRow {
    partition: Field<PartitionNumber>,
    #[serde(flatten)]
    ends: Ends,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Ends {
    start_offset: Field<MessageOffset>,
    last_offset: Field<LenientInt>,
    message_count: Field<LenientInt>,
}

impl Ends {
    fn read(self, partition: PartitionNumber) -> Result<TopicPartition, String> {
        let log_start = self.start_offset.required("start_offset")?;
        let LenientInt(last) = self.last_offset.required("last_offset")?;
        let after_last = last.saturating_add(1);
        let last_is_kept = (self.message_count.lenient())
            .is_some_and(|LenientInt(count)| i128::from(count) == i128::from(after_last) - i128::from(log_start.get()));
        let log_end = MessageOffset::try_from(if last_is_kept { after_last } else { last });
        let log_end = log_end.map_err(|error| format!("last_offset: {error}"))?;
        Ok(TopicPartition { partition, log_start, log_end })
    }
}
