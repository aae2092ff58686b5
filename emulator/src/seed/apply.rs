//! Builds a state from a seed, or merges a seed into a state, and checks what the types cannot express.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::state::{
    AllTopicsReset, Choices, Credential, Group, GroupState, Instance, Log, Project, State, Task, TaskOrder, Tasks,
    TimeRange,
};

use super::{
    DEFAULT_TIMESTAMP, GroupSeed, InstanceSeed, PartitionSeed, Seed, SeedError, TaskSeed, TopicSeed, identity, unique,
};

impl Seed {
    /// The state that this seed describes.
    ///
    /// # Errors
    ///
    /// The seed is not consistent.
    pub fn build(&self) -> Result<State, SeedError> {
        self.merge_into(&State::default())
    }

    /// A copy of `state` with this seed merged into it. An existing project, key pair, topic, group or task is replaced
    /// completely. An existing instance keeps the topics, groups and tasks that the seed does not name.
    ///
    /// # Errors
    ///
    /// The seed does not fit the state.
    pub fn merge_into(&self, state: &State) -> Result<State, SeedError> {
        let mut state = state.clone();
        unique("projects", self.projects.iter().map(|project| project.id.as_str()), "id")?;
        unique("credentials", self.credentials.iter().map(|c| c.access_key.as_str()), "access_key")?;
        unique("instances", self.instances.iter().map(|instance| instance.id.as_str()), "id")?;
        for project in &self.projects {
            state.projects.insert(project.id.clone(), Project { name: project.name.clone() });
        }
        for credential in &self.credentials {
            let security_token = credential.security_token.as_ref();
            let secrets = Credential {
                secret_key: credential.secret_key.reveal().to_owned(),
                security_token: security_token.map(|token| token.reveal().to_owned()),
                permissions: credential.permissions.clone(),
                expires_at: credential.expires_at,
                ..Credential::default()
            };
            state.credentials.insert(credential.access_key.clone(), secrets);
        }
        for (index, seed) in self.instances.iter().enumerate() {
            let path = format!("instances[{index}]");
            if !state.projects.contains_key(&seed.project_id) {
                let message = format!("project {:?} does not exist", seed.project_id);
                return Err(SeedError::new(format!("{path}.project_id"), message));
            }
            let instance = build_instance(&path, seed, state.instances.remove(&seed.id))?;
            state.instances.insert(seed.id.clone(), instance);
        }
        identity::merge(self, &mut state)?;
        Ok(state)
    }
}

fn build_instance(path: &str, seed: &InstanceSeed, existing: Option<Instance>) -> Result<Instance, SeedError> {
    let mut instance = existing.unwrap_or_else(|| Instance {
        project_id: seed.project_id.clone(),
        name: seed.id.clone(),
        status: "RUNNING".to_owned(),
        topics: BTreeMap::new(),
        topic_settings: BTreeMap::new(),
        groups: BTreeMap::new(),
        requested_groups: BTreeSet::new(),
        tasks: Tasks::default(),
        tasks_order: TaskOrder::default(),
        all_topics_reset: AllTopicsReset::default(),
        choices: Choices::default(),
        real_cluster: None,
    });
    instance.project_id.clone_from(&seed.project_id);
    if let Some(name) = &seed.name {
        instance.name.clone_from(name);
    }
    if let Some(status) = &seed.status {
        instance.status.clone_from(status);
    }
    let topics = format!("{path}.topics");
    unique(&topics, seed.topics.iter().map(|topic| topic.name.as_str()), "name")?;
    for (index, topic) in seed.topics.iter().enumerate() {
        let logs = build_topic(&format!("{topics}[{index}]"), topic)?;
        instance.topics.insert(topic.name.clone(), logs);
        instance.topic_settings.remove(&topic.name);
    }
    let groups = format!("{path}.groups");
    unique(&groups, seed.groups.iter().map(|group| group.name.as_str()), "name")?;
    for (index, group) in seed.groups.iter().enumerate() {
        let built = build_group(&format!("{groups}[{index}]"), group, &instance)?;
        instance.groups.insert(group.name.clone(), built);
    }
    if let Some(order) = seed.tasks_order {
        instance.tasks_order = order;
    }
    if let Some(settings) = &seed.all_topics_reset {
        instance.all_topics_reset.clone_from(settings);
    }
    instance.choices = seed.choices.unwrap_or(instance.choices);
    unique(&format!("{path}.tasks"), seed.tasks.iter().map(|task| task.id.as_str()), "id")?;
    instance.tasks.merge(seed.tasks.iter().map(build_task));
    Ok(instance)
}

