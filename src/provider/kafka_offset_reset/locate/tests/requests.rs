//! How many requests a search takes.

use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::time::Instant;

use super::super::interpolation::BISECTION_LAG;
use super::*;

/// 2³⁰, a little more than 10⁹.
const MANY: i64 = 1 << 30;
const DAY: i64 = 86_400_000;

/// The time of an offset in a log in which `split` divides the time of each half of an interval.
fn divide(span: i64, offset: i64, split: impl Fn(&mut fastrand::Rng, i64) -> f64) -> i64 {
    let (mut from, mut length, mut start, mut span) = (0, MANY, 0.0, span as f64);
    while length > 1 {
        let mut random = fastrand::Rng::with_seed((from as u64) << 31 | length as u64);
        let first_half = span * split(&mut random, length).clamp(0.0, 1.0);
        length /= 2;
        if offset < from + length {
            span = first_half;
        } else {
            (from, start, span) = (from + length, start + first_half, span - first_half);
        }
    }
    start as i64
}

/// Random arrivals at a constant rate: the middle one of `length` deviates by the square root of `length`.
fn arrival(random: &mut fastrand::Rng, length: i64) -> f64 {
    let normal = (0..12).map(|_| random.f64()).sum::<f64>() - 6.0;
    0.5 + normal / (2.0 * ((length + 1) as f64).sqrt())
}

/// How many requests searches for times within the log take, in ascending order. Checks each result.
async fn requests(service: Service, times: RangeInclusive<i64>, time_at: impl Fn(i64) -> i64 + Sync) -> Vec<u32> {
    let log = Log::new(0..MANY, service, |offset| Some(time_at(offset)));
    let mut random = fastrand::Rng::with_seed(9);
    let mut counts = Vec::new();
    for _ in 0..500 {
        let time = random.i64(times.clone());
        let (place, count) = log.place(time, Guess::Hint).await;
        let is_right = match &place {
            Place::Empty => false,
            Place::End { last } => last.offset.get() == MANY - 1 && last.timestamp < millis(time),
            Place::Message { previous, message } => {
                let before = previous.as_ref().map_or(-1, |it| it.offset.get());
                let is_older = previous.as_ref().is_none_or(|it| it.timestamp < millis(time));
                before + 1 == message.offset.get() && is_older && message.timestamp >= millis(time)
            }
        };
        assert!(is_right, "{time}: {place:?}");
        counts.push(count);
    }
    counts.sort_unstable();
    counts
}

/// The mean, the 98th percentile, and the maximum.
fn summary(counts: &[u32]) -> (f64, u32, u32) {
    let mean = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
    (mean, counts[counts.len() * 98 / 100], counts[counts.len() - 1])
}

#[tokio::test]
async fn evenly_spaced_messages_take_few_requests() {
    for (days, most) in [(1, 8), (7, 5), (30, 5), (365, 5)] {
        let span = days * DAY;
        let even = |offset: i64| (i128::from(offset) * i128::from(span) / i128::from(MANY)) as i64;
        let counts = requests(Service::WithoutHint, 1..=span - 1, even).await;
        assert!(summary(&counts).2 <= most, "{days} days: {:?}", summary(&counts));
    }
}

#[tokio::test]
async fn messages_that_arrive_at_random_take_twelve_requests() {
    for days in [1, 7, 30] {
        let span = days * DAY;
        let time_at = |offset| divide(span, offset, arrival);
        let counts = requests(Service::WithoutHint, 1..=span - 1, time_at).await;
        let (mean, most_of_them, most) = summary(&counts);
        assert!(mean < 10.0 && most_of_them <= 12 && most <= 14, "{days} days: {:?}", summary(&counts));
    }
}

