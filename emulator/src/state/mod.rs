//! The state of the emulated cloud: projects, credentials, instances, topics, groups, tasks.
//!
//! Nothing here depends on HTTP, signatures or the format of requests. The routes call this module and turn the values
//! or the [`StateError`] into responses. Topics and groups are behind the trait `Cluster`: an instance has its own in
//! memory, or those of a real cluster.

mod choices;
pub(crate) mod cluster;
mod error;
mod gap;
mod group;
pub(crate) mod identity;
mod lifecycle;
pub(crate) mod lock;
mod log;
mod permission;
mod reset;
mod task;
mod time;

pub use self::choices::{Choices, MissingGroup, MissingTopic};
pub use self::error::StateError;
pub use self::gap::Gap;
pub use self::group::{Group, GroupState, Member};
pub use self::lifecycle::TopicSettings;
pub use self::log::{Log, LogError, TimeRange};
pub use self::permission::Permission;
pub use self::reset::{Reset, Target};
pub use self::task::{AllTopicsReset, RESET_TASK, Task, TaskOrder, TaskOutcome, TaskStatus, Tasks};

pub(crate) use self::log::Content;
pub(crate) use self::task::format_time;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

/// The whole state of the emulator. Serializes without secrets.
#[derive(Clone, Debug, Default, Serialize)]
pub struct State {
    /// By id.
    pub(crate) projects: BTreeMap<String, Project>,
    /// By access key.
    #[serde(rename = "access_keys", serialize_with = "serialize_keys")]
    pub(crate) credentials: BTreeMap<String, Credential>,
    /// By id.
    pub(crate) instances: BTreeMap<String, Instance>,
    #[serde(skip)]
    pub(crate) identity: identity::Identity,
    #[serde(skip)]
    pub(crate) lock_after: lock::LockAfter,
    /// The number of tasks created, for their ids.
    #[serde(skip)]
    pub(crate) tasks_created: u64,
}

fn serialize_keys<S: Serializer>(map: &BTreeMap<String, Credential>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map.keys())
}

/// A project of the account: a region, or a part of one.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Project {
    /// The region, or `<region>_<suffix>`.
    pub name: String,
}

/// The secret half of a key pair, and the permissions of the pair.
#[derive(Clone, Default)]
pub struct Credential {
    /// The key of the signatures.
    pub secret_key: String,
    /// The token that every request must have if the key pair is temporary.
    pub security_token: Option<String>,
    /// The permissions of the pair. `None`: all.
    pub permissions: Option<Vec<Permission>>,
    /// When a temporary key pair expires. `None`: never.
    pub expires_at: Option<Timestamp>,
    /// Whether the emulator issued it; otherwise it comes from a seed.
    pub(crate) is_issued: bool,
    pub(crate) failures: lock::SignatureFailures,
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
    /// The id of its project.
    pub project_id: String,
    /// Display name.
    pub name: String,
    /// For example `RUNNING`.
    pub status: String,
    /// Topics by name, each with one log per partition.
    pub topics: BTreeMap<String, Vec<Log>>,
    /// The settings of topics by name. A topic without an entry has the defaults.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub topic_settings: BTreeMap<String, TopicSettings>,
    /// Groups by name.
    pub groups: BTreeMap<String, Group>,
    /// The names of the groups that requests have named. The members of other groups do not leave.
    #[serde(skip)]
    pub(crate) requested_groups: BTreeSet<String>,
    /// The background tasks.
    pub tasks: Tasks,
    /// The order in which they are listed.
    pub tasks_order: TaskOrder,
    /// The course of the next reset of every topic.
    pub all_topics_reset: AllTopicsReset,
    /// What the instance does in cases that the documentation leaves open.
    pub choices: Choices,
    /// The real cluster with the topics and groups. The maps above are empty then.
    #[serde(skip)]
    pub(crate) real_cluster: Option<Arc<dyn cluster::RealCluster>>,
}

impl Instance {
    /// The logs of a topic, in the order of its partitions.
    ///
    /// # Errors
    ///
    /// The topic does not exist.
    pub fn topic(&self, name: &str) -> Result<&[Log], StateError> {
        let logs = self.topics.get(name).map(Vec::as_slice);
        logs.ok_or_else(|| StateError::UnknownTopic { topic: name.to_owned() })
    }

    /// A group.
    ///
    /// # Errors
    ///
    /// The group does not exist.
    pub fn group(&self, name: &str) -> Result<&Group, StateError> {
        self.groups.get(name).ok_or_else(|| StateError::UnknownGroup { group: name.to_owned() })
    }

    /// A group, to change it.
    ///
    /// # Errors
    ///
    /// The group does not exist.
    pub fn group_mut(&mut self, name: &str) -> Result<&mut Group, StateError> {
        self.groups.get_mut(name).ok_or_else(|| StateError::UnknownGroup { group: name.to_owned() })
    }

