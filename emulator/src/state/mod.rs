//! The state of the pretended cloud: projects, credentials, instances, topics, groups, tasks.
//!
//! Nothing here knows HTTP, signatures or JSON documents from outside: the routes ask, and turn
//! what they get (values or a [`StateError`]) into answers. Topics and groups lie behind a trait,
//! `Cluster`: an instance has its own in memory, or those of a real cluster.

pub(crate) mod cluster;
mod error;
mod gap;
mod group;
pub(crate) mod identity;
pub(crate) mod lock;
mod log;
mod permission;
mod reset;
mod task;
mod time;

pub use self::error::StateError;
pub use self::gap::Gap;
pub use self::group::{Group, GroupState, Member};
pub use self::log::{Log, LogError, TimeRange};
pub use self::permission::Permission;
pub use self::reset::{Reset, Target};
pub use self::task::{AllTopicsReset, RESET_TASK, Task, TaskOrder, TaskOutcome, TaskStatus};

pub(crate) use self::task::written;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// Everything the emulator knows. Serialises without secrets.
#[derive(Clone, Debug, Default, Serialize)]
pub struct State {
    /// By id.
    pub(crate) projects: BTreeMap<String, Project>,
    /// By access key.
    #[serde(rename = "access_keys", serialize_with = "only_names")]
    pub(crate) credentials: BTreeMap<String, Credential>,
    /// By id.
    pub(crate) instances: BTreeMap<String, Instance>,
    #[serde(skip)]
    pub(crate) identity: identity::Identity,
    #[serde(skip)]
    pub(crate) lock_after: lock::LockAfter,
    /// How many tasks were created, for their ids.
    #[serde(skip)]
    pub(crate) tasks_created: u64,
}

fn only_names<S: Serializer>(map: &BTreeMap<String, Credential>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(map.keys())
}

/// A project of the account; in DMS and IAM one stands for a region or a part of it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Project {
    /// The region, or `<region>_<suffix>`.
    pub name: String,
}

/// The secret half of an access key, and what the pair may do.
#[derive(Clone, Default)]
pub struct Credential {
    /// Key of the signature's hash.
    pub secret_key: String,
    /// Present for temporary keys; must then come with every request.
    pub security_token: Option<String>,
    /// What the pair may do. `None`: everything.
    pub permissions: Option<Vec<Permission>>,
    /// When a temporary key ends. `None`: never.
    pub expires_at: Option<Timestamp>,
    /// Issued here, not seeded.
    pub(crate) is_issued: bool,
    pub(crate) failures: lock::Failures,
}

impl fmt::Debug for identity::Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(..)")
    }
}

/// A Kafka instance.
#[derive(Clone, Debug, Serialize)]
pub struct Instance {
    /// Project that the instance belongs to.
    pub project_id: String,
    /// Display name.
    pub name: String,
    /// For example `RUNNING`.
    pub status: String,
    /// Topics by name; each a log per partition, counted from 0.
    pub topics: BTreeMap<String, Vec<Log>>,
    /// Groups by name.
    pub groups: BTreeMap<String, Group>,
    /// Background tasks in the order of their creation, also those that cannot be seen yet.
    pub tasks: Vec<Task>,
    /// In which order they are listed.
    pub tasks_order: TaskOrder,
    /// How the next reset without a topic goes.
    pub all_topics_reset: AllTopicsReset,
    /// The real cluster that has the topics and groups; those above are empty then.
    #[cfg(feature = "kafka")]
    #[serde(skip)]
    pub(crate) kafka: Option<crate::kafka::Kafka>,
}

impl Instance {
    /// A topic's partitions.
    pub fn topic(&self, name: &str) -> Result<&[Log], StateError> {
        let logs = self.topics.get(name).map(Vec::as_slice);
        logs.ok_or_else(|| StateError::UnknownTopic { topic: name.to_owned() })
    }

    /// A group.
    pub fn group(&self, name: &str) -> Result<&Group, StateError> {
        self.groups.get(name).ok_or_else(|| StateError::UnknownGroup { group: name.to_owned() })
    }

    /// A group, to change it.
    pub fn group_mut(&mut self, name: &str) -> Result<&mut Group, StateError> {
        self.groups.get_mut(name).ok_or_else(|| StateError::UnknownGroup { group: name.to_owned() })
    }

