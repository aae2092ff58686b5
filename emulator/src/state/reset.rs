//! Resets the committed offsets of a group.

use jiff::Timestamp;

use super::cluster::{Cluster, LogBounds, OffsetCommit};
use super::{Group, GroupState, Instance, State, StateError};

/// The parameters of a reset.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reset {
    /// `None`: every topic with a committed offset of the group.
    pub topic: Option<String>,
    /// `None`: every partition of the topic.
    pub partition: Option<i32>,
    /// The target of the reset.
    pub target: Target,
}

/// The target of a reset.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// This offset, clamped to the log.
    Offset(i64),
    /// The first message of this time (Unix milliseconds) or later; the log end if there is none.
    Timestamp(i64),
}

impl Target {
    /// The offset of the target in a partition.
    fn resolve(self, cluster: &dyn Cluster, topic: &str, partition: i32, log: LogBounds) -> Result<i64, StateError> {
        match self {
            Self::Offset(offset) => Ok(offset.clamp(log.start, log.end)),
            Self::Timestamp(timestamp) => cluster.offset_at(topic, partition, timestamp),
        }
    }
}

impl State {
    /// Carries out a reset. Without a topic, the reset runs as a task of the instance, as
    /// [`AllTopicsReset`](super::AllTopicsReset) describes.
    ///
    /// # Errors
    ///
    /// The service refuses the reset. Nothing is changed then.
    pub fn reset(
        &mut self,
        project: &str,
        instance_id: &str,
        group: &str,
        reset: &Reset,
        now: Timestamp,
    ) -> Result<(), StateError> {
        let instance = self.instance_mut(project, instance_id)?;
        if instance.status != "RUNNING" {
            return Err(StateError::InstanceBusy { status: instance.status.clone() });
        }
        instance.check_no_running_task()?;
        if reset.topic.is_some() {
            return instance.apply_reset(group, reset);
        }
        instance.plan_commits(group, reset)?;
        let task = self.new_task_id();
        self.instance_mut(project, instance_id)?.start_reset_task(task, group, reset, now);
        Ok(())
    }
}

impl Instance {
    /// Commits the new offsets of a group, all or none.
    pub(super) fn apply_reset(&mut self, group: &str, reset: &Reset) -> Result<(), StateError> {
        let commits = self.plan_commits(group, reset)?;
        self.commit_to_cluster(group, &commits)
    }

    /// The commits of a reset, if the group can be reset.
    fn plan_commits(&self, group: &str, reset: &Reset) -> Result<Vec<OffsetCommit>, StateError> {
        let cluster = self.cluster();
        let current = cluster.group(group)?;
        check_inactive(group, &current)?;
        let Some(topic) = &reset.topic else {
            if reset.partition.is_some() {
                return Err(StateError::PartitionNeedsTopic);
            }
            let mut commits = Vec::new();
            for topic in current.offsets.keys() {
                match all_partitions(cluster, topic, reset.target) {
                    Ok(more) => commits.extend(more),
                    Err(StateError::UnknownTopic { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            return Ok(commits);
        };
        let Some(partition) = reset.partition else {
            return all_partitions(cluster, topic, reset.target);
        };
        let log = cluster.log(topic, partition)?;
        let offset = reset.target.resolve(cluster, topic, partition, log)?;
        Ok(vec![OffsetCommit { topic: topic.clone(), partition, offset }])
    }
}

pub(super) fn check_inactive(name: &str, group: &Group) -> Result<(), StateError> {
    if group.state == GroupState::Dead {
        return Err(StateError::UnknownGroup { group: name.to_owned() });
    }
    if group.state == GroupState::Empty && group.members.is_empty() {
        return Ok(());
    }
    let members = group.members.iter().map(|member| member.client_id.clone()).collect();
    Err(StateError::GroupOnline { group: name.to_owned(), state: group.state, members })
}

fn all_partitions(cluster: &dyn Cluster, topic: &str, target: Target) -> Result<Vec<OffsetCommit>, StateError> {
    let logs = cluster.logs(topic)?;
    let commits = (0_i32..).zip(logs).map(|(partition, log)| {
        let offset = target.resolve(cluster, topic, partition, log)?;
        Ok(OffsetCommit { topic: topic.to_owned(), partition, offset })
    });
    commits.collect()
}
