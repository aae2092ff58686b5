//! Operations on Kafka instances of the Distributed Message Service, with validated arguments.

use reqwest::Method;

use crate::huaweicloud::client::Client;
use crate::huaweicloud::endpoint::Service;
use crate::huaweicloud::error::Error;
use crate::huaweicloud::http::{Request, Response};

mod address;
mod group;
mod message;
mod message_hint;
mod numbers;
mod pages;
mod reset;
mod state;
mod task;
#[cfg(test)]
mod tests;
mod topic;
mod wire;

pub use address::{GroupAddress, GroupName, InstanceAddress, InstanceId, TaskId, TopicName};
pub use group::{Assignment, ConsumerGroup, GroupMember, GroupOffset, UnreadableOffset};
pub use message::StoredMessage;
pub use message_hint::MessageHint;
pub use numbers::{MessageOffset, OutOfRange, PartitionNumber, UnixMillis};
pub use reset::{Accepted, Partition, ResetMessageOffset, ResetTarget};
pub use state::{GroupState, TaskStatus};
pub use task::{RESET_TASK_NAME, Task};
pub use topic::{TopicPartition, TopicPartitions};

impl Client {
    /// Requests `/v2/{project_id}/instances/{instance_id}/{path}`. `path` and `query` are not yet encoded.
    async fn read(&self, instance: &InstanceAddress, path: &[&str], query: &[(&str, &str)]) -> Result<Response, Error> {
        let start = ["v2", instance.project_id.raw(), "instances", instance.instance_id.raw()];
        self.get(instance, &[&start, path].concat(), query).await
    }

    /// Requests any path.
    async fn get(&self, instance: &InstanceAddress, path: &[&str], query: &[(&str, &str)]) -> Result<Response, Error> {
        let endpoint = self.endpoint(Service::Dms, instance.region.as_ref())?;
        let request = Request::new(Method::GET, &endpoint, path, query)?.project(&instance.project_id);
        self.send(&request).await
    }
}
