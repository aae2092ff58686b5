//! Consumer groups: state, members, committed offsets.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::time::after_millis;

/// The state of a group, as in Kafka.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum GroupState {
    /// The group has no members and no metadata. It counts as not existing.
    Dead,
    /// The group has no members, but keeps its offsets. The only state in which they can be reset.
    Empty,
    /// Members are joining or leaving.
    PreparingRebalance,
    /// Members are waiting for their assignment.
    CompletingRebalance,
    /// Members are consuming.
    Stable,
}

impl GroupState {
    /// The state as the service writes it, according to its console and the Python SDK.
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Dead => "DEAD",
            Self::Empty => "EMPTY",
            Self::PreparingRebalance => "PREPARING_REBALANCE",
            Self::CompletingRebalance => "COMPLETING_REBALANCE",
            Self::Stable => "STABLE",
        }
    }
}

/// A consumer in a group.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Unique in the group.
    pub member_id: String,
    /// The `client.id` of the consumer.
    pub client_id: String,
    /// The address of the consumer, in the form of Kafka: `/203.0.113.7`.
    pub host: String,
    /// The assigned partitions, by topic.
    #[serde(default)]
    pub assignment: BTreeMap<String, Vec<i32>>,
    /// How long after the first request that names its group the member leaves. `None`: it stays.
    #[serde(default)]
    pub leaves_after_ms: Option<u64>,
}

/// A consumer group.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// See [`GroupState`].
    pub state: GroupState,
    /// The broker that coordinates the group.
    pub coordinator_id: i32,
    /// For example `range`. Empty if the group has no members.
    pub assignment_strategy: String,
    /// Free text.
    pub description: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// The consumers that are online.
    pub members: Vec<Member>,
    /// The committed offsets, by topic and partition.
    pub offsets: BTreeMap<String, BTreeMap<i32, i64>>,
    /// When the first request named this group. `leaves_after_ms` of its members counts from then.
    #[serde(skip)]
    pub(crate) first_request_at: Option<Timestamp>,
}

impl Group {
    /// A group without members and committed offsets.
    pub fn empty() -> Self {
        Self {
            state: GroupState::Empty,
            coordinator_id: 0,
            assignment_strategy: String::new(),
            description: String::new(),
            created_at: 0,
            members: Vec::new(),
            offsets: BTreeMap::new(),
            first_request_at: None,
        }
    }

    /// Whether the group exists. `Dead` with members or offsets is the state of a group of the newer consumer protocol.
    pub(crate) fn exists(&self) -> bool {
        self.state != GroupState::Dead || !self.members.is_empty() || !self.offsets.is_empty()
    }

    /// Commits one offset, without checking it against the log.
    pub fn commit(&mut self, topic: &str, partition: i32, offset: i64) {
        self.offsets.entry(topic.to_owned()).or_default().insert(partition, offset);
    }

    /// Removes all members; the group is `Empty` afterwards.
    pub fn remove_members(&mut self) {
        self.members.clear();
        self.assignment_strategy.clear();
        self.state = GroupState::Empty;
    }

    /// Removes the members that have left by `now`; the group is `Empty` when the last one has left.
    pub(super) fn advance(&mut self, now: Timestamp) {
        let Some(start) = self.first_request_at else { return };
        let stays = |member: &Member| member.leaves_after_ms.is_none_or(|after| after_millis(start, after) > now);
        if self.members.iter().all(stays) {
            return;
        }
        self.members.retain(stays);
        if self.members.is_empty() {
            self.remove_members();
        }
    }

    /// Adds a member; the group is `Stable` afterwards.
    pub fn add_member(&mut self, member: Member) {
        self.members.push(member);
        self.state = GroupState::Stable;
    }

    /// The member that this partition is assigned to.
    pub fn assigned_member(&self, topic: &str, partition: i32) -> Option<&Member> {
        let is_assigned =
            |member: &&Member| member.assignment.get(topic).is_some_and(|partitions| partitions.contains(&partition));
        self.members.iter().find(is_assigned)
    }
}
