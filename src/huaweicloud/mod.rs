//! A client of Huawei Cloud: signed HTTP requests, and the operations that this project needs.
//!
//! # Layers
//! Each module uses only modules below it.
//!
//! | Module | Purpose |
//! |---|---|
//! | `kafka` | typed operations on Kafka instances |
//! | `client` | [`Client`]: requests with credentials, retries and limits; projects |
//! | `credentials` | [`Chain`]: sources of credentials; roles, sign-in, renewal |
//! | `iam` | lookup of projects and accounts |
//! | `http` | one request and its response: connections, proxies, certificates, classification |
//! | [`signing`], `endpoint` | signatures; addresses of services |
//! | `error` | [`Error`]: kinds of errors, meanings of the services' error codes |
//! | `name`, `ids`, `region`, `secret`, `redact`, `text`, `system` | basic types |
//!
//! # Contract
//! - Names and numbers are validated when they are created. A name is percent-encoded once, and the signed text is the
//!   sent text, byte for byte.
//! - Each attempt has a new signature. Redirects are not followed. A request is sent again after a temporary failure,
//!   as far as that is safe. A caller limits the time ([`Client::with_deadline`]).
//! - Every [`Error`] states whether the service can have received the request ([`Delivery`]). In doubt, this is
//!   [`Delivery::Unknown`].
//! - Clock, environment and files come from [`System`].
//! - `Debug`, errors and log lines contain no secrets, even if the service quotes them.

mod client;
mod credentials;
mod endpoint;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod http;
mod iam;
mod ids;
mod kafka;
mod name;
#[cfg(test)]
pub(crate) mod portable;
mod redact;
mod region;
mod secret;
pub mod signing;
mod system;
#[cfg(test)]
mod test_log;
#[cfg(test)]
mod test_server;
mod text;

pub use client::{Builder, Client, REQUEST_RATES, RetryNotice, RetryObserver};
pub use credentials::{
    AgencyAccount, AssumeRole, AssumeRoleWithOidc, Chain, CredentialsFound, Defaults, EcsMetadata, HcloudProfile,
    IdToken, Source, StaticCredentials, Variables,
};
pub use endpoint::{Endpoint, EndpointSettings, Endpoints, Service};
pub use error::{Attempts, BoxError, ClockSkew, Delivery, Error, ErrorCode, ErrorKind, ErrorResponse, NoRetryReason};
pub use http::{CaCertificates, MAX_CLOCK_SKEW};
pub use ids::{DomainId, ProjectId};
pub use kafka::{
    Accepted, Assignment, ConsumerGroup, GroupAddress, GroupMember, GroupName, GroupOffset, GroupState,
    InstanceAddress, InstanceId, MessageHint, MessageOffset, OutOfRange, Partition, PartitionNumber, RESET_TASK_NAME,
    ResetMessageOffset, ResetTarget, StoredMessage, Task, TaskId, TaskStatus, TopicName, TopicPartition,
    TopicPartitions, UnixMillis, UnreadableOffset,
};
pub use region::Region;
pub use secret::Secret;
pub use signing::{Credentials, MalformedPart, Part};
#[cfg(test)]
pub(crate) use system::HOME;
pub use system::{Clock, Environment, Files, System, SystemClock, SystemFiles};