/// Bursts at every scale, no messages at night, one long pause, a rising rate, equal times, and times far in the future
/// at the end. A time within a pause is the worst case, because only bisection finds the pause.
#[tokio::test]
async fn uneven_times_take_little_more_than_bisection() {
    let bursts = |offset| divide(30 * DAY, offset, |random, _| 0.05 + random.f64() * 0.9);
    let pause = |offset: i64| offset / 300 + if offset < MANY / 2 { 0 } else { 30 * DAY };
    let growth =
        |offset: i64| (30.0 * DAY as f64 * (1.0 + offset as f64 / 1e6).ln() / (1.0 + MANY as f64 / 1e6).ln()) as i64;
    let equal = |offset: i64| offset / (1 << 24);
    let cliff = |offset: i64| if offset < MANY - 3 { offset / 10_000 } else { 365 * DAY };
    // Messages by day only, for 30 days.
    let nights = |offset: i64| {
        let (day, rest) = (offset / (MANY / 30), offset % (MANY / 30));
        day * DAY + rest * 60_000 / (MANY / 30) * 960
    };
    type Times<'a> = &'a (dyn Fn(i64) -> i64 + Sync);
    // A log, the last time to search for, and the mean number of requests.
    let logs: [(&str, Times, i64, f64); 6] = [
        ("bursts", &bursts, 30 * DAY, 30.0),
        ("nights", &nights, 29 * DAY, 26.0),
        ("pause", &pause, 30 * DAY, 38.0),
        ("growth", &growth, 30 * DAY, 16.0),
        ("equal", &equal, 63, 28.0),
        ("cliff", &cliff, MANY / 10_000, 41.0),
    ];
    for (name, time_at, span, expected) in logs {
        let counts = requests(Service::WithoutHint, 1..=span, time_at).await;
        let (mean, _, most) = summary(&counts);
        assert!(mean <= expected && most <= 30 + BISECTION_LAG + 3, "{name}: {:?}", summary(&counts));
    }
}

#[tokio::test]
async fn right_hint_takes_three_requests() {
    // Small, because the hint of this service is a scan.
    let messages: Vec<(i64, i64)> = (0..200).map(|it| (it, it * 7)).collect();
    let dense = log(0..200, Service::AsKafka, &messages);
    // A transaction marker after every ninth message.
    let transactions: Vec<(i64, i64)> = messages.iter().copied().filter(|(offset, _)| offset % 10 != 9).collect();
    let gapped = log(0..200, Service::AsKafka, &transactions);
    for time in 0..1_410 {
        let is_after = time > 199 * 7;
        assert!(dense.place(time, Guess::Hint).await.1 <= if is_after { 2 } else { 3 }, "{time}");
        assert!(gapped.place(time, Guess::Hint).await.1 <= 4, "{time}");
    }
}

#[tokio::test]
async fn committed_offset_that_is_right_takes_two_requests() {
    let log = Log::new(0..MANY, Service::WithoutHint, |offset| (offset != 2_000).then_some(offset * 3));
    // The last two are at an offset without a message, and after one.
    for (time, committed, most) in
        [(3_000, 1_000, 2), (2_999, 1_000, 2), (0, 0, 1), (i64::MAX, MANY, 1), (6_000, 2_000, 3), (6_000, 2_001, 3)]
    {
        let (place, count) = log.place(time, Guess::Offset(at(committed))).await;
        let location = Location { place, is_hinted: false, disorder: None };
        assert!(location.contradiction(at(committed)).is_none() && count <= most, "{time}: {count}");
    }
}

/// A log whose reads take a second each.
struct Slow<L>(L);

impl<L: PartitionMessages + Sync> PartitionMessages for Slow<L> {
    async fn at(&self, offset: MessageOffset) -> Result<Option<StoredMessage>, Error> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.0.at(offset).await
    }

    async fn first(&self) -> Result<StoredMessage, Error> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.0.first().await
    }

    async fn last(&self) -> Result<StoredMessage, Error> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.0.last().await
    }

    async fn hint(&self, time: UnixMillis) -> Result<MessageHint, Error> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.0.hint(time).await
    }
}

#[tokio::test(start_paused = true)]
async fn committed_offset_takes_one_round_trip_and_a_hint_takes_two() {
    let messages: Vec<(i64, i64)> = (0..10).map(|it| (it, it * 10)).collect();
    let log = log(0..10, Service::AsKafka, &messages);
    let range = log.log();
    let slow = Slow(log);
    for (guess, round_trips) in [(Guess::Offset(at(5)), 1), (Guess::Hint, 2)] {
        let started = Instant::now();
        let location = locate(millis(50), range, guess, 100, &slow).await.unwrap();
        assert_eq!((shown(&location.place).as_str(), started.elapsed().as_secs()), ("4 < 5", round_trips), "{guess:?}");
    }
}

#[tokio::test]
async fn wrong_hint_takes_two_requests_more() {
    let time_at = |offset: i64| offset * 3;
    let without = requests(Service::WithoutHint, 1..=3 * MANY, time_at).await;
    for service in [Service::InSeconds, Service::Wrong(0), Service::Wrong(MANY / 2), Service::Wrong(MANY - 1)] {
        let with = requests(service, 1..=3 * MANY, time_at).await;
        assert!(
            summary(&with).2 <= summary(&without).2 + 2,
            "{service:?}: {:?} {:?}",
            summary(&with),
            summary(&without)
        );
    }
}
