//! Tests of the tasks with real processes, real signals and a real Terraform.

// Clippy's exceptions for tests cover only test functions, not shared helpers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod command_line;
mod environment;
mod install;
mod interruption;
mod kafka;
mod mirror;
mod process;
mod quickstart;
mod quickstart_kafka;
mod stage;
mod support;
mod terraform;
