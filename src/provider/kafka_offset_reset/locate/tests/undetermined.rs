//! Searches without a result, and logs that change during a search.

use super::*;

#[tokio::test]
async fn long_range_without_messages_cannot_be_determined() {
    let log = log(0..100_000, Service::WithoutHint, &[(5, 50), (99_999, 90)]);
    let error = log.locate(60, Guess::Hint).await.unwrap_err();
    assert_eq!(
        error.describe(),
        "1000 requests were not enough, because many offsets between the messages at offsets 5 and 99999 have no \
         message"
    );
    let Undetermined::TooManyRequests { older: Some(older), newer: Some(newer), .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!((older.offset, newer.offset), (at(5), at(99_999)));
}

/// Blind reads return no message, although the log has some.
struct Blind<L>(L);

impl<L: PartitionMessages + Sync> PartitionMessages for Blind<L> {
    async fn at(&self, offset: MessageOffset) -> Result<Option<StoredMessage>, Error> {
        self.0.at(offset).await.map(|_| None)
    }

    async fn first(&self) -> Result<StoredMessage, Error> {
        self.0.first().await
    }

    async fn last(&self) -> Result<StoredMessage, Error> {
        self.0.last().await
    }

    async fn hint(&self, time: UnixMillis) -> Result<MessageHint, Error> {
        self.0.hint(time).await
    }
}

#[tokio::test]
async fn reads_that_never_find_a_message_are_no_evidence() {
    let messages: Vec<(i64, i64)> = (3..50).map(|it| (it, it * 10)).collect();
    for service in [Service::WithoutHint, Service::AsKafka, Service::Wrong(4)] {
        // The last two guesses are 1, which only a gap contradicts, and the right one.
        for guess in [Guess::Hint, Guess::Offset(at(1)), Guess::Offset(at(20))] {
            let log = log(0..50, service, &messages);
            let range = log.log();
            let blind = Blind(log);
            let error = locate(millis(200), range, guess, 1_000, &blind).await.unwrap_err();
            let expected = "the service finds no message at offset 49, although it reports one there";
            assert_eq!(error.describe(), expected, "{service:?} {guess:?}");
            assert!(blind.0.requests.load(Ordering::Relaxed) <= 7, "{service:?} {guess:?}");
        }
    }
}

/// Only the first and the last message may prove anything.
#[tokio::test]
async fn result_without_working_reads_is_that_of_a_full_scan() {
    let mut random = fastrand::Rng::with_seed(11);
    let (mut found, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let (start, end) = (random.i64(0..5), random.i64(5..40));
        let message = |offset| (random.i64(0..3) > 0).then_some((offset, offset * 10));
        let messages: Vec<(i64, i64)> = (start..end).filter_map(message).collect();
        let (time, committed) = (random.i64(0..=end * 10 + 5), random.i64(start..=end));
        let guess = [Guess::Hint, Guess::Offset(at(committed))][random.usize(..2)];
        let log = log(start..end, SERVICES[random.usize(..7)], &messages);
        let range = log.log();
        match locate(millis(time), range, guess, 1_000, &Blind(log)).await {
            Ok(location) => {
                assert_eq!(shown(&location.place), scan(&messages, time), "{time} {messages:?} {guess:?}");
                found += 1;
            }
            Err(Undetermined::WrongGuess(_)) => assert!(!is_right(committed, time, &messages), "{time} {messages:?}"),
            Err(_) => refused += 1,
        }
    }
    assert!(found > 1_000 && refused > 1_000, "{found} {refused}");
}

/// Such a log may contain only transaction markers.
#[tokio::test]
async fn small_log_without_messages_cannot_be_determined() {
    for service in SERVICES {
        for guess in [Guess::Hint, Guess::Offset(at(8)), Guess::Offset(at(11))] {
            let error = log(8..11, service, &[]).locate(5, guess).await.unwrap_err();
            assert_eq!(error.describe(), "the service finds no message in its log", "{service:?} {guess:?}");
        }
    }
}

#[tokio::test]
async fn message_that_cannot_be_read_is_an_error() {
    // A larger log that the service reports as empty.
    let error = log(0..100, Service::WithoutHint, &[]).locate(60, Guess::Hint).await.unwrap_err();
    assert!(error.describe().starts_with("its messages cannot be read: "), "{error:?}");
}

#[tokio::test]
async fn log_that_grows_ends_after_its_last_message() {
    let log = log(0..10, Service::WithoutHint, &[(0, 10), (9, 90)]);
    let location = log.locate(91, Guess::Hint).await.unwrap();
    let stale = LogRange { start: at(0), end: at(5) };
    assert_eq!((location.offset(log.log()), location.offset(stale)), (at(10), at(10)));
}

/// Retention removes the first messages during the search.
#[tokio::test]
async fn messages_that_retention_removes_are_not_found() {
    let mut random = fastrand::Rng::with_seed(10);
    for _ in 0..5_000 {
        let (end, cut) = (random.i64(2..40), random.i64(0..40));
        let (remaining, time) = (AtomicU32::new(random.u32(1..12)), random.i64(0..end));
        let is_deleted = |offset| {
            let left = remaining.load(Ordering::Relaxed);
            remaining.store(left.saturating_sub(1), Ordering::Relaxed);
            left == 0 && offset < cut.min(end - 1)
        };
        let service = [Service::WithoutHint, Service::Wrong(random.i64(0..end))][random.usize(..2)];
        let log = Log::new(0..end, service, |offset| (!is_deleted(offset)).then_some(offset));
        let place = log.locate(time, Guess::Hint).await.unwrap().place;
        let Place::Message { previous, message } = &place else { panic!("{time} of {end}: {place:?}") };
        // The message at the time itself, or the first one that was not deleted.
        assert!(
            message.offset == at(time) || message.offset <= at(cut) && message.offset > at(time),
            "{time}: {place:?}"
        );
        assert!(previous.as_ref().is_none_or(|previous| previous.offset < at(time)), "{time}: {place:?}");
    }
}

/// Retention removes the message of the hint, and timestamps are out of order.
#[tokio::test]
async fn hint_that_retention_removes_is_dropped() {
    let is_first_read = AtomicU32::new(1);
    let log = Log::new(0..100, Service::Wrong(5), |offset| match offset {
        0..5 => None,
        5..10 => (is_first_read.swap(0, Ordering::Relaxed) == 1).then_some(1_000),
        _ => Some(offset),
    });
    let location = log.locate(50, Guess::Hint).await.unwrap();
    assert_eq!(shown(&location.place), "49 < 50");
}

/// An unclean leader election removes the last messages during the search.
#[tokio::test]
async fn last_message_before_another_one_is_an_error() {
    let is_first_read = AtomicU32::new(1);
    let log = Log::new(0..100, Service::Wrong(60), |offset| {
        (offset < 50 || is_first_read.swap(0, Ordering::Relaxed) == 1).then_some(offset)
    });
    let error = log.locate(80, Guess::Hint).await.unwrap_err();
    assert_eq!(error.describe(), "the service reports its last message at offset 49, but also returned a later one");
}
