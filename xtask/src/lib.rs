//! Tasks of this repository, as a library: the binary `xtask` runs them, the tests reuse them.
//!
//! | module | for |
//! |---|---|
//! | [`terraform`] | finding a real Terraform, or installing one into `target/` |
//! | [`kafka`] | a real Apache Kafka on this machine, from Maven Central into `target/` |
//! | [`mirror`] | giving Terraform a provider that was just built, and nothing from the network |
//! | [`process`] | child processes that end with us, and Ctrl-C |
//! | [`bench`](mod@bench) | the task `cargo xtask bench` |
//! | [`docs`] | the task `cargo xtask docs` |
//! | [`guard`] | the task `cargo xtask guard` |
//! | [`dist`] | the task `cargo xtask dist` |
//! | [`install`] | the task `cargo xtask install` |
//! | [`quickstart`] | the task `cargo xtask quickstart`, without and with Kafka |
//! | [`usage`] | what a process used of the machine so far |
//!
//! For Unix only: process groups and signals have no counterpart elsewhere.

#![forbid(unsafe_code)]

pub mod bench;
pub mod dist;
pub mod docs;
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
