//! The state, members and offsets of a consumer group (`ShowGroups`).
//!
//! `GET /v2/{project_id}/instances/{instance_id}/management/groups/{group}`. Source: the page
//! "Querying Consumer Group Details" of the API reference, and the official SDKs' models. It is one
//! call without pages.

use serde::Deserialize;

use super::wire::{SHORT, Text, Whole, list, topic_name};
use super::{GroupAddress, GroupState, MessageOffset, PartitionNumber, TopicName};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::error::Error;

/// A consumer group as it is now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsumerGroup {
    /// Whether it has members, and what they are doing.
    pub state: GroupState,
    /// The broker that coordinates the group.
    pub coordinator_id: Option<i64>,
    /// The members. A client that assigns partitions to itself is none, so a group without members
    /// can still be in use.
    pub members: Vec<GroupMember>,
    /// Where the group stands, for each partition that it has consumed.
    pub offsets: Vec<GroupOffset>,
}

/// One client in a group. Ids and host are made fit to be shown, at most 200 characters each.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GroupMember {
    /// The id that the coordinator gave it.
    pub member_id: String,
    /// The name that the client gave itself.
    pub client_id: String,
    /// The address that it connects from.
    pub host: String,
    /// What it consumes.
    pub assignment: Vec<Assignment>,
}

/// Partitions of one topic that a member consumes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assignment {
    /// The topic, exactly as the service wrote it: show it with `{:?}`.
    pub topic: String,
    /// The partitions.
    pub partitions: Vec<PartitionNumber>,
}

/// Where a group stands in one partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GroupOffset {
    /// The topic.
    pub topic: TopicName,
    /// The partition.
    pub partition: PartitionNumber,
    /// The committed offset, that of the next message to consume. `None`: none is committed, which
    /// is a negative number on the wire.
    pub current: Option<MessageOffset>,
    /// The offset that the next message written will have.
    pub log_end: MessageOffset,
    /// How many offsets the group is behind. Where the service does not say, the difference of the
    /// two above, from 0 if none is committed.
    pub lag: i64,
}

impl Client {
    /// Looks at a group. One that does not exist may also come back as [`GroupState::Dead`].
    ///
    /// # Errors
    /// Every error of a request, [`NotFound`](crate::huaweicloud::ErrorKind::NotFound) among them.
    pub async fn show_consumer_group(&self, target: &GroupAddress) -> Result<ConsumerGroup, Error> {
        let GroupAddress { instance, group } = target;
        let response = self.read(instance, &["management", "groups", group.as_str()], &[]).await?;
        let shown = match response.json::<Wrapped>()?.group {
            Some(group) => group,
            None => response.json::<Group>()?,
        };
        Ok(shown.into())
    }
}

/// The usual shape. There is an official sample with `"group": null` and the fields beside it.
#[derive(Deserialize)]
struct Wrapped {
    group: Option<Group>,
}

#[derive(Deserialize)]
struct Group {
    state: String,
    coordinator_id: Option<Whole>,
    #[serde(default, deserialize_with = "list")]
    members: Vec<Member>,
    #[serde(default, deserialize_with = "list")]
    group_message_offsets: Vec<Offset>,
}

#[derive(Deserialize)]
struct Member {
    #[serde(default)]
    member_id: Text,
    #[serde(default)]
    client_id: Text,
    #[serde(default)]
    host: Text,
    #[serde(default, deserialize_with = "list")]
    assignment: Vec<Assigned>,
}

#[derive(Deserialize)]
struct Assigned {
    topic: String,
    #[serde(default, deserialize_with = "list")]
    partitions: Vec<PartitionNumber>,
}

#[derive(Deserialize)]
struct Offset {
    #[serde(deserialize_with = "topic_name")]
    topic: TopicName,
    partition: PartitionNumber,
    message_current_offset: Option<Whole>,
    message_log_end_offset: MessageOffset,
    lag: Option<Whole>,
}

impl From<Group> for ConsumerGroup {
    fn from(group: Group) -> Self {
        Self {
            state: GroupState::read(&group.state),
            coordinator_id: group.coordinator_id.map(|Whole(id)| id),
            members: group.members.into_iter().map(GroupMember::from).collect(),
            offsets: group.group_message_offsets.into_iter().map(GroupOffset::from).collect(),
        }
    }
}

impl From<Member> for GroupMember {
    fn from(member: Member) -> Self {
        Self {
            member_id: member.member_id.show(SHORT),
            client_id: member.client_id.show(SHORT),
            host: member.host.show(SHORT),
            assignment: member
                .assignment
                .into_iter()
                .map(|Assigned { topic, partitions }| Assignment { topic, partitions })
                .collect(),
        }
    }
}

impl From<Offset> for GroupOffset {
    fn from(offset: Offset) -> Self {
        let current = offset.message_current_offset.and_then(|Whole(number)| MessageOffset::try_from(number).ok());
        let log_end = offset.message_log_end_offset;
        let lag = offset.lag.map_or_else(|| log_end.get() - current.map_or(0, MessageOffset::get), |Whole(lag)| lag);
        Self { topic: offset.topic, partition: offset.partition, current, log_end, lag }
    }
}
