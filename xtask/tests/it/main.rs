//! The tasks from outside: real processes, real signals, a real Terraform.

// Clippy's exceptions for tests reach only the test functions, not what they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod command_line;
mod docs;
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
