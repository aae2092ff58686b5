//! Authentication over the wire: signatures, clock skew, temporary key pairs.

use std::sync::Arc;

use dms_emulator::{Emulator, ManualClock, Seed};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::wire::{Client, INSTANCE};

#[test]
fn signed_request_is_accepted_and_unsigned_one_refused() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    assert_eq!(client.get(INSTANCE).status, 200);
    let refused = client.unsigned("GET", INSTANCE, "");
    assert_eq!(refused.error(), (401, "APIGW.0301".to_owned()));
    assert!(refused.message().contains("Authorization"), "{refused:?}");
}

#[test]
fn response_to_a_wrong_signature_contains_the_canonical_request() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    client.secret_key.push('x');
    let refused = client.get(&format!("{INSTANCE}/topics?limit=1"));
    assert_eq!(refused.error(), (401, "APIGW.0301".to_owned()));
    let host = emulator.address();
    let expected = format!("canonical request:GET|{INSTANCE}/topics/|limit=1|host:{host}|x-sdk-date:");
    assert!(refused.message().contains(&expected), "{}", refused.message());
}

#[test]
fn every_response_has_a_unique_request_id() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let billing = r#"{"topic":"orders","partition":-1,"message_offset":1}"#;
    let responses = [
        client.get(INSTANCE),
        client.reset("billing", billing),
        client.reset("shipping", billing),
        client.unsigned("GET", INSTANCE, ""),
        client.get("/nowhere"),
        client.unsigned("GET", "/_emulator/health", ""),
    ];
    let mut ids = Vec::new();
    for response in &responses {
        let id = response.header("x-request-id").unwrap();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        if response.status >= 400 {
            assert_eq!(response.json()["request_id"], id);
        }
        ids.push(id);
    }
    assert_eq!(emulator.journal().entries()[1].request_id, ids[1]);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), responses.len());
}

#[test]
fn configured_clock_is_used() {
    let now: Timestamp = "2024-01-15T08:15:30Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(now));
    let emulator = Emulator::builder().clock(clock.clone()).start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    client.date = now;
    assert_eq!(client.get(INSTANCE).header("date"), Some("Mon, 15 Jan 2024 08:15:30 GMT"));
    clock.advance(SignedDuration::from_mins(15));
    assert_eq!(client.get(INSTANCE).status, 200);
    clock.advance(SignedDuration::from_secs(1));
    let expired = client.get(INSTANCE);
    assert_eq!(expired.error(), (401, "APIGW.0301".to_owned()));
    let times = "signature expired, signature time:20240115T081530Z,server time:20240115T083031Z";
    assert!(expired.message().ends_with(times), "{}", expired.message());
}

#[test]
fn different_projects_in_header_and_path_are_refused() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let header = |project: &str| vec![("X-Project-Id".to_owned(), project.to_owned())];
    client.extra = header("0d0e0f00000000000000000000000001");
    assert_eq!(client.get(INSTANCE).status, 200);
    client.extra = header("0d0e0f00000000000000000000000002");
    assert_eq!(client.get(INSTANCE).error(), (403, "APIGW.0302".to_owned()));
    assert_eq!(client.get("/v3/projects").status, 200, "IAM has no project in its path");
}

#[test]
fn temporary_key_pair_needs_its_token() {
    let seed = r#"{"projects": [{"id": "p", "name": "r"}],
        "credentials": [{"access_key": "AK", "secret_key": "SK", "security_token": "TOKEN"}]}"#;
    let seed = Seed::from_json(seed).unwrap();
    let emulator = Emulator::builder().seed(seed).start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    (client.access_key, client.secret_key) = ("AK".to_owned(), "SK".to_owned());
    assert_eq!(client.get("/v3/projects").status, 401);
    client.extra = vec![("X-Security-Token".to_owned(), "TOKEN".to_owned())];
    assert_eq!(client.get("/v3/projects").status, 200);
    client.extra = vec![("X-Security-Token".to_owned(), "token".to_owned())];
    assert_eq!(client.get("/v3/projects").status, 401);
}

/// Sends the recorded requests of the official SDKs byte for byte. The file describes how they were recorded.
#[test]
fn requests_of_the_official_sdks_are_authenticated() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/signing/vectors.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for vector in [&file["vectors"], &file["go_vectors"]].into_iter().flat_map(|list| list.as_array().unwrap()) {
        let headers = vector["expected"]["headers_to_send"].as_object().unwrap();
        let headers: Vec<(String, String)> = headers.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        let token = headers.iter().find(|(name, _)| name == "X-Security-Token");
        let seed = json!({
            "projects": [{"id": "0123456789abcdef0123456789abcdef", "name": "cn-north-4"}],
            "credentials": [{
                "access_key": vector["access_key"],
                "secret_key": vector["secret_key"],
                "security_token": token.map(|(_, value)| value),
            }],
        });
        let date = text(&vector["x_sdk_date"]);
        let now = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &date).unwrap();
        let now = jiff::tz::TimeZone::UTC.to_timestamp(now).unwrap();
        let emulator = Emulator::builder()
            .seed(Seed::from_json(&seed.to_string()).unwrap())
            .clock(Arc::new(ManualClock::new(now)))
            .start_in_thread()
            .unwrap();
        let query = text(&vector["wire_query"]);
        let mut target = text(&vector["path"]);
        if !query.is_empty() {
            target.push_str(&format!("?{query}"));
        }
        let mut client = Client::of(&emulator);
        client.send(&text(&vector["method"]), &target, &headers, &text(&vector["body"]));
        let response = client.receive();
        assert_ne!(response.status, 401, "{}: {response:?}", vector["name"]);
        assert_eq!(emulator.journal().entries()[0].path, text(&vector["path"]));
        if target.ends_with("/reset-message-offset") {
            // The signature and the route are correct. The instance does not exist, or the body is not valid.
            let known = [(404, "DMS.00404022"), (400, "DMS.00400004"), (400, "DMS.00400005"), (400, "DMS.00400800")];
            let (status, code) = response.error();
            assert!(known.contains(&(status, code.as_str())), "{}: {response:?}", vector["name"]);
        }
    }
}
