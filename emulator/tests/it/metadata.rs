//! The metadata service of an ECS.

use crate::wire::{Client, INSTANCE, Response};
use dms_emulator::{Emulator, ManualClock, Seed};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

const TOKEN: &str = "/meta-data/latest/api/token";
const KEY: &str = "/openstack/latest/securitykey";

fn seeded(metadata: &Value) -> (Emulator, Client, Arc<ManualClock>) {
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

fn key(client: &mut Client, token: Option<&str>) -> Response {
    let headers: Vec<(String, String)> =
        token.iter().map(|token| ("X-Metadata-Token".to_owned(), (*token).to_owned())).collect();
    client.send("GET", KEY, &headers, "");
    client.receive()
}

#[test]
fn a_token_opens_the_way_to_a_key_that_signs() {
    let (_emulator, mut client, _clock) = seeded(&json!({"permissions": ["dms:instance:get"]}));
    assert_eq!(key(&mut client, None).status, 401);
    assert_eq!(key(&mut client, Some("wrong")).status, 401);
    let token = token(&mut client, "21600");
    assert_eq!((token.status, token.header("content-type")), (200, Some("text/plain")));
    let answer = key(&mut client, Some(&token.body));
    assert_eq!(answer.status, 200);
    let credential = &answer.json()["credential"];
    client.become_key(&credential["access"], &credential["secret"], &credential["securitytoken"]);
    assert_eq!(client.get(INSTANCE).status, 200);
    assert_eq!(client.reset("billing", "{}").status, 403);
}

#[test]
fn a_token_ends_and_must_be_asked_for_properly() {
    let (_emulator, mut client, clock) = seeded(&json!({}));
    for seconds in ["0", "21601", "x", "-1"] {
        assert_eq!(token(&mut client, seconds).status, 400, "{seconds}");
    }
    assert_eq!(client.unsigned("PUT", TOKEN, "").status, 400);
    let token = token(&mut client, "60").body;
    clock.advance(SignedDuration::from_secs(59));
    assert_eq!(key(&mut client, Some(&token)).status, 200);
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(key(&mut client, Some(&token)).status, 401);
}

#[test]
fn the_plain_form_has_no_tokens() {
    let (_emulator, mut client, _clock) = seeded(&json!({"token": false}));
    assert_eq!(token(&mut client, "60").status, 404);
    assert_eq!(key(&mut client, None).status, 200);
    let (_emulator, mut client, _clock) = seeded(&json!({"token": false, "token_refusal": 405}));
    assert_eq!(token(&mut client, "60").status, 405);
}

#[test]
fn an_ecs_without_agency_and_a_machine_that_is_none_have_no_keys() {
    let (_emulator, mut client, _clock) = seeded(&json!({"token": false, "agency": false}));
    let answer = key(&mut client, None);
    assert_eq!(answer.status, 401);
    // The text that the official SDK for Java looks for.
    assert!(answer.body.contains("Please configure Cloud Service Agency first"), "{}", answer.body);
    let (_emulator, mut client, _clock) = seeded(&Value::Null);
    assert_eq!([token(&mut client, "60").status, key(&mut client, None).status], [404, 404]);
}

#[test]
fn the_key_is_the_same_until_ten_minutes_before_its_end() {
    let (_emulator, mut client, clock) = seeded(&json!({"token": false}));
    let first = key(&mut client, None).json()["credential"].clone();
    clock.advance(SignedDuration::from_secs(2_999));
    assert_eq!(key(&mut client, None).json()["credential"], first);
    clock.advance(SignedDuration::from_secs(1));
    let second = key(&mut client, None).json()["credential"].clone();
    assert_ne!(second["access"], first["access"]);
    client.date += SignedDuration::from_secs(3_000);
    for key in [first, second] {
        client.become_key(&key["access"], &key["secret"], &key["securitytoken"]);
        assert_eq!(client.get(INSTANCE).status, 200, "both are good for a while");
    }
}

#[test]
fn a_wrong_seed_of_the_service_is_refused() {
    let seed = Seed::from_json(r#"{"metadata": {"token_refusal": 200}}"#).unwrap();
    assert_eq!(seed.build().unwrap_err().path(), "metadata.token_refusal");
}
