//! Resetting a consumer group's offsets (`ResetMessageOffsetWithEngine`).
//!
//! `PUT /v2/kafka/{project_id}/instances/{instance_id}/groups/{group}/reset-message-offset`, 204
//! without a body. Source: the page "Resetting Consumer Group Offset to the Specified Position" of
//! the API reference. (Its sample requests say POST; its method line, and every SDK, say PUT.)

use reqwest::Method;
use serde::{Serialize, Serializer};

use super::{GroupAddress, MessageOffset, PartitionNumber, TopicName, UnixMillis};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::client::request::Request;
use crate::huaweicloud::endpoint::Service;
use crate::huaweicloud::error::Error;

/// Which partitions of a topic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Partition {
    /// Every partition, -1 on the wire.
    All,
    /// One partition.
    Number(PartitionNumber),
}

impl Serialize for Partition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(match self {
            Self::All => -1,
            Self::Number(number) => number.get(),
        })
    }
}

/// Where to. The service moves a target outside of what a partition holds to its nearest end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ResetTarget {
    /// To this offset.
    Offset(MessageOffset),
    /// To the first message at or after this time.
    Timestamp(UnixMillis),
}

/// A reset to ask for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResetMessageOffset {
    /// The topic. `None`: every topic of the group; the service documents that for
    /// [`ResetTarget::Timestamp`] only, and does it in the background.
    pub topic: Option<TopicName>,
    /// The partitions.
    pub partition: Partition,
    /// The target.
    pub to: ResetTarget,
}

/// The service took the reset.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Accepted {
    /// Identifies the request towards the service's support.
    pub request_id: Option<String>,
}

/// The body on the wire. Exactly one of the two targets is there.
#[derive(Serialize)]
struct Body<'a> {
    /// Empty for every topic, because the API page and both SDKs make the field mandatory.
    topic: &'a str,
    partition: Partition,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_offset: Option<MessageOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<UnixMillis>,
}

impl<'a> From<&'a ResetMessageOffset> for Body<'a> {
    fn from(reset: &'a ResetMessageOffset) -> Self {
        let (message_offset, timestamp) = match reset.to {
            ResetTarget::Offset(offset) => (Some(offset), None),
            ResetTarget::Timestamp(time) => (None, Some(time)),
        };
        Self {
            topic: reset.topic.as_ref().map_or("", TopicName::exact),
            partition: reset.partition,
            message_offset,
            timestamp,
        }
    }
}

impl Client {
    /// Asks the service to reset the offsets of a group, which must have no active members.
    ///
    /// # Errors
    /// Every error that the service reports, unchanged. Its [`delivery`](Error::delivery) shows whether the reset may
    /// still have happened. A success other than 204 is an error too: the error in its body, else one of kind
    /// [`Decode`](crate::huaweicloud::ErrorKind::Decode).
    pub async fn reset_message_offset(
        &self,
        target: &GroupAddress,
        reset: &ResetMessageOffset,
    ) -> Result<Accepted, Error> {
        let GroupAddress { instance, group } = target;
        let endpoint = self.endpoint(Service::Dms, instance.region.as_ref())?;
        let path = [
            "v2",
            "kafka",
            instance.project_id.exact(),
            "instances",
            instance.instance_id.exact(),
            "groups",
            group.exact(),
            "reset-message-offset",
        ];
        let request =
            Request::new(Method::PUT, &endpoint, &path, &[])?.project(&instance.project_id).json(&Body::from(reset))?;
        // An offset or a time is where it is, however often it is sent. Of every topic, each one makes a task of its own.
        let request = request.idempotent(reset.topic.is_some());
        let response = self.send(&request).await?;
        if response.status != 204 {
            return Err(
                response.unexpected("a reset is confirmed with status 204, so it is not certain that it was done")
            );
        }
        Ok(Accepted { request_id: response.request_id })
    }
}
