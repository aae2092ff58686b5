//! Tests of waits, counts and snapshots, also when entries are dropped.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use hyper::body::{Body, Bytes};
use jiff::Timestamp;
use tokio::select;

use crate::delivery::Outcome;
use crate::limits::Limits;
use crate::message::{Request, Response};
use crate::routes::Call;

use super::*;

fn recorder(journal_entries: usize) -> Recorder {
    Recorder::new(&Limits { journal_entries, ..Limits::default() })
}

fn record<'a>(recorder: &'a Recorder, path: &str) -> InFlight<'a> {
    let request = Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: None,
        headers: Vec::new(),
        body: Bytes::new(),
        connection: 1,
    };
    recorder.record(&request, &Call::find(&request), "id", None, Timestamp::UNIX_EPOCH)
}

fn finish(in_flight: InFlight<'_>) {
    in_flight.finish(&Outcome::response(Response::no_content()));
}

/// The sequence of the entry that a wait returned; `None` if it still waits.
async fn poll(mut wait: Pin<&mut impl Future<Output = JournalEntry>>) -> Option<u64> {
    select! {
        biased;
        entry = &mut wait => Some(entry.sequence),
        () = async {} => None,
    }
}

#[tokio::test]
async fn wait_counts_requests_that_were_dropped_after_it_has_seen_them() {
    let recorder = recorder(2);
    let mut wait = pin!(recorder.wait_for(crate::emulator::is_nth("GET", "/a", 4)));
    for _ in 0..3 {
        let in_flight = record(&recorder, "/a");
        assert_eq!(poll(wait.as_mut()).await, None);
        finish(in_flight);
        finish(record(&recorder, "/b"));
        assert_eq!(poll(wait.as_mut()).await, None);
    }
    finish(record(&recorder, "/a"));
    assert_eq!(poll(wait).await, Some(7));
}

#[tokio::test]
async fn wait_sees_each_change_of_an_entry_but_no_unchanged_entry_again() {
    let recorder = recorder(10);
    let visits = std::cell::Cell::new(0);
    let mut wait = pin!(recorder.wait_for(|entry| {
        visits.set(visits.get() + 1);
        entry.abandoned
    }));
    let first = record(&recorder, "/a");
    for _ in 0..5 {
        finish(record(&recorder, "/b"));
        assert_eq!(poll(wait.as_mut()).await, None);
    }
    assert_eq!(visits.get(), 6);
    drop(first);
    assert_eq!(poll(wait).await, Some(1));
    assert_eq!(visits.get(), 7);
}

#[tokio::test]
#[should_panic(expected = "the journal dropped requests that this wait has not seen")]
async fn wait_panics_instead_of_missing_a_request() {
    let recorder = recorder(2);
    for _ in 0..3 {
        finish(record(&recorder, "/a"));
    }
    poll(pin!(recorder.wait_for(|_| false))).await;
}

#[test]
#[should_panic(expected = "the journal dropped requests that this wait has not seen")]
fn blocking_wait_panics_instead_of_missing_the_end_of_a_request() {
    let recorder = recorder(1);
    let first = record(&recorder, "/a");
    std::thread::scope(|scope| {
        // The wait ends with a panic. Otherwise, its timeout fails the test.
        let (sender, visited) = std::sync::mpsc::channel();
        let wait = scope.spawn(|| {
            let find = move |entry: &JournalEntry| {
                sender.send(entry.sequence).unwrap();
                entry.abandoned
            };
            recorder.wait_for_blocking(find, std::time::Duration::from_secs(10))
        });
        assert_eq!(visited.recv(), Ok(1));
        let second = record(&recorder, "/b");
        assert_eq!(visited.recv(), Ok(2));
        drop(first);
        let ended = wait.join();
        drop(second);
        std::panic::resume_unwind(ended.expect_err("the wait ends without a panic"));
    });
}

#[tokio::test]
async fn wait_continues_after_the_journal_was_cleared() {
    let recorder = recorder(2);
    for _ in 0..3 {
        finish(record(&recorder, "/a"));
    }
    recorder.clear();
    let mut wait = pin!(recorder.wait_for(|entry| entry.path == "/b"));
    assert_eq!(poll(wait.as_mut()).await, None);
    finish(record(&recorder, "/b"));
    assert_eq!(poll(wait).await, Some(4));
}

#[test]
#[should_panic(expected = "the journal dropped 1 requests")]
fn count_panics_instead_of_returning_a_wrong_number() {
    let recorder = recorder(2);
    for _ in 0..3 {
        finish(record(&recorder, "/a"));
    }
    recorder.snapshot(0).count("GET", "/b");
}

#[test]
fn snapshot_copies_no_entry_and_does_not_change_later() {
    let recorder = recorder(10);
    let in_flight = record(&recorder, "/a");
    let [first, second] = [recorder.snapshot(0), recorder.snapshot(0)];
    assert!(Arc::ptr_eq(&first.entries[0], &second.entries[0]));
    finish(in_flight);
    assert_eq!((first.entries[0].status, recorder.snapshot(0).entries[0].status), (None, Some(204)));
}

#[test]
fn other_tasks_run_between_the_pieces_of_a_long_journal() {
    let recorder = recorder(1_000);
    for _ in 0..500 {
        finish(record(&recorder, "/a"));
    }
    let mut json = JournalJson::new(recorder.snapshot(0));
    let mut context = Context::from_waker(Waker::noop());
    let (mut text, mut pieces, mut turns) = (Vec::new(), 0, 0);
    loop {
        match Pin::new(&mut json).poll_frame(&mut context) {
            Poll::Pending => turns += 1,
            Poll::Ready(None) => break,
            Poll::Ready(Some(piece)) => {
                pieces += 1;
                text.extend_from_slice(&piece.unwrap().into_data().unwrap());
            }
        }
    }
    assert!(pieces > 5 && turns == pieces - 1, "{pieces} pieces, {turns} turns");
    let entries: Vec<Value> = serde_json::from_slice(&text).unwrap();
    assert_eq!(entries.len(), 500);
}
