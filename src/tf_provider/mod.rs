//! A framework for Terraform providers. It implements plugin protocol 5 over gRPC.
//!
//! A product implements [`Provider`], and [`Resource`], [`DataSource`] or [`Action`] for each of its types.
//! [`plugin::serve`] does the rest. This layer does not depend on the services that the product uses.
//!
//! | Module | Content |
//! |---|---|
//! | `value` | types, values and their msgpack and JSON formats; structs for blocks ([`model!`](crate::model)) |
//! | `schema` | attributes and blocks with type, flags, plan behaviour and documentation |
//! | `provider`, `resource`, `data_source`, `action` | the traits that a product implements |
//! | `plan` | computes a planned state from prior state, configuration and schema |
//! | `rpc` | handles the calls of the protocol, with one file for each group of calls |
//! | `schema_document` | the schemas as `terraform providers schema -json` prints them |
//! | `titles` | the titles of the framework's diagnostics |
//! | `plugin` | the process: handshake, mutual TLS, the services of go-plugin, signals, log |

pub mod action;
pub mod attribute_path;
pub mod cancellation;
pub mod data_source;
pub mod diagnostics;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
pub mod plan;
pub mod plugin;
pub mod provider;
pub mod resource;
mod rpc;
pub mod schema;
mod schema_document;
pub(crate) mod titles;
pub mod value;

#[doc(hidden)]
pub mod pb;

pub use action::{Action, InvokeRequest, PlanActionRequest, Progress};
pub use attribute_path::AttributePath;
pub use cancellation::Cancellation;
pub use data_source::{DataSource, DataSourceRequest};
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use provider::{ConfigureRequest, Provider};
pub use resource::{ApplyResponse, CreateRequest, MoveRequest, PlanRequest, PlanResponse, Resource};
pub use rpc::ProviderServer;
pub use schema::{Attribute, Block, NestedBlock, Nesting, Schema};
pub use schema_document::schema_document;
