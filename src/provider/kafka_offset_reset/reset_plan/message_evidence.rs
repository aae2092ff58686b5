//! Verifies a reset by time from the messages around a committed offset.
//!
//! An offset is right if [`locate`] finds no existing message between it and the message that the time resolves to.
//! This module decides what that proves if the log has changed between the reads.

use crate::huaweicloud::{MessageOffset, StoredMessage, UnixMillis};

use super::super::locate::{Guess, Location, PartitionMessages, Place, Undetermined, locate};
use super::judge::{Verdict, by_change};
use super::position::Position;

/// The maximum number of requests for one partition. It allows for 1,000 offsets without a message on each side of the
/// committed offset.
const MAX_REQUESTS: u32 = 2_100;

/// Judges a partition by the messages around its committed offset. Also returns whether the time lies outside the log;
/// `None`: not known.
///
/// An offset outside the log is always misplaced. No message lies between an offset before the log and the first
/// message, so the messages alone would seem to agree with it.
///
/// `is_current`: the start of the log in `after` was read after the reset, not copied from `before`.
pub(crate) async fn judge_by_messages(
    time: UnixMillis,
    before: &Position,
    after: &Position,
    is_current: bool,
    messages: &impl PartitionMessages,
) -> (Verdict, Option<bool>) {
    let Some(committed) = after.committed.filter(|it| (before.log.start..=after.log.end).contains(it)) else {
        return (Verdict::Misplaced, None);
    };
    let location = match locate(time, after.log, Guess::Offset(committed), MAX_REQUESTS, messages).await {
        Ok(location) => location,
        Err(Undetermined::WrongGuess(message)) => return contradicted(&message, committed, before, after),
        Err(why) => return (Verdict::Unverified(why.describe()), None),
    };
    if let Some(message) = location.contradiction(committed) {
        // The search passed over offsets between the two, relying on the order of the messages.
        if message.offset > committed && location.disorder.is_some() {
            let why = "the times of the messages around it are not in order";
            return (Verdict::Unverified(why.to_owned()), None);
        }
        return contradicted(message, committed, before, after);
    }
    match missing_evidence(&location, committed, before, after, is_current) {
        Some(why) => (Verdict::Unverified(why.to_owned()), None),
        None => {
            let is_outside = location.is_before_first_message(time) || location.is_after_last_message();
            (Verdict::AsRequested, Some(is_outside))
        }
    }
}

/// The verdict if `message` shows that the time does not resolve to the committed offset now.
fn contradicted(
    message: &StoredMessage,
    committed: MessageOffset,
    before: &Position,
    after: &Position,
) -> (Verdict, Option<bool>) {
    if message.offset < committed || committed < before.log.end {
        return (Verdict::Misplaced, None);
    }
    // A message written after the first read may be older than the time. The target was then the end of the log, whose
    // offset at that moment is unknown.
    if committed >= after.log.end {
        let why = "messages have been written after this offset since the log was read";
        return (Verdict::Unverified(why.to_owned()), None);
    }
    let verdict = by_change(before, after);
    let is_outside = (verdict == Verdict::Plausible).then_some(true);
    (verdict, is_outside)
}

