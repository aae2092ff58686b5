//! A local emulator of Huawei Cloud's DMS for Kafka, and of the calls of IAM, STS and the ECS metadata service that a
//! client of it needs.
//!
//! It checks the signature of every request, keeps instances, topics, groups and committed offsets in memory, resets
//! offsets as the service documents it, and records every request. Tests run it inside their own process:
//!
//! ```
//! use dms_emulator::{Emulator, Seed, demo};
//!
//! let emulator = Emulator::builder().seed(Seed::demo()).start_in_thread()?;
//! println!("endpoint for the client: {}", emulator.url());
//! let before = emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::ORDERS)?;
//! assert_eq!(before, [140, 190, 4_000_000_500]);
//! assert_eq!(emulator.journal().count("PUT", "/reset-message-offset"), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A request passes through one module per step: `server` reads it, `routes` finds its operation, `journal` records it.
//! [`fault`] and `rate_limit` can end it. `signature` verifies it with code that shares nothing with any client. `routes`
//! turns what the [`state`] returns into a response. README.md describes what is emulated, what is not, and
//! what the emulator does where the documentation of the service is silent.

#![forbid(unsafe_code)]

mod builder;
pub mod clock;
mod connections;
mod control;
mod delivery;
pub mod demo;
mod digest;
mod emulator;
mod encoding;
pub mod fault;
mod gate;
pub mod journal;
#[cfg(feature = "kafka")]
pub mod kafka;
mod limits;
mod message;
mod object;
mod published_text;
mod rate_limit;
mod routes;
pub mod seed;
mod server;
mod service;
mod signature;
mod socket;
pub mod state;
mod strict_json;

pub use builder::{Builder, StartError};
pub use clock::{Clock, ManualClock, SystemClock};
pub use emulator::Emulator;
pub use fault::{Effect, Fault, FaultResponse, RawBody};
pub use journal::{Journal, JournalEntry};
pub use limits::Limits;
pub use rate_limit::RateLimit;
pub use routes::{Operation, RouteKind};
pub use seed::{Seed, SeedError};
pub use state::{State, StateError};

/// Compiles and runs the examples of README.md.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
