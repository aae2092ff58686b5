//! The partitions of a topic and what they hold (`ListTopicPartitions`).
//!
//! `GET /v2/{project_id}/kafka/instances/{instance_id}/topics/{topic}/partitions`, in pages of at
//! most 50. Source: the page "Querying the Partition List of a Topic" of the API reference; that
//! `offset` counts partitions, not pages, is seen in the official provider.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::pages::PageBudget;
use super::wire::{Field, LenientInt, REASON, rows};
use super::{InstanceAddress, MessageOffset, PartitionNumber, TopicName};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::error::{Error, Redactor};

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
    /// Partitions whose offsets cannot be read, with the reason. They may be offline.
    pub unreadable: BTreeMap<PartitionNumber, String>,
    /// Whether the service's total confirms that [`partitions`](Self::partitions) is complete. If false, only an empty
    /// page does, or some partitions are unreadable.
    pub counted: bool,
}

impl TopicPartitions {
    /// The numbers of all partitions, in no particular order.
    pub fn numbers(&self) -> impl Iterator<Item = PartitionNumber> {
        self.partitions.iter().map(|it| it.partition).chain(self.unreadable.keys().copied())
    }
}

impl Client {
    /// The partitions of a topic. Asks page by page, until the service's total is reached; where the service gives none
    /// that can be right, until a page is empty.
    ///
    /// # Errors
    /// Every error of a request, and [`Decode`](crate::huaweicloud::ErrorKind::Decode) for a list that cannot be
    /// complete, or does not end.
    pub async fn list_topic_partitions(
        &self,
        instance: &InstanceAddress,
        topic: &TopicName,
    ) -> Result<TopicPartitions, Error> {
        let path = [
            "v2",
            instance.project_id.exact(),
            "kafka",
            "instances",
            instance.instance_id.exact(),
            "topics",
            topic.exact(),
            "partitions",
        ];
        let (mut list, mut budget) = (List::default(), PageBudget::new());
        loop {
            let query = [("limit", &*PAGE.to_string()), ("offset", &*list.found.len().to_string())];
            let response = self.get(instance, &path, &query).await?;
            let page = response.json()?;
            if let Some(counted) = list.take(page, &response.redactor).map_err(|what| response.unexpected(&what))? {
                return Ok(list.into_partitions(counted));
            }
            budget.count_page(list.found.len()).map_err(|what| response.unexpected(&what))?;
        }
    }
}

/// What the pages have brought so far.
#[derive(Default)]
struct List {
    found: BTreeMap<PartitionNumber, Result<TopicPartition, String>>,
    /// The greatest that a page gave: partitions are never removed.
    total: Option<i64>,
}

impl List {
    /// Takes a page in. None: there may be others. Otherwise the list is whole, and whether the total says so.
    fn take(&mut self, page: Page, redactor: &Redactor) -> Result<Option<bool>, String> {
        let (from, is_empty) = (self.found.len(), page.partitions.is_empty());
        self.total = self.total.max(page.total.lenient().map(|LenientInt(total)| total));
        for Described { partition, ends } in page.partitions {
            // Without the number, it is unknown which partitions the list has.
            let number = partition.required("partition").map_err(|why| redactor.show(&why, REASON));
            let number = number.map_err(|why| format!("an entry of the topic's partitions cannot be read: {why}"))?;
            if self.found.insert(number, ends.read(number).map_err(|why| redactor.show(&why, REASON))).is_some() {
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

    /// Why this can't be the whole list.
    fn not_whole(&self, what: &str) -> String {
        let total = self.total.map_or_else(|| "no total".to_owned(), |total| format!("a total of {total}"));
        let count = self.found.len();
        format!("the list of the topic's partitions is not whole: {what}; it has listed {count}, with {total}")
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default, deserialize_with = "rows")]
    partitions: Vec<Described>,
    #[serde(default)]
    total: Field<LenientInt>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Described {
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
