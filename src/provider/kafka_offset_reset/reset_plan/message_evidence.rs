//! Verifies a reset by time from the messages around a committed offset.
//!
//! A time resolves to the offset of the first message that is not older. So the last message before the committed
//! offset must be older than the time, and the first message at or after that offset must not be. An offset without a
//! message (the end of a transaction, or a compacted message) proves nothing, so the search continues to the next
//! message.

use std::future::Future;

use crate::huaweicloud::{Error, MessageOffset, StoredMessage, UnixMillis};

use super::judge::{Verdict, by_change};
use super::position::Position;

/// How many offsets to search for a message in each direction. The API has no call for the next message, so each offset
/// takes a request.
const MAX_OFFSETS_SEARCHED: i64 = 1_000;

/// Reads the messages of one partition.
pub(crate) trait PartitionMessages {
    /// The message at this offset. `None`: there is no message.
    fn at(&self, offset: MessageOffset) -> impl Future<Output = Result<Option<StoredMessage>, Error>> + Send;
    /// The first message.
    fn first(&self) -> impl Future<Output = Result<StoredMessage, Error>> + Send;
    /// The last message.
    fn last(&self) -> impl Future<Output = Result<StoredMessage, Error>> + Send;
}

/// Judges a partition whose committed offset lies within its log by the messages around that offset.
///
/// `is_current`: the start of the log in `after` was read after the reset, not copied from `before`.
pub(crate) async fn judge_by_messages(
    time: UnixMillis,
    before: &Position,
    after: &Position,
    is_current: bool,
    messages: &impl PartitionMessages,
) -> Verdict {
    let Some(committed) = after.committed else { return Verdict::Misplaced };
    match compare(time, committed, before, after, is_current, messages).await {
        Ok(verdict) => verdict,
        Err(why) => Verdict::Unverified(why),
    }
}

async fn compare(
    time: UnixMillis,
    committed: MessageOffset,
    before: &Position,
    after: &Position,
    is_current: bool,
    messages: &impl PartitionMessages,
) -> Result<Verdict, String> {
    let next = if committed < after.log.end { next_message(committed, after.log.end, messages).await? } else { None };
    if next.as_ref().is_some_and(|next| next.timestamp < time) {
        // A message written after the first read may be older than the time. The target was then the end of the log,
        // whose offset at that moment is unknown.
        return Ok(if committed >= before.log.end { by_change(before, after) } else { Verdict::Misplaced });
    }
    let previous = if committed > before.log.start {
        previous_message(committed, before.log.start, after.log.end, messages).await?
    } else {
        None
    };
    let may_follow_others = committed > before.log.start || next.as_ref().is_some_and(|next| next.offset > committed);
    match (previous, next) {
        (Some(previous), _) if previous.timestamp >= time => Ok(Verdict::Misplaced),
        (Some(_), _) => Ok(Verdict::AsRequested),
        (None, _) if may_follow_others && (!is_current || after.log.start > before.log.start) => {
            Err("the messages at this offset or before it have been deleted since the reset".to_owned())
        }
        (None, Some(_)) => Ok(Verdict::AsRequested),
        (None, None) => Err("the partition holds no message to compare with".to_owned()),
    }
}

/// The first message at `from` or later. `None`: there is no message before `end`.
async fn next_message(
    from: MessageOffset,
    end: MessageOffset,
    messages: &impl PartitionMessages,
) -> Result<Option<StoredMessage>, String> {
    if let Some(message) = messages.at(from).await.map_err(|error| unreadable(&error))? {
        return Ok(Some(message));
    }
    let first = messages.first().await.map_err(|error| unreadable(&error))?;
    if first.offset >= from {
        return Ok(Some(first));
    }
    let last = messages.last().await.map_err(|error| unreadable(&error))?;
    if last.offset < from {
        return Ok(None);
    }
    let found = search((from.get() + 1)..end.min(last.offset).get(), "after", messages).await?;
    Ok(found.or((last.offset < end).then_some(last)))
}

/// The last message before `before`. `None`: there is no message from `start` on.
async fn previous_message(
    before: MessageOffset,
    start: MessageOffset,
    end: MessageOffset,
    messages: &impl PartitionMessages,
) -> Result<Option<StoredMessage>, String> {
    if before >= end {
        let last = messages.last().await.map_err(|error| unreadable(&error))?;
        if last.offset >= before {
            return Err("messages have been written after this offset since the log was read".to_owned());
        }
        return Ok(Some(last));
    }
    let nearest = MessageOffset::try_from(before.get() - 1).unwrap_or(MessageOffset::MIN);
    if let Some(message) = messages.at(nearest).await.map_err(|error| unreadable(&error))? {
        return Ok(Some(message));
    }
    let first = messages.first().await.map_err(|error| unreadable(&error))?;
    if first.offset >= before {
        return Ok(None);
    }
    let found = search((start.max(first.offset).get()..nearest.get()).rev(), "before", messages).await?;
    Ok(found.or((first.offset >= start).then_some(first)))
}

