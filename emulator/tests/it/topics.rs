//! Creates, changes, lists and deletes topics. The request bodies follow the API documentation.

use std::sync::Arc;

use dms_emulator::{Emulator, ManualClock, demo};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::wire::{Client, INSTANCE};

fn topics() -> String {
    format!("{INSTANCE}/topics")
}

fn start(now: &str) -> (Emulator, Client) {
    let now: Timestamp = now.parse().unwrap();
    let clock = Arc::new(ManualClock::new(now));
    let emulator = Emulator::builder().clock(clock).start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    client.date = now;
    (emulator, client)
}

/// The topic of this name in the list.
fn listed(client: &mut Client, name: &str) -> Option<Value> {
    let list = client.get(&topics()).json();
    list["topics"].as_array().unwrap().iter().find(|topic| topic["name"] == name).cloned()
}

fn configs(max_message_bytes: &str, timestamp_type: &str) -> Value {
    json!([
        {"name": "max.message.bytes", "value": max_message_bytes, "valid_values": "[0...10485760]",
         "default_value": "10485760", "config_type": "dynamic", "value_type": "integer"},
        {"name": "message.timestamp.type", "value": timestamp_type, "valid_values": "CreateTime,LogAppendTime",
         "default_value": "LogAppendTime", "config_type": "dynamic", "value_type": "enum"},
    ])
}

