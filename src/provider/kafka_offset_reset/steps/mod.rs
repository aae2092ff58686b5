//! The steps of a reset that call the service.

pub(crate) mod background_task;
mod group;
mod offsets;
mod range_check;
mod send;
mod service_time;
mod verify;

pub(crate) use background_task::{LIST_TASKS, TaskEnd, Tasks};
pub(crate) use group::{READ_GROUP, doubt_about_members, read_group, wait_for_inactive};
pub(crate) use offsets::{PartitionReads, Snapshot, list_partitions, positions, topics_to_list};
pub(crate) use range_check::{READ_TIMESTAMPS, check_messages_are_readable, check_range};
pub(crate) use send::{SEND_RESET, Submission, send_all};
pub(crate) use service_time::service_time;
pub(crate) use verify::{VERIFY, records_without_verification, verify};