    /// The log of a partition.
    ///
    /// # Errors
    ///
    /// The topic or the partition does not exist.
    pub fn partition(&self, topic: &str, partition: i32) -> Result<&Log, StateError> {
        let logs = self.topic(topic)?;
        let log = usize::try_from(partition).ok().and_then(|index| logs.get(index));
        log.ok_or_else(|| StateError::UnknownPartition { topic: topic.to_owned(), partition, count: logs.len() })
    }
}

impl State {
    /// The projects with exactly this name, or all projects, with their ids and sorted by them.
    pub fn projects<'a>(&'a self, name: Option<&'a str>) -> impl Iterator<Item = (&'a str, &'a Project)> + 'a {
        let has_name = move |project: &Project| name.is_none_or(|name| project.name == name);
        let all = self.projects.iter().map(|(id, project)| (id.as_str(), project));
        all.filter(move |(_, project)| has_name(project))
    }

    /// An instance of a project.
    ///
    /// # Errors
    ///
    /// The project, or the instance in it, does not exist.
    pub fn instance(&self, project: &str, id: &str) -> Result<&Instance, StateError> {
        self.check_project(project)?;
        let found = self.instances.get(id).filter(|instance| instance.project_id == project);
        found.ok_or_else(|| StateError::UnknownInstance { instance: id.to_owned() })
    }

    /// An instance of a project, to change it.
    ///
    /// # Errors
    ///
    /// The project, or the instance in it, does not exist.
    pub fn instance_mut(&mut self, project: &str, id: &str) -> Result<&mut Instance, StateError> {
        self.check_project(project)?;
        let found = self.instances.get_mut(id).filter(|instance| instance.project_id == project);
        found.ok_or_else(|| StateError::UnknownInstance { instance: id.to_owned() })
    }

    /// The instances of a project, by id.
    ///
    /// # Errors
    ///
    /// The project does not exist.
    pub(crate) fn project_instances(
        &self,
        project: &str,
    ) -> Result<impl Iterator<Item = (&String, &Instance)>, StateError> {
        self.check_project(project)?;
        Ok(self.instances.iter().filter(move |(_, instance)| instance.project_id == project))
    }

    /// All instances of all projects, by id.
    pub fn instances(&self) -> &BTreeMap<String, Instance> {
        &self.instances
    }

    /// A group of an instance in any project, to change it.
    ///
    /// For tests that add or remove members, or commit offsets, between two requests.
    ///
    /// # Errors
    ///
    /// The instance or the group does not exist.
    pub fn group_mut(&mut self, instance: &str, group: &str) -> Result<&mut Group, StateError> {
        self.any_instance_mut(instance)?.group_mut(group)
    }

    /// An instance of any project, to change it.
    ///
    /// For tests that change the course of its tasks between two requests.
    ///
    /// # Errors
    ///
    /// The instance does not exist.
    pub fn any_instance_mut(&mut self, id: &str) -> Result<&mut Instance, StateError> {
        let unknown = || StateError::UnknownInstance { instance: id.to_owned() };
        self.instances.get_mut(id).ok_or_else(unknown)
    }

    /// The logs of a topic of an instance in any project, to change them.
    ///
    /// # Errors
    ///
    /// The instance or the topic does not exist.
    pub fn topic_mut(&mut self, instance: &str, topic: &str) -> Result<&mut Vec<Log>, StateError> {
        let topics = &mut self.any_instance_mut(instance)?.topics;
        topics.get_mut(topic).ok_or_else(|| StateError::UnknownTopic { topic: topic.to_owned() })
    }

    /// The committed offsets of a group on a topic, one per partition; -1 for a partition without one.
    ///
    /// # Errors
    ///
    /// The instance, group or topic does not exist.
    pub fn group_offsets(&self, instance: &str, group: &str, topic: &str) -> Result<Vec<i64>, StateError> {
        let unknown = || StateError::UnknownInstance { instance: instance.to_owned() };
        let cluster = self.instances.get(instance).ok_or_else(unknown)?.cluster();
        let group = cluster.group(group)?;
        let offset = |partition: i32| group.offsets.get(topic)?.get(&partition).copied();
        let logs = cluster.logs(topic)?;
        Ok((0_i32..).zip(logs).map(|(partition, _)| offset(partition).unwrap_or(-1)).collect())
    }

    /// Replaces the topics and groups of every instance by those of the real cluster, if there is one.
    pub(crate) fn use_cluster(&mut self, cluster: Option<&Arc<dyn cluster::RealCluster>>) {
        let Some(cluster) = cluster else { return };
        for instance in self.instances.values_mut() {
            instance.topics.clear();
            instance.groups.clear();
            instance.real_cluster = Some(Arc::clone(cluster));
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
