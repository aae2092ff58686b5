//! The log of one partition: which offsets exist, and when their messages were written.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::gap::{self, Gap};

/// Evenly spaced messages, from one offset to the next range or the end of the log.
///
/// A range needs the memory of three numbers, even for billions of messages.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TimeRange {
    /// The first offset of the range. Can be before the log start, if retention removed that message.
    pub from_offset: i64,
    /// When the message at `from_offset` was written, in Unix milliseconds.
    pub first_timestamp: i64,
    /// Milliseconds from each message to the next, 0 or more.
    pub step_ms: i64,
}

impl TimeRange {
    /// When the message at `offset` was written, if the range extends to it.
    fn timestamp(&self, offset: i64) -> i128 {
        let distance = i128::from(offset) - i128::from(self.from_offset);
        i128::from(self.first_timestamp) + distance * i128::from(self.step_ms)
    }

    /// The first offset from `begin` on whose message was written at `timestamp` or later.
    fn first_at_or_after(&self, begin: i64, timestamp: i64) -> Option<i128> {
        let wanted = i128::from(timestamp);
        if self.timestamp(begin) >= wanted {
            return Some(i128::from(begin));
        }
        if self.step_ms == 0 {
            return None;
        }
        let step = i128::from(self.step_ms);
        let missing = wanted - i128::from(self.first_timestamp);
        Some(i128::from(self.from_offset) + (missing + step - 1) / step)
    }
}

/// The key and the value of a message.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// The log of one partition. Offsets run from `start` (included) to `end` (excluded).
#[derive(Clone, Debug, Serialize)]
pub struct Log {
    #[serde(rename = "log_start")]
    start: i64,
    #[serde(rename = "log_end")]
    end: i64,
    timestamps: Vec<TimeRange>,
    gaps: Vec<Gap>,
    /// By offset. Only messages that were sent through the API have an entry.
    #[serde(skip)]
    contents: BTreeMap<i64, Content>,
}

impl Log {
    /// Creates a log without gaps.
    ///
    /// # Errors
    ///
    /// The ranges do not cover every message, are not sorted by `from_offset`, or exceed 64 bits.
    pub fn new(start: i64, end: i64, timestamps: Vec<TimeRange>) -> Result<Self, LogError> {
        if start < 0 || end < start {
            return Err(LogError("log_start must be 0 or more, and at most log_end"));
        }
        if timestamps.iter().any(|range| range.from_offset < 0 || range.step_ms < 0) {
            return Err(LogError("from_offset and step_ms of a range must be 0 or more"));
        }
        if timestamps.windows(2).any(|pair| pair[0].from_offset >= pair[1].from_offset) {
            return Err(LogError("the ranges of timestamps must be sorted by from_offset, without duplicates"));
        }
        let covered = timestamps.first().is_some_and(|range| range.from_offset <= start);
        if start < end && !covered {
            return Err(LogError("the first range of timestamps must start at or before log_start"));
        }
        let log = Self { start, end, timestamps, gaps: Vec::new(), contents: BTreeMap::new() };
        log.check_timestamps_fit()?;
        Ok(log)
    }

    /// Removes the messages at some of the offsets.
    ///
    /// # Errors
    ///
    /// The gaps are not sorted, overlap, or exceed the log.
    pub fn with_gaps(mut self, gaps: Vec<Gap>) -> Result<Self, LogError> {
        gap::check(&gaps, self.end).map_err(LogError)?;
        self.gaps = gaps;
        Ok(self)
    }

    /// The earliest offset that can be read.
    pub fn start(&self) -> i64 {
        self.start
    }

    /// The offset that the next message will get.
    pub fn end(&self) -> i64 {
        self.end
    }

    /// The first message at `offset` or later.
    pub fn message_from(&self, offset: i64) -> Option<i64> {
        let mut offset = offset.max(self.start);
        for gap in &self.gaps {
            if gap.contains(offset) {
                offset = gap.to_offset;
            }
        }
        (offset < self.end).then_some(offset)
    }

    /// The last message.
    pub fn last_message(&self) -> Option<i64> {
        let mut offset = self.end - 1;
        for gap in self.gaps.iter().rev() {
            if gap.contains(offset) {
                offset = gap.from_offset - 1;
            }
        }
        (offset >= self.start).then_some(offset)
    }

