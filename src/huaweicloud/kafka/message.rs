//! Where messages are and when they were written (`ShowPartitionBeginningMessage`,
//! `ShowPartitionEndMessage`, `ShowPartitionMessage`). Keys and values are never read.
//!
//! `GET /v2/{project_id}/instances/{instance_id}/management/topics/{topic}/partitions/{partition}/…`
//! Source: the section "Message Query" of the API reference.

use serde::Deserialize;

use super::wire::{Field, LenientInt, rows};
use super::{InstanceAddress, MessageOffset, OutOfRange, PartitionNumber, TopicName, UnixMillis};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::client::response::Response;
use crate::huaweicloud::error::Error;

/// A message in a partition, without what is in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredMessage {
    /// Its position.
    pub offset: MessageOffset,
    /// Its time: when it was made or when it was stored, as the topic is set.
    pub timestamp: UnixMillis,
}

impl Client {
    /// The first message that a partition keeps.
    ///
    /// # Errors
    /// Every error of a request. What the service says of an empty partition is not published.
    pub async fn beginning_message(
        &self,
        instance: &InstanceAddress,
        topic: &TopicName,
        partition: PartitionNumber,
    ) -> Result<StoredMessage, Error> {
        let response = self.read_message(instance, topic, partition, "beginning-message", &[]).await?;
        response.confidential_json::<Described>()?.stored(&response)
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
        response.confidential_json::<Described>()?.stored(&response)
    }

    /// The message at exactly this offset. `None`: the service shows none there.
    ///
    /// # Errors
    /// Every error of a request.
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

    /// One of the three reads about a partition's messages.
    async fn read_message(
        &self,
        instance: &InstanceAddress,
        topic: &TopicName,
        partition: PartitionNumber,
        which: &str,
        query: &[(&str, &str)],
    ) -> Result<Response, Error> {
        let path = ["management", "topics", topic.exact(), "partitions", &partition.to_string(), which];
        self.read(instance, &path, query).await
    }
}

#[derive(Deserialize)]
struct Messages {
    #[serde(default, deserialize_with = "rows")]
    message: Vec<Described>,
}

/// The pages on the first and the last message call the offset `offset`; the page on a single
/// message, and older editions of the others, call it `message_offset`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Described {
    message_offset: Field<LenientInt>,
    offset: Field<LenientInt>,
    timestamp: Field<LenientInt>,
}

impl Described {
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
        let (Some(offset), Some(LenientInt(timestamp))) = (self.offset(), self.timestamp.clone().lenient()) else {
            return Err(response.unexpected("the message has no readable offset or timestamp"));
        };
        let in_range = |offset: i64, timestamp: i64| -> Result<StoredMessage, OutOfRange> {
            Ok(StoredMessage { offset: offset.try_into()?, timestamp: timestamp.try_into()? })
        };
        in_range(offset, timestamp).map_err(|error| response.unexpected(&error.to_string()))
    }
}
