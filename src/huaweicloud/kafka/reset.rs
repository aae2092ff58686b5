//! Resetting a consumer group's offsets (`ResetMessageOffsetWithEngine`).
//!
//! `PUT /v2/kafka/{project_id}/instances/{instance_id}/groups/{group}/reset-message-offset`; the response is 204
//! without a body. Source: the page "Resetting Consumer Group Offset to the Specified Position" of the API reference.
//! (Its samples have the method POST; its description and every SDK have PUT.)

use reqwest::Method;
use serde::{Serialize, Serializer};

use super::{GroupAddress, MessageOffset, PartitionNumber, TopicName, UnixMillis};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::endpoint::Service;
use crate::huaweicloud::error::Error;
use crate::huaweicloud::http::Request;

/// The partitions of a topic to reset.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Partition {
    /// Every partition, which is -1 in the request.
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

/// The new position. The service clamps a target outside of a partition's log to the nearest end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ResetTarget {
    /// To this offset.
    Offset(MessageOffset),
    /// To the first message at or after this time.
    Timestamp(UnixMillis),
}

/// A reset of offsets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ResetMessageOffset {
    /// The topic. `None`: every topic of the group. The service documents this only for [`ResetTarget::Timestamp`], and
    /// runs it as a background task.
    pub topic: Option<TopicName>,
    /// The partitions.
    pub partition: Partition,
    /// The target.
    pub to: ResetTarget,
}

/// The service accepted the reset.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Accepted {
    /// The id by which the service's support finds the request.
    pub request_id: Option<String>,
}

/// The body of the request. Exactly one of the two targets is set.
#[derive(Serialize)]
struct ResetBody<'a> {
    /// Empty for every topic, because the field is mandatory in the API reference and in both SDKs.
    topic: &'a str,
    partition: Partition,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_offset: Option<MessageOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<UnixMillis>,
}

impl<'a> From<&'a ResetMessageOffset> for ResetBody<'a> {
    fn from(reset: &'a ResetMessageOffset) -> Self {
        let (message_offset, timestamp) = match reset.to {
            ResetTarget::Offset(offset) => (Some(offset), None),
            ResetTarget::Timestamp(time) => (None, Some(time)),
        };
        Self {
            topic: reset.topic.as_ref().map_or("", TopicName::raw),
            partition: reset.partition,
            message_offset,
            timestamp,
        }
    }
}

impl Client {
    /// Resets the offsets of a group, which must have no active members.
    ///
    /// # Errors
    /// Every error of a request. [`Error::may_have_taken_effect`] shows whether the reset may have been carried out. A
    /// success status other than 204 is an error too: the error in the body, otherwise
    /// [`Decode`](crate::huaweicloud::error::ErrorKind::Decode).
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
            instance.project_id.raw(),
            "instances",
            instance.instance_id.raw(),
            "groups",
            group.raw(),
            "reset-message-offset",
        ];
        let request = Request::new(Method::PUT, &endpoint, &path, &[])?
            .project(&instance.project_id)
            .json(&ResetBody::from(reset))?;
        // Resets are absolute. But each reset of every topic starts another background task.
        let request = request.with_idempotent(reset.topic.is_some());
        let response = self.send(&request).await?;
        if response.status != 204 {
            return Err(response
                .unexpected("the status of a successful reset is 204, so it is not certain that the offsets changed"));
        }
        Ok(Accepted { request_id: response.request_id })
    }
}