/// Why messages that agree with the committed offset prove nothing. `None`: they prove it.
fn missing_evidence(
    location: &Location,
    committed: MessageOffset,
    before: &Position,
    after: &Position,
    is_current: bool,
) -> Option<&'static str> {
    let next = match &location.place {
        Place::End { .. } | Place::Message { previous: Some(_), .. } => return None,
        Place::Message { previous: None, message } => Some(message),
        Place::Empty => None,
    };
    let may_follow_others = committed > before.log.start || next.is_some_and(|next| next.offset > committed);
    let may_have_lost_messages = !is_current || after.log.start > before.log.start;
    if may_follow_others && may_have_lost_messages {
        Some("the messages at this offset or before it have been deleted since the reset")
    } else if next.is_none() {
        Some("the partition has no message to compare with")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::position::tests::{offset, position};
    use super::*;
    use crate::huaweicloud::{Error, MessageHint};

    /// The messages of a partition, as (offset, timestamp), and the range of offsets at which the service does not find
    /// them. `None`: reading them fails.
    struct Log(Option<Vec<(i64, i64)>>, std::ops::Range<i64>);

    impl Log {
        fn read(&self, find: impl Fn(&[(i64, i64)]) -> Option<(i64, i64)>) -> Result<Option<StoredMessage>, Error> {
            let messages = self.0.as_ref().ok_or_else(no_response)?;
            Ok(find(messages).map(|(at, time)| StoredMessage { offset: offset(at), timestamp: millis(time) }))
        }
    }

    impl PartitionMessages for Log {
        async fn at(&self, offset: MessageOffset) -> Result<Option<StoredMessage>, Error> {
            self.read(|messages| messages.iter().copied().find(|(at, _)| *at == offset.get() && !self.1.contains(at)))
        }

        async fn first(&self) -> Result<StoredMessage, Error> {
            self.read(|messages| messages.first().copied())?.ok_or_else(no_response)
        }

        async fn last(&self) -> Result<StoredMessage, Error> {
            self.read(|messages| messages.last().copied())?.ok_or_else(no_response)
        }

        async fn hint(&self, _: UnixMillis) -> Result<MessageHint, Error> {
            panic!("a committed offset needs no hint")
        }
    }

    /// Any error: which one does not matter here.
    fn no_response() -> Error {
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
        judge_by_messages(millis(time), &before, &after, reads.is_current, messages).await.0
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
            // A long gap.
            (20_000, reads((0, 2_900), (0, 10_000)), at([1_000, 2_900, 2_901])),
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
            // The group is outside the log, where no reset moves it.
            (0, reads((5, 5), (100, 300)), at(100..300)),
            (500, reads((5, 5), (100, 300)), at(100..300)),
            (5_000, reads((301, 301), (100, 300)), at(100..300)),
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
            (30_000, reads((0, 5_000), (0, 10_000)), at([5, 9_999]), "2100 requests were not enough"),
            (30_000, reads((0, 5_000), (0, 10_000)), at([5, 5_000, 9_999]), "2100 requests were not enough"),
            // The whole log is deleted: the end of an empty log proves nothing.
            (500, Reads { after: (100, 100), ..reads((100, 100), (40, 100)) }, at([]), "deleted since"),
            // Retention is about to move the log start, or the log contains only transaction markers.
            (500, reads((50, 50), (40, 100)), at([]), "cannot be read"),
            (500, reads((50, 50), (45, 55)), at([]), "finds no message in its log"),
            // Reads by offset find nothing, although the log is full of messages.
            (200, reads((20, 20), (0, 100)), Log(at(0..100).0, 0..100), "finds no message at offset 99, although"),
            (200, reads((50, 50), (0, 100)), Log(at(0..100).0, 0..100), "finds no message at offset 99, although"),
        ] {
            let verdict = verdict(time, &reads, &messages).await;
            assert!(matches!(&verdict, Verdict::Unverified(it) if it.contains(why)), "{time} {why}: {verdict:?}");
        }
    }

    /// The first and the last message are out of order, so there may be a newer message between them.
    #[tokio::test]
    async fn distant_message_contradicts_an_offset_only_if_times_are_in_order() {
        let judge = async |first, last| {
            let log = Log(Some(vec![(5, first), (90, last)]), 0..0);
            verdict(5_000, &reads((60, 60), (0, 100)), &log).await
        };
        assert_eq!(judge(60, 100).await, Verdict::Misplaced);
        let out_of_order = judge(100, 60).await;
        assert!(matches!(&out_of_order, Verdict::Unverified(it) if it.contains("not in order")), "{out_of_order:?}");
    }

    #[tokio::test]
    async fn time_is_outside_the_log_if_it_is_before_or_after_every_message() {
        for (time, committed, is_outside) in
            [(0, 10, false), (99, 10, true), (100, 10, false), (200, 20, false), (990, 99, false), (991, 100, true)]
        {
            let after = position(0, Some(committed), (10, 100));
            let (verdict, found) = judge_by_messages(millis(time), &after, &after, true, &at(10..100)).await;
            assert_eq!((verdict, found), (Verdict::AsRequested, Some(is_outside)), "{time}");
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
