//! Routing of paths as sent: special characters, truncated paths, unknown routes.

use dms_emulator::{Emulator, RouteKind, Seed, demo};
use serde_json::json;

use crate::wire::{Client, GROUPS, INSTANCE};

const BODY: &str = r#"{"topic":"payments","partition":0,"message_offset":7}"#;

fn with_group(name: &str) -> Emulator {
    let emulator = Emulator::start_in_thread().unwrap();
    let seed = json!({"instances": [{
        "id": demo::INSTANCE_ID, "project_id": demo::PROJECT_ID,
        "groups": [{"name": name, "offsets": {"payments": [1]}}],
    }]});
    emulator.merge(&Seed::from_json(&seed.to_string()).unwrap()).unwrap();
    emulator
}

fn offset(emulator: &Emulator, group: &str) -> Vec<i64> {
    emulator.group_offsets(demo::INSTANCE_ID, group, demo::PAYMENTS).unwrap()
}

#[test]
fn group_names_are_decoded_once_after_the_path_is_split() {
    // The names as RFC 3986 encodes them, with every reserved byte escaped.
    let table = [
        ("a/b c%2F#?é", "a%2Fb%20c%252F%23%3F%C3%A9"),
        ("a%41", "a%2541"),
        ("..", ".."),
        ("a+b", "a%2Bb"),
        ("a+b", "a+b"),
        ("组", "%e7%bb%84"),
        ("billing;v=1", "billing;v=1"),
        (".", "%2E"),
    ];
    for (name, raw) in table {
        let emulator = with_group(name);
        let response = Client::of(&emulator).reset(raw, BODY);
        assert_eq!((response.status, response.body.as_str()), (204, ""), "{name:?} as {raw}");
        assert_eq!(offset(&emulator, name), [7], "{name:?} as {raw}");
        let path = &emulator.journal().entries()[0].path.clone();
        assert_eq!(*path, format!("{GROUPS}/{raw}/reset-message-offset"));
    }
}

#[test]
fn every_route_accepts_encoded_names() {
    let emulator = with_group("a/b?");
    let mut client = Client::of(&emulator);
    let group = "a%2Fb%3F";
    for target in [
        format!("{INSTANCE}/management/groups/{group}"),
        format!("{GROUPS}/{group}"),
        format!("{GROUPS}/{group}/members"),
        format!("{GROUPS}/{group}/message-offset?topic=payments"),
    ] {
        assert_eq!(client.get(&target).status, 200, "{target}");
    }
}

#[test]
fn path_truncated_by_the_group_name_is_recorded_as_a_refused_group_update() {
    let emulator = with_group("a");
    let mut client = Client::of(&emulator);
    // A client that does not escape `?` sends a query. If it does not escape `#`, either the client or the server
    // removes the fragment.
    let question = client.put(&format!("{GROUPS}/a?b/reset-message-offset"), BODY);
    let hash = client.put(&format!("{GROUPS}/a"), BODY);
    assert_eq!(question.error(), (400, "DMS.00400062".to_owned()));
    assert_eq!(hash.error(), (400, "DMS.00400800".to_owned()));
    let raw_hash = client.put(&format!("{GROUPS}/a#b/reset-message-offset"), BODY);
    assert_eq!(raw_hash.status, 401, "the client signed a fragment that the server removed");
    assert_eq!(offset(&emulator, "a"), [1], "nothing was reset");
    let journal = emulator.journal();
    assert_eq!(journal.count("PUT", "/reset-message-offset"), 0);
    assert_eq!(journal.count("PUT", "/groups/a"), 3);
    assert_eq!(journal.entries()[0].query.as_deref(), Some("b/reset-message-offset"));
}

#[test]
fn call_that_the_service_does_not_have_is_not_found() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let reset = format!("{GROUPS}/billing/reset-message-offset");
    let table = [
        ("GET", "/".to_owned()),
        ("POST", reset.clone()),
        ("PUT", format!("{reset}/")),
        ("PUT", reset.replace("/groups/", "//groups/")),
        ("PUT", reset.replace("/v2/", "/v2/./")),
        ("PUT", reset.replace("kafka", "k%61fka")),
        ("PUT", reset.replace("billing", "team/billing")),
        ("PUT", reset.replace("billing", "")),
        ("GET", format!("{INSTANCE}/tags")),
        ("GET", "/v3/projects/".to_owned()),
    ];
    for (method, path) in table {
        let response = client.signed(method, &path, "");
        assert_eq!(response.error(), (404, "APIGW.0101".to_owned()), "{method} {path}");
        let text = "The API does not exist or has not been published in the environment.";
        assert_eq!(response.message(), format!("{text} The request is: {method} {path}"));
    }
    assert!(emulator.journal().entries().iter().all(|entry| entry.route == RouteKind::Unknown));
    assert_eq!(offset(&emulator, demo::BILLING), [25]);
}

#[test]
fn published_call_without_a_route_is_not_implemented() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let table = [
        ("GET", format!("{INSTANCE}/management/cluster")),
        ("PUT", format!("{INSTANCE}/users/me")),
        ("GET", format!("{INSTANCE}/tasks/1/progress")),
        ("POST", format!("/v1.0/{}/instances/i/manage/groups/billing/reset-message-offset", demo::PROJECT_ID)),
        ("GET", "/v3/users".to_owned()),
        ("GET", "/v3/project".to_owned()),
        ("POST", "/v5/agencies/assume-with-oidc".to_owned()),
    ];
    for (method, path) in table {
        let response = client.signed(method, &path, "");
        assert_eq!(response.error(), (501, "EMULATOR.0501".to_owned()), "{method} {path}");
        let text = "The service may have this call, but the emulator does not implement it";
        assert_eq!(response.message(), format!("{text}: {method} {path}"));
    }
    assert!(emulator.journal().entries().iter().all(|entry| entry.route == RouteKind::NotImplemented));
    let journal = client.unsigned("GET", "/_emulator/journal", "").json();
    assert_eq!(journal[0]["route"], "not_implemented");
    client.get(INSTANCE);
    assert_eq!(emulator.journal().entries().last().unwrap().route, RouteKind::Implemented);
}

#[test]
fn invalid_escape_is_a_bad_request() {
    let emulator = Emulator::start_in_thread().unwrap();
    let response = Client::of(&emulator).get(&format!("{GROUPS}/a%zz"));
    assert_eq!(response.error(), (400, "APIGW.0201".to_owned()));
    assert_eq!(emulator.journal().entries()[0].route, RouteKind::Implemented);
}
