//! What times resolve to in logs of every kind, compared with a scan of the whole log.

mod requests;
mod service;
mod undetermined;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::huaweicloud::{Error, MessageHint, MessageOffset, StoredMessage, UnixMillis};

use super::super::reset_plan::position::tests::offset as at;
use super::*;

/// The hint that a service gives.
#[derive(Clone, Copy, Debug)]
enum Service {
    /// It does not have the call.
    WithoutHint,
    /// As Kafka does: the first message that is not older, in any order of times.
    AsKafka,
    /// It lists the last message first.
    Descending,
    /// It interprets the time as seconds, so every message is older.
    InSeconds,
    /// It names this offset.
    Wrong(i64),
    /// It does not have the call, and responds to a read of either end with an error.
    WithoutEnds,
}

/// A partition whose messages are computed, so that it can be large.
struct Log<F> {
    range: Range<i64>,
    /// The time of the message at an offset. `None`: there is no message.
    time_at: F,
    service: Service,
    requests: AtomicU32,
}

impl<F: Fn(i64) -> Option<i64> + Sync> Log<F> {
    fn new(range: Range<i64>, service: Service, time_at: F) -> Self {
        Self { range, time_at, service, requests: AtomicU32::new(0) }
    }

    fn read(&self, offsets: impl IntoIterator<Item = i64>) -> Option<StoredMessage> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.find(offsets, |_| true)
    }

    fn find(&self, offsets: impl IntoIterator<Item = i64>, wanted: impl Fn(i64) -> bool) -> Option<StoredMessage> {
        let message = |offset: i64| {
            let time = (self.time_at)(offset).filter(|time| wanted(*time))?;
            Some(StoredMessage { offset: at(offset), timestamp: millis(time) })
        };
        offsets.into_iter().filter(|offset| self.range.contains(offset)).find_map(message)
    }

    fn log(&self) -> LogRange {
        LogRange { start: at(self.range.start), end: at(self.range.end) }
    }

    async fn locate(&self, time: i64, guess: Guess) -> Result<Location, Undetermined> {
        self.requests.store(0, Ordering::Relaxed);
        locate(millis(time), self.log(), guess, 1_000, self).await
    }

    /// The result, and the number of requests.
    async fn place(&self, time: i64, guess: Guess) -> (Place, u32) {
        let location = self.locate(time, guess).await.unwrap();
        (location.place, self.requests.load(Ordering::Relaxed))
    }
}

impl<F: Fn(i64) -> Option<i64> + Sync> PartitionMessages for Log<F> {
    async fn at(&self, offset: MessageOffset) -> Result<Option<StoredMessage>, Error> {
        Ok(self.read([offset.get()]))
    }

    async fn first(&self) -> Result<StoredMessage, Error> {
        let first = self.read(self.range.clone());
        first.filter(|_| !matches!(self.service, Service::WithoutEnds)).ok_or_else(no_message)
    }

    async fn last(&self) -> Result<StoredMessage, Error> {
        let last = self.read(self.range.clone().rev());
        last.filter(|_| !matches!(self.service, Service::WithoutEnds)).ok_or_else(no_message)
    }

