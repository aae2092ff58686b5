//! `huaweicloud_kafka_offset_reset`, resource and action: resets a consumer group's offsets.
//!
//! | step | file |
//! |---|---|
//! | what can be written, and what it means | `schema/`, `arguments`, `offsets` |
//! | block → checked request | `request/` |
//! | the whole way of one reset | `run`, then `finish`, with a `job` for each of their steps |
//! | nobody in the group | `inactive` |
//! | where the group stands | `observe`, `position` |
//! | target → what the endpoint takes (pure) | `resolve`; from which moment: `present`; within range: `range` |
//! | sending; a reset of every topic and its task | `send`, `every_topic` |
//! | verifying the new offsets | `verify`; `judge` (pure); by time, `message_evidence`; outcome: `verification` |
//! | what the user reads | `failure`, `sent`, `words`, `narration`, `watch` |
//! | state of the official provider | `moved` |

mod action;
mod arguments;
mod every_topic;
mod failure;
mod finish;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzzing;
mod inactive;
mod job;
mod judge;
mod message_evidence;
mod moved;
mod narration;
mod observe;
mod offsets;
mod position;
mod present;
mod range;
mod request;
mod resolve;
mod resource;
mod run;
mod schema;
mod send;
mod sent;
mod verification;
mod verify;
mod watch;
mod words;

pub(super) use action::KafkaOffsetResetAction;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) use fuzzing::fuzz_times;
pub(super) use inactive::doubt_about_members;
pub(super) use request::TITLES;
pub(super) use resource::KafkaOffsetReset;
pub(super) use watch::wait_in_words;
pub(super) use words::{members_in_words, offsets_in_words, partitions_in_words};

/// What users write: the resource and the action have one name.
const TYPE_NAME: &str = "huaweicloud_kafka_offset_reset";
