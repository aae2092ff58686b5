//! The calls that read: the names and types of their fields.

use dms_emulator::{Emulator, demo};
use serde_json::{Value, json};

use crate::wire::{Client, GROUPS, INSTANCE};

fn get(target: &str) -> Value {
    let emulator = Emulator::start_in_thread().unwrap();
    let response = Client::of(&emulator).get(target);
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    response.json()
}

#[test]
fn group_is_shown_with_state_members_and_offsets() {
    let shown = get(&format!("{INSTANCE}/management/groups/shipping"));
    let group = &shown["group"];
    assert_eq!(group["group_id"], "shipping");
    assert_eq!(group["state"], "STABLE");
    assert_eq!(group["coordinator_id"], 1);
    assert_eq!(group["assignment_strategy"], "range");
    assert_eq!(
        group["members"],
        json!([{
            "member_id": "shipping-1-00000000-0000-4000-8000-000000000001",
            "client_id": "shipping-1",
            "host": "/192.0.2.10",
            "assignment": [{"topic": "orders", "partitions": [0, 1, 2]}],
        }])
    );
    assert_eq!(
        group["group_message_offsets"],
        json!([
            {"topic": "orders", "partition": 0, "message_current_offset": 290,
             "message_log_end_offset": 300, "lag": 10},
            {"topic": "orders", "partition": 1, "message_current_offset": 240,
             "message_log_end_offset": 250, "lag": 10},
            {"topic": "orders", "partition": 2, "message_current_offset": 4_000_000_990_i64,
             "message_log_end_offset": 4_000_001_000_i64, "lag": 10},
        ])
    );
}

#[test]
fn short_form_of_a_group_has_no_members() {
    let shown = get(&format!("{GROUPS}/billing"));
    let expected = json!({"group": {
        "group_id": "billing", "state": "EMPTY", "coordinator_id": 1, "assignment_strategy": "",
        "group_desc": "", "createdAt": 1_704_067_200_000_i64,
    }});
    assert_eq!(shown, expected);
}

#[test]
fn members_are_listed_and_filtered() {
    let member = json!({
        "member_id": "shipping-1-00000000-0000-4000-8000-000000000001",
        "client_id": "shipping-1",
        "host": "/192.0.2.10",
    });
    let path = format!("{GROUPS}/shipping/members");
    assert_eq!(get(&path), json!({"members": [member], "total": 1}));
    assert_eq!(get(&format!("{path}?host=%2F192.0.2.10"))["total"], 1);
    assert_eq!(get(&format!("{path}?host=%2F192.0.2.11"))["total"], 0);
    assert_eq!(get(&format!("{GROUPS}/billing/members")), json!({"members": [], "total": 0}));
}

#[test]
fn offsets_of_a_topic_are_listed_with_both_ends_of_the_log() {
    let path = format!("{GROUPS}/billing/message-offset?topic=orders");
    let shown = get(&path);
    assert_eq!(shown["total"], 3);
    assert_eq!(
        shown["group_message_offsets"][1],
        json!({
            "topic": "orders", "partition": 1, "consumer_id": "", "client_id": "", "host": "",
            "message_current_offset": 190, "message_log_start_offset": 100,
            "message_log_end_offset": 250, "lag": 60,
        })
    );
    let one = get(&format!("{path}&partition=2"));
    assert_eq!(one["group_message_offsets"][0]["message_log_start_offset"], 4_000_000_000_i64);
    let page = get(&format!("{path}&offset=1&limit=1"));
    assert_eq!(page["total"], 3);
    assert_eq!(page["group_message_offsets"].as_array().unwrap().len(), 1);
    assert_eq!(page["group_message_offsets"][0]["partition"], 1);
    let online = get(&format!("{GROUPS}/shipping/message-offset?topic=orders"));
    assert_eq!(online["group_message_offsets"][0]["client_id"], "shipping-1");
}

#[test]
fn instances_topics_and_partitions_are_shown() {
    let instance = get(INSTANCE);
    assert_eq!(instance["instance_id"], demo::INSTANCE_ID);
    assert_eq!((&instance["engine"], &instance["status"]), (&json!("kafka"), &json!("RUNNING")));
    assert!(instance["partition_num"].is_string());
    let topics = get(&format!("{INSTANCE}/topics"));
    assert_eq!(topics["total"], 2);
    assert_eq!(topics["topics"][0]["name"], "orders");
    assert_eq!(topics["topics"][0]["partition"], 3, "the number of partitions");
    let path = "/v2/0d0e0f00000000000000000000000001/kafka/instances/\
                00000000-0000-4000-8000-00000000d305/topics/orders/partitions";
    let partitions = get(path);
    assert_eq!(partitions["total"], 3);
    assert_eq!(
        partitions["partitions"][1],
        // Offset 249 is the last message, written 249 seconds after the first.
        json!({"partition": 1, "start_offset": 100, "last_offset": 250, "message_count": 150,
               "last_update_time": 1_704_067_449_000_i64})
    );
}

#[test]
fn missing_objects_and_invalid_parameters_are_refused() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let table = [
        (format!("{INSTANCE}x"), 404, "DMS.00404022"),
        (format!("{GROUPS}/billing/message-offset"), 400, "DMS.00400062"),
        (format!("{GROUPS}/billing/message-offset?topic=none"), 400, "DMS.00400975"),
        (format!("{GROUPS}/billing/message-offset?topic=orders&offset=3"), 400, "DMS.00400062"),
        (format!("{GROUPS}/billing/message-offset?topic=orders&limit=51"), 400, "DMS.00400062"),
        (format!("{GROUPS}/billing/members?limits=5"), 400, "DMS.00400062"),
    ];
    for (target, status, code) in table {
        assert_eq!(client.get(&target).error(), (status, code.to_owned()), "{target}");
    }
}