    /// When the message at `offset` was written, in Unix milliseconds. `None` if there is none.
    pub fn timestamp(&self, offset: i64) -> Option<i64> {
        if self.message_from(offset) != Some(offset) {
            return None;
        }
        let next = self.timestamps.partition_point(|range| range.from_offset <= offset);
        let range = self.timestamps.get(next.checked_sub(1)?)?;
        i64::try_from(range.timestamp(offset)).ok()
    }

    /// Moves an offset outside the log to the nearest end.
    pub fn clamp(&self, offset: i64) -> i64 {
        offset.clamp(self.start, self.end)
    }

    /// The offset of the first message at `timestamp` (Unix milliseconds) or later; the log end if there is none.
    /// The end of a transaction counts as a message, as in Kafka.
    pub fn offset_at(&self, timestamp: i64) -> i64 {
        let mut from = self.start;
        for gap in &self.gaps {
            let found = self.first_at_or_after(from..gap.from_offset, timestamp);
            let found = found.or_else(|| gap.marker(timestamp).filter(|marker| *marker >= from));
            if let Some(offset) = found {
                return offset;
            }
            from = from.max(gap.to_offset);
        }
        self.first_at_or_after(from..self.end, timestamp).unwrap_or(self.end)
    }

    /// The first of these offsets, none of which is in a gap, whose message was written at `timestamp` or later.
    fn first_at_or_after(&self, within: Range<i64>, timestamp: i64) -> Option<i64> {
        for (index, range) in self.timestamps.iter().enumerate() {
            let next = self.timestamps.get(index + 1).map_or(self.end, |next| next.from_offset);
            let begin = range.from_offset.max(within.start);
            let end = next.min(within.end);
            if begin >= end {
                continue;
            }
            let found = range.first_at_or_after(begin, timestamp).and_then(|at| i64::try_from(at).ok());
            if found.is_some_and(|offset| offset < end) {
                return found;
            }
        }
        None
    }

    /// Appends `count` messages, spaced as in the last range.
    ///
    /// # Errors
    ///
    /// An offset or a timestamp exceeds 64 bits.
    pub fn append(&mut self, count: u32) -> Result<(), LogError> {
        let end = self.end.checked_add(i64::from(count));
        let end = end.ok_or(LogError("log_end exceeds 64 bits"))?;
        let log = Self::new(self.start, end, self.timestamps.clone())?.with_gaps(self.gaps.clone())?;
        *self = Self { contents: std::mem::take(&mut self.contents), ..log };
        Ok(())
    }

    /// A log without messages. The first message that [`append`](Self::append) adds has this timestamp.
    pub(super) fn empty(first_timestamp: i64) -> Self {
        let timestamps = vec![TimeRange { from_offset: 0, first_timestamp, step_ms: 1_000 }];
        Self { start: 0, end: 0, timestamps, gaps: Vec::new(), contents: BTreeMap::new() }
    }

    /// Appends one message that was written at `timestamp`. It gets its own range, because sent messages are rarely
    /// evenly spaced, and the content of each one needs more memory than the range.
    pub(super) fn send(&mut self, timestamp: i64, content: Content) {
        let offset = self.end;
        self.end = offset.saturating_add(1);
        let step_ms = self.timestamps.last().map_or(1_000, |range| range.step_ms);
        // A seed can describe messages that do not exist yet.
        self.timestamps.truncate(self.timestamps.partition_point(|range| range.from_offset < offset));
        self.timestamps.push(TimeRange { from_offset: offset, first_timestamp: timestamp, step_ms });
        self.contents.insert(offset, content);
    }

    /// The content of a message, if it was sent through the API.
    pub(crate) fn content(&self, offset: i64) -> Option<&Content> {
        self.contents.get(&offset)
    }

    /// Deletes every message before `offset`, as retention does.
    pub fn delete_before(&mut self, offset: i64) {
        self.start = self.clamp(offset);
        self.contents = self.contents.split_off(&self.start);
    }

    fn check_timestamps_fit(&self) -> Result<(), LogError> {
        for (index, range) in self.timestamps.iter().enumerate() {
            let next = self.timestamps.get(index + 1).map_or(self.end, |next| next.from_offset);
            let last = next.min(self.end).max(range.from_offset);
            if i64::try_from(range.timestamp(last)).is_err() {
                return Err(LogError("a range of timestamps exceeds 64 bits"));
            }
        }
        Ok(())
    }
}

