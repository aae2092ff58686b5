//! Background tasks over the wire: lists, records, and the resets that create them.

use std::sync::Arc;

use dms_emulator::state::{TaskOutcome, TaskStatus};
use dms_emulator::{Effect, Emulator, Fault, ManualClock, Operation, Seed, demo};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::wire::{Client, INSTANCE};

const ALL_TOPICS: &str = r#"{"topic":"","partition":-1,"timestamp":0}"#;
const ONE_TOPIC: &str = r#"{"topic":"payments","partition":-1,"message_offset":7}"#;
const NOW: &str = "2020-05-15T03:19:51.046Z";

struct Fixture {
    emulator: Emulator,
    clock: Arc<ManualClock>,
    client: Client,
}

impl Fixture {
    /// The demo data at [`NOW`], with these additional fields of the instance.
    fn new(mut instance: Value) -> Self {
        let now: Timestamp = NOW.parse().unwrap();
        let clock = Arc::new(ManualClock::new(now));
        let emulator = Emulator::builder().clock(clock.clone()).start_in_thread().unwrap();
        instance["id"] = demo::INSTANCE_ID.into();
        instance["project_id"] = demo::PROJECT_ID.into();
        let seed = json!({"instances": [instance]}).to_string();
        emulator.merge(&Seed::from_json(&seed).unwrap()).unwrap();
        let mut client = Client::of(&emulator);
        client.date = now;
        Self { emulator, clock, client }
    }

    fn list(&mut self, query: &str) -> Value {
        let response = self.client.get(&format!("{INSTANCE}/tasks{query}"));
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    /// One field of each listed task.
    fn column(&mut self, query: &str, field: &str) -> Vec<String> {
        let list = self.list(query);
        list["tasks"].as_array().unwrap().iter().map(|task| task[field].as_str().unwrap().to_owned()).collect()
    }

    fn advance(&self, milliseconds: i64) {
        self.clock.advance(SignedDuration::from_millis(milliseconds));
    }

    fn payments(&self) -> i64 {
        self.emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::PAYMENTS).unwrap()[0]
    }
}

#[test]
fn reset_of_every_topic_creates_a_task_that_ends_at_once() {
    let mut fixture = Fixture::new(json!({}));
    assert_eq!(fixture.list(""), json!({"task_count": "0", "tasks": []}));
    let response = fixture.client.reset(demo::BILLING, ALL_TOPICS);
    assert_eq!((response.status, response.body.as_str()), (204, ""));
    assert_eq!(fixture.payments(), 0);
    let mut list = fixture.list("");
    let task = &mut list["tasks"][0];
    for field in ["id", "user_id"] {
        let id = task[field].as_str().unwrap();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{field}: {id}");
    }
    let (id, user_id) = (task["id"].clone(), task["user_id"].clone());
    let expected = json!({"task_count": "1", "tasks": [{
        "id": id, "name": "kafkaResetConsumerOffset", "user_name": "emulator", "user_id": user_id, "params": "{}",
        "status": "SUCCESS", "created_at": NOW, "updated_at": NOW,
    }]});
    assert_eq!(list, expected);
    assert_eq!(fixture.list(&format!("/{}", id.as_str().unwrap())), expected, "one task has the same form");
}

#[test]
fn reset_of_one_topic_creates_no_task() {
    let mut fixture = Fixture::new(json!({}));
    assert_eq!(fixture.client.reset(demo::BILLING, ONE_TOPIC).status, 204);
    assert_eq!(fixture.list("")["task_count"], "0");
}

