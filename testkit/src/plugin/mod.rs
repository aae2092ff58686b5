//! A client of Terraform's plugin protocol. The provider's tests use it; the binary `plugin-client` measures the
//! provider with it.
//!
//! | file | for |
//! |---|---|
//! | `identity.rs` | the client certificate |
//! | `process.rs` | the process: start, handshake line, connection, shutdown |
//! | `values.rs` | encoding blocks of a schema |
//! | `verifier.rs` | the check of the server certificate |
//!
//! It panics on failure, because it is part of the tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "it fails by panicking, as tests do")]

mod identity;
mod process;
mod values;
mod verifier;

pub use identity::ClientIdentity;
pub use process::{
    HandshakeLine, Plugin, ask_for_schema, ask_to_shut_down, command, connect_plain_to, shut_down, within,
};
pub use terraform_provider_huaweicloud_kafka::tf_provider::pb;
pub use values::{block, field_types};
