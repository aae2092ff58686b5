//! Creates, changes and deletes groups and topics, deletes committed offsets, and sends messages.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::reset::check_inactive;
use super::{Content, Group, GroupState, Instance, Log, Member, State, StateError};

/// The settings of a topic. The emulator stores and shows them, but they have no effect.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct TopicSettings {
    /// Free text.
    pub description: String,
    /// The number of replicas.
    pub replication: i32,
    /// In hours.
    pub retention_time: i32,
    /// Whether replication is synchronous.
    pub sync_replication: bool,
    /// Whether messages are flushed synchronously.
    pub sync_message_flush: bool,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Further settings by name, if a request has set them.
    pub configs: BTreeMap<String, String>,
}

impl Default for TopicSettings {
    fn default() -> Self {
        Self {
            description: String::new(),
            replication: 3,
            retention_time: 72,
            sync_replication: false,
            sync_message_flush: false,
            created_at: 0,
            configs: BTreeMap::new(),
        }
    }
}

impl State {
    /// An instance of a project whose groups, topics and messages can be changed.
    ///
    /// # Errors
    ///
    /// The project or the instance does not exist, the instance is not `RUNNING`, or it shows a real cluster.
    pub(crate) fn writable_instance(&mut self, project: &str, id: &str) -> Result<&mut Instance, StateError> {
        let instance = self.instance_mut(project, id)?;
        if instance.status != "RUNNING" {
            return Err(StateError::InstanceBusy { status: instance.status.clone() });
        }
        if instance.real_cluster.is_some() {
            return Err(StateError::NotOnRealCluster);
        }
        Ok(instance)
    }
}

impl Instance {
    /// Creates a group without members and offsets.
    ///
    /// # Errors
    ///
    /// The group exists.
    pub(crate) fn create_group(&mut self, name: &str, description: &str, now: Timestamp) -> Result<(), StateError> {
        if self.groups.get(name).is_some_and(Group::exists) {
            return Err(StateError::GroupExists { group: name.to_owned() });
        }
        let group = Group { description: description.to_owned(), created_at: now.as_millisecond(), ..Group::empty() };
        self.groups.insert(name.to_owned(), group);
        Ok(())
    }

    /// Deletes a group and its committed offsets.
    ///
    /// # Errors
    ///
    /// The group does not exist, or has members.
    pub(crate) fn delete_group(&mut self, name: &str) -> Result<(), StateError> {
        let group = self.group(name)?;
        // A `Dead` group with offsets exists and has no members.
        let is_dead = group.state == GroupState::Dead && group.members.is_empty();
        if !(is_dead && group.exists()) {
            check_inactive(name, group)?;
        }
        self.groups.remove(name);
        Ok(())
    }

    /// Deletes the committed offsets of a group on a topic. Returns whether it had any.
    ///
    /// # Errors
    ///
    /// The group or the topic does not exist, or a member consumes the topic.
    pub(crate) fn delete_offsets(&mut self, group: &str, topic: &str) -> Result<bool, StateError> {
        self.topic(topic)?;
        let name = group;
        let group = self.group_mut(name)?;
        let consumes = |member: &&Member| member.assignment.contains_key(topic);
        let members: Vec<String> = group.members.iter().filter(consumes).map(|m| m.client_id.clone()).collect();
        if !members.is_empty() {
            return Err(StateError::GroupOnline { group: name.to_owned(), state: group.state, members });
        }
        Ok(group.offsets.remove(topic).is_some())
    }

    /// The settings of a topic.
    pub(crate) fn settings_of(&self, topic: &str) -> TopicSettings {
        self.topic_settings.get(topic).cloned().unwrap_or_default()
    }

    /// Creates a topic without messages.
    ///
    /// # Errors
    ///
    /// The topic exists.
    pub(crate) fn create_topic(
        &mut self,
        name: &str,
        partitions: usize,
        settings: TopicSettings,
    ) -> Result<(), StateError> {
        if self.topics.contains_key(name) {
            return Err(StateError::TopicExists { topic: name.to_owned() });
        }
        self.topics.insert(name.to_owned(), vec![Log::empty(settings.created_at); partitions]);
        self.topic_settings.insert(name.to_owned(), settings);
        Ok(())
    }

    /// Adds partitions to a topic until it has this number, and replaces its settings. Returns whether either differs.
    pub(crate) fn change_topic(
        &mut self,
        name: &str,
        partitions: usize,
        settings: TopicSettings,
        now: Timestamp,
    ) -> bool {
        let is_changed = settings != self.settings_of(name);
        let Some(logs) = self.topics.get_mut(name) else { return false };
        let count = logs.len();
        logs.resize(partitions.max(count), Log::empty(now.as_millisecond()));
        let is_changed = is_changed || logs.len() > count;
        self.topic_settings.insert(name.to_owned(), settings);
        is_changed
    }

    /// Deletes a topic with the committed offsets of all groups on it. Returns whether the topic existed.
    pub(crate) fn delete_topic(&mut self, name: &str) -> bool {
        if self.topics.remove(name).is_none() {
            return false;
        }
        self.topic_settings.remove(name);
        for group in self.groups.values_mut() {
            group.offsets.remove(name);
            for member in &mut group.members {
                member.assignment.remove(name);
            }
        }
        true
    }

    /// Appends a message to a partition.
    ///
    /// # Errors
    ///
    /// The topic or the partition does not exist.
    pub(crate) fn send(
        &mut self,
        topic: &str,
        partition: i32,
        content: Content,
        now: Timestamp,
    ) -> Result<(), StateError> {
        self.partition(topic, partition)?;
        let logs = self.topics.get_mut(topic);
        let log = logs.and_then(|logs| logs.get_mut(usize::try_from(partition).ok()?));
        if let Some(log) = log {
            log.send(now.as_millisecond(), content);
        }
        Ok(())
    }
}
