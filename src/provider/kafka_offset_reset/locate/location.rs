//! The result of resolving a time: a location, or the reason why there is none.

use crate::huaweicloud::{Error, MessageOffset, StoredMessage, UnixMillis};

use super::log_range::LogRange;

/// Where a search begins. A wrong guess costs requests, but never changes the result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Guess {
    /// At the message that the service names. If it names none, at both ends of the log.
    Hint,
    /// At this offset. The search ends with [`Undetermined::WrongGuess`] as soon as a message contradicts it.
    Offset(MessageOffset),
}

/// What a time resolves to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    /// The log has no offsets.
    Empty,
    /// A message.
    Message {
        /// The existing message before it, which is older than the time. `None`: there is none.
        previous: Option<StoredMessage>,
        /// The message, which is not older than the time.
        message: StoredMessage,
    },
    /// The end of the log.
    End {
        /// The last message, which is older than the time.
        last: StoredMessage,
    },
}

/// What a time resolves to, and what is known about the order of the messages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Location {
    pub(crate) place: Place,
    /// The service named this message in its hint, and the messages agree.
    pub(crate) is_hinted: bool,
    /// Two messages out of order: the one with the higher offset is older. `None`: the search has read no such pair.
    pub(crate) disorder: Option<(StoredMessage, StoredMessage)>,
}

/// Why a location cannot be determined.
#[derive(Debug)]
pub(crate) enum Undetermined {
    /// A message cannot be read.
    Unreadable(Error),
    /// The messages of another partition cannot be read, so these were not requested.
    NotRead,
    /// The user or the time limit ended the search.
    Interrupted,
    /// The search has reached its limit of requests.
    TooManyRequests {
        /// The number of requests that were sent.
        requests: u32,
        /// The last message found before the location.
        older: Option<StoredMessage>,
        /// The first message found at the location or after it.
        newer: Option<StoredMessage>,
    },
    /// This message contradicts [`Guess::Offset`]. It has a lower offset and is not older than the time, or it is the
    /// first message at or after that offset and is older.
    WrongGuess(StoredMessage),
    /// The service reports this message as the last one, but the search has read a later one.
    Inconsistent(StoredMessage),
    /// The service reports this message as the first or the last one, but a read at its offset returns no message.
    NotFound(StoredMessage),
    /// The service finds no message at any offset of the log, and reports no first or last one. They may all be
    /// transaction markers, which Kafka finds by their timestamps, or the service cannot read the messages.
    NoMessages,
    /// Two messages are out of order, so an earlier message than the one found can be the first that is not older.
    OutOfOrder {
        /// The message with the lower offset and the later timestamp.
        earlier: StoredMessage,
        later: StoredMessage,
        /// The offset that was found.
        latest: MessageOffset,
        /// One message in the log is older than the time, and another one is not.
        is_within_log: bool,
    },
}

impl Location {
    /// The offset that the time resolves to.
    pub(crate) fn offset(&self, log: LogRange) -> MessageOffset {
        match &self.place {
            Place::Empty => log.end,
            Place::Message { message, .. } => message.offset,
            // The log may have grown since its end was read.
            Place::End { last } => log.end.max(following(last)),
        }
    }

    /// This location, unless the messages that were read show that Kafka's offset can be lower.
    ///
    /// # Errors
    /// [`Undetermined::OutOfOrder`]
    pub(crate) fn check_order(self, log: LogRange) -> Result<Self, Undetermined> {
        let is_first = matches!(self.place, Place::Empty | Place::Message { previous: None, .. });
        match &self.disorder {
            Some((earlier, later)) if !is_first && !self.is_hinted => Err(Undetermined::OutOfOrder {
                earlier: earlier.clone(),
                later: later.clone(),
                latest: self.offset(log),
                is_within_log: !self.is_after_last_message(),
            }),
            _ => Ok(self),
        }
    }

    /// A message between `committed` and the location, which proves that the time does not resolve to `committed`.
    /// `None`: `committed` agrees with the location.
    pub(crate) fn contradiction(&self, committed: MessageOffset) -> Option<&StoredMessage> {
        match &self.place {
            Place::Empty => None,
            Place::Message { message, .. } if message.offset < committed => Some(message),
            Place::Message { previous: older, .. } => older.as_ref().filter(|it| it.offset >= committed),
            Place::End { last } => Some(last).filter(|it| it.offset >= committed),
        }
    }

    /// Whether the time is before the first message. Timestamp 0 means "earliest", so it never is.
    pub(crate) fn is_before_first_message(&self, time: UnixMillis) -> bool {
        time > UnixMillis::MIN
            && matches!(&self.place, Place::Message { previous: None, message } if message.timestamp > time)
    }

    /// Whether the time is after the last message.
    pub(crate) fn is_after_last_message(&self) -> bool {
        matches!(self.place, Place::End { .. })
    }
}

impl Undetermined {
    /// The lowest and the highest offset that the time can resolve to.
    pub(crate) fn bounds(&self, log: LogRange) -> (MessageOffset, MessageOffset) {
        match self {
            Self::TooManyRequests { older, newer, .. } => {
                (older.as_ref().map_or(log.start, following), newer.as_ref().map_or(log.end, |newer| newer.offset))
            }
            Self::OutOfOrder { latest, .. } => (log.start, *latest),
            _ => (log.start, log.end),
        }
    }

    /// Whether the time lies between two messages.
    pub(crate) fn is_within_log(&self) -> bool {
        matches!(
            self,
            Self::TooManyRequests { older: Some(_), newer: Some(_), .. } | Self::OutOfOrder { is_within_log: true, .. }
        )
    }

    /// The reason, as the end of a sentence about the partition.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Unreadable(error) => format!("its messages cannot be read: {}", error.report()),
            Self::NotRead => "its messages were not read, because those of another partition cannot be read".to_owned(),
            Self::Interrupted => "its messages could not be read in time".to_owned(),
            Self::TooManyRequests { requests, older, newer } => {
                let place = match (older, newer) {
                    (Some(older), Some(newer)) => {
                        format!(" between the messages at offsets {} and {}", older.offset, newer.offset)
                    }
                    (Some(older), None) => format!(" after the message at offset {}", older.offset),
                    (None, Some(newer)) => format!(" before the message at offset {}", newer.offset),
                    (None, None) => String::new(),
                };
                format!("{requests} requests were not enough, because many offsets{place} have no message")
            }
            Self::WrongGuess(message) => {
                format!("the message at offset {} contradicts the expected offset", message.offset)
            }
            Self::Inconsistent(last) => {
                format!("the service reports its last message at offset {}, but also returned a later one", last.offset)
            }
            Self::OutOfOrder { earlier, later, latest, .. } => format!(
                "its messages are not in order of time (offset {} is later than offset {}), so the target can be any \
                 offset up to {latest}",
                earlier.offset, later.offset
            ),
            Self::NoMessages => "the service finds no message in its log".to_owned(),
            Self::NotFound(message) => {
                format!("the service finds no message at offset {}, although it reports one there", message.offset)
            }
        }
    }
}

/// The offset after a message.
fn following(message: &StoredMessage) -> MessageOffset {
    MessageOffset::try_from(message.offset.get().saturating_add(1)).unwrap_or(message.offset)
}
