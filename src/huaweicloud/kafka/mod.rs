//! Operations on Kafka instances of the Distributed Message Service, with checked arguments.

mod address;
mod numbers;
mod reset;
#[cfg(test)]
mod tests;

pub use address::{GroupAddress, GroupName, InstanceId, TopicName};
pub use numbers::{MessageOffset, OutOfRange, PartitionNumber, UnixMillis};
pub use reset::{Accepted, Partition, ResetMessageOffset, ResetTarget};