/// The rule that the description of a log breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct LogError(&'static str);

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for LogError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from_offset: i64, first_timestamp: i64, step_ms: i64) -> TimeRange {
        TimeRange { from_offset, first_timestamp, step_ms }
    }

    #[test]
    fn offset_is_clamped_to_the_log() {
        let log = Log::new(100, 250, vec![range(100, 0, 1)]).unwrap();
        let table = [
            (i64::MIN, 100),
            (-1, 100),
            (99, 100),
            (100, 100),
            (101, 101),
            (249, 249),
            (250, 250),
            (251, 250),
            (i64::MAX, 250),
        ];
        for (requested, expected) in table {
            assert_eq!(log.clamp(requested), expected, "{requested}");
        }
    }

    #[test]
    fn timestamp_finds_the_first_message_at_or_after_it() {
        // The message at offset 100 was written at 5000, each further one 1000 ms later; the last offset is 249.
        let log = Log::new(100, 250, vec![range(100, 5_000, 1_000)]).unwrap();
        let table = [
            (i64::MIN, 100),
            (0, 100),
            (5_000, 100),
            (5_001, 101),
            (6_000, 101),
            (6_001, 102),
            (154_000, 249),
            (154_001, 250),
            (i64::MAX, 250),
        ];
        for (requested, expected) in table {
            assert_eq!(log.offset_at(requested), expected, "{requested}");
        }
        assert_eq!(log.last_message().and_then(|last| log.timestamp(last)), Some(154_000));
    }

    #[test]
    fn retention_changes_the_start_but_not_the_timestamps() {
        let mut log = Log::new(0, 100, vec![range(0, 1_000, 10)]).unwrap();
        log.delete_before(40);
        assert_eq!((log.start(), log.end()), (40, 100));
        assert_eq!(log.offset_at(0), 40);
        assert_eq!(log.offset_at(1_000 + 41 * 10), 41);
    }

    #[test]
    fn ranges_are_searched_in_offset_order() {
        // Ten messages, a pause, ten messages with the same timestamp, then a clock that was set back.
        let ranges = vec![range(0, 1_000, 1), range(10, 9_000, 0), range(20, 5_000, 1)];
        let log = Log::new(0, 30, ranges).unwrap();
        for (requested, expected) in [(1_009, 9), (1_010, 10), (9_000, 10), (9_001, 30), (5_003, 10)] {
            assert_eq!(log.offset_at(requested), expected, "{requested}");
        }
    }

    #[test]
    fn range_ends_at_the_next_one_even_if_that_is_older() {
        // Offset 10 would have been written at 1010, but the clock was set back to 500.
        let log = Log::new(0, 20, vec![range(0, 1_000, 1), range(10, 500, 1)]).unwrap();
        assert_eq!((log.offset_at(1_009), log.offset_at(1_010)), (9, 20));
        let written = [-1, 0, 9, 10, 19, 20].map(|offset| log.timestamp(offset));
        assert_eq!(written, [None, Some(1_000), Some(1_009), Some(500), Some(509), None]);
    }

    #[test]
    fn ranges_can_hold_billions_of_messages() {
        let log = Log::new(3_000_000_000, 9_000_000_000, vec![range(0, 0, 1)]).unwrap();
        assert_eq!(log.offset_at(8_999_999_999), 8_999_999_999);
        assert_eq!(log.offset_at(2), 3_000_000_000);
        assert_eq!(log.last_message(), Some(8_999_999_999));
    }

    #[test]
    fn empty_log_returns_its_end() {
        let log = Log::new(77, 77, Vec::new()).unwrap();
        assert_eq!((log.offset_at(0), log.clamp(5)), (77, 77));
        assert_eq!((log.message_from(0), log.last_message()), (None, None));
    }

    #[test]
    fn appended_messages_continue_the_last_range() {
        let mut log = Log::new(0, 1, vec![range(0, 1_000, 10)]).unwrap();
        log.append(4).unwrap();
        assert_eq!((log.end(), log.timestamp(4)), (5, Some(1_040)));
    }

    #[test]
    fn sent_messages_keep_their_times_and_replace_ranges_of_the_future() {
        let content = || Content { key: String::new(), value: String::new() };
        let mut log = Log::new(0, 1, vec![range(0, 1_000, 10), range(1, 5_000, 10), range(9, 6_000, 10)]).unwrap();
        // Many, because a search of all ranges for each of them would take minutes.
        for sent in 1..=100_000 {
            log.send(10_000 + sent * sent, content());
        }
        assert_eq!((log.end(), log.timestamp(0)), (100_001, Some(1_000)));
        for offset in 1..=100_000 {
            assert_eq!(log.timestamp(offset), Some(10_000 + offset * offset));
        }
        assert_eq!(log.offset_at(10_000 + 500 * 500), 500);
    }

    /// One message per second at the offsets 0 to 2, 6, 7 and 9; a transaction ended at offset 8, much later.
    fn log_with_gaps() -> Log {
        let gaps = vec![Gap::compacted(3, 6), Gap::transaction_end(8, 60_000)];
        Log::new(0, 10, vec![range(0, 0, 1_000)]).unwrap().with_gaps(gaps).unwrap()
    }

    #[test]
    fn first_message_is_searched_beyond_gaps() {
        let mut log = log_with_gaps();
        let from = |log: &Log, offsets: [i64; 6]| offsets.map(|offset| log.message_from(offset));
        let found = from(&log, [-1, 2, 3, 8, 9, 10]);
        assert_eq!(found, [Some(0), Some(2), Some(6), Some(9), Some(9), None]);
        assert_eq!(
            [2, 3, 5, 6, 8, 9].map(|offset| log.timestamp(offset).is_some()),
            [true, false, false, true, false, true]
        );
        log.delete_before(4);
        assert_eq!(log.message_from(0), Some(6));
        log.delete_before(8);
        assert_eq!((log.message_from(0), log.last_message()), (Some(9), Some(9)));
    }

    #[test]
    fn last_message_is_searched_before_gaps() {
        let gaps = vec![Gap::compacted(1, 2), Gap::transaction_end(2, 0), Gap::transaction_end(3, 0)];
        let log = Log::new(0, 4, vec![range(0, 0, 1)]).unwrap();
        let mut log = log.with_gaps(gaps).unwrap();
        assert_eq!(log.last_message(), Some(0));
        log.delete_before(1);
        assert_eq!((log.last_message(), log.message_from(0)), (None, None));
        log.append(1).unwrap();
        assert_eq!((log.last_message(), log.message_from(0)), (Some(4), Some(4)));
    }

    #[test]
    fn timestamp_skips_compacted_messages_and_finds_the_end_of_a_transaction() {
        let mut log = log_with_gaps();
        for (requested, expected) in
            [(2_000, 2), (2_001, 6), (5_000, 6), (7_000, 7), (7_001, 8), (60_000, 8), (60_001, 10)]
        {
            assert_eq!(log.offset_at(requested), expected, "{requested}");
        }
        log.delete_before(9);
        assert_eq!(log.offset_at(8_000), 9, "the end of the transaction was deleted");
    }

    #[test]
    fn invalid_gaps_are_refused() {
        for gaps in [
            vec![Gap::compacted(5, 5)],
            vec![Gap::compacted(-1, 5)],
            vec![Gap::compacted(5, 11)],
            vec![Gap::compacted(5, 7), Gap::compacted(6, 8)],
            vec![Gap::compacted(5, 7), Gap::compacted(3, 4)],
            vec![Gap { to_offset: 7, ..Gap::transaction_end(5, 0) }],
        ] {
            let log = Log::new(0, 10, vec![range(0, 0, 1)]).unwrap();
            assert!(log.with_gaps(gaps.clone()).is_err(), "{gaps:?}");
        }
    }

    #[test]
    fn invalid_logs_are_refused() {
        let invalid = [
            (-1, 5, vec![range(0, 0, 1)]),
            (6, 5, vec![range(0, 0, 1)]),
            (0, 5, vec![]),
            (0, 5, vec![range(1, 0, 1)]),
            (0, 5, vec![range(0, 0, -1)]),
            (0, 5, vec![range(0, 0, 1), range(0, 9, 1)]),
            (0, 5, vec![range(0, i64::MAX, 1)]),
        ];
        for (start, end, ranges) in invalid {
            assert!(Log::new(start, end, ranges.clone()).is_err(), "{start} {end} {ranges:?}");
        }
    }
}
