//! Single messages: the first and the last of a partition, and the one at an offset.

use dms_emulator::{Emulator, demo};
use serde_json::json;

use crate::wire::{Client, INSTANCE};

fn partition(topic: &str, partition: &str) -> String {
    format!("{INSTANCE}/management/topics/{topic}/partitions/{partition}")
}

#[test]
fn first_and_last_message_of_a_partition_are_shown() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let path = partition("orders", "1");
    // Partition 1 has the offsets 100 to 250 and one message per second; offset 0 was written at 1704067200000.
    let first = client.get(&format!("{path}/beginning-message"));
    assert_eq!(first.status, 200);
    let shown = |offset: i64, timestamp: i64| {
        // The documentation has `offset`, and an older edition `message_offset`.
        json!({"topic": "orders", "partition": 1, "offset": offset, "message_offset": offset, "timestamp": timestamp})
    };
    assert_eq!(first.json(), shown(100, 1_704_067_300_000));
    let last = client.get(&format!("{path}/end-message")).json();
    assert_eq!(last, shown(249, 1_704_067_449_000));
    let large = client.get(&format!("{}/end-message", partition("orders", "2"))).json();
    assert_eq!(large["offset"], 4_000_000_999_i64);
}

#[test]
fn message_at_an_offset_is_a_list_of_at_most_one() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let mut read = |offset: i64| {
        let response = client.get(&format!("{}/message?message_offset={offset}", partition("orders", "1")));
        assert_eq!(response.status, 200, "{response:?}");
        response.json()["message"].clone()
    };
    let message = read(120)[0].clone();
    let size = message["value"].as_str().unwrap().len();
    assert_eq!(
        message,
        json!({"key": "", "value": "orders-1@120", "topic": "orders", "partition": 1, "message_offset": 120,
               "size": size, "timestamp": 1_704_067_320_000_i64})
    );
    for (offset, count) in [(0, 0), (99, 0), (100, 1), (249, 1), (250, 0), (i64::MAX, 0)] {
        assert_eq!(read(offset).as_array().unwrap().len(), count, "{offset}");
    }
}

#[test]
fn retention_changes_the_first_message_and_an_empty_partition_has_none() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let path = partition("payments", "0");
    let delete_before = |offset| {
        emulator
            .with_state(|state| state.topic_mut(demo::INSTANCE_ID, demo::PAYMENTS).unwrap()[0].delete_before(offset));
    };
    delete_before(49);
    for end in ["beginning-message", "end-message"] {
        assert_eq!(client.get(&format!("{path}/{end}")).json()["offset"], 49);
    }
    delete_before(50);
    for end in ["beginning-message", "end-message"] {
        assert_eq!(client.get(&format!("{path}/{end}")).error(), (400, "DMS.00400062".to_owned()));
    }
    assert_eq!(client.get(&format!("{path}/message?message_offset=49")).json(), json!({"message": []}));
}

#[test]
fn invalid_partitions_and_offsets_are_refused() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let unknown_instance = partition("orders", "0").replace(demo::INSTANCE_ID, "0");
    let table = [
        (unknown_instance, 404, "DMS.00404022"),
        (partition("none", "0"), 400, "DMS.00400975"),
        (partition("orders", "3"), 400, "DMS.00400800"),
        (partition("orders", "-1"), 400, "DMS.00400800"),
        (partition("orders", "+1"), 400, "DMS.00400800"),
        (partition("orders", "one"), 400, "DMS.00400800"),
        (partition("orders", "2147483648"), 400, "DMS.00400800"),
    ];
    for (path, status, code) in table {
        for end in ["beginning-message", "end-message", "message?message_offset=1"] {
            let target = format!("{path}/{end}");
            assert_eq!(client.get(&target).error(), (status, code.to_owned()), "{target}");
        }
    }
    for query in ["", "?message_offset=-1", "?message_offset=x", "?message_offset=1&x=1", "?offset=1"] {
        let target = format!("{}/message{query}", partition("orders", "0"));
        assert_eq!(client.get(&target).error(), (400, "DMS.00400062".to_owned()), "{target}");
    }
}