fn build_task(seed: &TaskSeed) -> Task {
    let first = Timestamp::from_millisecond(DEFAULT_TIMESTAMP).unwrap_or_default();
    let created_at = seed.created_at.unwrap_or(first);
    let mut task = Task::new(&seed.id, &seed.name, seed.status, created_at);
    if let Some(params) = &seed.params {
        task.params.clone_from(params);
    }
    task
}

fn build_topic(path: &str, seed: &TopicSeed) -> Result<Vec<Log>, SeedError> {
    if seed.partitions.is_empty() {
        return Err(SeedError::new(format!("{path}.partitions"), "a topic must have at least one partition"));
    }
    let built = seed.partitions.iter().enumerate().map(|(index, partition)| {
        let log = build_log(partition);
        log.map_err(|error| SeedError::new(format!("{path}.partitions[{index}]"), error.to_string()))
    });
    built.collect()
}

fn build_log(seed: &PartitionSeed) -> Result<Log, crate::state::LogError> {
    let mut timestamps = seed.timestamps.clone();
    if timestamps.is_empty() {
        timestamps.push(TimeRange { from_offset: 0, first_timestamp: DEFAULT_TIMESTAMP, step_ms: 1_000 });
    }
    Log::new(seed.log_start, seed.log_end, timestamps)?.with_gaps(seed.gaps.clone())
}

fn build_group(path: &str, seed: &GroupSeed, instance: &Instance) -> Result<Group, SeedError> {
    let online = !seed.members.is_empty();
    let default_state = if online { GroupState::Stable } else { GroupState::Empty };
    let default_strategy = if online { "range" } else { "" };
    let state = seed.state.unwrap_or(default_state);
    check_state(path, state, online)?;
    check_members(path, seed, instance)?;
    let mut group = Group {
        state,
        coordinator_id: seed.coordinator_id,
        assignment_strategy: seed.assignment_strategy.as_deref().unwrap_or(default_strategy).to_owned(),
        description: seed.description.clone(),
        created_at: seed.created_at,
        members: seed.members.clone(),
        offsets: BTreeMap::new(),
        first_request_at: None,
    };
    for (topic, offsets) in &seed.offsets {
        let path = format!("{path}.offsets.{topic}");
        let count = partition_count(&path, instance, topic)?;
        if offsets.len() > count {
            let message = format!("{} offsets for {count} partitions", offsets.len());
            return Err(SeedError::new(path, message));
        }
        for (partition, offset) in (0_i32..).zip(offsets) {
            let Some(offset) = *offset else { continue };
            if offset < 0 {
                let message = "a committed offset must be 0 or more; null means none";
                return Err(SeedError::new(format!("{path}[{partition}]"), message));
            }
            group.commit(topic, partition, offset);
        }
    }
    Ok(group)
}

fn check_state(path: &str, state: GroupState, online: bool) -> Result<(), SeedError> {
    let wrong = match state {
        GroupState::Dead | GroupState::Empty if online => "this state has no members",
        GroupState::Stable | GroupState::CompletingRebalance if !online => "this state needs members",
        _ => return Ok(()),
    };
    Err(SeedError::new(format!("{path}.state"), format!("{state:?}: {wrong}")))
}

fn check_members(path: &str, seed: &GroupSeed, instance: &Instance) -> Result<(), SeedError> {
    let members = format!("{path}.members");
    unique(&members, seed.members.iter().map(|member| member.member_id.as_str()), "member_id")?;
    let mut assigned = BTreeSet::new();
    for (index, member) in seed.members.iter().enumerate() {
        for (topic, partitions) in &member.assignment {
            let path = format!("{members}[{index}].assignment.{topic}");
            let count = partition_count(&path, instance, topic)?;
            for (position, partition) in partitions.iter().enumerate() {
                let path = format!("{path}[{position}]");
                if !usize::try_from(*partition).is_ok_and(|partition| partition < count) {
                    let message =
                        format!("the partition does not exist: the topic has {count} partitions, counted from 0");
                    return Err(SeedError::new(path, message));
                }
                if !assigned.insert((topic, partition)) {
                    return Err(SeedError::new(path, "the partition is assigned twice in this group"));
                }
            }
        }
    }
    Ok(())
}

fn partition_count(path: &str, instance: &Instance, topic: &str) -> Result<usize, SeedError> {
    let logs = instance.topics.get(topic);
    logs.map(Vec::len).ok_or_else(|| SeedError::new(path, format!("topic {topic:?} does not exist")))
}
