//! What can be wrong with a request, in the terms of the world. Status codes come later.

use super::{GroupState, Permission, TaskStatus};
use std::fmt;

/// Why the world does not do what it was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum WorldError {
    /// The key pair may not do this.
    NotPermitted {
        /// What it lacks.
        permission: Permission,
    },
    /// No such key pair.
    UnknownAccessKey {
        /// The access key asked for.
        access_key: String,
    },
    /// No such project.
    UnknownProject {
        /// The id asked for.
        project: String,
    },
    /// No such instance in this project.
    UnknownInstance {
        /// The id asked for.
        instance: String,
    },
    /// The instance is not `RUNNING`.
    InstanceBusy {
        /// What it is instead.
        status: String,
    },
    /// No such group in the instance, or it is `Dead`.
    UnknownGroup {
        /// The name asked for.
        group: String,
    },
    /// The group has members, or is not `Empty`.
    GroupOnline {
        /// The group's name.
        group: String,
        /// Its state.
        state: GroupState,
        /// Client ids of its members.
        members: Vec<String>,
    },
    /// No such topic in the instance.
    UnknownTopic {
        /// The name asked for.
        topic: String,
    },
    /// The topic has fewer partitions.
    UnknownPartition {
        /// The topic's name.
        topic: String,
        /// The partition asked for.
        partition: i32,
        /// How many partitions the topic has.
        count: usize,
    },
    /// The partition holds no message.
    NoMessages {
        /// The topic's name.
        topic: String,
        /// The partition asked for.
        partition: i32,
    },
    /// One partition of all topics makes no sense.
    PartitionNeedsTopic,
    /// A task of the instance is not at its end.
    TaskRunning {
        /// The task's name.
        task: String,
        /// How far it is.
        status: TaskStatus,
    },
    /// No such task in the instance, or it cannot be seen yet.
    UnknownTask {
        /// The id asked for.
        task: String,
    },
}

impl fmt::Display for WorldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPermitted { permission } => {
                write!(f, "No permission: the key pair is not granted {}.", permission.action())
            }
            Self::UnknownAccessKey { access_key } => write!(f, "Access key {access_key} does not exist."),
            Self::UnknownProject { project } => write!(f, "Project {project} does not exist."),
            Self::UnknownInstance { .. } => f.write_str("This DMS instance does not exist."),
            Self::InstanceBusy { status } => {
                write!(f, "The instance is in status {status}, which does not allow this operation.")
            }
            Self::UnknownGroup { group } => write!(f, "Consumer group {group:?} does not exist."),
            Self::GroupOnline { group, state, members } => write!(
                f,
                "Consumer group {group:?} is online (state {state:?}, members {members:?}): \
                 stop its clients before resetting offsets."
            ),
            Self::UnknownTopic { topic } => {
                write!(f, "The topic cannot be queried: check that {topic:?} exists.")
            }
            Self::UnknownPartition { topic, partition, count } => write!(
                f,
                "Parameter partition is invalid: topic {topic:?} has no partition {partition}, \
                 it has {count} partitions counted from 0."
            ),
            Self::NoMessages { topic, partition } => {
                write!(f, "Parameter is invalid: partition {partition} of topic {topic:?} holds no message.")
            }
            Self::PartitionNeedsTopic => f.write_str("Parameter partition is invalid: without a topic it must be -1."),
            Self::TaskRunning { task, status } => {
                write!(f, "A task of this instance is still running ({task}, {}): try again later.", status.wire_name())
            }
            Self::UnknownTask { task } => write!(f, "Background task {task:?} does not exist."),
        }
    }
}

impl std::error::Error for WorldError {}