    async fn hint(&self, time: UnixMillis) -> Result<MessageHint, Error> {
        // No more hints are requested from a service that has refused one.
        if matches!(self.service, Service::WithoutHint | Service::WithoutEnds) {
            return Ok(MessageHint::Unavailable);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let is_young = |it| it >= time.get();
        let found = match self.service {
            Service::WithoutHint | Service::WithoutEnds => None,
            Service::AsKafka => self.find(self.range.clone(), is_young),
            Service::Descending => self.find(self.range.clone().rev(), is_young),
            Service::InSeconds => None,
            Service::Wrong(offset) => Some(StoredMessage { offset: at(offset), timestamp: time }),
        };
        Ok(found.map_or(MessageHint::NoMessage, MessageHint::Message))
    }
}

/// Any error: which one does not matter here.
fn no_message() -> Error {
    crate::huaweicloud::Region::parse("no region").unwrap_err()
}

fn millis(time: i64) -> UnixMillis {
    time.try_into().unwrap()
}

/// A small log of these messages, as (offset, time).
fn log(range: Range<i64>, service: Service, messages: &[(i64, i64)]) -> Log<impl Fn(i64) -> Option<i64> + Sync> {
    let messages: BTreeMap<i64, i64> = messages.iter().copied().collect();
    Log::new(range, service, move |offset| messages.get(&offset).copied())
}

/// Whether no existing message lies between an offset and the first message that is not older than the time.
fn is_right(committed: i64, time: i64, messages: &[(i64, i64)]) -> bool {
    let target = messages.iter().find(|(_, it)| *it >= time).map_or(i64::MAX, |(offset, _)| *offset);
    committed <= target && !messages.iter().any(|(offset, _)| (committed..target).contains(offset))
}

/// `previous < message`, `< message`, `last <` or `empty`, by offset.
fn shown(place: &Place) -> String {
    match place {
        Place::Empty => "empty".to_owned(),
        Place::Message { previous: None, message } => format!("< {}", message.offset),
        Place::Message { previous: Some(previous), message } => format!("{} < {}", previous.offset, message.offset),
        Place::End { last } => format!("{} <", last.offset),
    }
}

const SERVICES: [Service; 7] = [
    Service::WithoutHint,
    Service::AsKafka,
    Service::Descending,
    Service::InSeconds,
    Service::Wrong(0),
    Service::Wrong(4),
    Service::WithoutEnds,
];

#[tokio::test]
async fn time_leads_to_the_first_message_that_is_not_older() {
    let dense: Vec<(i64, i64)> = (0..10).map(|it| (it, it * 10)).collect();
    let gaps = [(2, 20), (3, 30), (6, 60), (7, 70), (9, 90)];
    let equal = [(0, 10), (1, 20), (2, 20), (3, 20), (4, 20), (5, 30)];
    for (range, messages, time, expected) in [
        (0..10, &dense[..], 0, "< 0"),
        (0..10, &dense, 1, "0 < 1"),
        (0..10, &dense, 50, "4 < 5"),
        (0..10, &dense, 51, "5 < 6"),
        (0..10, &dense, 90, "8 < 9"),
        (0..10, &dense, 91, "9 <"),
        // Retention has removed the first messages.
        (5..10, &dense, 0, "< 5"),
        (5..10, &dense, 60, "5 < 6"),
        // Compaction and transaction markers have left gaps, also at both ends.
        (0..12, &gaps, 0, "< 2"),
        (0..12, &gaps, 20, "< 2"),
        (0..12, &gaps, 21, "2 < 3"),
        (0..12, &gaps, 31, "3 < 6"),
        (0..12, &gaps, 60, "3 < 6"),
        (0..12, &gaps, 71, "7 < 9"),
        (0..12, &gaps, 91, "9 <"),
        (0..6, &equal, 20, "0 < 1"),
        (0..6, &equal, 21, "4 < 5"),
        (0..6, &equal, 31, "5 <"),
        // One message.
        (7..8, &[(7, 70)], 69, "< 7"),
        (7..8, &[(7, 70)], 70, "< 7"),
        (7..8, &[(7, 70)], 71, "7 <"),
        // Empty, and emptied.
        (0..0, &[], 5, "empty"),
        (8..8, &[], 5, "empty"),
    ] {
        for service in SERVICES {
            for guess in [Guess::Hint, Guess::Offset(at(range.start)), Guess::Offset(at(range.end))] {
                let log = log(range.clone(), service, messages);
                let location = log.locate(time, guess).await;
                if let (Guess::Offset(guess), Err(Undetermined::WrongGuess(_))) = (guess, &location) {
                    assert!(!is_right(guess.get(), time, messages), "{time} {messages:?} {service:?} {guess}");
                    continue;
                }
                let place = location.as_ref().map(|it| shown(&it.place));
                assert_eq!(
                    place.as_deref().ok(),
                    Some(expected),
                    "{time} {messages:?} {service:?} {guess:?}: {location:?}"
                );
                assert_eq!(location.unwrap().disorder, None);
            }
        }
    }
}

/// What a scan of the whole log finds: the first message that is not older, and those next to it.
fn scan(messages: &[(i64, i64)], time: i64) -> String {
    match messages.iter().position(|(_, it)| *it >= time) {
        _ if messages.is_empty() => "empty".to_owned(),
        None => format!("{} <", messages[messages.len() - 1].0),
        Some(0) => format!("< {}", messages[0].0),
        Some(index) => format!("{} < {}", messages[index - 1].0, messages[index].0),
    }
}

/// Random logs with gaps, and timestamps that never decrease.
#[tokio::test]
async fn result_is_that_of_a_full_scan() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..20_000 {
        let start = random.i64(0..5);
        let (end, density, step) = (start + random.i64(0..40), random.i64(1..5), random.i64(1..20));
        let mut now = random.i64(0..50);
        let mut messages = Vec::new();
        for offset in start..end {
            now += random.i64(0..step);
            if random.i64(0..density) == 0 {
                messages.push((offset, now));
            }
        }
        if messages.is_empty() && end > start {
            continue;
        }
        let (time, guess) = (random.i64(0..=now + 5), random.i64(0..=end + 2));
        let service = [SERVICES[random.usize(..4)], Service::Wrong(guess)][random.usize(..2)];
        let guess = [Guess::Hint, Guess::Offset(at(guess))][random.usize(..2)];
        let log = log(start..end, service, &messages);
        let location = log.locate(time, guess).await;
        let case = format!("{time} {messages:?} {service:?} {guess:?}: {location:?}");
        if let (Guess::Offset(guess), Err(Undetermined::WrongGuess(message))) = (guess, &location) {
            assert!(!is_right(guess.get(), time, &messages), "{case}");
            assert_eq!(message.offset < guess, message.timestamp >= millis(time), "{case}");
            continue;
        }
        let location = location.unwrap();
        assert_eq!(shown(&location.place), scan(&messages, time), "{case}");
        assert_eq!(location.disorder, None, "{case}");
        for committed in start..=end {
            let agrees = location.contradiction(at(committed)).is_none();
            assert_eq!(agrees, is_right(committed, time, &messages), "{committed}: {case}");
        }
        assert_eq!(location.contradiction(location.offset(log.log())), None, "{case}");
        let first_and_last = messages.first().zip(messages.last());
        let before = time > 0 && first_and_last.is_some_and(|(first, _)| time < first.1);
        let after = first_and_last.is_some_and(|(_, last)| time > last.1);
        assert_eq!((location.is_before_first_message(millis(time)), location.is_after_last_message()), (before, after));
    }
}

