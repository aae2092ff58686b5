//! The unsigned control routes.

use dms_emulator::{Emulator, demo};

use crate::wire::{Client, INSTANCE};

const RESET: &str = r#"{"topic":"payments","partition":0,"message_offset":7}"#;

fn payments(emulator: &Emulator, group: &str) -> Option<Vec<i64>> {
    emulator.group_offsets(demo::INSTANCE_ID, group, demo::PAYMENTS).ok()
}

#[test]
fn health_is_unsigned_and_not_in_the_journal() {
    let emulator = Emulator::start_in_thread().unwrap();
    let response = Client::of(&emulator).unsigned("GET", "/_emulator/health", "");
    assert_eq!((response.status, response.body.as_str()), (200, r#"{"status":"ok"}"#));
    assert!(emulator.journal().entries().is_empty());
}

#[test]
fn seeds_replace_or_merge_and_reset_restores_the_initial_state() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let seed = format!(
        r#"{{"instances": [{{"id": "{}", "project_id": "{}",
            "groups": [{{"name": "new", "offsets": {{"payments": [3]}}}}]}}]}}"#,
        demo::INSTANCE_ID,
        demo::PROJECT_ID
    );
    assert_eq!(client.unsigned("POST", "/_emulator/seed", &seed).status, 204);
    assert_eq!(payments(&emulator, "new"), Some(vec![3]));
    assert_eq!(payments(&emulator, demo::BILLING), Some(vec![25]));
    assert_eq!(client.reset("new", RESET).status, 204);
    assert_eq!(client.unsigned("PUT", "/_emulator/seed", "{}").status, 204);
    assert_eq!(client.get(INSTANCE).status, 401, "the new state has no key pairs");
    assert_eq!(client.unsigned("POST", "/_emulator/reset", "").status, 204);
    assert_eq!(payments(&emulator, demo::BILLING), Some(vec![25]));
    assert_eq!(payments(&emulator, "new"), None);
    assert!(emulator.journal().entries().is_empty());
}

#[test]
fn error_of_a_seed_contains_the_place_and_nothing_is_changed() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let table = [
        ("{\n\"project\": []}", "at project: unknown field `project`"),
        ("[1]", "at "),
        (r#"{"instances":[{"id":"i","project_id":"none"}]}"#, "at instances[0].project_id:"),
    ];
    for (seed, expected) in table {
        for method in ["PUT", "POST"] {
            let response = client.unsigned(method, "/_emulator/seed", seed);
            assert_eq!(response.error(), (400, "EMULATOR.0400".to_owned()));
            assert!(response.message().contains(expected), "{}", response.message());
        }
    }
    assert_eq!(payments(&emulator, demo::BILLING), Some(vec![25]));
}

#[test]
fn unknown_query_parameters_are_refused() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    client.get(INSTANCE);
    for (method, route) in [
        ("GET", "health?x"),
        ("DELETE", "journal?since=3"),
        ("POST", "reset?x=1"),
        ("POST", "hold?group=a"),
        ("DELETE", "faults?name=a"),
        ("GET", "journal?since=0&since=1"),
    ] {
        let response = client.unsigned(method, &format!("/_emulator/{route}"), "");
        assert_eq!(response.error(), (400, "EMULATOR.0400".to_owned()), "{method} {route}");
        assert!(response.message().starts_with("The query parameter "), "{}", response.message());
    }
    assert_eq!(emulator.journal().entries().len(), 1);
}

#[test]
fn array_in_place_of_an_object_is_refused() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let table = [
        ("PUT", "seed", "[[]]", "at $: invalid type: sequence"),
        ("PUT", "seed", r#"{"projects":[["p","n"]]}"#, "at projects[0]: invalid type: sequence"),
        ("POST", "faults", "[[null,null,null,\"close_before\"]]", "at [0]: invalid type: sequence"),
        ("PUT", "limits", "[[null,1,null]]", "at [0]: invalid type: sequence"),
    ];
    for (method, route, body, expected) in table {
        let response = client.unsigned(method, &format!("/_emulator/{route}"), body);
        assert_eq!(response.error(), (400, "EMULATOR.0400".to_owned()), "{body}");
        assert!(response.message().contains(expected), "{}", response.message());
    }
}

#[test]
fn journal_and_state_contain_no_secrets() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    client.reset(demo::BILLING, RESET);
    let journal = client.unsigned("GET", "/_emulator/journal", "");
    let entry = &journal.json()[0];
    assert_eq!((&entry["sequence"], &entry["status"]), (&1.into(), &204.into()));
    assert_eq!(entry["method"], "PUT");
    assert_eq!(entry["access_key"], demo::ACCESS_KEY);
    assert_eq!(entry["body"]["message_offset"], 7);
    let state = client.unsigned("GET", "/_emulator/state", "");
    let group = &state.json()["instances"][demo::INSTANCE_ID]["groups"]["billing"];
    assert_eq!(group["offsets"]["payments"]["0"], 7);
    for text in [&journal.body, &state.body] {
        assert!(!text.contains(demo::SECRET_KEY) && !text.contains("Signature"), "{text}");
    }
    assert_eq!(client.unsigned("DELETE", "/_emulator/journal", "").status, 204);
    assert_eq!(client.unsigned("GET", "/_emulator/journal", "").body, "[]");
}

#[test]
fn error_of_an_unknown_control_route_lists_the_routes() {
    let emulator = Emulator::start_in_thread().unwrap();
    let response = Client::of(&emulator).unsigned("GET", "/_emulator/seed", "");
    assert_eq!(response.status, 404);
    assert!(response.message().contains("PUT seed (replace)"), "{}", response.message());
}
