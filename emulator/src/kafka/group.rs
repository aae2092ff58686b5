//! Reads the consumer groups of a real cluster, and commits their offsets.

use std::collections::BTreeMap;

use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::groups::GroupMemberInfo;
use rdkafka::metadata::MetadataBroker;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::state::cluster::OffsetCommit;
use crate::state::{Group, GroupState, Member, StateError};

use super::{Kafka, TIMEOUT, assignment, cluster_error, is_online, user_topics};

/// The names of all groups, sorted.
pub(super) fn names(kafka: &Kafka) -> Result<Vec<String>, StateError> {
    let groups = kafka.client.fetch_group_list(None, TIMEOUT);
    let groups = groups.map_err(|error| cluster_error("list the groups", &error))?;
    let existing = groups.groups().iter().filter(|group| group.state() != "Dead");
    let mut names: Vec<String> = existing.map(|group| group.name().to_owned()).collect();
    names.sort_unstable();
    Ok(names)
}

/// Reads a group. Reading a group that does not exist never creates it.
pub(super) fn describe(kafka: &Kafka, name: &str) -> Result<Group, StateError> {
    let groups = kafka.client.fetch_group_list(Some(name), TIMEOUT);
    let groups = groups.map_err(|error| cluster_error("describe a group", &error))?;
    let unknown = || StateError::UnknownGroup { group: name.to_owned() };
    let found = groups.groups().iter().find(|group| group.name() == name).ok_or_else(unknown)?;
    let mut group = Group::empty();
    group.state = state(found.state())?;
    group.assignment_strategy = found.protocol().to_owned();
    group.members = found.members().iter().map(member).collect();
    let metadata = kafka.metadata()?;
    // The client library does not report the coordinator. If there is only one broker, it is that one.
    group.coordinator_id = metadata.brokers().first().map_or(0, MetadataBroker::id);
    group.offsets = committed(kafka, name, user_topics(&metadata))?;
    Ok(group)
}

/// Commits offsets without joining the group. The broker refuses that if the group has members.
pub(super) fn commit(kafka: &Kafka, group: &str, commits: &[OffsetCommit]) -> Result<(), StateError> {
    if commits.is_empty() {
        return Ok(());
    }
    let mut list = TopicPartitionList::new();
    for OffsetCommit { topic, partition, offset } in commits {
        let added = list.add_partition_offset(topic, *partition, Offset::Offset(*offset));
        added.map_err(|error| cluster_error("select a partition", &error))?;
    }
    match kafka.group_client(group)?.commit(&list, CommitMode::Sync) {
        Ok(()) => Ok(()),
        Err(error) if is_online(&error) => {
            let current = describe(kafka, group)?;
            let members = current.members.into_iter().map(|member| member.client_id).collect();
            Err(StateError::GroupOnline { group: group.to_owned(), state: current.state, members })
        }
        Err(error) => Err(cluster_error("commit offsets", &error)),
    }
}

fn state(name: &str) -> Result<GroupState, StateError> {
    match name {
        "Dead" => Ok(GroupState::Dead),
        "Empty" => Ok(GroupState::Empty),
        "PreparingRebalance" => Ok(GroupState::PreparingRebalance),
        "CompletingRebalance" => Ok(GroupState::CompletingRebalance),
        "Stable" => Ok(GroupState::Stable),
        other => Err(StateError::Cluster { message: format!("a group has the unknown state {other:?}") }),
    }
}

fn member(found: &GroupMemberInfo) -> Member {
    Member {
        member_id: found.id().to_owned(),
        client_id: found.client_id().to_owned(),
        host: found.client_host().to_owned(),
        // Empty while the group is rebalancing.
        assignment: found.assignment().and_then(assignment::decode).unwrap_or_default(),
        leaves_after_ms: None,
    }
}

fn committed(
    kafka: &Kafka,
    name: &str,
    topics: BTreeMap<String, usize>,
) -> Result<BTreeMap<String, BTreeMap<i32, i64>>, StateError> {
    let mut requested = TopicPartitionList::new();
    for (topic, partitions) in topics {
        for (partition, _) in (0_i32..).zip(0..partitions) {
            requested.add_partition(&topic, partition);
        }
    }
    let mut offsets: BTreeMap<String, BTreeMap<i32, i64>> = BTreeMap::new();
    if requested.count() == 0 {
        return Ok(offsets);
    }
    let found = kafka.group_client(name)?.committed_offsets(requested, TIMEOUT);
    let found = found.map_err(|error| cluster_error("read the offsets of a group", &error))?;
    for element in found.elements() {
        if let Offset::Offset(offset) = element.offset() {
            offsets.entry(element.topic().to_owned()).or_default().insert(element.partition(), offset);
        }
    }
    Ok(offsets)
}
