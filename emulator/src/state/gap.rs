//! Gaps: offsets of a log that have no message.

use serde::{Deserialize, Serialize};

/// Offsets without messages: compaction removed them, or a transaction ended there.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The first offset of the gap. Can be before the log start.
    pub from_offset: i64,
    /// The first offset after the gap.
    pub to_offset: i64,
    /// When the transaction ended, in Unix milliseconds, if the gap is the end of a transaction. Kafka finds this
    /// offset by its time, although no client can read it. `None`: compaction removed messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_ended_at: Option<i64>,
}

impl Gap {
    /// Messages that compaction removed. `to_offset` is the first offset after them.
    pub fn compacted(from_offset: i64, to_offset: i64) -> Self {
        Self { from_offset, to_offset, transaction_ended_at: None }
    }

    /// The end of a transaction, at a time in Unix milliseconds.
    pub fn transaction_end(offset: i64, timestamp: i64) -> Self {
        Self { from_offset: offset, to_offset: offset.saturating_add(1), transaction_ended_at: Some(timestamp) }
    }

    pub(super) fn contains(&self, offset: i64) -> bool {
        (self.from_offset..self.to_offset).contains(&offset)
    }

    /// The offset of the gap, if it is the end of a transaction at `timestamp` or later.
    pub(super) fn marker(&self, timestamp: i64) -> Option<i64> {
        self.transaction_ended_at.filter(|ended_at| *ended_at >= timestamp).map(|_| self.from_offset)
    }
}

/// Checks the gaps of a log that ends at `log_end`.
///
/// # Errors
///
/// The rule that the gaps break.
pub(super) fn check(gaps: &[Gap], log_end: i64) -> Result<(), &'static str> {
    if gaps.iter().any(|gap| gap.from_offset < 0 || gap.to_offset <= gap.from_offset || gap.to_offset > log_end) {
        return Err(
            "from_offset of a gap must be 0 or more, and to_offset must be greater than it and at most log_end",
        );
    }
    if gaps.iter().any(|gap| gap.transaction_ended_at.is_some() && gap.to_offset - gap.from_offset != 1) {
        return Err("a gap with transaction_ended_at must have one offset");
    }
    if gaps.windows(2).any(|pair| pair[0].to_offset > pair[1].from_offset) {
        return Err("gaps must be sorted and must not overlap");
    }
    Ok(())
}
