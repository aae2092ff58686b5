//! What a reset does to the committed offsets of a group.

use super::{Group, GroupState, Instance, Log, World, WorldError};
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
    /// The offset that this target means in `log`.
    pub fn resolve(self, log: &Log) -> i64 {
        match self {
            Self::Offset(offset) => log.clamp(offset),
            Self::Timestamp(timestamp) => log.offset_at(timestamp),
        }
    }
}

impl World {
    /// Carries a reset out, wholly or, on any error, not at all. Without a topic it becomes a task
    /// of the instance, which goes as the instance's [`AllTopicsReset`](super::AllTopicsReset) says.
    pub fn reset(
        &mut self,
        project: &str,
        instance: &str,
        group: &str,
        reset: &Reset,
        now: Timestamp,
    ) -> Result<(), WorldError> {
        let task = self.new_task_id();
        let instance = self.instance_mut(project, instance)?;
        if instance.status != "RUNNING" {
            return Err(WorldError::InstanceBusy { status: instance.status.clone() });
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
    pub(super) fn carry_out(&mut self, group: &str, reset: &Reset) -> Result<(), WorldError> {
        let moves = self.plan(group, reset)?;
        let group = self.group_mut(group)?;
        for (topic, partition, offset) in moves {
            group.commit(&topic, partition, offset);
        }
        Ok(())
    }

    /// Every commit that the reset comes to (topic, partition, offset), if the group can be reset.
    fn plan(&self, group: &str, reset: &Reset) -> Result<Vec<(String, i32, i64)>, WorldError> {
        let current = self.group(group)?;
        check_inactive(group, current)?;
        let Some(topic) = &reset.topic else {
            if reset.partition.is_some() {
                return Err(WorldError::PartitionNeedsTopic);
            }
            let known = current.offsets.keys().filter_map(|topic| Some((topic, self.topics.get(topic)?)));
            return Ok(known.flat_map(|(topic, logs)| whole_topic(topic, logs, reset.target)).collect());
        };
        let Some(partition) = reset.partition else {
            return Ok(whole_topic(topic, self.topic(topic)?, reset.target).collect());
        };
        let log = self.partition(topic, partition)?;
        Ok(vec![(topic.clone(), partition, reset.target.resolve(log))])
    }
}

fn check_inactive(name: &str, group: &Group) -> Result<(), WorldError> {
    if group.state == GroupState::Dead {
        return Err(WorldError::UnknownGroup { group: name.to_owned() });
    }
    if group.state == GroupState::Empty && group.members.is_empty() {
        return Ok(());
    }
    let members = group.members.iter().map(|member| member.client_id.clone()).collect();
    Err(WorldError::GroupOnline { group: name.to_owned(), state: group.state, members })
}

fn whole_topic<'a>(topic: &'a str, logs: &'a [Log], target: Target) -> impl Iterator<Item = (String, i32, i64)> + 'a {
    (0_i32..).zip(logs).map(move |(partition, log)| (topic.to_owned(), partition, target.resolve(log)))
}
