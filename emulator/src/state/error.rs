//! Errors of the state, without the statuses, error codes and published texts of the services.

use std::fmt;

use super::{GroupState, Permission, TaskStatus};

/// The reason why a call fails.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StateError {
    /// The key pair lacks a permission.
    NotPermitted {
        /// The missing permission.
        permission: Permission,
    },
    /// The key pair does not exist.
    UnknownAccessKey {
        /// The requested access key.
        access_key: String,
    },
    /// The project does not exist.
    UnknownProject {
        /// The requested id.
        project: String,
    },
    /// The instance does not exist in this project.
    UnknownInstance {
        /// The requested id.
        instance: String,
    },
    /// The instance is not `RUNNING`.
    InstanceBusy {
        /// The status of the instance.
        status: String,
    },
    /// The group does not exist in the instance, or is `Dead`.
    UnknownGroup {
        /// The requested name.
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
    /// The group to be created already exists.
    GroupExists {
        /// Its name.
        group: String,
    },
    /// The topic to be created already exists.
    TopicExists {
        /// Its name.
        topic: String,
    },
    /// The request would reduce the number of partitions of the topic.
    FewerPartitions {
        /// The topic's name.
        topic: String,
        /// The number of partitions of the topic.
        count: usize,
    },
    /// Not supported in front of a real cluster.
    NotOnRealCluster,
    /// The real cluster failed.
    Cluster {
        /// What failed, and the error of the client library.
        message: String,
    },
    /// The topic does not exist in the instance.
    UnknownTopic {
        /// The requested name.
        topic: String,
    },
    /// The topic does not have this partition.
    UnknownPartition {
        /// The topic's name.
        topic: String,
        /// The requested partition.
        partition: i32,
        /// The number of partitions of the topic.
        count: usize,
    },
    /// The partition has no messages.
    NoMessages {
        /// The topic's name.
        topic: String,
        /// The requested partition.
        partition: i32,
    },
    /// A reset of every topic names one partition.
    PartitionNeedsTopic,
    /// A task of the instance has not ended.
    TaskRunning {
        /// The task's name.
        task: String,
        /// The status of the task.
        status: TaskStatus,
    },
    /// The task does not exist in the instance, or is not listed yet.
    UnknownTask {
        /// The requested id.
        task: String,
    },
    /// The agency does not exist in the account.
    UnknownAgency {
        /// The requested name.
        agency: String,
    },
    /// The identity provider does not exist.
    UnknownIdentityProvider {
        /// The requested id.
        provider: String,
    },
    /// The identity provider does not accept the id token.
    WrongIdToken,
    /// The subject token is unknown or has expired.
    WrongSubjectToken,
    /// There is no metadata service.
    NoMetadata,
    /// The metadata service issues no tokens.
    NoMetadataTokens {
        /// The status of its response.
        status: u16,
    },
    /// The metadata token is missing, unknown or expired.
    WrongMetadataToken,
    /// The ECS has no agency.
    NoMetadataAgency,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPermitted { permission } => {
                write!(f, "The key pair lacks {}.", permission.action())
            }
            Self::UnknownAccessKey { access_key } => write!(f, "Access key {access_key} does not exist."),
            Self::UnknownProject { project } => write!(f, "Project {project} does not exist."),
            Self::UnknownInstance { instance } => write!(f, "No instance of the project has the id {instance:?}."),
            Self::InstanceBusy { status } => write!(f, "The status is {status}."),
            Self::UnknownGroup { group } => write!(f, "No group has the name {group:?}."),
            Self::GroupOnline { group, state, members } => write!(
                f,
                "Consumer group {group:?} is online (state {state:?}, members {members:?}): \
                 stop its clients first."
            ),
            Self::GroupExists { group } => write!(f, "The name is {group:?}."),
            Self::TopicExists { topic } => write!(f, "The topic already exists: {topic:?}."),
            Self::FewerPartitions { topic, count } => {
                write!(f, "Topic {topic:?} has {count} partitions, and partitions can only be added.")
            }
            Self::NotOnRealCluster => f.write_str(
                "The emulator does not serve this call in front of a real Kafka cluster: use Kafka's own tools.",
            ),
            Self::Cluster { message } => write!(f, "The Kafka cluster behind the emulator failed: {message}."),
            Self::UnknownTopic { topic } => write!(f, "No topic has the name {topic:?}."),
            Self::UnknownPartition { topic, partition, count } => write!(
                f,
                "Topic {topic:?} has no partition {partition}. It has {count} partitions, which are counted from 0."
            ),
            Self::NoMessages { topic, partition } => {
                write!(f, "Partition {partition} of topic {topic:?} has no messages.")
            }
            Self::PartitionNeedsTopic => f.write_str("Without a topic, partition must be -1."),
            Self::TaskRunning { task, status } => {
                write!(f, "The task {task} has the status {}.", status.wire_name())
            }
            Self::UnknownTask { task } => write!(f, "Background task {task:?} does not exist."),
            Self::UnknownAgency { agency } => write!(f, "Could not find agency: {agency}."),
            Self::UnknownIdentityProvider { provider } => write!(f, "Could not find identity provider: {provider}."),
            Self::WrongIdToken => f.write_str("The id token is not accepted."),
            Self::WrongSubjectToken => f.write_str("The token is unknown or has expired."),
            Self::NoMetadata | Self::NoMetadataTokens { .. } => f.write_str("Not Found"),
            Self::WrongMetadataToken => f.write_str("Unauthorized"),
            // The official SDKs search for this text.
            Self::NoMetadataAgency => f.write_str("Please configure Cloud Service Agency first"),
        }
    }
}

impl std::error::Error for StateError {}
