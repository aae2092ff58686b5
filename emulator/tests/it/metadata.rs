//! The metadata service of an ECS.

use std::sync::Arc;

use dms_emulator::{Emulator, ManualClock, Seed};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::wire::{Client, INSTANCE, Response};

const TOKEN: &str = "/meta-data/latest/api/token";
const KEY: &str = "/openstack/latest/securitykey";

fn start(metadata: &Value) -> (Emulator, Client, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::now()));
    let emulator = Emulator::builder().clock(clock.clone()).start_in_thread().unwrap();
    let seed = json!({"metadata": metadata}).to_string();
    emulator.merge(&Seed::from_json(&seed).unwrap()).unwrap();
    let client = Client::of(&emulator);
    (emulator, client, clock)
}

fn token(client: &mut Client, seconds: &str) -> Response {
    client.send("PUT", TOKEN, &[("X-Metadata-Token-Ttl-Seconds".to_owned(), seconds.to_owned())], "");
    client.receive()
}

fn credentials(client: &mut Client, token: Option<&str>) -> Response {
    let headers: Vec<(String, String)> =
        token.iter().map(|token| ("X-Metadata-Token".to_owned(), (*token).to_owned())).collect();
    client.send("GET", KEY, &headers, "");
    client.receive()
}

#[test]
fn token_gives_access_to_credentials_that_sign() {
    let (_emulator, mut client, _clock) = start(&json!({"permissions": ["dms:instance:get"]}));
    assert_eq!(credentials(&mut client, None).status, 401);
    assert_eq!(credentials(&mut client, Some("wrong")).status, 401);
    let token = token(&mut client, "21600");
    assert_eq!((token.status, token.header("content-type")), (200, Some("text/plain")));
    let response = credentials(&mut client, Some(&token.body));
    assert_eq!(response.status, 200);
    let credential = &response.json()["credential"];
    client.use_credentials(&credential["access"], &credential["secret"], &credential["securitytoken"]);
    assert_eq!(client.get(INSTANCE).status, 200);
    assert_eq!(client.reset("billing", "{}").status, 403);
}

#[test]
fn token_expires_and_its_lifetime_is_checked() {
    let (_emulator, mut client, clock) = start(&json!({}));
    for seconds in ["0", "21601", "x", "-1"] {
        assert_eq!(token(&mut client, seconds).status, 400, "{seconds}");
    }
    assert_eq!(client.unsigned("PUT", TOKEN, "").status, 400);
    let token = token(&mut client, "60").body;
    clock.advance(SignedDuration::from_secs(59));
    assert_eq!(credentials(&mut client, Some(&token)).status, 200);
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(credentials(&mut client, Some(&token)).status, 401);
}

#[test]
fn service_without_tokens_refuses_token_requests() {
    let (_emulator, mut client, _clock) = start(&json!({"token": false}));
    assert_eq!(token(&mut client, "60").status, 404);
    assert_eq!(credentials(&mut client, None).status, 200);
    let (_emulator, mut client, _clock) = start(&json!({"token": false, "token_refusal": 405}));
    assert_eq!(token(&mut client, "60").status, 405);
}

#[test]
fn ecs_without_agency_and_other_machines_have_no_credentials() {
    let (_emulator, mut client, _clock) = start(&json!({"token": false, "agency": false}));
    let response = credentials(&mut client, None);
    assert_eq!(response.status, 401);
    // The official SDK for Java searches for this text.
    assert!(response.body.contains("Please configure Cloud Service Agency first"), "{}", response.body);
    let (_emulator, mut client, _clock) = start(&Value::Null);
    assert_eq!([token(&mut client, "60").status, credentials(&mut client, None).status], [404, 404]);
}

#[test]
fn credentials_stay_the_same_until_ten_minutes_before_their_expiry() {
    let (_emulator, mut client, clock) = start(&json!({"token": false}));
    let first = credentials(&mut client, None).json()["credential"].clone();
    clock.advance(SignedDuration::from_secs(2_999));
    assert_eq!(credentials(&mut client, None).json()["credential"], first);
    clock.advance(SignedDuration::from_secs(1));
    let second = credentials(&mut client, None).json()["credential"].clone();
    assert_ne!(second["access"], first["access"]);
    client.date += SignedDuration::from_secs(3_000);
    for key in [first, second] {
        client.use_credentials(&key["access"], &key["secret"], &key["securitytoken"]);
        assert_eq!(client.get(INSTANCE).status, 200, "both are valid for a while");
    }
}

#[test]
fn invalid_token_refusal_in_a_seed_is_refused() {
    let seed = Seed::from_json(r#"{"metadata": {"token_refusal": 200}}"#).unwrap();
    assert_eq!(seed.build().unwrap_err().path(), "metadata.token_refusal");
}