/// Random timestamps in any order. The result is a crossing, never before the offset that Kafka finds. With Kafka's
/// hint, it is exactly that offset.
#[tokio::test]
async fn times_out_of_order_lead_to_a_crossing() {
    let mut random = fastrand::Rng::with_seed(8);
    let (mut later, mut noticed) = (0, 0);
    for _ in 0..20_000 {
        let end = random.i64(1..40);
        let message = |offset| (random.i64(0..3) > 0).then(|| (offset, offset * 3 + random.i64(0..60)));
        let messages: Vec<(i64, i64)> = (0..end).filter_map(message).collect();
        let (Some(first), Some(last)) = (messages.first(), messages.last()) else { continue };
        let (time, service) = (random.i64(0..200), SERVICES[random.usize(..6)]);
        let guess = [Guess::Hint, Guess::Offset(at(random.i64(0..=end)))][random.usize(..2)];
        let log = log(0..end, service, &messages);
        let location = log.locate(time, guess).await;
        let case = format!("{time} {messages:?} {service:?} {guess:?}: {location:?}");
        if let (Guess::Offset(guess), Err(Undetermined::WrongGuess(_))) = (guess, &location) {
            assert!(!is_right(guess.get(), time, &messages), "{case}");
            continue;
        }
        let location = location.unwrap();
        let kafka = messages.iter().find(|(_, it)| *it >= time).map_or(end, |(offset, _)| *offset);
        match &location.place {
            Place::Message { previous, message } => {
                let index = messages.iter().position(|(offset, _)| *offset == message.offset.get()).unwrap();
                let before = index.checked_sub(1).map(|index| messages[index]);
                assert_eq!(before, previous.as_ref().map(|it| (it.offset.get(), it.timestamp.get())), "{case}");
                assert!(messages[index].1 >= time && before.is_none_or(|(_, it)| it < time), "{case}");
            }
            Place::End { last: found } => assert!(found.offset.get() == last.0 && last.1 < time, "{case}"),
            Place::Empty => panic!("{case}"),
        }
        let found = location.offset(log.log()).get();
        assert!(found >= kafka, "{case}");
        let is_exact = match service {
            Service::AsKafka => true,
            Service::WithoutHint => first.1 >= time,
            _ => false,
        };
        if is_exact && guess == Guess::Hint {
            assert_eq!(found, kafka, "{case}");
        }
        if location.is_hinted {
            let hint = log.hint(millis(time)).await.unwrap();
            assert!(matches!(&hint, MessageHint::Message(it) if it.offset.get() == found), "{hint:?}: {case}");
        }
        if let Some((earlier, later)) = &location.disorder {
            assert!(earlier.offset < later.offset && earlier.timestamp > later.timestamp, "{case}");
            noticed += 1;
        }
        later += u32::from(found > kafka);
        // A disorder that was seen never leaves a wrong offset without a hint, and never rejects Kafka's.
        let range = log.log();
        let (is_hinted, has_disorder) = (location.is_hinted, location.disorder.is_some());
        match location.check_order(range) {
            Ok(_) => assert!(found == kafka || is_hinted || !has_disorder, "{case}"),
            Err(why) => {
                let (earliest, latest) = why.bounds(range);
                assert!((earliest.get()..=latest.get()).contains(&kafka) && !is_hinted, "{case}");
            }
        }
    }
    assert!(later > 1_000 && noticed > 1_000, "{later} {noticed}");
}

