//! Signed HTTP towards Huawei Cloud, and the operations of it that this project needs.
//!
//! # Flow
//! | step | where |
//! |---|---|
//! | settings → client | [`Client::builder`]; no network, no files |
//! | files and variables → what they say besides keys | [`Chain::check`]; no network |
//! | region → address | [`endpoint`](Endpoints::resolve) |
//! | typed operation → request | `kafka`, `iam` |
//! | keys, looked up at the first request and renewed | `credentials`: [`Chain`], roles, cache |
//! | request → signed attempt → answer | `client` |
//! | answer → type, or [`Error`] | `client`, `error` |
//!
//! # Contract
//! - Names and numbers are parsed before they get here; the types cannot hold wrong ones. A name is
//!   percent-encoded once, and what is signed is byte for byte what is sent.
//! - Every attempt is signed anew. Redirects are not followed. What failed in passing is sent again, as far as that is
//!   safe; a caller bounds it by time ([`Client::with_deadline`]).
//! - Every [`Error`] tells whether the service can have seen the request ([`Delivery`]); in doubt,
//!   [`Delivery::Unknown`].
//! - Clock, environment and files come in through [`Host`].
//! - Secrets are in no `Debug`, error or log line, even where the service quotes them.

mod client;
mod credentials;
mod endpoint;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod iam;
mod kafka;
mod name;
mod region;
pub mod signing;
mod system;
#[cfg(test)]
mod test_log;
#[cfg(test)]
mod test_server;

pub use client::{
    Builder, CaCertificates, Client, CredentialsFound, MAX_CLOCK_SKEW, REQUEST_RATES, RetryNotice, RetryObserver,
};
pub use credentials::{
    AgencyAccount, AssumeRole, AssumeRoleWithOidc, Chain, Credentials, Defaults, EcsMetadata, FixedKeys, HcloudProfile,
    IdToken, MalformedPart, Part, Secret, Source, Variables,
};
pub use endpoint::{Endpoint, EndpointSettings, Endpoints, Service};
pub use error::{BoxError, ClockSkew, Delivery, Error, ErrorKind, ErrorResponse};
pub use iam::{DomainId, ProjectId};
pub use kafka::{
    Accepted, Assignment, ConsumerGroup, GroupAddress, GroupMember, GroupName, GroupOffset, GroupState,
    InstanceAddress, InstanceId, MessageOffset, OutOfRange, Partition, PartitionNumber, RESET_TASK_NAME,
    ResetMessageOffset, ResetTarget, StoredMessage, Task, TaskId, TaskStatus, TopicName, TopicPartition,
    TopicPartitions, UnixMillis, UnreadableOffset,
};
pub use region::Region;
pub use system::{Clock, Environment, Files, System, SystemClock, SystemFiles};
