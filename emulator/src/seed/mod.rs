//! The document that describes a state: what a test or a user starts from.
//!
//! Parsing is strict, so a typing error cannot go unnoticed: unknown fields, wrong types and
//! references that lead nowhere are errors that name the place in the document.

mod apply;
mod error;
mod identity;

pub use self::error::SeedError;
pub use self::identity::{AgencySeed, DomainSeed, IdentityProviderSeed, MetadataSeed};

use self::apply::unique;

use crate::demo;
use crate::document;
use crate::limit::RateLimit;
use crate::state::{AllTopicsReset, Gap, GroupState, Member, Permission, TaskOrder, TaskStatus, TimeRange};
use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// A seed document. README.md of this crate shows one in full.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seed {
    /// Projects of the account.
    pub projects: Vec<ProjectSeed>,
    /// Key pairs that may sign requests, for every project.
    pub credentials: Vec<CredentialSeed>,
    /// Kafka instances.
    pub instances: Vec<InstanceSeed>,
    /// How many requests are let through in a second. Default: all, or, laid over a state, as
    /// many as before.
    pub rate_limits: Option<Vec<RateLimit>>,
    /// The account that projects and key pairs belong to. Default: one made up.
    pub domain: Option<DomainSeed>,
    /// Agencies, of this account or others.
    pub agencies: Vec<AgencySeed>,
    /// Identity providers.
    pub identity_providers: Vec<IdentityProviderSeed>,
    /// The metadata service. Default: none.
    pub metadata: Option<MetadataSeed>,
    /// How long issued keys live, whatever was asked for. Default: as asked for.
    pub lifetime_seconds: Option<u64>,
    /// How many wrong signatures in a row lock a key pair for five minutes; 0: none do. Default: 5.
    pub lock_after: Option<u32>,
}

/// A project.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectSeed {
    /// 32 hexadecimal digits in the real cloud; any text without `/` here.
    pub id: String,
    /// The region, or `<region>_<suffix>`.
    pub name: String,
}

/// A key pair.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialSeed {
    /// Named in every request.
    pub access_key: String,
    /// Signs, and never travels.
    pub secret_key: Secret,
    /// Makes the pair a temporary one: the token must come with every request.
    #[serde(default)]
    pub security_token: Option<Secret>,
    /// What the pair may do. Default: everything.
    #[serde(default)]
    pub permissions: Option<Vec<Permission>>,
    /// When a temporary pair ends, in RFC 3339. Default: never.
    #[serde(default, deserialize_with = "time")]
    pub expires_at: Option<Timestamp>,
}

/// A Kafka instance.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceSeed {
    /// A UUID in the real cloud; any text without `/` here.
    pub id: String,
    /// The project it belongs to.
    pub project_id: String,
    /// Display name. Default: the id.
    #[serde(default)]
    pub name: Option<String>,
    /// Default: `RUNNING`.
    #[serde(default)]
    pub status: Option<String>,
    /// Its topics.
    #[serde(default)]
    pub topics: Vec<TopicSeed>,
    /// Its consumer groups.
    #[serde(default)]
    pub groups: Vec<GroupSeed>,
    /// Background tasks that are there already, in the order of their creation. They stay as they
    /// are: one that is not at its end keeps every reset out.
    #[serde(default)]
    pub tasks: Vec<TaskSeed>,
    /// In which order tasks are listed. Default: the newest first.
    #[serde(default)]
    pub tasks_order: Option<TaskOrder>,
    /// How resets without a topic go. Default: done at once.
    #[serde(default)]
    pub all_topics_reset: Option<AllTopicsReset>,
}

/// The record of a background task.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSeed {
    /// Unique in the instance.
    pub id: String,
    /// For example [`RESET_TASK`](crate::state::RESET_TASK).
    pub name: String,
    /// How far it is.
    pub status: TaskStatus,
    /// JSON in a string. Default: `{}`.
    #[serde(default)]
    pub params: Option<String>,
    /// As the service writes it: `2020-05-15T03:19:51.046Z`. Default: [`demo::FIRST_TIMESTAMP`].
    #[serde(default, deserialize_with = "time")]
    pub created_at: Option<Timestamp>,
}

fn time<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(value)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

/// A topic.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicSeed {
    /// Unique in the instance.
    pub name: String,
    /// Partition 0, 1, 2, and so on; at least one.
    pub partitions: Vec<PartitionSeed>,
}

/// A partition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionSeed {
    /// The earliest offset that can be read.
    #[serde(default)]
    pub log_start: i64,
    /// The offset that the next message will get.
    pub log_end: i64,
    /// When messages were written. Default: one per second, offset 0 at
    /// [`demo::FIRST_TIMESTAMP`].
    #[serde(default)]
    pub timestamps: Vec<TimeRange>,
    /// Offsets without a message. Default: none.
    #[serde(default)]
    pub gaps: Vec<Gap>,
}

/// A consumer group.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupSeed {
    /// Unique in the instance. Any text.
    pub name: String,
    /// Default: `Stable` with members, `Empty` without.
    #[serde(default)]
    pub state: Option<GroupState>,
    /// The broker that looks after the group. Default: 0.
    #[serde(default)]
    pub coordinator_id: i32,
    /// Default: `range` with members, nothing without.
    #[serde(default)]
    pub assignment_strategy: Option<String>,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// Unix milliseconds.
    #[serde(default)]
    pub created_at: i64,
    /// Consumers that count as online.
    #[serde(default)]
    pub members: Vec<Member>,
    /// Committed offsets: topic, then one entry per partition; `null` where nothing is committed.
    #[serde(default)]
    pub offsets: BTreeMap<String, Vec<Option<i64>>>,
}

/// Text that never shows in `Debug` output.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Seed {
    /// Reads a seed document. Errors name the place: JSON path, line and column.
    pub fn from_json(text: &str) -> Result<Self, SeedError> {
        Ok(document::read(text)?)
    }

    /// The state that [`demo`] describes.
    pub fn demo() -> Self {
        demo::seed()
    }
}

#[cfg(test)]
mod tests;
