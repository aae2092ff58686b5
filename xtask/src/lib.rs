//! The tasks of this repository, as a library for the binary `xtask` and for tests.
//!
//! | module | for |
//! |---|---|
//! | [`bench`](mod@bench) | the task `cargo xtask bench` |
//! | [`guard`] | the task `cargo xtask guard` |
//! | [`dist`] | the task `cargo xtask dist` |
//! | [`install`] | the task `cargo xtask install` |
//! | [`quickstart`] | the task `cargo xtask quickstart`, with the emulator alone or with Kafka |
//!
//! Unix only: process groups and signals have no counterpart elsewhere.

#![forbid(unsafe_code)]

pub mod bench;
pub mod dist;
pub mod error;
pub mod guard;
pub mod install;
mod output;
pub mod process;
pub mod quickstart;
mod workspace;

pub use self::error::Error;
pub use testkit::{Environment, kafka, mirror, terraform, usage};