#[tokio::test]
async fn group_at_the_end_of_a_transaction_agrees() {
    let log = log(0..10, Service::WithoutHint, &[(0, 10), (1, 20), (4, 50), (5, 60)]);
    let location = log.locate(30, Guess::Offset(at(2))).await.unwrap();
    let agreeing: Vec<i64> = (0..10).filter(|it| location.contradiction(at(*it)).is_none()).collect();
    assert_eq!((shown(&location.place).as_str(), agreeing), ("1 < 4", vec![2, 3, 4]));
}

/// An offset that wrongly passes over messages is rejected at once, even next to offsets without a message.
#[tokio::test]
async fn wrong_offset_is_rejected_by_the_first_contradiction() {
    let log = log(0..1_000_000, Service::WithoutHint, &[(0, 10), (1, 20), (2, 30), (999_999, 90)]);
    for (committed, contradiction, most) in [(0, 0, 1), (1, 1, 2), (2, 2, 2), (1_000_000, 999_999, 1)] {
        let time = if committed == 1_000_000 { 85 } else { 80 };
        let error = log.locate(time, Guess::Offset(at(committed))).await.unwrap_err();
        let Undetermined::WrongGuess(message) = error else { panic!("{committed}: {error:?}") };
        let requests = log.requests.load(Ordering::Relaxed);
        assert!(message.offset == at(contradiction) && requests <= most, "{committed}: {requests}");
    }
}

#[tokio::test]
async fn earliest_is_never_before_the_first_message() {
    let log = log(0..10, Service::WithoutHint, &[(0, 10), (9, 90)]);
    for (time, expected) in [(0, false), (1, true), (10, false)] {
        let location = log.locate(time, Guess::Hint).await.unwrap();
        assert_eq!(
            (shown(&location.place).as_str(), location.is_before_first_message(millis(time))),
            ("< 0", expected)
        );
    }
}