/// The first message at one of these offsets. `None`: there is no message at any of them.
async fn search(
    offsets: impl Iterator<Item = i64>,
    side: &str,
    messages: &impl PartitionMessages,
) -> Result<Option<StoredMessage>, String> {
    for (searched, offset) in (1..).zip(offsets) {
        if searched > MAX_OFFSETS_SEARCHED {
            return Err(format!("none of the {MAX_OFFSETS_SEARCHED} offsets {side} it holds a message"));
        }
        let offset = MessageOffset::try_from(offset).unwrap_or(MessageOffset::MIN);
        if let Some(message) = messages.at(offset).await.map_err(|error| unreadable(&error))? {
            return Ok(Some(message));
        }
    }
    Ok(None)
}

fn unreadable(error: &Error) -> String {
    format!("the messages around it cannot be read: {}", error.report())
}

#[cfg(test)]
mod tests {
    use super::super::position::tests::{offset, position};
    use super::*;

    /// The messages of a partition, as (offset, timestamp), and the range of offsets at which the service does not find
    /// them. `None`: reading them fails.
    struct Log(Option<Vec<(i64, i64)>>, std::ops::Range<i64>);

    impl Log {
        fn read(&self, find: impl Fn(&[(i64, i64)]) -> Option<(i64, i64)>) -> Result<Option<StoredMessage>, Error> {
            let messages = self.0.as_ref().ok_or_else(no_answer)?;
            Ok(find(messages).map(|(at, time)| StoredMessage { offset: offset(at), timestamp: millis(time) }))
        }
    }

    impl PartitionMessages for Log {
        async fn at(&self, offset: MessageOffset) -> Result<Option<StoredMessage>, Error> {
            self.read(|messages| messages.iter().copied().find(|(at, _)| *at == offset.get() && !self.1.contains(at)))
        }

        async fn first(&self) -> Result<StoredMessage, Error> {
            self.read(|messages| messages.first().copied())?.ok_or_else(no_answer)
        }

        async fn last(&self) -> Result<StoredMessage, Error> {
            self.read(|messages| messages.last().copied())?.ok_or_else(no_answer)
        }
    }

    /// Any error: which one does not matter here.
    fn no_answer() -> Error {
        crate::huaweicloud::Region::parse("no region").unwrap_err()
    }

    fn millis(time: i64) -> UnixMillis {
        time.try_into().unwrap()
    }

    /// Messages at these offsets, each written at ten times its offset.
    fn at(offsets: impl IntoIterator<Item = i64>) -> Log {
        Log(Some(offsets.into_iter().map(|offset| (offset, offset * 10)).collect()), 0..0)
    }

    /// The committed offset before and after, and the log at both times.
    struct Reads {
        committed: (Option<i64>, i64),
        before: (i64, i64),
        after: (i64, i64),
        is_current: bool,
    }

    /// A log that has not changed.
    fn reads(committed: (i64, i64), log: (i64, i64)) -> Reads {
        Reads { committed: (Some(committed.0), committed.1), before: log, after: log, is_current: true }
    }

    async fn verdict(time: i64, reads: &Reads, messages: &Log) -> Verdict {
        let before = position(0, reads.committed.0, reads.before);
        let after = position(0, Some(reads.committed.1), reads.after);
        judge_by_messages(millis(time), &before, &after, reads.is_current, messages).await
    }

    #[tokio::test]
    async fn offset_is_the_requested_one_if_the_messages_around_it_agree() {
        for (time, reads, messages) in [
            (200, reads((100, 20), (0, 100)), at(0..100)),
            (195, reads((100, 20), (0, 100)), at(0..100)),
            // Unchanged, and right for the time.
            (200, reads((20, 20), (0, 100)), at(0..100)),
            // Before every message, and after every message.
            (0, reads((50, 0), (0, 100)), at(0..100)),
            (5_000, reads((50, 100), (0, 100)), at(0..100)),
            // Transaction markers at 19, 20 and 99.
            (200, reads((50, 20), (0, 100)), at((0..99).filter(|it| ![19, 20].contains(it)))),
            (5_000, reads((50, 100), (0, 100)), at(0..99)),
            (5_000, reads((50, 99), (0, 100)), at(0..99)),
            // Compaction has left only 5 and 90, or a first message far from the start of the log.
            (200, reads((0, 90), (0, 100)), at([5, 90])),
            (200, reads((0, 60), (0, 100)), at([5, 90])),
            (10, reads((50, 0), (0, 5_000)), at([4_000])),
        ] {
            assert_eq!(verdict(time, &reads, &messages).await, Verdict::AsRequested, "{time} {:?}", reads.committed);
        }
    }

