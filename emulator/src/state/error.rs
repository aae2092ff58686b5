//! What can be wrong with a request, in the terms of the state. Status codes come later.

use super::{GroupState, Permission, TaskStatus};
use std::fmt;

/// Why the state does not do what it was asked.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StateError {
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
    /// The real cluster does not do what it was asked.
    Cluster {
        /// What it was asked, and what it says.
        message: String,
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
    /// No such agency in the account.
    UnknownAgency {
        /// The name asked for.
        agency: String,
    },
    /// No such identity provider.
    UnknownIdentityProvider {
        /// The id asked for.
        provider: String,
    },
    /// The identity provider's token is not one of those accepted.
    WrongIdToken,
    /// The subject token was not issued here, or its time is over.
    WrongSubjectToken,
    /// There is no metadata service.
    NoMetadata,
    /// The metadata service gives no tokens.
    NoMetadataTokens {
        /// How it says so.
        status: u16,
    },
    /// The metadata token is missing, was not issued here, or its time is over.
    WrongMetadataToken,
    /// The ECS has no agency.
    NoMetadataAgency,
}

impl fmt::Display for StateError {
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
            Self::Cluster { message } => write!(f, "The Kafka cluster behind the emulator fails: {message}."),
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
            Self::UnknownAgency { agency } => write!(f, "Could not find agency: {agency}."),
            Self::UnknownIdentityProvider { provider } => write!(f, "Could not find identity provider: {provider}."),
            Self::WrongIdToken => f.write_str("The ID token is invalid."),
            Self::WrongSubjectToken => f.write_str("The token is invalid or has expired."),
            Self::NoMetadata | Self::NoMetadataTokens { .. } => f.write_str("Not Found"),
            Self::WrongMetadataToken => f.write_str("Unauthorized"),
            // Clients of the official SDKs look for this text.
            Self::NoMetadataAgency => f.write_str("Please configure Cloud Service Agency first"),
        }
    }
}

impl std::error::Error for StateError {}
