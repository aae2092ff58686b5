//! The state, members and offsets of a consumer group (`ShowGroups`).
//!
//! `GET /v2/{project_id}/instances/{instance_id}/management/groups/{group}`, without pages. Source: the page "Querying
//! Consumer Group Details" of the API reference, and the models of the official SDKs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::wire::{Field, LABEL_LIMIT, LenientInt, LenientText, REASON_LIMIT, rows};
use super::{GroupAddress, GroupState, MessageOffset, PartitionNumber, TopicName};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::error::Error;
use crate::huaweicloud::name::{NAME_LIMIT, Name};
use crate::huaweicloud::redact::Redactor;

/// The current state of a consumer group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConsumerGroup {
    /// The state.
    pub state: GroupState,
    /// The broker that coordinates the group.
    pub coordinator_id: Option<i64>,
    /// The members. A client that assigns its partitions manually is not a member, so a group without members can still
    /// be in use.
    pub members: Vec<GroupMember>,
    /// The offsets in each partition that the group has consumed.
    pub offsets: Vec<GroupOffset>,
    /// The rows that cannot be read. Each may belong to a partition with a committed offset.
    pub unreadable: Vec<UnreadableOffset>,
}

impl ConsumerGroup {
    /// Whether the group does not exist: Kafka has no data of it.
    ///
    /// [`Dead`](GroupState::Dead) alone does not mean that. A call for classic groups reports a group of the newer
    /// consumer protocol (KIP-848) as `Dead`, with its offsets.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.state == GroupState::Dead
            && self.members.is_empty()
            && self.offsets.is_empty()
            && self.unreadable.is_empty()
    }

    /// Whether the group is known to have no members. Only state [`Empty`](GroupState::Empty) guarantees that: in other
    /// states there can be members even if none is listed.
    #[must_use]
    pub fn is_inactive(&self) -> bool {
        self.state == GroupState::Empty && self.members.is_empty()
    }

    /// The topics on which the group has offsets, readable or not.
    #[must_use]
    pub fn topics(&self) -> BTreeSet<TopicName> {
        let unreadable = self.unreadable.iter().filter_map(UnreadableOffset::topic);
        self.offsets.iter().map(|it| it.topic.clone()).chain(unreadable).collect()
    }

    /// Removes the offsets on other topics. Keeps rows without a topic, because they may belong to this one.
    pub fn retain_topic(&mut self, topic: &TopicName) {
        self.offsets.retain(|it| it.topic == *topic);
        self.unreadable.retain(|it| it.may_be_of_topic(topic));
    }

    /// Marks rows as unreadable that have different offsets for one partition, because either may be right.
    fn mark_contradictions(&mut self) {
        let (mut first, mut contradicted) = (BTreeMap::new(), BTreeSet::new());
        for row in &self.offsets {
            if *first.entry((&row.topic, row.partition)).or_insert(row.current) != row.current {
                contradicted.insert((row.topic.clone(), row.partition));
            }
        }
        if contradicted.is_empty() {
            return;
        }
        self.offsets.retain(|row| !contradicted.contains(&(row.topic.clone(), row.partition)));
        for (topic, partition) in contradicted {
            let why = "the response contains it twice, with different offsets".to_owned();
            self.unreadable.push(UnreadableOffset { topic: Some(Name::from(&topic)), partition: Some(partition), why });
        }
    }

    /// Why the group's offset in this partition, of which `offsets` has no row, cannot be read. `None`: there is none.
    #[must_use]
    pub fn why_unreadable(&self, topic: &TopicName, partition: PartitionNumber) -> Option<&str> {
        self.unreadable.iter().find(|it| it.may_be_of(topic, partition)).map(|it| &*it.why)
    }
}

/// A member of a group. Ids and host are sanitized for output, and have at most 200 characters each.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GroupMember {
    /// The id that the coordinator assigned.
    pub member_id: String,
    /// The name that the client chose.
    pub client_id: String,
    /// The address of the client.
    pub host: String,
    /// The partitions that it consumes.
    pub assignment: Vec<Assignment>,
}

/// Partitions of one topic that a member consumes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assignment {
    /// The topic, sanitized for output, because any client of the group can claim any name.
    pub topic: String,
    /// The partitions.
    pub partitions: Vec<PartitionNumber>,
}

/// The offsets of a group in one partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GroupOffset {
    /// The topic.
    pub topic: TopicName,
    /// The partition.
    pub partition: PartitionNumber,
    /// The committed offset, which is that of the next message to consume. `None`: none is committed, which is -1 or
    /// null in the response.
    pub current: Option<MessageOffset>,
    /// The offset of the next message to be written. `None`: it cannot be read.
    pub log_end: Option<MessageOffset>,
    /// The lag of the group, 0 or more. If the service does not report it, this is the difference of the two offsets
    /// above, counted from 0 if none is committed. `None`: that cannot be read either.
    pub lag: Option<i64>,
}

/// A row with a committed offset that cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnreadableOffset {
    /// The topic in the response. `None`: the row has no topic.
    pub(super) topic: Option<Name>,
    /// The partition. `None`: it cannot be read.
    pub partition: Option<PartitionNumber>,
    /// The reason.
    pub why: String,
}

impl UnreadableOffset {
    /// The topic, sanitized for output.
    #[must_use]
    pub fn shown_topic(&self) -> Option<String> {
        self.topic.as_ref().map(Name::to_string)
    }

