//! Tests of the built provider from outside, one binary for all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod command_line;
mod docs;
mod doctor;
mod in_flight;
#[cfg(feature = "kafka")]
mod kafka;
mod move_state;
mod mutated_answers;
mod prose;
mod protocol;
mod protocol_fuzzing;
mod session;
mod start;
mod terraform;
mod tidy;
mod tree;
mod unprintable;
mod workflows;

/// The provider that was built for these tests.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_terraform-provider-huaweicloud-kafka");
