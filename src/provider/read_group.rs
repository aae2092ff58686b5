//! Finds and reads a consumer group and its topics, for all callers, with separate errors for what does not exist.

use crate::huaweicloud::{
    Client, ConsumerGroup, Error, GroupAddress, GroupName, InstanceAddress, InstanceId, ProjectId, Region, TopicName,
    TopicPartitions,
};

/// Why a group could not be read.
#[derive(Debug)]
pub(crate) enum ReadGroupError {
    /// The group does not exist. Holds the reason.
    NoGroup(String),
    /// The instance does not exist.
    NoInstance(Error),
    /// Any other error.
    Failed(Error),
}

/// The address of a group. Looks up the project unless `project_id` is set. Default region: the client's.
///
/// # Errors
/// The lookup of the project failed.
pub(crate) async fn group_address(
    client: &Client,
    region: Option<&Region>,
    project_id: Option<&ProjectId>,
    instance_id: &InstanceId,
    group: &GroupName,
) -> Result<GroupAddress, Error> {
    let region = region.or(client.region());
    let project_id = match project_id {
        Some(project_id) => project_id.clone(),
        None => client.project_id(region).await?,
    };
    let instance = InstanceAddress { project_id, region: region.cloned(), instance_id: instance_id.clone() };
    Ok(GroupAddress { instance, group: group.clone() })
}

/// Reads the group with its members and offsets, once.
///
/// # Errors
/// The group or the instance does not exist, or the request failed.
pub(crate) async fn read_group(client: &Client, address: &GroupAddress) -> Result<ConsumerGroup, ReadGroupError> {
    match client.show_consumer_group(address).await {
        Ok(group) if group.is_gone() => {
            Err(ReadGroupError::NoGroup("the service reports state Dead, so Kafka stores nothing about it".to_owned()))
        }
        Ok(group) => Ok(group),
        Err(error) if error.is_missing_on_instance() => Err(ReadGroupError::NoGroup(error.report())),
        Err(error) if error.is_missing_instance() => Err(ReadGroupError::NoInstance(error)),
        Err(error) => Err(ReadGroupError::Failed(error)),
    }
}

/// The partitions of a topic, or why the topic does not exist.
///
/// # Errors
/// The request failed for another reason.
pub(crate) async fn read_partitions(
    client: &Client,
    instance: &InstanceAddress,
    topic: &TopicName,
) -> Result<Result<TopicPartitions, String>, Error> {
    match client.list_topic_partitions(instance, topic).await {
        Ok(listed) => Ok(Ok(listed)),
        Err(error) if error.is_missing_on_instance() => Ok(Err(error.report())),
        Err(error) => Err(error),
    }
}
