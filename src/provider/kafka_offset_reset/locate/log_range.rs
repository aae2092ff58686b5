//! The range of offsets in the log of a partition.

use crate::huaweicloud::MessageOffset;

/// The offsets of a partition: from `start` inclusive to `end` exclusive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct LogRange {
    pub(crate) start: MessageOffset,
    /// The offset of the next message.
    pub(crate) end: MessageOffset,
}

impl LogRange {
    /// `offset` if it lies within the log, otherwise the nearer end of the log.
    pub(crate) fn clamp(self, offset: MessageOffset) -> MessageOffset {
        // The two ends may have been read at different moments, so the end may be before the start.
        offset.min(self.end).max(self.start)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start >= self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(number: i64) -> MessageOffset {
        number.try_into().expect("an offset")
    }

    /// According to the API page, an offset before the earliest one resets to the earliest, and an offset after the
    /// latest one to the latest.
    #[test]
    fn offset_outside_the_log_is_clamped_to_the_nearer_end() {
        let log = LogRange { start: offset(100), end: offset(250) };
        for (requested, expected) in [(0, 100), (99, 100), (100, 100), (180, 180), (250, 250), (i64::MAX, 250)] {
            assert_eq!(log.clamp(offset(requested)), offset(expected), "{requested}");
        }
    }
}