#[test]
fn topic_is_created_changed_and_deleted() {
    let (_emulator, mut client) = start("2020-05-15T03:19:51.046Z");
    let body = json!({
        "id": "topic-1284340884", "partition": 4, "retention_time": 36, "sync_replication": true,
        "sync_message_flush": true, "topic_desc": "first",
        "topic_other_configs": [{"name": "max.message.bytes", "value": "10000000"}],
    });
    let created = client.signed("POST", &topics(), &body.to_string());
    assert_eq!((created.status, created.json()), (200, json!({"name": "topic-1284340884"})));
    let expected = json!({
        "name": "topic-1284340884", "partition": 4, "replication": 3, "retention_time": 36, "sync_replication": true,
        "sync_message_flush": true, "topic_desc": "first", "topic_type": 0, "policiesOnly": false,
        "created_at": 1_589_512_791_046_i64, "topic_other_configs": configs("10000000", "LogAppendTime"),
    });
    assert_eq!(listed(&mut client, "topic-1284340884"), Some(expected));
    let again = client.signed("POST", &topics(), r#"{"id":"topic-1284340884"}"#);
    assert_eq!(again.error(), (400, "DMS.00400981".to_owned()));

    let body = json!({"topics": [{
        "id": "topic-1284340884", "retention_time": 72, "sync_replication": false, "sync_message_flush": false,
        "new_partition_numbers": 6, "new_partition_brokers": [1, 2], "topic_desc": "",
        "topic_other_configs": [
            {"name": "message.timestamp.type", "value": "CreateTime"},
            {"name": "max.message.bytes", "value": "10485760"},
        ],
    }]});
    let changed = client.put(&topics(), &body.to_string());
    assert_eq!((changed.status, changed.body.as_str()), (204, ""));
    let expected = json!({
        "name": "topic-1284340884", "partition": 6, "replication": 3, "retention_time": 72, "sync_replication": false,
        "sync_message_flush": false, "topic_desc": "", "topic_type": 0, "policiesOnly": false,
        "created_at": 1_589_512_791_046_i64, "topic_other_configs": configs("10485760", "CreateTime"),
    });
    assert_eq!(listed(&mut client, "topic-1284340884"), Some(expected));
    let path = INSTANCE.replace("/instances", "/kafka/instances") + "/topics/topic-1284340884/partitions";
    let partitions = client.get(&path).json();
    assert_eq!(
        (&partitions["total"], &partitions["partitions"][5]),
        (
            &json!(6),
            &json!({"partition": 5, "start_offset": 0, "last_offset": 0, "message_count": 0,
                            "last_update_time": 0})
        )
    );

    let deleted = client.signed("POST", &format!("{}/delete", topics()), r#"{"topics":["topic-1284340884","none"]}"#);
    let expected = json!({"topics": [{"id": "topic-1284340884", "success": true}, {"id": "none", "success": true}]});
    assert_eq!((deleted.status, deleted.json()), (200, expected));
    assert_eq!(listed(&mut client, "topic-1284340884"), None);
}

#[test]
fn topic_has_defaults_and_counts_towards_the_partitions_of_the_instance() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let before = client.get(&topics()).json();
    assert_eq!(client.signed("POST", &topics(), r#"{"id":"abc","replication":1}"#).status, 200);
    let topic = listed(&mut client, "abc").unwrap();
    assert_eq!(
        (&topic["partition"], &topic["replication"], &topic["retention_time"]),
        (&json!(3), &json!(1), &json!(72))
    );
    assert_eq!(topic["topic_other_configs"], configs("10485760", "LogAppendTime"));
    let after = client.get(&topics()).json();
    let remaining = |list: &Value| list["remain_partitions"].as_i64().unwrap();
    assert_eq!(remaining(&before) - remaining(&after), 3);
    assert_eq!((&after["total"], &after["topic_max_partitions"]), (&json!(3), &json!(200)));
}

#[test]
fn deletion_of_a_topic_deletes_its_committed_offsets() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    client.signed("POST", &format!("{}/delete", topics()), r#"{"topics":["orders"]}"#);
    client.signed("POST", &topics(), r#"{"id":"orders","partition":3}"#);
    for group in [demo::BILLING, demo::SHIPPING] {
        assert_eq!(emulator.group_offsets(demo::INSTANCE_ID, group, demo::ORDERS).unwrap(), [-1, -1, -1], "{group}");
    }
    assert_eq!(emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::PAYMENTS).unwrap(), [25]);
}

#[test]
fn topics_outside_the_documented_limits_are_refused() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let long = format!(r#"{{"id":"abc","topic_desc":"{}"}}"#, "x".repeat(201));
    let created = [
        r#"{"partition":3}"#,
        r#"{"id":"ab"}"#,
        r#"{"id":"1abc"}"#,
        r#"{"id":"a/bc"}"#,
        r#"{"id":"abc","partition":0}"#,
        r#"{"id":"abc","partition":201}"#,
        r#"{"id":"abc","replication":4}"#,
        r#"{"id":"abc","retention_time":0}"#,
        r#"{"id":"abc","retention_time":721}"#,
        r#"{"id":"abc","new_partition_numbers":4}"#,
        r#"{"id":"abc","topic_other_configs":[{"name":"cleanup.policy","value":"compact"}]}"#,
        r#"{"id":"abc","topic_other_configs":[{"name":"max.message.bytes","value":"10485761"}]}"#,
        r#"{"id":"abc","name":"abc"}"#,
        &long,
    ];
    for body in created {
        let error = client.signed("POST", &topics(), body).error();
        assert_eq!(error, (400, "DMS.00400800".to_owned()), "{body}");
    }
    let changed = [
        (r#"{"topics":[]}"#, "DMS.00400800"),
        (r#"{"topics":[{"id":"orders","new_partition_numbers":2}]}"#, "DMS.00400800"),
        (r#"{"topics":[{"id":"orders","new_partition_numbers":201}]}"#, "DMS.00400800"),
        (r#"{"topics":[{"id":"orders","new_partition_brokers":[3]}]}"#, "DMS.00400800"),
        (r#"{"topics":[{"id":"orders","replication":1}]}"#, "DMS.00400800"),
        (r#"{"topics":[{"id":"orders","retention_time":5},{"id":"none"}]}"#, "DMS.00400975"),
        (r#"{"topics":[{"id":"orders","retention_time":5},{"id":"orders"}]}"#, "DMS.00400800"),
        (r#"[[{"id":"orders","retention_time":5}]]"#, "DMS.00400800"),
        (r#"{"topics":[["orders",null,null,5,null,null,null,null,null,null]]}"#, "DMS.00400800"),
        (
            r#"{"topics":[{"id":"orders","topic_other_configs":[["message.timestamp.type","CreateTime"]]}]}"#,
            "DMS.00400800",
        ),
    ];
    for (body, code) in changed {
        assert_eq!(client.put(&topics(), body).error(), (400, code.to_owned()), "{body}");
    }
    assert_eq!(listed(&mut client, "orders").unwrap()["retention_time"], 72, "all changes or none");
    assert_eq!(client.get(&topics()).json()["total"], 2);
}
