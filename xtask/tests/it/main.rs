//! Tests of the tasks with real processes and real signals.

// Clippy's exceptions for tests cover only test functions, not shared helpers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod command_line;
mod install;
mod interruption;
mod quickstart;
mod quickstart_kafka;
mod stage;
mod support;
