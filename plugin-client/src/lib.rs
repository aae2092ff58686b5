//! A client of Terraform's plugin protocol: the provider's tests use it, and its binary measures the provider with it.
//!
//! | file | for |
//! |---|---|
//! | `identity.rs` | the certificate that Terraform would show |
//! | `plugin.rs` | the process: start, handshake line, connection, end |
//! | `values.rs` | blocks of a schema on the wire |
//!
//! It fails by panicking, as the tests do that it is a part of.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "it fails by panicking, as tests do")]

mod identity;
mod plugin;
mod values;

pub use identity::ClientIdentity;
pub use plugin::{HandshakeLine, Plugin, ask_for_schema, command, connect_plain_to, shut_down, within};
pub use terraform_provider_huaweicloud_kafka::tf_provider::pb;
pub use values::{block, field_types};