    #[tokio::test]
    async fn offset_is_misplaced_if_a_message_around_it_disagrees() {
        for (time, reads, messages) in [
            (200, reads((100, 21), (0, 100)), at(0..100)),
            (200, reads((100, 19), (0, 100)), at(0..100)),
            (200, reads((100, 100), (0, 100)), at(0..100)),
            (0, reads((1, 1), (0, 100)), at(0..100)),
            // The group is behind a transaction marker. An offset without a message must not count as agreement.
            (200, reads((100, 100), (0, 100)), at(0..99)),
            // A transaction of one message ends right before the group's offset.
            (200, reads((52, 52), (0, 100)), at((0..100).filter(|it| *it != 51))),
            (600, reads((52, 52), (0, 100)), at((0..100).filter(|it| ![52, 53].contains(it)))),
            // Compaction has left only 5 and 90.
            (40, reads((60, 60), (0, 100)), at([5, 90])),
            (5_000, reads((60, 60), (0, 100)), at([5, 90])),
            // The service finds no message from the group's offset on, although it shows the last one.
            (5_000, reads((95, 95), (0, 100)), Log(at(0..100).0, 95..100)),
        ] {
            assert_eq!(verdict(time, &reads, &messages).await, Verdict::Misplaced, "{time} {:?}", reads.committed);
        }
    }

    #[tokio::test]
    async fn offset_that_messages_cannot_prove_is_unverified() {
        let truncated = |is_current| Reads { after: (60, 100), is_current, ..reads((60, 60), (40, 100)) };
        for (time, reads, messages, why) in [
            (200, reads((100, 20), (0, 100)), Log(None, 0..0), "cannot be read: "),
            (200, reads((20, 20), (0, 100)), Log(None, 0..0), "cannot be read"),
            // Retention has removed the messages that could disagree.
            (500, truncated(true), at(60..100), "deleted since"),
            (500, truncated(false), at(60..100), "deleted since"),
            // The group was at the start of the log, which has changed or may have changed.
            (600, Reads { after: (60, 100), ..reads((0, 0), (0, 100)) }, at(60..100), "deleted since"),
            (600, Reads { is_current: false, ..reads((0, 0), (0, 100)) }, at(60..100), "deleted since"),
            // The log has grown since its end was read, and the new messages may be older than the time.
            (1_200, reads((100, 100), (0, 100)), at(0..150), "written after this offset since"),
            // Too far to the next message on either side.
            (30_000, reads((0, 5_000), (0, 10_000)), at([5, 9_999]), "none of the 1000 offsets after it"),
            (30_000, reads((0, 5_000), (0, 10_000)), at([5, 5_000, 9_999]), "none of the 1000 offsets before it"),
            // The whole log is deleted: the end of an empty log proves nothing.
            (500, Reads { after: (100, 100), ..reads((100, 100), (40, 100)) }, at([]), "cannot be read"),
        ] {
            let verdict = verdict(time, &reads, &messages).await;
            assert!(matches!(&verdict, Verdict::Unverified(it) if it.contains(why)), "{time} {why}: {verdict:?}");
        }
    }

    /// A time in the future resolves to the end of the log, which new messages with earlier times move.
    #[tokio::test]
    async fn messages_written_after_the_reset_do_not_contradict_it() {
        let grown = |before| Reads { after: (0, 120), ..reads((before, 105), (0, 100)) };
        assert_eq!(verdict(5_000, &grown(50), &at(0..120)).await, Verdict::Plausible);
        assert!(matches!(verdict(5_000, &grown(105), &at(0..120)).await, Verdict::Unverified(_)));
    }

    /// For any log with gaps, a start that may advance, and any committed offset: every verified offset is right for
    /// every message that existed, and every right offset in an unchanged log is verified.
    #[tokio::test]
    async fn verified_offsets_are_the_right_ones() {
        let mut random = fastrand::Rng::with_seed(15);
        let (mut proved, mut refused) = (0, 0);
        for _ in 0..20_000 {
            let (start, length) = (random.i64(0..5), random.i64(1..12));
            let (end, density) = (start + length, random.i64(1..5));
            let offsets: Vec<i64> = (start..end).filter(|_| random.i64(0..density) == 0).collect();
            let deleted = if random.bool() { start } else { random.i64(start..=end) };
            let (time, committed) = (random.i64(0..20) * 10 - 5, random.i64(start..=end));
            let before = if random.bool() { committed } else { random.i64(start..=end) };
            let reads = Reads { after: (deleted, end), ..reads((before, committed), (start, end)) };
            let left = at(offsets.iter().copied().filter(|it| *it >= deleted));
            let verdict = verdict(time.max(0), &reads, &left).await;
            let is_true = offsets.iter().all(|it| (*it < committed) == (it * 10 < time.max(0)));
            let case = format!("{time} {committed} of {offsets:?} in {start}..{end} from {deleted}: {verdict:?}");
            match verdict {
                Verdict::AsRequested => assert!(is_true, "{case}"),
                Verdict::Misplaced => assert!(!is_true, "{case}"),
                _ => assert!(deleted > start || offsets.is_empty() || !is_true, "{case}"),
            }
            *(if is_true { &mut proved } else { &mut refused }) += 1;
        }
        assert!(proved > 1_000 && refused > 1_000, "{proved} {refused}");
    }
}
