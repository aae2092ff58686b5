//! Seed documents, which describe the initial state of an emulator.
//!
//! Parsing is strict, so that it detects typing errors: unknown fields, wrong types and references to missing objects
//! are errors, which contain the place in the document.

mod apply;
mod error;
mod identity;

pub use self::error::SeedError;
pub use self::identity::{AgencySeed, DomainSeed, IdentityProviderSeed, MetadataSeed};

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::object::{Object, objects};
use crate::rate_limit::RateLimit;
use crate::state::{AllTopicsReset, Choices, Gap, GroupState, Member, Permission, TaskOrder, TaskStatus, TimeRange};
use crate::strict_json;

/// The time of tasks and first messages for which a seed sets none: 2024-01-01T00:00:00Z in Unix milliseconds.
pub(crate) const DEFAULT_TIMESTAMP: i64 = 1_704_067_200_000;

/// A seed document. README.md of this crate contains a complete example.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seed {
    /// Projects of the account.
    #[serde(deserialize_with = "objects")]
    pub projects: Vec<ProjectSeed>,
    /// Key pairs, each of which is valid for every project.
    #[serde(deserialize_with = "objects")]
    pub credentials: Vec<CredentialSeed>,
    /// Kafka instances.
    #[serde(deserialize_with = "objects")]
    pub instances: Vec<InstanceSeed>,
    /// Rate limits. Default: none; in a merged document, the active ones.
    pub rate_limits: Option<Vec<RateLimit>>,
    /// The account that projects and key pairs belong to. Default: an invented one.
    pub domain: Option<DomainSeed>,
    /// Agencies of this account and of others.
    #[serde(deserialize_with = "objects")]
    pub agencies: Vec<AgencySeed>,
    /// Identity providers.
    #[serde(deserialize_with = "objects")]
    pub identity_providers: Vec<IdentityProviderSeed>,
    /// The metadata service. Default: none.
    pub metadata: Option<MetadataSeed>,
    /// The lifetime of issued credentials. Default: as requested.
    pub lifetime_seconds: Option<u64>,
    /// How many wrong signatures in a row lock a key pair for five minutes; 0 turns the lock off. Default: 5.
    pub lock_after: Option<u32>,
}

/// A project.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectSeed {
    /// 32 hexadecimal digits in the real cloud; here any text without `/`.
    pub id: String,
    /// The region, or `<region>_<suffix>`.
    pub name: String,
}

/// A key pair.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialSeed {
    /// The access key, which every request contains.
    pub access_key: String,
    /// The secret key, which signs requests and is never sent.
    pub secret_key: Secret,
    /// Makes the pair temporary: every request must have this token.
    #[serde(default)]
    pub security_token: Option<Secret>,
    /// The permissions of the pair. Default: all.
    #[serde(default)]
    pub permissions: Option<Vec<Permission>>,
    /// When a temporary pair expires, in RFC 3339. Default: never.
    #[serde(default, deserialize_with = "time")]
    pub expires_at: Option<Timestamp>,
}

/// A Kafka instance.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceSeed {
    /// A UUID in the real cloud; here any text without `/`.
    pub id: String,
    /// The id of its project.
    pub project_id: String,
    /// Display name. Default: the id.
    #[serde(default)]
    pub name: Option<String>,
    /// Default: `RUNNING`.
    #[serde(default)]
    pub status: Option<String>,
    /// Its topics.
    #[serde(default, deserialize_with = "objects")]
    pub topics: Vec<TopicSeed>,
    /// Its consumer groups.
    #[serde(default, deserialize_with = "objects")]
    pub groups: Vec<GroupSeed>,
    /// Existing background tasks, in the order of their creation. They never change, so a task that has not ended
    /// blocks every reset.
    #[serde(default, deserialize_with = "objects")]
    pub tasks: Vec<TaskSeed>,
    /// The order in which tasks are listed. Default: newest first.
    #[serde(default)]
    pub tasks_order: Option<TaskOrder>,
    /// The course of resets of every topic. Default: carried out at once.
    #[serde(default)]
    pub all_topics_reset: Option<AllTopicsReset>,
    /// What the instance does in cases that the documentation leaves open. Default: see [`Choices`].
    #[serde(default)]
    pub choices: Option<Choices>,
}

/// The record of a background task.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSeed {
    /// Unique in the instance.
    pub id: String,
    /// For example [`RESET_TASK`](crate::state::RESET_TASK).
    pub name: String,
    /// The status of the task.
    pub status: TaskStatus,
    /// JSON in a string. Default: `{}`.
    #[serde(default)]
    pub params: Option<String>,
    /// In the format of the service: `2020-05-15T03:19:51.046Z`. Default: 2024-01-01T00:00:00Z.
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
    #[serde(deserialize_with = "objects")]
    pub partitions: Vec<PartitionSeed>,
}

/// A partition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionSeed {
    /// The earliest offset that can be read. Default: 0.
    #[serde(default)]
    pub log_start: i64,
    /// The offset that the next message will get.
    pub log_end: i64,
    /// When messages were written. Default: one per second, offset 0 at 2024-01-01T00:00:00Z.
    #[serde(default, deserialize_with = "objects")]
    pub timestamps: Vec<TimeRange>,
    /// Offsets without a message. Default: none.
    #[serde(default, deserialize_with = "objects")]
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
    /// The broker that coordinates the group. Default: 0.
    #[serde(default)]
    pub coordinator_id: i32,
    /// Default: `range` with members, empty without.
    #[serde(default)]
    pub assignment_strategy: Option<String>,
    /// Free text.
    #[serde(default)]
    pub description: String,
    /// Unix milliseconds.
    #[serde(default)]
    pub created_at: i64,
    /// The consumers that are online.
    #[serde(default, deserialize_with = "objects")]
    pub members: Vec<Member>,
    /// Committed offsets by topic, one entry per partition; `null` for a partition without one.
    #[serde(default)]
    pub offsets: BTreeMap<String, Vec<Option<i64>>>,
}

/// Text that `Debug` does not print.
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
    /// Parses a seed document.
    ///
    /// # Errors
    ///
    /// The text is not a seed document. The error contains the JSON path, and the line and column.
    pub fn from_json(text: &str) -> Result<Self, SeedError> {
        let Object(seed) = strict_json::parse(text)?;
        Ok(seed)
    }
}

/// Refuses duplicate names, and empty ones, which no path can contain.
fn unique<'a>(path: &str, names: impl Iterator<Item = &'a str>, field: &str) -> Result<(), SeedError> {
    let mut seen = BTreeSet::new();
    for (index, name) in names.enumerate() {
        let place = || format!("{path}[{index}].{field}");
        if name.is_empty() {
            return Err(SeedError::new(place(), "must not be empty"));
        }
        if !seen.insert(name) {
            return Err(SeedError::new(place(), format!("{name:?} occurs twice")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
