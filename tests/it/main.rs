//! Tests of the built provider from outside, one binary for all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod command_line;
mod doctor;
mod in_flight;
#[cfg(feature = "kafka")]
mod kafka;
mod move_state;
mod plugin_client;
mod protocol;
mod terraform;
mod tidy;
