//! Members that leave after a time, and the states of groups, over the wire.

use std::sync::Arc;

use dms_emulator::{Emulator, ManualClock, Seed, demo};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::wire::{Client, GROUPS, INSTANCE};

const RESET: &str = r#"{"topic":"payments","partition":0,"message_offset":7}"#;

/// The demo data and another group, with a manual clock.
fn start(group: &Value) -> (Emulator, Arc<ManualClock>, Client) {
    let now: Timestamp = "2024-05-01T12:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(now));
    let emulator = Emulator::builder().clock(clock.clone()).start_in_thread().unwrap();
    let seed = json!({"instances": [{
        "id": demo::INSTANCE_ID, "project_id": demo::PROJECT_ID, "groups": [group],
    }]});
    emulator.merge(&Seed::from_json(&seed.to_string()).unwrap()).unwrap();
    let mut client = Client::of(&emulator);
    client.date = now;
    (emulator, clock, client)
}

fn member(id: &str, leaves_after_ms: u64) -> Value {
    json!({"member_id": id, "client_id": id, "host": "/192.0.2.7", "leaves_after_ms": leaves_after_ms})
}

fn state_and_member_count(client: &mut Client, group: &str) -> (String, usize) {
    let response = client.get(&format!("{INSTANCE}/management/groups/{group}")).json();
    let state = response["group"]["state"].as_str().unwrap().to_owned();
    (state, response["group"]["members"].as_array().unwrap().len())
}

#[test]
fn members_leave_after_the_first_request_that_names_their_group() {
    let group = json!({"name": "leaving", "members": [member("a", 1_000), member("b", 400)]});
    let (emulator, clock, mut client) = start(&group);
    clock.advance(SignedDuration::from_secs(60));
    assert_eq!(client.get(INSTANCE).status, 200, "a request that does not name the group");
    clock.advance(SignedDuration::from_secs(60));
    assert_eq!(state_and_member_count(&mut client, "leaving"), ("STABLE".to_owned(), 2));
    clock.advance(SignedDuration::from_millis(400));
    assert_eq!(state_and_member_count(&mut client, "leaving"), ("STABLE".to_owned(), 1));
    clock.advance(SignedDuration::from_millis(599));
    assert_eq!(client.reset("leaving", RESET).error(), (400, "DMS.00400980".to_owned()));
    clock.advance(SignedDuration::from_millis(1));
    assert_eq!(client.reset("leaving", RESET).status, 204);
    assert_eq!(state_and_member_count(&mut client, "leaving"), ("EMPTY".to_owned(), 0));
    assert_eq!(emulator.group_offsets(demo::INSTANCE_ID, "leaving", demo::PAYMENTS).unwrap(), [7]);
}

#[test]
fn refused_reset_starts_the_time_and_wrong_signature_does_not() {
    let (emulator, clock, mut client) = start(&json!({"name": "leaving", "members": [member("a", 1_000)]}));
    let target = format!("{GROUPS}/leaving");
    assert_eq!(client.unsigned("GET", &target, "").status, 401);
    clock.advance(SignedDuration::from_secs(2));
    assert_eq!(client.reset("leaving", RESET).error(), (400, "DMS.00400980".to_owned()));
    clock.advance(SignedDuration::from_secs(1));
    // The state shows the same without a request to the group.
    let members = emulator.with_state(|state| state.group_mut(demo::INSTANCE_ID, "leaving").unwrap().members.len());
    assert_eq!(members, 0);
    let state = client.unsigned("GET", "/_emulator/state", "").json();
    assert_eq!(state["instances"][demo::INSTANCE_ID]["groups"]["leaving"]["state"], "Empty");
}

#[test]
fn reset_of_the_emulator_restores_members() {
    let clock = Arc::new(ManualClock::new("2024-05-01T12:00:00Z".parse().unwrap()));
    let mut seed = Seed::demo();
    seed.instances[0].groups[1].members[0].leaves_after_ms = Some(10);
    let emulator = Emulator::builder().clock(clock.clone()).seed(seed).start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    client.date = "2024-05-01T12:00:00Z".parse().unwrap();
    assert_eq!(state_and_member_count(&mut client, demo::SHIPPING).1, 1);
    clock.advance(SignedDuration::from_millis(10));
    assert_eq!(state_and_member_count(&mut client, demo::SHIPPING).1, 0);
    emulator.reset();
    clock.advance(SignedDuration::from_millis(10));
    assert_eq!(state_and_member_count(&mut client, demo::SHIPPING).1, 1, "no request has named the group yet");
}

#[test]
fn every_state_can_be_seeded_and_only_empty_groups_can_be_reset() {
    let member = json!({"member_id": "m", "client_id": "m", "host": "/192.0.2.7"});
    let table = [
        (json!({"state": "Dead"}), "DEAD", 400),
        (json!({"state": "Empty"}), "EMPTY", 204),
        (json!({"state": "PreparingRebalance"}), "PREPARING_REBALANCE", 400),
        (json!({"state": "PreparingRebalance", "members": [member]}), "PREPARING_REBALANCE", 400),
        (json!({"state": "CompletingRebalance", "members": [member]}), "COMPLETING_REBALANCE", 400),
        (json!({"state": "Stable", "members": [member]}), "STABLE", 400),
    ];
    for (mut group, state, status) in table {
        group["name"] = "g".into();
        let (_emulator, _clock, mut client) = start(&group);
        assert_eq!(state_and_member_count(&mut client, "g").0, state);
        assert_eq!(client.reset("g", RESET).status, status, "{group}");
    }
}
