//! Stub.
use crate::huaweicloud::{Error, MessageOffset, UnixMillis, StoredMessage};
use super::reset_plan::LogRange;
#[derive(Debug)]
pub(crate) struct Location;
impl Location {
    pub(crate) fn offset(&self, log: LogRange) -> MessageOffset { log.end }
    pub(crate) fn is_before_first_message(&self, _: UnixMillis) -> bool { false }
    pub(crate) fn is_after_last_message(&self) -> bool { false }
}
#[derive(Debug)]
pub(crate) enum Undetermined { Unreadable(Error), TooManyRequests { requests: u32, older: Option<StoredMessage>, newer: Option<StoredMessage> }, Interrupted }
impl Undetermined {
    pub(crate) fn describe(&self) -> String { String::new() }
    pub(crate) fn bounds(&self, log: LogRange) -> (MessageOffset, MessageOffset) { (log.start, log.end) }
}
