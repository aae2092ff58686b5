//! The steps of a reset that call the service.

pub(crate) mod background_task;
mod forecast;
mod group;
mod locate_times;
mod message_access;
mod offsets;
mod send;
mod service_time;
mod verify;

pub(crate) use background_task::{LIST_TASKS, TaskEnd, TaskList, Tasks};
pub(crate) use forecast::forecast;
pub(crate) use group::{READ_GROUP, doubt_about_members, read_group, wait_for_inactive};
pub(crate) use message_access::{READ_TIMESTAMPS, check_messages_are_readable};
pub(crate) use offsets::{PartitionReads, Snapshot, list_partitions, positions, topics_to_list};
pub(crate) use send::{SEND_RESET, Submission, send_all};
pub(crate) use service_time::service_time;
pub(crate) use verify::{VERIFY, record_without_verification, verify};