    /// One partition's log.
    pub fn partition(&self, topic: &str, partition: i32) -> Result<&Log, StateError> {
        let logs = self.topic(topic)?;
        let log = usize::try_from(partition).ok().and_then(|index| logs.get(index));
        log.ok_or_else(|| StateError::UnknownPartition { topic: topic.to_owned(), partition, count: logs.len() })
    }
}

impl State {
    /// Projects with exactly this name, or all; id and project, in the order of their ids.
    pub fn projects<'a>(&'a self, name: Option<&'a str>) -> impl Iterator<Item = (&'a str, &'a Project)> + 'a {
        let wanted = move |project: &Project| name.is_none_or(|name| project.name == name);
        let all = self.projects.iter().map(|(id, project)| (id.as_str(), project));
        all.filter(move |(_, project)| wanted(project))
    }

    /// An instance of a project.
    pub fn instance(&self, project: &str, id: &str) -> Result<&Instance, StateError> {
        self.check_project(project)?;
        let found = self.instances.get(id).filter(|instance| instance.project_id == project);
        found.ok_or_else(|| StateError::UnknownInstance { instance: id.to_owned() })
    }

    /// An instance of a project, to change it.
    pub fn instance_mut(&mut self, project: &str, id: &str) -> Result<&mut Instance, StateError> {
        self.check_project(project)?;
        let found = self.instances.get_mut(id).filter(|instance| instance.project_id == project);
        found.ok_or_else(|| StateError::UnknownInstance { instance: id.to_owned() })
    }

    /// Every instance by id, whatever its project.
    pub fn instances(&self) -> &BTreeMap<String, Instance> {
        &self.instances
    }

    /// A group of an instance, to change it, whatever the instance's project.
    ///
    /// For tests that let members come and go, or commit offsets, between two requests.
    pub fn group_mut(&mut self, instance: &str, group: &str) -> Result<&mut Group, StateError> {
        self.any_instance_mut(instance)?.group_mut(group)
    }

    /// An instance, to change it, whatever its project.
    ///
    /// For tests that change how its tasks go between two requests.
    pub fn any_instance_mut(&mut self, id: &str) -> Result<&mut Instance, StateError> {
        let unknown = || StateError::UnknownInstance { instance: id.to_owned() };
        self.instances.get_mut(id).ok_or_else(unknown)
    }

    /// A topic's logs, to change them, whatever the instance's project.
    pub fn topic_mut(&mut self, instance: &str, topic: &str) -> Result<&mut Vec<Log>, StateError> {
        let topics = &mut self.any_instance_mut(instance)?.topics;
        topics.get_mut(topic).ok_or_else(|| StateError::UnknownTopic { topic: topic.to_owned() })
    }

    /// Committed offsets of a group on a topic, one per partition; -1 where nothing is committed.
    pub fn group_offsets(&self, instance: &str, group: &str, topic: &str) -> Result<Vec<i64>, StateError> {
        let unknown = || StateError::UnknownInstance { instance: instance.to_owned() };
        let cluster = self.instances.get(instance).ok_or_else(unknown)?.cluster();
        let group = cluster.group(group)?;
        let offset = |partition: i32| group.offsets.get(topic)?.get(&partition).copied();
        let logs = cluster.logs(topic)?;
        Ok((0_i32..).zip(logs).map(|(partition, _)| offset(partition).unwrap_or(-1)).collect())
    }

    /// Lets every instance show the topics and groups of a real cluster instead of its own.
    #[cfg(feature = "kafka")]
    pub(crate) fn use_cluster(&mut self, kafka: Option<&crate::kafka::Kafka>) {
        let Some(kafka) = kafka else { return };
        for instance in self.instances.values_mut() {
            instance.topics.clear();
            instance.groups.clear();
            instance.kafka = Some(kafka.clone());
        }
    }

    fn check_project(&self, id: &str) -> Result<(), StateError> {
        if self.projects.contains_key(id) {
            return Ok(());
        }
        Err(StateError::UnknownProject { project: id.to_owned() })
    }
}

#[cfg(test)]
mod tests;
