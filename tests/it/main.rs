//! Tests of the built provider from outside, one binary for all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod command_line;
mod docs;
mod doctor;
mod interruption;
#[cfg(feature = "kafka")]
mod kafka;
mod live;
mod move_resource_state;
mod mutated_responses;
mod prose;
mod protocol;
mod protocol_fuzzing;
mod provider_session;
mod repository;
mod round_trips;
mod snapshot;
mod startup;
mod terraform;
mod tidy;
mod unprintable;
mod workflows;

/// The provider that was built for these tests.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_terraform-provider-huaweicloud-kafka");
