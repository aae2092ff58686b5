//! The first message at or after a time (`ShowMessages`), read as a hint. Keys and values of messages are never read.
//!
//! `GET /v2/{project_id}/instances/{instance_id}/management/topics/{topic}/messages`
//! Source: the official SDKs. The order within a page, the unit of `start_time` and the cost of the call are not
//! published, and some deployments may lack the call. So callers must verify the hint, and must also work without it.

use reqwest::Method;
use serde::Deserialize;

use super::message::MessageRow;
use super::wire::{Field, rows};
use super::{InstanceAddress, PartitionNumber, StoredMessage, TopicName, UnixMillis};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::endpoint::Service;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::http::Request;

/// What the service reports about the messages of a partition at or after a time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum MessageHint {
    /// The service does not have the call, or cannot serve it now.
    Unavailable,
    /// The service lists no message.
    NoMessage,
    /// The service lists this message. If it lists several, this is the one with the lowest offset.
    Message(StoredMessage),
}

impl Client {
    /// Requests the first message at or after a time. Does not retry after a 5xx or a lost response, because the caller
    /// can do without the hint.
    ///
    /// # Errors
    /// Failures that other reads share: no connection, wrong credentials, throttling. Every other failure is
    /// [`Unavailable`](MessageHint::Unavailable).
    pub async fn message_hint(
        &self,
        instance: &InstanceAddress,
        topic: &TopicName,
        partition: PartitionNumber,
        time: UnixMillis,
    ) -> Result<MessageHint, Error> {
        let (project, id) = (instance.project_id.raw(), instance.instance_id.raw());
        let path = ["v2", project, "instances", id, "management", "topics", topic.raw(), "messages"];
        let (partition_text, time) = (partition.to_string(), time.to_string());
        let query = [("limit", "1"), ("partition", &*partition_text), ("start_time", &*time)];
        let endpoint = self.endpoint(Service::Dms, instance.region.as_ref())?;
        let request = Request::new(Method::GET, &endpoint, &path, &query)?
            .project(&instance.project_id)
            // The client retries only idempotent requests after such failures.
            .with_idempotent(false);
        match self.send(&request).await.and_then(|response| response.confidential_json::<Page>()) {
            Ok(page) => Ok(page.hint(partition)),
            Err(error) if is_specific_to_call(error.kind()) => Ok(MessageHint::Unavailable),
            Err(error) => Err(error),
        }
    }
}

/// Whether a failure may be specific to this call, so that other reads may still succeed.
fn is_specific_to_call(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Unavailable
        | ErrorKind::Refused
        | ErrorKind::Interrupted
        | ErrorKind::Timeout
        | ErrorKind::Decode => true,
        ErrorKind::Config
        | ErrorKind::Credentials
        | ErrorKind::KeyLocked
        | ErrorKind::SignIn
        | ErrorKind::Throttled
        | ErrorKind::Connect => false,
    }
}

#[derive(Deserialize)]
struct Page {
    #[serde(default, deserialize_with = "rows")]
    messages: Vec<Row>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row {
    partition: Field<PartitionNumber>,
    #[serde(flatten)]
    message: MessageRow,
}

impl Page {
    fn hint(self, partition: PartitionNumber) -> MessageHint {
        let is_listed = !self.messages.is_empty();
        // The service may ignore `partition`. A row without a partition may belong to this one.
        let rows =
            self.messages.into_iter().filter(|row| row.partition.clone().lenient().is_none_or(|it| it == partition));
        let readable = rows.filter_map(|row| row.message.read().ok());
        match readable.min_by_key(|message| message.offset) {
            Some(message) => MessageHint::Message(message),
            None if is_listed => MessageHint::Unavailable,
            None => MessageHint::NoMessage,
        }
    }
}
