//! The messages of a topic at or after a time.

use crate::wire::{Client, INSTANCE};
use dms_emulator::state::{Gap, Log, TimeRange};
use dms_emulator::{Emulator, demo};
use serde_json::{Value, json};

/// The timestamp of the first message of every partition in the demo data. One message per second follows.
const FIRST: i64 = 1_704_067_200_000;

fn path(topic: &str, query: &str) -> String {
    format!("{INSTANCE}/management/topics/{topic}/messages?{query}")
}

/// `partition@offset` of each message.
fn places(page: &Value) -> Vec<String> {
    let messages = page["messages"].as_array().unwrap().iter();
    messages.map(|message| format!("{}@{}", message["partition"], message["message_offset"])).collect()
}

/// Replaces the log of `payments`, whose only partition is 0.
fn replace_log(emulator: &Emulator, log: Log) {
    emulator.with_state(|state| state.topic_mut(demo::INSTANCE_ID, demo::PAYMENTS).unwrap()[0] = log);
}

fn range(from_offset: i64, first_timestamp: i64, step_ms: i64) -> TimeRange {
    TimeRange { from_offset, first_timestamp, step_ms }
}

#[test]
fn first_message_at_or_after_a_time_is_listed_without_content() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let query = format!("partition=1&start_time={}&limit=1", FIRST + 119_001);
    let response = client.get(&path("orders", &query));
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(
        response.json(),
        json!({
            "messages": [{"topic": "orders", "partition": 1, "message_offset": 120, "size": 12,
                          "timestamp": FIRST + 120_000}],
            "messages_count": 130, "offsets_count": 130, "offset": 1,
        })
    );
    let journal = emulator.journal();
    assert_eq!(journal.count("GET", "/management/topics/orders/messages"), 1);
    // The SDKs call the last two fields the number of pages and the current page.
    let query = format!("partition=1&start_time={}&limit=50&offset=100", FIRST + 119_001);
    let page = client.get(&path("orders", &query)).json();
    assert_eq!((&page["offsets_count"], &page["offset"]), (&json!(3), &json!(3)));
}

#[test]
fn messages_are_limited_by_both_times_and_by_the_page() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let mut list = |query: &str| places(&client.get(&path("orders", query)).json());
    let between = format!("start_time={}&end_time={}", FIRST + 100_000, FIRST + 102_000);
    assert_eq!(list(&format!("{between}&partition=0")), ["0@100", "0@101", "0@102"]);
    assert_eq!(list(&format!("{between}&partition=0&limit=2&offset=1")), ["0@101", "0@102"]);
    assert_eq!(list(&format!("{between}&limit=4&offset=1")), ["0@101", "0@102", "1@100", "1@101"]);
    assert_eq!(list("").len(), 10);
    // Later than every message; earlier than every message.
    assert!(list("partition=1&start_time=4000000000000").is_empty());
    assert_eq!(list("partition=1&limit=1"), ["1@100"]);
}

#[test]
fn gaps_and_older_messages_are_skipped() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let mut list = |query: &str| places(&client.get(&path("payments", query)).json());
    let gaps = vec![Gap::compacted(3, 6), Gap::transaction_end(8, 7_500)];
    replace_log(&emulator, Log::new(0, 10, vec![range(0, 0, 1_000)]).unwrap().with_gaps(gaps).unwrap());
    assert_eq!(list("partition=0&start_time=2001&limit=1"), ["0@6"]);
    assert_eq!(list("partition=0&start_time=7001&limit=1"), ["0@9"], "the end of a transaction is not a message");
    // Timestamps out of order: as in Kafka, the list begins at the first message that is not older.
    replace_log(
        &emulator,
        Log::new(0, 30, vec![range(0, 1_000, 1), range(10, 9_000, 0), range(20, 5_000, 1)]).unwrap(),
    );
    assert_eq!(list("partition=0&start_time=5003&limit=1"), ["0@10"]);
    // As documented, the list ends at the current time if the request does not set an end.
    replace_log(&emulator, Log::new(0, 2, vec![range(0, 1_000, 4_000_000_000_000)]).unwrap());
    assert_eq!(list("partition=0&start_time=0"), ["0@0"]);
    assert_eq!(list("partition=0&start_time=0&end_time=5000000000000"), ["0@0", "0@1"]);
    // An emptied log.
    replace_log(&emulator, Log::new(30, 30, Vec::new()).unwrap());
    assert!(list("partition=0&start_time=0&limit=1").is_empty());
}

#[test]
fn impossible_queries_are_refused() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    for query in ["limit=0", "limit=51", "offset=-1", "start_time=-1", "start_time=5&end_time=4", "partition=-2", "x=1"]
    {
        let error = client.get(&path("orders", query)).error();
        assert_eq!(error, (400, "DMS.00400062".to_owned()), "{query}");
    }
    assert_eq!(client.get(&path("orders", "partition=3")).error(), (400, "DMS.00400800".to_owned()));
    assert_eq!(client.get(&path("none", "")).error(), (400, "DMS.00400975".to_owned()));
    let elsewhere = path("orders", "").replace(demo::INSTANCE_ID, "0");
    assert_eq!(client.get(&elsewhere).error(), (404, "DMS.00404022".to_owned()));
}
