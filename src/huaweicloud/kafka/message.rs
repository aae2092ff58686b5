//! Where messages are and when they were written (`ShowPartitionBeginningMessage`,
//! `ShowPartitionEndMessage`, `ShowPartitionMessage`). Keys and values are never read.
//!
//! `GET /v2/{project_id}/instances/{instance_id}/management/topics/{topic}/partitions/{partition}/…`
//! Source: the official SDKs' models.

use serde::Deserialize;

use super::wire::{Whole, list};
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
        let at_offset = message.into_iter().find(|message| message.message_offset == Whole(offset.get()));
        at_offset.map(|message| message.stored(&response)).transpose()
    }

    async fn read_message(
        &self,
        instance: &InstanceAddress,
        topic: &TopicName,
        partition: PartitionNumber,
        which: &str,
        query: &[(&str, &str)],
    ) -> Result<Response, Error> {
        let path = [
            "v2",
            instance.project_id.as_str(),
            "instances",
            instance.instance_id.as_str(),
            "management",
            "topics",
            topic.as_str(),
            "partitions",
            &partition.to_string(),
            which,
        ];
        self.read(instance, &path, query).await
    }
}

#[derive(Deserialize)]
struct Messages {
    #[serde(default, deserialize_with = "list")]
    message: Vec<Described>,
}

#[derive(Deserialize)]
struct Described {
    message_offset: Whole,
    timestamp: Whole,
}

impl Described {
    fn stored(&self, response: &Response) -> Result<StoredMessage, Error> {
        StoredMessage::try_from(self).map_err(|error| response.unexpected(&error.to_string()))
    }
}

impl TryFrom<&Described> for StoredMessage {
    type Error = OutOfRange;

    fn try_from(message: &Described) -> Result<Self, OutOfRange> {
        Ok(Self { offset: message.message_offset.0.try_into()?, timestamp: message.timestamp.0.try_into()? })
    }
}