    /// The topic. `None`: the row has no valid topic.
    #[must_use]
    pub fn topic(&self) -> Option<TopicName> {
        TopicName::from_name(self.topic.clone()?).ok()
    }

    /// Whether the row may belong to this partition.
    fn may_be_of(&self, topic: &TopicName, partition: PartitionNumber) -> bool {
        self.may_be_of_topic(topic) && self.partition.is_none_or(|it| it == partition)
    }

    fn may_be_of_topic(&self, topic: &TopicName) -> bool {
        self.topic.as_ref().is_none_or(|it| it.raw() == topic.raw())
    }
}

impl Client {
    /// Reads a group. A group that does not exist may also be returned as [`is_gone`](ConsumerGroup::is_gone).
    ///
    /// # Errors
    /// Every error of a request, including [`NotFound`](crate::huaweicloud::error::ErrorKind::NotFound).
    pub async fn show_consumer_group(&self, target: &GroupAddress) -> Result<ConsumerGroup, Error> {
        let GroupAddress { instance, group } = target;
        let response = self.read(instance, &["management", "groups", group.raw()], &[]).await?;
        let Wrapped { group, beside } = response.json()?;
        let group = group.lenient().unwrap_or(beside);
        let redactor = &response.redactor;
        let state = Some(group.state.into_raw()).filter(|state| !state.trim().is_empty());
        let state = state.ok_or_else(|| response.unexpected("the response does not contain the group's state"))?;
        let mut result = ConsumerGroup {
            state: GroupState::read(&state, redactor),
            coordinator_id: group.coordinator_id.lenient().map(|LenientInt(id)| id),
            members: group.members.into_iter().map(|member| member.shown(redactor)).collect(),
            offsets: Vec::new(),
            unreadable: Vec::new(),
        };
        for row in group.group_message_offsets {
            match row.read(redactor) {
                Ok(offset) => result.offsets.push(offset),
                Err(unreadable) => result.unreadable.push(unreadable),
            }
        }
        result.mark_contradictions();
        Ok(result)
    }
}

/// Usually the fields are in `group`. In an official sample, `group` is null, and the fields are next to it.
#[derive(Deserialize)]
struct Wrapped {
    #[serde(default)]
    group: Field<Group>,
    #[serde(flatten)]
    beside: Group,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Group {
    state: LenientText,
    coordinator_id: Field<LenientInt>,
    #[serde(deserialize_with = "rows")]
    members: Vec<MemberRow>,
    #[serde(deserialize_with = "rows")]
    group_message_offsets: Vec<Row>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MemberRow {
    member_id: LenientText,
    client_id: LenientText,
    host: LenientText,
    #[serde(deserialize_with = "rows")]
    assignment: Vec<AssignmentRow>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AssignmentRow {
    topic: LenientText,
    #[serde(deserialize_with = "rows")]
    partitions: Vec<Field<PartitionNumber>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Row {
    topic: LenientText,
    partition: Field<PartitionNumber>,
    message_current_offset: Field<LenientInt>,
    message_log_end_offset: Field<MessageOffset>,
    lag: Field<LenientInt>,
}

impl Row {
    fn read(self, redactor: &Redactor) -> Result<GroupOffset, UnreadableOffset> {
        let name = Some(self.topic.into_raw()).filter(|name| !name.is_empty());
        let name = name.map(|name| Name::from_response(&name, redactor));
        let (partition, partition_error) = match self.partition.required("partition") {
            Ok(partition) => (Some(partition), None),
            Err(why) => (None, Some(why)),
        };
        let unreadable =
            |why: String| UnreadableOffset { topic: name.clone(), partition, why: redactor.show(&why, REASON_LIMIT) };
        let topic = match &name {
            Some(name) => TopicName::from_name(name.clone()).map_err(|error| unreadable(error.to_string()))?,
            None => return Err(unreadable("topic is missing".to_owned())),
        };
        let Some(partition) = partition else { return Err(unreadable(partition_error.unwrap_or_default())) };
        let current = committed(self.message_current_offset).map_err(&unreadable)?;
        let log_end = self.message_log_end_offset.lenient();
        let behind = || Some(log_end?.get() - current.map_or(0, MessageOffset::get));
        let lag = self.lag.lenient().map(|LenientInt(lag)| lag).or_else(behind).map(|lag| lag.max(0));
        Ok(GroupOffset { topic, partition, current, log_end, lag })
    }
}

/// A committed offset; -1 means none. Any other invalid number is an error, because it may mean an offset.
fn committed(field: Field<LenientInt>) -> Result<Option<MessageOffset>, String> {
    const NAME: &str = "message_current_offset";
    match field.optional(NAME)? {
        None | Some(LenientInt(-1)) => Ok(None),
        Some(LenientInt(number)) => {
            MessageOffset::try_from(number).map(Some).map_err(|error| format!("{NAME}: {error}"))
        }
    }
}

impl MemberRow {
    fn shown(self, redactor: &Redactor) -> GroupMember {
        GroupMember {
            member_id: self.member_id.show(redactor, LABEL_LIMIT),
            client_id: self.client_id.show(redactor, LABEL_LIMIT),
            host: self.host.show(redactor, LABEL_LIMIT),
            assignment: self
                .assignment
                .into_iter()
                .map(|AssignmentRow { topic, partitions }| Assignment {
                    topic: topic.show(redactor, NAME_LIMIT),
                    partitions: partitions.into_iter().filter_map(Field::lenient).collect(),
                })
                .collect(),
        }
    }
}
