//! The tasks of this repository, as a library for the binary `xtask` and for tests.
//!
//! | module | for |
//! |---|---|
//! | [`terraform`] | finding a real Terraform, or installing one into `target/` |
//! | [`kafka`] | a real Apache Kafka on this machine, from Maven Central into `target/` |
//! | [`mirror`] | a provider mirror for a locally built provider |
//! | [`process`] | child processes and signals |
//! | [`bench`](mod@bench) | the task `cargo xtask bench` |
//! | [`guard`] | the task `cargo xtask guard` |
//! | [`dist`] | the task `cargo xtask dist` |
//! | [`install`] | the task `cargo xtask install` |
//! | [`quickstart`] | the task `cargo xtask quickstart`, with the emulator alone or with Kafka |
//! | [`usage`] | memory and CPU time of a process |
//!
//! Unix only: process groups and signals have no counterpart elsewhere.

#![forbid(unsafe_code)]

pub mod bench;
pub mod dist;
pub mod environment;
pub mod error;
pub mod guard;
pub mod install;
pub mod kafka;
mod lock;
pub mod mirror;
mod output;
pub mod process;
pub mod quickstart;
pub mod terraform;
pub mod usage;
mod workspace;

pub use self::environment::Environment;
pub use self::error::Error;
