//! A consumer group of a real cluster: read, and moved while nobody is in it.

use super::{Kafka, PATIENCE, assignment, failed, is_online, users_topics};
use crate::state::cluster::Move;
use crate::state::{Group, GroupState, Member, StateError};
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::groups::GroupMemberInfo;
use rdkafka::metadata::MetadataBroker;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::BTreeMap;

/// A group as the cluster's coordinator describes it. One that is not there is unknown, however
/// often somebody has asked for it.
pub(super) fn describe(kafka: &Kafka, name: &str) -> Result<Group, StateError> {
    let groups = kafka.0.client.fetch_group_list(Some(name), PATIENCE);
    let groups = groups.map_err(|error| failed("describe a group", &error))?;
    let unknown = || StateError::UnknownGroup { group: name.to_owned() };
    let found = groups.groups().iter().find(|group| group.name() == name).ok_or_else(unknown)?;
    let mut group = Group::empty();
    group.state = state(found.state())?;
    group.assignment_strategy = found.protocol().to_owned();
    group.members = found.members().iter().map(member).collect();
    let metadata = kafka.metadata()?;
    // The client library does not tell the coordinator. With one broker it is that one.
    group.coordinator_id = metadata.brokers().first().map_or(0, MetadataBroker::id);
    group.offsets = committed(kafka, name, users_topics(&metadata))?;
    Ok(group)
}

/// Commits from outside of the group. The broker takes that only where nobody is inside.
pub(super) fn commit(kafka: &Kafka, group: &str, moves: &[Move]) -> Result<(), StateError> {
    if moves.is_empty() {
        return Ok(());
    }
    let mut list = TopicPartitionList::new();
    for Move { topic, partition, offset } in moves {
        let added = list.add_partition_offset(topic, *partition, Offset::Offset(*offset));
        added.map_err(|error| failed("name a partition", &error))?;
    }
    match kafka.client_of(group)?.commit(&list, CommitMode::Sync) {
        Ok(()) => Ok(()),
        Err(error) if is_online(&error) => {
            let current = describe(kafka, group)?;
            let members = current.members.into_iter().map(|member| member.client_id).collect();
            Err(StateError::GroupOnline { group: group.to_owned(), state: current.state, members })
        }
        Err(error) => Err(failed("commit offsets", &error)),
    }
}

fn state(name: &str) -> Result<GroupState, StateError> {
    match name {
        "Dead" => Ok(GroupState::Dead),
        "Empty" => Ok(GroupState::Empty),
        "PreparingRebalance" => Ok(GroupState::PreparingRebalance),
        "CompletingRebalance" => Ok(GroupState::CompletingRebalance),
        "Stable" => Ok(GroupState::Stable),
        other => Err(StateError::Cluster { message: format!("it has a group in the unknown state {other:?}") }),
    }
}

fn member(found: &GroupMemberInfo) -> Member {
    Member {
        member_id: found.id().to_owned(),
        client_id: found.client_id().to_owned(),
        host: found.client_host().to_owned(),
        // None yet while the group is rebalancing.
        assignment: found.assignment().and_then(assignment::read).unwrap_or_default(),
        leaves_after_ms: None,
    }
}

fn committed(
    kafka: &Kafka,
    name: &str,
    topics: BTreeMap<String, usize>,
) -> Result<BTreeMap<String, BTreeMap<i32, i64>>, StateError> {
    let mut asked = TopicPartitionList::new();
    for (topic, partitions) in topics {
        for (partition, _) in (0_i32..).zip(0..partitions) {
            asked.add_partition(&topic, partition);
        }
    }
    let mut offsets: BTreeMap<String, BTreeMap<i32, i64>> = BTreeMap::new();
    if asked.count() == 0 {
        return Ok(offsets);
    }
    let found = kafka.client_of(name)?.committed_offsets(asked, PATIENCE);
    let found = found.map_err(|error| failed("tell a group's offsets", &error))?;
    for element in found.elements() {
        if let Offset::Offset(offset) = element.offset() {
            offsets.entry(element.topic().to_owned()).or_default().insert(element.partition(), offset);
        }
    }
    Ok(offsets)
}
