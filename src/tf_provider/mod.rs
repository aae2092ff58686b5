//! A framework for Terraform providers: plugin protocol 5 over gRPC, as Terraform itself speaks it.
//!
//! A product implements [`Provider`], and one of [`Resource`], [`DataSource`] or [`Action`] for each thing it
//! offers; [`plugin::serve`] does the rest. This layer knows nothing of what the product talks to.
//!
//! | module | what it holds |
//! |---|---|
//! | `value` | types, values and their msgpack and JSON forms; Rust structs as blocks ([`model!`](crate::model)) |
//! | `schema` | attributes and blocks: type, flags, plan behaviour and documentation in one place |
//! | `provider`, `resource`, `data_source`, `action` | the traits a product implements |
//! | `plan` | how a planned state follows from prior state, configuration and schema; pure |
//! | `rpc` | one thin file per family of calls: convert, call, convert |
//! | `schema_document` | the schemas as `terraform providers schema -json` prints them |
//! | `plugin` | the process: handshake, mutual TLS, companion services, signals, log |

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
pub mod value;

#[doc(hidden)]
pub mod pb;

pub use action::{Action, InvokeRequest, Progress};
pub use attribute_path::AttributePath;
pub use cancellation::Cancellation;
pub use data_source::{DataSource, DataSourceRequest};
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use provider::{ConfigureRequest, Provider};
pub use resource::{
    ApplyResponse, CreateRequest, DeleteRequest, MoveRequest, PlanRequest, PlanResponse, ReadRequest, Resource,
    UpdateRequest,
};
pub use rpc::ProviderServer;
pub use schema::{Attribute, Block, NestedBlock, Nesting, Schema};
pub use schema_document::schema_document;
