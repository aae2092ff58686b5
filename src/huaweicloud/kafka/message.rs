//! Offsets and times of messages (`ShowPartitionBeginningMessage`, `ShowPartitionEndMessage`, `ShowPartitionMessage`).
//! Keys and values of messages are never read.
//!
//! `GET /v2/{project_id}/instances/{instance_id}/management/topics/{topic}/partitions/{partition}/…`
//! Source: the section "Message Query" of the API reference.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value;

use super::wire::{Field, LenientInt, rows};
use super::{InstanceAddress, MessageOffset, OutOfRange, PartitionNumber, TopicName, UnixMillis};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::error::Error;
use crate::huaweicloud::http::Response;

/// A message in a partition, without its content.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredMessage {
    /// Its offset.
    pub offset: MessageOffset,
    /// The time when it was created or stored, depending on the settings of the topic.
    pub timestamp: UnixMillis,
}

impl Client {
    /// The first message in the log of a partition.
    ///
    /// # Errors
    /// Every error of a request. The response for an empty partition is not documented.
    pub async fn beginning_message(
        &self,
        instance: &InstanceAddress,
        topic: &TopicName,
        partition: PartitionNumber,
    ) -> Result<StoredMessage, Error> {
        let response = self.read_message(instance, topic, partition, "beginning-message", &[]).await?;
        response.confidential_json::<MessageRow>()?.stored(&response)
    }

    /// The last message of a partition.
    ///
    /// # Errors
    /// As for [`beginning_message`](Self::beginning_message).
    pub async fn end_message(
        &self,
        instance: &InstanceAddress,
        topic: &TopicName,
        partition: PartitionNumber,
    ) -> Result<StoredMessage, Error> {
        let response = self.read_message(instance, topic, partition, "end-message", &[]).await?;
        response.confidential_json::<MessageRow>()?.stored(&response)
    }

    /// The message at exactly this offset. `None`: the response lists messages without it, or an empty list.
    ///
    /// # Errors
    /// Every error of a request. A response without a list is one of them, because it does not show that there is no
    /// message.
    pub async fn message_at(
        &self,
        instance: &InstanceAddress,
        topic: &TopicName,
        partition: PartitionNumber,
        offset: MessageOffset,
    ) -> Result<Option<StoredMessage>, Error> {
        let query = [("message_offset", &*offset.to_string())];
        let response = self.read_message(instance, topic, partition, "message", &query).await?;
        let Messages { message } = response.confidential_json()?;
        // A message whose offset cannot be read may be the wanted one.
        let exact = message.iter().find(|it| it.offset() == Some(offset.get()));
        let wanted = exact.or_else(|| message.iter().find(|it| it.offset().is_none()));
        wanted.map(|message| message.stored(&response)).transpose()
    }

    /// One of the three requests for messages of a partition.
    async fn read_message(
        &self,
        instance: &InstanceAddress,
        topic: &TopicName,
        partition: PartitionNumber,
        which: &str,
        query: &[(&str, &str)],
    ) -> Result<Response, Error> {
        let path = ["management", "topics", topic.raw(), "partitions", &partition.to_string(), which];
        self.read(instance, &path, query).await
    }
}

#[derive(Deserialize)]
struct Messages {
    #[serde(deserialize_with = "list")]
    message: Vec<MessageRow>,
}

/// The rows, which only an empty list may lack.
fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<MessageRow>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let rows: Vec<MessageRow> = rows(&value).map_err(D::Error::custom)?;
    if rows.is_empty() && !value.is_array() {
        return Err(D::Error::custom("not a list"));
    }
    Ok(rows)
}

/// The documentation of the first and the last message has the name `offset`. The documentation of a single message,
/// and older editions of the others, have the name `message_offset`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct MessageRow {
    message_offset: Field<LenientInt>,
    offset: Field<LenientInt>,
    timestamp: Field<LenientInt>,
}

impl MessageRow {
    /// `None`: it cannot be read.
    fn offset(&self) -> Option<i64> {
        let offset = match self.message_offset.clone().optional("").ok()? {
            None => self.offset.clone().lenient(),
            found => found,
        };
        offset.map(|LenientInt(offset)| offset)
    }

    /// Errors quote no value, because it may be part of a message.
    fn stored(&self, response: &Response) -> Result<StoredMessage, Error> {
        self.read().map_err(|why| response.unexpected(&why))
    }

    /// The message.
    ///
    /// # Errors
    /// It cannot be read. The reason quotes no value except a number.
    pub(super) fn read(&self) -> Result<StoredMessage, String> {
        let (Some(offset), Some(LenientInt(timestamp))) = (self.offset(), self.timestamp.clone().lenient()) else {
            return Err("the message has no readable offset or timestamp".to_owned());
        };
        let in_range = |offset: i64, timestamp: i64| -> Result<StoredMessage, OutOfRange> {
            Ok(StoredMessage { offset: offset.try_into()?, timestamp: timestamp.try_into()? })
        };
        in_range(offset, timestamp).map_err(|error| error.to_string())
    }
}
