//! Creates, lists and deletes groups, and deletes their committed offsets. The request bodies are those of the API
//! documentation.

use std::sync::Arc;

use dms_emulator::{Effect, Emulator, Fault, FaultResponse, ManualClock, Operation, Seed, demo};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::wire::{Client, GROUPS, INSTANCE};

const CREATE: &str = "/v2/0d0e0f00000000000000000000000001/kafka/instances/00000000-0000-4000-8000-00000000d305/group";

fn error(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// The names in a list of groups.
fn names(list: &Value) -> Vec<&str> {
    list["groups"].as_array().unwrap().iter().map(|group| group["group_id"].as_str().unwrap()).collect()
}

#[test]
fn group_is_created_listed_and_deleted() {
    let clock = Arc::new(ManualClock::new(Timestamp::now()));
    let created_at = dms_emulator::Clock::now(&*clock).as_millisecond();
    let emulator = Emulator::builder().clock(clock).start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let created = client.signed("POST", CREATE, r#"{"group_name":"test","group_desc":"of a test"}"#);
    assert_eq!((created.status, created.body.as_str()), (200, "success"));
    let shown = client.get(&format!("{GROUPS}/test")).json();
    let expected = json!({"group": {
        "group_id": "test", "state": "EMPTY", "coordinator_id": 0, "assignment_strategy": "",
        "group_desc": "of a test", "createdAt": created_at,
    }});
    assert_eq!(shown, expected);
    assert_eq!(client.get(&format!("{INSTANCE}/groups/test")).json(), expected, "the other path of the call");
    let listed = client.get(&format!("{INSTANCE}/groups?group=test")).json();
    let group = json!({"group_id": "test", "state": "EMPTY", "coordinator_id": 0, "group_desc": "of a test",
                       "createdAt": created_at, "lag": 0});
    assert_eq!(listed, json!({"groups": [group], "total": 1}));

    assert_eq!(client.signed("POST", CREATE, r#"{"group_name":"test"}"#).error(), error(400, "DMS.10240018"));
    let deleted = client.signed("DELETE", &format!("{GROUPS}/test"), "");
    assert_eq!((deleted.status, deleted.body.as_str()), (200, ""));
    assert_eq!(names(&client.get(&format!("{INSTANCE}/groups")).json()), ["billing", "shipping"]);
    let missing = client.signed("DELETE", &format!("{GROUPS}/test"), "");
    assert_eq!(missing.error(), error(400, "DMS.111400864"));
    client.signed("POST", CREATE, r#"{"group_name":"test"}"#);
    assert_eq!(client.signed("DELETE", &format!("{INSTANCE}/groups/test"), "").status, 204, "the older path");
}

#[test]
fn group_with_members_is_not_deleted() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let refused = client.signed("DELETE", &format!("{GROUPS}/shipping"), "");
    assert_eq!(refused.error(), error(400, "DMS.00400980"));
    let body = r#"{"group_ids":["billing","shipping","missing"]}"#;
    let result = client.signed("POST", &format!("{INSTANCE}/groups/batch-delete"), body).json();
    assert_eq!(result["total"], 2);
    let failed = result["failed_groups"].as_array().unwrap();
    assert_eq!(failed.iter().map(|group| &group["group_id"]).collect::<Vec<_>>(), ["shipping", "missing"]);
    assert!(failed.iter().all(|group| !group["error_message"].as_str().unwrap().is_empty()));
    assert_eq!(names(&client.get(&format!("{INSTANCE}/groups")).json()), ["shipping"]);
}

#[test]
fn dead_group_exists_while_it_has_offsets() {
    let emulator = Emulator::start_in_thread().unwrap();
    let seed = json!({"instances": [{
        "id": demo::INSTANCE_ID, "project_id": demo::PROJECT_ID,
        "groups": [{"name": "old", "state": "Dead", "offsets": {"payments": [3]}}, {"name": "none", "state": "Dead"}],
    }]});
    emulator.merge(&Seed::from_json(&seed.to_string()).unwrap()).unwrap();
    let mut client = Client::of(&emulator);
    assert_eq!(client.signed("POST", CREATE, r#"{"group_name":"old"}"#).error(), error(400, "DMS.10240018"));
    assert_eq!(client.signed("DELETE", &format!("{GROUPS}/none"), "").error(), error(400, "DMS.111400864"));
    assert_eq!(client.signed("DELETE", &format!("{GROUPS}/old"), "").status, 200);
    for name in ["old", "none"] {
        let body = json!({"group_name": name}).to_string();
        assert_eq!(client.signed("POST", CREATE, &body).status, 200, "{name}");
    }
}

#[test]
fn groups_are_filtered_and_paged() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let path = format!("{INSTANCE}/groups");
    let all = client.get(&path).json();
    assert_eq!(names(&all), ["billing", "shipping"]);
    // 160 + 60 + 500 messages of orders and 25 of payments.
    assert_eq!((&all["groups"][0]["lag"], &all["groups"][1]["state"]), (&json!(745), &json!("STABLE")));
    let page = client.get(&format!("{path}?limit=1&offset=1")).json();
    assert_eq!((names(&page), &page["total"]), (vec!["shipping"], &json!(2)));
    assert_eq!(names(&client.get(&format!("{path}?group=ill")).json()), ["billing"]);
    for query in ["limit=0", "limit=51", "offset=2", "name=billing"] {
        assert_eq!(client.get(&format!("{path}?{query}")).error(), error(400, "DMS.00400062"), "{query}");
    }
}

#[test]
fn topics_of_a_group_are_sorted_filtered_and_paged() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let mut list = |query: &str| client.get(&format!("{GROUPS}/billing/topics{query}"));
    let orders = json!({"topic": "orders", "partitions": 3, "lag": 720});
    let payments = json!({"topic": "payments", "partitions": 1, "lag": 25});
    let both = |first: &Value, second: &Value| json!({"topics": [first, second], "total": 2});
    assert_eq!(list("").json(), both(&orders, &payments), "by lag, descending");
    assert_eq!(list("?sort_key=topic").json(), both(&payments, &orders));
    assert_eq!(list("?sort_key=topic&sort_dir=asc").json(), both(&orders, &payments));
    assert_eq!(list("?sort_key=partition&sort_dir=asc").json(), both(&payments, &orders));
    assert_eq!(list("?topic=pay").json(), json!({"topics": [payments], "total": 1}));
    assert_eq!(list("?limit=1&offset=1").json(), json!({"topics": [payments], "total": 2}));
    for query in ["?offset=2", "?sort_key=lag", "?sort_dir=down"] {
        assert_eq!(list(query).error(), error(400, "DMS.00400062"), "{query}");
    }
}

#[test]
fn offsets_are_deleted_by_topic() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let path = format!("{GROUPS}/billing/delete-offset");
    let deleted = client.signed("POST", &path, r#"{"topics":["payments","topic-2"]}"#);
    assert_eq!(deleted.status, 200);
    let expected = json!({"topics": [
        {"name": "payments", "success": true},
        {"name": "topic-2", "success": false, "error_code": "DMS.00400975"},
    ]});
    assert_eq!(deleted.json(), expected);
    let offsets = |topic| emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, topic).unwrap();
    assert_eq!((offsets("payments"), offsets("orders")), (vec![-1], vec![140, 190, 4_000_000_500]));
    assert_eq!(client.get(&format!("{GROUPS}/billing")).json()["group"]["state"], "EMPTY", "the group stays");

    let online = client.signed("POST", &path.replace("billing", "shipping"), r#"{"topics":["orders","payments"]}"#);
    let expected = json!({"topics": [
        {"name": "orders", "success": false, "error_code": "DMS.00400980"},
        {"name": "payments", "success": true},
    ]});
    assert_eq!(online.json(), expected, "a member consumes orders");
    let body = r#"{"topics":["orders"]}"#;
    let missing = client.signed("POST", &path.replace("billing", "not_found"), body);
    assert_eq!(missing.error(), error(400, "DMS.111400864"));
    let missing = client.signed("POST", &path.replace(demo::INSTANCE_ID, "0"), body);
    assert_eq!(missing.error(), error(404, "DMS.00404022"));
}

#[test]
fn older_form_of_the_reset_is_the_same_call() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let path = format!("{INSTANCE}/management/groups/billing/reset-message-offset");
    let body = r#"{"topic":"payments","partition":0,"message_offset":7}"#;
    let offsets = || emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::PAYMENTS).unwrap();
    emulator.add_fault(Fault::new(Effect::Status(FaultResponse::new(503, "X", "Busy."))).on(Operation::ResetOffsets));
    assert_eq!(client.signed("POST", &path, body).status, 503);
    assert_eq!(offsets(), [25]);
    emulator.clear_faults();
    assert_eq!(client.signed("POST", &path, body).status, 204);
    assert_eq!(offsets(), [7]);
    assert_eq!(client.signed("POST", &path, "{}").error(), error(400, "DMS.00400800"));
}

/// Calls that change something, in an order in which each succeeds.
fn writes() -> Vec<(&'static str, String, &'static str, Operation)> {
    let topics = format!("{INSTANCE}/topics");
    let message = r#"{"topic":"topic-1","body":"hello world"}"#;
    let delete_groups = format!("{INSTANCE}/groups/batch-delete");
    vec![
        ("POST", CREATE.to_owned(), r#"{"group_name":"a"}"#, Operation::CreateGroup),
        ("PUT", format!("{GROUPS}/a"), r#"{"group_name":"a","group_desc":"new"}"#, Operation::UpdateGroup),
        ("DELETE", format!("{GROUPS}/a"), "", Operation::DeleteGroup),
        ("POST", format!("{GROUPS}/billing/delete-offset"), r#"{"topics":["orders"]}"#, Operation::DeleteOffsets),
        ("POST", topics.clone(), r#"{"id":"topic-1"}"#, Operation::CreateTopic),
        ("PUT", topics.clone(), r#"{"topics":[{"id":"topic-1","retention_time":24}]}"#, Operation::UpdateTopics),
        ("POST", format!("{INSTANCE}/messages/action?action_id=send"), message, Operation::SendMessage),
        ("POST", format!("{topics}/delete"), r#"{"topics":["topic-1"]}"#, Operation::DeleteTopics),
        ("POST", delete_groups, r#"{"group_ids":["billing"]}"#, Operation::DeleteGroups),
    ]
}

#[test]
fn changes_are_marked_in_the_journal_and_matched_by_their_operation() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    for (method, target, body, operation) in writes() {
        let fault = Fault::new(Effect::Status(FaultResponse::new(503, "X", "Busy."))).on(operation).times(1);
        emulator.add_fault(fault);
        assert_eq!(client.signed(method, &target, body).status, 503, "{method} {target}");
        let response = client.signed(method, &target, body);
        assert!(response.status < 300, "{method} {target}: {response:?}");
    }
    let journal = emulator.journal();
    let flags: Vec<bool> = journal.entries().iter().map(|entry| entry.side_effect).collect();
    assert_eq!(flags, [false, true].repeat(writes().len()));
}

#[test]
fn call_that_succeeds_without_a_change_has_no_side_effect() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let topics = format!("{INSTANCE}/topics");
    let offsets = format!("{GROUPS}/billing/delete-offset");
    // After the second call, billing has no offsets on payments, and its description is `new`.
    let table = [
        ("POST", offsets.clone(), r#"{"topics":["missing","payments"]}"#, true),
        ("PUT", format!("{GROUPS}/billing"), r#"{"group_name":"billing","group_desc":"new"}"#, true),
        ("POST", offsets, r#"{"topics":["missing","payments"]}"#, false),
        ("PUT", format!("{GROUPS}/billing"), r#"{"group_name":"billing","group_desc":"new"}"#, false),
        ("PUT", format!("{GROUPS}/billing"), r#"{"group_name":"billing"}"#, false),
        ("POST", format!("{INSTANCE}/groups/batch-delete"), r#"{"group_ids":["shipping","missing"]}"#, false),
        ("POST", format!("{INSTANCE}/groups/batch-delete"), r#"{"group_ids":["missing","billing"]}"#, true),
        ("PUT", topics.clone(), r#"{"topics":[{"id":"orders","new_partition_numbers":3,"topic_desc":""}]}"#, false),
        ("PUT", topics.clone(), r#"{"topics":[{"id":"orders","new_partition_numbers":4}]}"#, true),
        ("PUT", topics.clone(), r#"{"topics":[{"id":"orders"},{"id":"payments","topic_desc":"new"}]}"#, true),
        ("POST", format!("{topics}/delete"), r#"{"topics":["missing"]}"#, false),
        ("POST", format!("{topics}/delete"), r#"{"topics":["payments","missing"]}"#, true),
    ];
    for (method, target, body, expected) in table {
        let response = client.signed(method, &target, body);
        assert!(response.status < 300, "{method} {target} {body}: {response:?}");
        assert_eq!(emulator.journal().entries().last().unwrap().side_effect, expected, "{method} {target} {body}");
    }
}

#[test]
fn changes_are_refused_while_the_instance_is_not_running() {
    let emulator = Emulator::start_in_thread().unwrap();
    let seed = json!({"instances": [{
        "id": demo::INSTANCE_ID, "project_id": demo::PROJECT_ID, "status": "EXTENDING",
        "tasks": [{"id": "1", "name": "n", "status": "SUCCESS", "params": "{}", "created_at": "2024-01-01T00:00:00Z"}],
    }]});
    emulator.merge(&Seed::from_json(&seed.to_string()).unwrap()).unwrap();
    let mut client = Client::of(&emulator);
    for (method, target, body, _) in writes() {
        let response = client.signed(method, &target, body);
        assert_eq!(response.error(), error(400, "DMS.00400026"), "{method} {target}");
    }
    assert!(emulator.journal().entries().iter().all(|entry| !entry.side_effect));
    // The record of a task is not a part of the instance.
    assert_eq!(client.signed("DELETE", &format!("{INSTANCE}/tasks/1"), "").status, 204);
}

#[test]
fn changes_with_unknown_query_parameters_are_refused() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let reset = r#"{"topic":"payments","partition":0,"message_offset":7}"#;
    let reset = ("PUT", format!("{GROUPS}/billing/reset-message-offset"), reset, Operation::ResetOffsets);
    for (method, target, body, _) in writes().into_iter().chain([reset]) {
        let target = format!("{target}{}force=true", if target.contains('?') { '&' } else { '?' });
        assert_eq!(client.signed(method, &target, body).error(), error(400, "DMS.00400062"), "{method} {target}");
    }
    assert!(emulator.journal().entries().iter().all(|entry| !entry.side_effect));
}

#[test]
fn invalid_bodies_are_refused() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let delete = format!("{INSTANCE}/groups/batch-delete");
    let offsets = format!("{GROUPS}/billing/delete-offset");
    let table = [
        (CREATE, "", "DMS.00400004"),
        (CREATE, "test", "DMS.00400005"),
        (CREATE, "{}", "DMS.00400800"),
        (CREATE, r#"{"group_name":""}"#, "DMS.00400800"),
        (CREATE, r#"{"group_name":"a","group_description":"b"}"#, "DMS.00400800"),
        (&delete, r#"{"group_ids":[]}"#, "DMS.00400800"),
        (&delete, r#"["billing"]"#, "DMS.00400800"),
        (&delete, r#"[["billing"]]"#, "DMS.00400800"),
        (CREATE, r#"["a","b"]"#, "DMS.00400800"),
        (&offsets, r#"{"topics":[]}"#, "DMS.00400800"),
        (&offsets, r#"{"topics":"orders"}"#, "DMS.00400800"),
    ];
    for (target, body, code) in table {
        assert_eq!(client.signed("POST", target, body).error(), error(400, code), "{target} {body}");
    }
}
