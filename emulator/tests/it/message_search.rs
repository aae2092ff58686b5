//! Sends messages, and finds them by time, offset and content.

use std::sync::Arc;

use dms_emulator::{Emulator, ManualClock};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::wire::{Client, INSTANCE};

/// 2020-05-15T03:19:51.046Z
const NOW: i64 = 1_589_512_791_046;

/// An emulator at [`NOW`] with an additional empty topic `XXXX`, which has three partitions.
fn start() -> (Emulator, Client) {
    let now = Timestamp::from_millisecond(NOW).unwrap();
    let emulator = Emulator::builder().clock(Arc::new(ManualClock::new(now))).start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    client.date = now;
    assert_eq!(client.signed("POST", &format!("{INSTANCE}/topics"), r#"{"id":"XXXX"}"#).status, 200);
    (emulator, client)
}

fn send(client: &mut Client, body: &Value) -> (u16, Value) {
    let response = client.signed("POST", &format!("{INSTANCE}/messages/action?action_id=send"), &body.to_string());
    (response.status, response.json())
}

fn search(client: &mut Client, query: &str) -> Value {
    let response = client.get(&format!("{INSTANCE}/messages?{query}"));
    assert_eq!(response.status, 200, "{query}: {response:?}");
    response.json()
}

/// `partition@offset` of each message.
fn places(found: &Value) -> Vec<String> {
    let messages = found["messages"].as_array().unwrap().iter();
    messages.map(|message| format!("{}@{}", message["partition"], message["message_offset"])).collect()
}

#[test]
fn sent_message_is_found_by_time_offset_and_content() {
    let (_emulator, mut client) = start();
    let body = json!({
        "topic": "XXXX", "body": "hello world",
        "property_list": [{"name": "KEY", "value": "testKey"}, {"name": "PARTITION", "value": "1"}],
    });
    let sent = send(&mut client, &body);
    assert_eq!(sent, (200, json!({"topic": "XXXX", "body": "hello world", "property_list": []})));
    assert_eq!(send(&mut client, &json!({"topic": "XXXX", "body": "other"})).0, 200, "without a key, to partition 0");

    let by_offset = search(&mut client, "topic=XXXX&partition=1&message_offset=0");
    let mut message = json!({
        "topic": "XXXX", "partition": 1, "message_offset": 0, "timestamp": NOW, "size": 11, "key": "testKey",
        "value": "hello world", "huge_message": false, "message_id": "", "app_id": "", "tag": "",
    });
    assert_eq!(by_offset, json!({"messages": [message], "total": 1, "size": 1}));
    message["value"] = json!("");
    let times = format!("topic=XXXX&start_time={NOW}&end_time={NOW}");
    let by_time = search(&mut client, &times);
    assert_eq!((places(&by_time), &by_time["messages"][1]), (vec!["0@0".to_owned(), "1@0".to_owned()], &message));
    for (content, expected) in
        [("keyword=world", "1@0"), ("key=test", "1@0"), ("include=h%2Cth", "0@0"), ("exclude=hello%2Cx", "0@0")]
    {
        let found = search(&mut client, &format!("{times}&{content}"));
        assert_eq!((places(&found), &found["total"]), (vec![expected.to_owned()], &json!(1)), "{content}");
    }
    // The other calls show the message, too.
    let messages = format!("{INSTANCE}/management/topics/XXXX/partitions/1/message?message_offset=0");
    let shown = client.get(&messages).json();
    assert_eq!(
        (&shown["message"][0]["key"], &shown["message"][0]["value"]),
        (&json!("testKey"), &json!("hello world"))
    );
}

#[test]
fn search_by_time_is_paged_and_search_by_content_ends_after_ten_messages() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    // One message per second since this time.
    let first = 1_704_067_200_000_i64;
    let times = format!("topic=payments&start_time={}&end_time={}", first + 10_000, first + 24_000);
    let second = search(&mut client, &format!("{times}&limit=4&offset=1"));
    assert_eq!(
        (places(&second), &second["total"]),
        (vec!["0@14".into(), "0@15".into(), "0@16".into(), "0@17".into()], &json!(15))
    );
    assert_eq!(places(&search(&mut client, &format!("{times}&limit=4&offset=4"))), Vec::<String>::new());
    assert_eq!(places(&search(&mut client, &format!("{times}&keyword=payments"))).len(), 10);
    assert_eq!(places(&search(&mut client, "topic=payments&partition=0&message_offset=50")), Vec::<String>::new());
}

#[test]
fn incomplete_searches_and_messages_are_refused() {
    let (_emulator, mut client) = start();
    for (query, code) in [
        ("partition=0&message_offset=0", "DMS.00400062"),
        ("topic=XXXX", "DMS.00400062"),
        ("topic=XXXX&partition=0", "DMS.00400062"),
        ("topic=XXXX&start_time=1", "DMS.00400062"),
        ("topic=XXXX&start_time=2&end_time=1", "DMS.00400062"),
        ("topic=none&start_time=1&end_time=2", "DMS.00400975"),
        ("topic=XXXX&partition=3&message_offset=0", "DMS.00400800"),
    ] {
        assert_eq!(client.get(&format!("{INSTANCE}/messages?{query}")).error(), (400, code.to_owned()), "{query}");
    }
    let partition = |value: &str| json!([{"name": "PARTITION", "value": value}]);
    for (body, code) in [
        (json!({"topic": "XXXX"}), "DMS.00400800"),
        (json!({"topic": "none", "body": ""}), "DMS.00400975"),
        (json!({"topic": "XXXX", "body": "", "property_list": partition("3")}), "DMS.00400800"),
        (json!({"topic": "XXXX", "body": "", "property_list": partition("-1")}), "DMS.00400800"),
        (json!({"topic": "XXXX", "body": "", "property_list": [{"name": "TAG", "value": "1"}]}), "DMS.00400800"),
    ] {
        let (status, error) = send(&mut client, &body);
        assert_eq!((status, &error["error_code"]), (400, &json!(code)), "{body}");
    }
    let action = client.signed("POST", &format!("{INSTANCE}/messages/action?action_id=read"), "{}");
    assert_eq!(action.error(), (400, "DMS.00400062".to_owned()));
}
