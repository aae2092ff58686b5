//! The steps of a reset that call the service, in the order of their use.

pub(crate) mod background_task;
pub(crate) mod group;
pub(crate) mod offsets;
pub(crate) mod range_check;
pub(crate) mod send;
pub(crate) mod service_time;
pub(crate) mod verify;
