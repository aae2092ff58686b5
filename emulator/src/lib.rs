//! A local double of Huawei Cloud's DMS for Kafka, and of the few calls of IAM, STS and the ECS
//! metadata service that lead to it.
//!
//! It checks every signature, knows instances, topics, groups and committed offsets, resets them
//! as the service documents it, and writes down every request. Tests run it inside their process:
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
//! The way of a request, one module per step: [`server`](Emulator) reads it, the route is found, the
//! journal writes it down, a [`fault`] or a limit may end it, the signature is checked (with code of its own, which shares nothing
//! with any client), the route asks the [`state`] and turns what it says into an answer.
//! README.md says what is modelled, what is not, and what was chosen where the service's behaviour
//! is unknown.

#![forbid(unsafe_code)]

mod builder;
pub mod clock;
mod control;
pub mod demo;
mod document;
mod emulator;
mod encoding;
pub mod fault;
mod hold;
pub mod journal;
#[cfg(feature = "kafka")]
pub mod kafka;
mod limit;
mod message;
mod reply;
mod routes;
pub mod script;
pub mod seed;
mod server;
mod service;
mod socket;
pub mod state;
mod verify;

pub use builder::{Builder, StartError};
pub use clock::{Clock, ManualClock, SystemClock};
pub use emulator::Emulator;
pub use fault::{Effect, Fault, FaultResponse, RawBody};
pub use journal::{Journal, JournalEntry};
pub use limit::RateLimit;
pub use routes::Operation;
pub use script::{ResetBehaviour, ResetScript};
pub use seed::{Seed, SeedError};
pub use state::{State, StateError};

/// Compiles and runs the examples of README.md.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