#[test]
fn task_with_a_delay_progresses_with_the_clock_and_blocks_other_resets() {
    let mut fixture =
        Fixture::new(json!({"all_topics_reset": {"delay_ms": 2000, "params": "{\"group\":\"billing\"}"}}));
    assert_eq!(fixture.client.reset(demo::BILLING, ALL_TOPICS).status, 204);
    assert_eq!(fixture.column("", "status"), ["CREATED"]);
    assert_eq!(fixture.column("", "params"), ["{\"group\":\"billing\"}"]);
    fixture.advance(1_000);
    assert_eq!(fixture.column("", "status"), ["EXECUTING"]);
    for body in [ALL_TOPICS, ONE_TOPIC] {
        let refused = fixture.client.reset(demo::BILLING, body);
        assert_eq!(refused.error(), (400, "DMS.00400017".to_owned()));
    }
    fixture.advance(999);
    assert_eq!((fixture.payments(), fixture.column("", "status").concat()), (25, "EXECUTING".to_owned()));
    fixture.advance(1);
    assert_eq!(fixture.payments(), 0, "visible before a request advances the state");
    assert_eq!(fixture.column("", "status"), ["SUCCESS"]);
    assert_eq!(fixture.column("", "updated_at"), ["2020-05-15T03:19:53.046Z"]);
    assert_eq!(fixture.client.reset(demo::BILLING, ONE_TOPIC).status, 204);
    assert_eq!(fixture.payments(), 7);
}

#[test]
fn course_of_tasks_can_be_changed_between_two_resets() {
    let mut fixture = Fixture::new(json!({}));
    fixture.emulator.with_state(|state| {
        let instance = state.any_instance_mut(demo::INSTANCE_ID).unwrap();
        instance.all_topics_reset.outcome = TaskOutcome::Failed;
        instance.all_topics_reset.appears_after_ms = 500;
    });
    assert_eq!(fixture.client.reset(demo::BILLING, ALL_TOPICS).status, 204);
    assert_eq!(fixture.list("")["task_count"], "0");
    fixture.advance(500);
    assert_eq!(fixture.column("", "status"), ["FAILED"]);
    assert_eq!(fixture.payments(), 25);
}

#[test]
fn tasks_of_a_seed_are_listed_in_the_configured_order() {
    let tasks = json!([
        {"id": "old", "name": "kafkaResetConsumerOffset", "status": "SUCCESS"},
        {"id": "new", "name": "restart", "status": "CANCELLED", "params": "p", "created_at": "2020-05-15T03:19:51Z"},
    ]);
    let mut fixture = Fixture::new(json!({"tasks": tasks}));
    assert_eq!(fixture.column("", "id"), ["new", "old"]);
    assert_eq!(fixture.column("", "created_at"), ["2020-05-15T03:19:51.000Z", "2024-01-01T00:00:00.000Z"]);
    assert_eq!(fixture.column("", "params"), ["p", "{}"]);
    assert_eq!(fixture.client.reset(demo::BILLING, ALL_TOPICS).status, 204, "both tasks have ended");
    assert_eq!(fixture.column("", "id")[1..], ["new", "old"]);
    let mut fixture = Fixture::new(json!({"tasks": tasks, "tasks_order": "oldest_first"}));
    assert_eq!(fixture.column("", "id"), ["old", "new"]);
    fixture.client.reset(demo::BILLING, ALL_TOPICS);
    assert_eq!(fixture.column("", "id")[..2], ["old", "new"]);
}

#[test]
fn record_of_a_running_task_cannot_be_removed() {
    let task = |status: &str| json!({"tasks": [{"id": "a/b", "name": "extend", "status": status}]});
    let path = format!("{INSTANCE}/tasks/a%2Fb");
    for running in ["CREATED", "EXECUTING"] {
        let mut fixture = Fixture::new(task(running));
        fixture.advance(600_000);
        let refused = fixture.client.reset(demo::BILLING, ONE_TOPIC);
        assert_eq!(refused.error(), (400, "DMS.00400017".to_owned()));
        assert_eq!(fixture.client.signed("DELETE", &path, "").error(), (400, "DMS.00400017".to_owned()));
        assert_eq!(fixture.client.get(&path).status, 200);
    }
    for ended in ["SUCCESS", "FAILED", "CANCELLED"] {
        let mut fixture = Fixture::new(task(ended));
        let removed = fixture.client.signed("DELETE", &path, "");
        assert_eq!((removed.status, removed.body.as_str()), (204, ""));
        for method in ["GET", "DELETE"] {
            assert_eq!(fixture.client.signed(method, &path, "").error(), (404, "DMS.00404980".to_owned()));
        }
    }
}

