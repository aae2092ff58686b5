//! Consumer groups: state, members, committed offsets.

use super::time::later;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a group is doing, in Kafka's words.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum GroupState {
    /// No members and no metadata left: to all intents the group does not exist.
    Dead,
    /// Offsets are kept, nobody consumes. The only state in which offsets can be reset.
    Empty,
    /// Members are joining or leaving.
    PreparingRebalance,
    /// Members wait for their assignment.
    CompletingRebalance,
    /// Members consume.
    Stable,
}

impl GroupState {
    /// The state as the service writes it: its documented name in upper case.
    pub fn wire_name(self) -> &'static str {
        match self {
            Self::Dead => "DEAD",
            Self::Empty => "EMPTY",
            Self::PreparingRebalance => "PREPARINGREBALANCE",
            Self::CompletingRebalance => "COMPLETINGREBALANCE",
            Self::Stable => "STABLE",
        }
    }
}

/// A running consumer of a group.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Unique in the group.
    pub member_id: String,
    /// The name the client gave itself.
    pub client_id: String,
    /// Where it connected from; Kafka writes `/203.0.113.7`.
    pub host: String,
    /// The partitions it reads, by topic.
    #[serde(default)]
    pub assignment: BTreeMap<String, Vec<i32>>,
    /// How long after the first request that names its group this member leaves, by itself.
    /// `None`: it stays.
    #[serde(default)]
    pub leaves_after_ms: Option<u64>,
}

/// A consumer group.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// See [`GroupState`].
    pub state: GroupState,
    /// The broker that looks after the group.
    pub coordinator_id: i32,
    /// For example `range`. Empty without members.
    pub assignment_strategy: String,
    /// Free text.
    pub description: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Consumers that the service counts as online.
    pub members: Vec<Member>,
    /// Committed offsets: topic, then partition.
    pub offsets: BTreeMap<String, BTreeMap<i32, i64>>,
    /// When the first request named this group: from then on the time of its members runs.
    #[serde(skip)]
    pub(crate) first_request_at: Option<Timestamp>,
}

impl Group {
    /// A group that nobody reads with and that has committed nothing.
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

    /// Commits one offset, as it is.
    pub fn commit(&mut self, topic: &str, partition: i32, offset: i64) {
        self.offsets.entry(topic.to_owned()).or_default().insert(partition, offset);
    }

    /// Lets every member leave; the group is `Empty` afterwards.
    pub fn remove_members(&mut self) {
        self.members.clear();
        self.assignment_strategy.clear();
        self.state = GroupState::Empty;
    }

    /// Lets the members leave whose time is over; the group is `Empty` once the last one left.
    pub(super) fn advance(&mut self, now: Timestamp) {
        let Some(start) = self.first_request_at else { return };
        let stays = |member: &Member| member.leaves_after_ms.is_none_or(|after| later(start, after) > now);
        if self.members.iter().all(stays) {
            return;
        }
        self.members.retain(stays);
        if self.members.is_empty() {
            self.remove_members();
        }
    }

    /// Lets a member join; the group is `Stable` afterwards.
    pub fn join(&mut self, member: Member) {
        self.members.push(member);
        self.state = GroupState::Stable;
    }

    /// The member that reads this partition.
    pub fn reader(&self, topic: &str, partition: i32) -> Option<&Member> {
        let reads =
            |member: &&Member| member.assignment.get(topic).is_some_and(|partitions| partitions.contains(&partition));
        self.members.iter().find(reads)
    }
}
