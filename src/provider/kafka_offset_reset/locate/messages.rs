//! Reads the messages of one partition: the interface that the search needs, and the service behind it.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;

use crate::huaweicloud::{
    Client, Error, InstanceAddress, MessageHint, MessageOffset, PartitionNumber, StoredMessage, TopicName, UnixMillis,
};
use crate::provider::operation_limits::MAX_CONCURRENT_REQUESTS;

/// Reads the messages of one partition.
pub(crate) trait PartitionMessages {
    /// The message at this offset. `None`: there is no message.
    fn at(&self, offset: MessageOffset) -> impl Future<Output = Result<Option<StoredMessage>, Error>> + Send;
    /// The first message.
    fn first(&self) -> impl Future<Output = Result<StoredMessage, Error>> + Send;
    /// The last message.
    fn last(&self) -> impl Future<Output = Result<StoredMessage, Error>> + Send;
    /// What the service reports as the first message that is not older than the time. The report may be wrong.
    fn hint(&self, time: UnixMillis) -> impl Future<Output = Result<MessageHint, Error>> + Send;
}

/// What the searches of one operation share.
pub(crate) struct SharedReads {
    /// Limits the number of concurrent requests, because one search sends up to two at the same time.
    slots: Semaphore,
    /// The service has refused a hint. The searches then request no more hints, so that a missing call costs a few
    /// requests instead of one for each partition.
    has_no_hints: AtomicBool,
}

impl Default for SharedReads {
    fn default() -> Self {
        Self { slots: Semaphore::new(MAX_CONCURRENT_REQUESTS), has_no_hints: AtomicBool::new(false) }
    }
}

/// The messages of one partition, read from the service.
pub(crate) struct StoredMessages<'a> {
    pub(crate) client: &'a Client,
    pub(crate) instance: &'a InstanceAddress,
    pub(crate) topic: &'a TopicName,
    pub(crate) partition: PartitionNumber,
    pub(crate) shared: &'a SharedReads,
}

impl PartitionMessages for StoredMessages<'_> {
    async fn at(&self, offset: MessageOffset) -> Result<Option<StoredMessage>, Error> {
        let _slot = self.shared.slots.acquire().await;
        self.client.message_at(self.instance, self.topic, self.partition, offset).await
    }

    async fn first(&self) -> Result<StoredMessage, Error> {
        let _slot = self.shared.slots.acquire().await;
        self.client.beginning_message(self.instance, self.topic, self.partition).await
    }

    async fn last(&self) -> Result<StoredMessage, Error> {
        let _slot = self.shared.slots.acquire().await;
        self.client.end_message(self.instance, self.topic, self.partition).await
    }

    async fn hint(&self, time: UnixMillis) -> Result<MessageHint, Error> {
        let _slot = self.shared.slots.acquire().await;
        if self.shared.has_no_hints.load(Ordering::Relaxed) {
            return Ok(MessageHint::Unavailable);
        }
        let hint = self.client.message_hint(self.instance, self.topic, self.partition, time).await?;
        if hint == MessageHint::Unavailable {
            self.shared.has_no_hints.store(true, Ordering::Relaxed);
        }
        Ok(hint)
    }
}
