//! A client of Terraform's plugin protocol. The provider's tests use the library; the binary measures the provider.
//!
//! | file | for |
//! |---|---|
//! | `identity.rs` | the client certificate |
//! | `plugin.rs` | the process: start, handshake line, connection, shutdown |
//! | `values.rs` | encoding blocks of a schema |
//!
//! The library panics on failure, because it is part of the tests.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "it fails by panicking, as tests do")]

mod identity;
mod plugin;
mod values;

pub use identity::ClientIdentity;
pub use plugin::{HandshakeLine, Plugin, ask_for_schema, command, connect_plain_to, shut_down, within};
pub use terraform_provider_huaweicloud_kafka::tf_provider::pb;
pub use values::{block, field_types};
