//! Resolves a time to a message. This is the one place that decides what a time means.
//!
//! A time resolves to the first existing message that is not older than the time. [`locate`] finds it with evidence on
//! both sides: the message is not older, and the existing message before it is older, or there is none.
//!
//! # Guarantees
//! Kafka resets a group to the lowest offset whose message is not older than the time.
//!
//! - If timestamps never decrease with increasing offsets, the message found is exactly that one.
//! - If producers write timestamps out of order (`CreateTime`), only reading every message would find that offset. The
//!   message found is then a crossing: it is not older than the time, and the message before it is older. Kafka's
//!   offset is never higher, but an earlier crossing can make it lower. A hint from Kafka finds Kafka's offset in any
//!   order.
//! - [`Location::disorder`] has two messages that are out of order, if the search has read such a pair.
//!   [`Location::check_order`] then rejects the location, unless it is the one of the hint. Without such a pair,
//!   messages may still be out of order, and the location is accepted.
//! - An offset without a message proves something only if reads by offset work: if none has returned a message yet, the
//!   search reads the offset of a known message, and ends with [`Undetermined::NotFound`] if it finds none there.
//! - A transaction marker occupies an offset that no client can read, but Kafka finds it by its timestamp. A reset may
//!   therefore move to an offset without a message, between the two messages found. [`Location::contradiction`] accepts
//!   that.
//!
//! Each message is as the service reported it when it was read. Later writes and retention can change the log.
//!
//! # Number of requests
//! - With a correct hint: 3, or 4 if the offset before the message has no message. With a correct committed offset: 2,
//!   sent at the same time.
//! - Without a hint, for 10⁹ messages: at most 8 for evenly spaced messages, and at most 12 in 98 of 100 searches for
//!   messages that arrive at random. The maximum is 41, for a time within a long pause, which only bisection finds.
//! - A wrong hint adds up to 3.
//! - Proving that an offset has no message takes one request for each offset, because the API has no call for the next
//!   message. `max_requests` limits this for long gaps, which compaction leaves.

mod interpolation;
mod location;
mod log_range;
mod messages;
mod search;
#[cfg(test)]
mod tests;

pub(crate) use location::{Guess, Location, Place, Undetermined};
pub(crate) use log_range::LogRange;
pub(crate) use messages::{PartitionMessages, SharedReads, StoredMessages};
pub(crate) use search::locate;