#[test]
fn lists_are_paged_by_start_and_limit() {
    let tasks: Vec<Value> =
        (1..=120).map(|number| json!({"id": number.to_string(), "name": "n", "status": "SUCCESS"})).collect();
    let mut fixture = Fixture::new(json!({"tasks": tasks, "tasks_order": "oldest_first"}));
    let numbers = |from: u32, to: u32| (from..=to).map(|number| number.to_string()).collect::<Vec<_>>();
    assert_eq!(fixture.column("", "id"), numbers(1, 10));
    assert_eq!(fixture.column("?start=1", "id"), numbers(1, 10));
    assert_eq!(fixture.column("?start=2&limit=3", "id"), numbers(2, 4));
    assert_eq!(fixture.column("?limit=100", "id"), numbers(1, 100));
    assert_eq!(fixture.column("?start=101&limit=100", "id"), numbers(101, 120));
    assert_eq!(fixture.list("?start=121"), json!({"task_count": "120", "tasks": []}));
    // The Go SDK has no `start`.
    assert_eq!(fixture.column("?offset=1&limit=3", "id"), numbers(2, 4));
    assert_eq!(fixture.column("?offset=0&limit=1", "id"), numbers(1, 1));
    for query in [
        "start=0",
        "start=-1",
        "limit=0",
        "limit=101",
        "offset=-1",
        "start=1&offset=0",
        "begin_time=2020-05-15",
        "end_time=1",
        "end_time=%2B2020051503195",
        "begin_time=-2020051503195",
        "begin_time=2020051503195%20",
        "begin_time=20200515%2031951",
        "begin_time=20201315031951",
    ] {
        let refused = fixture.client.get(&format!("{INSTANCE}/tasks?{query}"));
        assert_eq!(refused.error(), (400, "DMS.00400062".to_owned()), "{query}");
    }
}

#[test]
fn lists_are_filtered_by_creation_time() {
    let tasks = json!([
        {"id": "1", "name": "n", "status": "SUCCESS", "created_at": "2020-05-15T03:19:50.999Z"},
        {"id": "2", "name": "n", "status": "SUCCESS", "created_at": "2020-05-15T03:19:51.046Z"},
        {"id": "3", "name": "n", "status": "SUCCESS", "created_at": "2020-05-15T03:19:52Z"},
    ]);
    let mut fixture = Fixture::new(json!({"tasks": tasks, "tasks_order": "oldest_first"}));
    assert_eq!(fixture.column("?begin_time=20200515031951", "id"), ["2", "3"]);
    assert_eq!(fixture.column("?end_time=20200515031951", "id"), ["1", "2"]);
    let both = fixture.list("?begin_time=20200515031951&end_time=20200515031951");
    assert_eq!((&both["task_count"], &both["tasks"][0]["id"]), (&json!("1"), &json!("2")));
}

#[test]
fn unrelated_task_appears_with_a_reset() {
    let mut fixture = Fixture::new(json!({}));
    let fault = |status| Fault::new(Effect::UnrelatedTask { status }).on(Operation::ResetOffsets).times(1);
    fixture.emulator.add_faults([fault(TaskStatus::Failed), fault(TaskStatus::Executing)]);
    assert_eq!(fixture.client.reset(demo::BILLING, ALL_TOPICS).status, 204);
    assert_eq!(fixture.payments(), 0, "the reset is carried out");
    assert_eq!(fixture.column("", "name"), ["kafkaResetConsumerOffset", "kafkaResetConsumerOffset"]);
    assert_eq!(fixture.column("", "status"), ["FAILED", "SUCCESS"]);
    assert_eq!(fixture.client.reset(demo::BILLING, ALL_TOPICS).status, 204);
    assert_eq!(fixture.column("?limit=2", "status"), ["EXECUTING", "SUCCESS"]);
    assert_eq!(fixture.client.reset(demo::BILLING, ALL_TOPICS).error().1, "DMS.00400017");
}

#[test]
fn tasks_of_an_unknown_instance_are_refused() {
    let mut fixture = Fixture::new(json!({}));
    for path in [format!("{INSTANCE}x/tasks"), format!("{INSTANCE}x/tasks/1")] {
        assert_eq!(fixture.client.get(&path).error(), (404, "DMS.00404022".to_owned()));
    }
    let state = fixture.client.unsigned("GET", "/_emulator/state", "").json();
    assert_eq!(state["instances"][demo::INSTANCE_ID]["all_topics_reset"]["delay_ms"], 0);
}
