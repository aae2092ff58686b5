//! What a reset does to the committed offsets of a group.

use super::cluster::{Cluster, Ends, Move};
use super::{Group, GroupState, Instance, State, StateError};
use jiff::Timestamp;

/// One reset, as asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reset {
    /// `None`: every topic on which the group has committed something.
    pub topic: Option<String>,
    /// `None`: every partition of the topic.
    pub partition: Option<i32>,
    /// Where to.
    pub target: Target,
}

/// Where a reset moves offsets to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// This offset, clamped to the log.
    Offset(i64),
    /// The first message of this time (Unix milliseconds) or later; the log end if there is none.
    Timestamp(i64),
}

impl Target {
    /// The offset that this target means in a partition.
    fn resolve(self, cluster: &dyn Cluster, topic: &str, partition: i32, log: Ends) -> Result<i64, StateError> {
        match self {
            Self::Offset(offset) => Ok(offset.clamp(log.start, log.end)),
            Self::Timestamp(timestamp) => cluster.offset_at(topic, partition, timestamp),
        }
    }
}

impl State {
    /// Carries a reset out, wholly or, on any error, not at all. Without a topic it becomes a task
    /// of the instance, which goes as the instance's [`AllTopicsReset`](super::AllTopicsReset) says.
    pub fn reset(
        &mut self,
        project: &str,
        instance: &str,
        group: &str,
        reset: &Reset,
        now: Timestamp,
    ) -> Result<(), StateError> {
        let task = self.new_task_id();
        let instance = self.instance_mut(project, instance)?;
        if instance.status != "RUNNING" {
            return Err(StateError::InstanceBusy { status: instance.status.clone() });
        }
        instance.check_no_task_runs()?;
        if reset.topic.is_some() {
            return instance.carry_out(group, reset);
        }
        instance.plan(group, reset)?;
        instance.start_reset_task(task, group, reset, now);
        Ok(())
    }
}

impl Instance {
    /// Moves the offsets of a group, wholly or not at all.
    pub(super) fn carry_out(&mut self, group: &str, reset: &Reset) -> Result<(), StateError> {
        let moves = self.plan(group, reset)?;
        self.commit_in_cluster(group, &moves)
    }

    /// Every commit that the reset comes to, if the group can be reset.
    fn plan(&self, group: &str, reset: &Reset) -> Result<Vec<Move>, StateError> {
        let cluster = self.cluster();
        let current = cluster.group(group)?;
        check_inactive(group, &current)?;
        let Some(topic) = &reset.topic else {
            if reset.partition.is_some() {
                return Err(StateError::PartitionNeedsTopic);
            }
            let mut moves = Vec::new();
            for topic in current.offsets.keys() {
                match whole_topic(cluster, topic, reset.target) {
                    Ok(more) => moves.extend(more),
                    Err(StateError::UnknownTopic { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            return Ok(moves);
        };
        let Some(partition) = reset.partition else {
            return whole_topic(cluster, topic, reset.target);
        };
        let log = cluster.log(topic, partition)?;
        let offset = reset.target.resolve(cluster, topic, partition, log)?;
        Ok(vec![Move { topic: topic.clone(), partition, offset }])
    }
}

fn check_inactive(name: &str, group: &Group) -> Result<(), StateError> {
    if group.state == GroupState::Dead {
        return Err(StateError::UnknownGroup { group: name.to_owned() });
    }
    if group.state == GroupState::Empty && group.members.is_empty() {
        return Ok(());
    }
    let members = group.members.iter().map(|member| member.client_id.clone()).collect();
    Err(StateError::GroupOnline { group: name.to_owned(), state: group.state, members })
}

fn whole_topic(cluster: &dyn Cluster, topic: &str, target: Target) -> Result<Vec<Move>, StateError> {
    let logs = cluster.logs(topic)?;
    let moves = (0_i32..).zip(logs).map(|(partition, log)| {
        let offset = target.resolve(cluster, topic, partition, log)?;
        Ok(Move { topic: topic.to_owned(), partition, offset })
    });
    moves.collect()
}
