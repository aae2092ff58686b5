//! Projects, the account, and temporary keys of IAM and STS.

use crate::wire::{Client, INSTANCE, Response};
use dms_emulator::{Emulator, ManualClock, Seed};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

const SECURITY_TOKENS: &str = "/v3.0/OS-CREDENTIAL/securitytokens";
const ID_TOKENS: &str = "/v3.0/OS-AUTH/id-token/tokens";
const ASSUME: &str = "/v5/agencies/assume";

fn seeded() -> (Emulator, Client) {
    let emulator = Emulator::start_in_thread().unwrap();
    let seed = json!({
        "domain": {"id": "d-own", "name": "own"},
        "agencies": [
            {"name": "deploy", "domain_id": "d-other", "domain_name": "other", "permissions": ["dms:instance:get"]},
            {"name": "onward", "domain_id": "d-third", "domain_name": "third"},
        ],
        "identity_providers": [{"id": "ci", "id_tokens": ["header.claims.signature"]}],
    });
    merge(&emulator, &seed);
    let client = Client::of(&emulator);
    (emulator, client)
}

fn merge(emulator: &Emulator, seed: &Value) {
    emulator.merge(&Seed::from_json(&seed.to_string()).unwrap()).unwrap();
}

fn assume_role(client: &mut Client, role: &Value) -> Response {
    let body = json!({"auth": {"identity": {"methods": ["assume_role"], "assume_role": role}}});
    client.signed("POST", SECURITY_TOKENS, &body.to_string())
}

fn by_token(client: &mut Client, token: &str) -> Response {
    let body = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": token, "duration_seconds": 900}}}});
    client.unsigned("POST", SECURITY_TOKENS, &body.to_string())
}

fn id_token(client: &mut Client, provider: &str, token: &str) -> Response {
    let body = json!({"auth": {"id_token": {"id": token}}});
    client.send("POST", ID_TOKENS, &[("X-Idp-Id".to_owned(), provider.to_owned())], &body.to_string());
    client.receive()
}

fn become_credential(client: &mut Client, answer: &Response) {
    let key = &answer.json()["credential"];
    client.become_key(&key["access"], &key["secret"], &key["securitytoken"]);
}

fn become_credentials(client: &mut Client, answer: &Response) {
    let key = &answer.json()["credentials"];
    client.become_key(&key["access_key_id"], &key["secret_access_key"], &key["security_token"]);
}

#[test]
fn projects_belong_to_the_account() {
    let (_emulator, mut client) = seeded();
    let answer = client.get("/v3/projects?name=cn-north-4").json();
    assert_eq!(answer["projects"][0]["domain_id"], "d-own");
}

#[test]
fn the_account_is_told_to_whoever_signs() {
    let (_emulator, mut client) = seeded();
    let answer = client.get("/v3/auth/domains");
    assert_eq!(answer.status, 200);
    assert_eq!(
        (&answer.json()["domains"][0]["id"], &answer.json()["domains"][0]["name"]),
        (&"d-own".into(), &"own".into())
    );
    assert_eq!(client.unsigned("GET", "/v3/auth/domains", "").status, 401);
}

#[test]
fn an_agency_is_assumed_by_its_accounts_name_or_id() {
    for domain in ["domain_name", "domain_id"] {
        let (_emulator, mut client) = seeded();
        let value = if domain == "domain_id" { "d-other" } else { "other" };
        let answer = assume_role(&mut client, &json!({"agency_name": "deploy", domain: value}));
        assert_eq!(answer.status, 201, "{answer:?}");
        become_credential(&mut client, &answer);
        assert_eq!(client.get(INSTANCE).status, 200);
        assert_eq!(client.reset("billing", "{}").status, 403, "the agency's permissions count");
        client.extra.clear();
        assert_eq!(client.get(INSTANCE).status, 401, "without the token");
    }
}

#[test]
fn an_agency_is_assumed_by_its_urn_and_from_there_the_next() {
    let (emulator, mut client) = seeded();
    let body = |urn: &str| json!({"agency_urn": urn, "agency_session_name": "s", "duration_seconds": 900}).to_string();
    assert_eq!(client.unsigned("POST", ASSUME, &body("iam::d-other:agency:deploy")).status, 401);
    for urn in ["iam::d-other:agency:deploy", "iam::d-third:agency:onward"] {
        let answer = client.signed("POST", ASSUME, &body(urn));
        assert_eq!(answer.status, 200, "{answer:?}");
        become_credentials(&mut client, &answer);
    }
    assert_ne!(client.reset("billing", "{}").status, 403, "no longer bound by the first agency");
    let keys: Vec<Option<String>> = emulator.journal().entries().iter().map(|entry| entry.access_key.clone()).collect();
    assert_ne!(keys[1], keys[2], "each call is signed with the key of the one before");
    let unknown = client.signed("POST", ASSUME, &body("iam::d-third:agency:deploy"));
    assert_eq!(unknown.refusal(), (404, "IAM.0004".to_owned()));
    assert_eq!(client.signed("POST", ASSUME, &body("deploy")).refusal(), (400, "IAM.0011".to_owned()));
}

#[test]
fn wrong_agencies_and_durations_are_refused_in_iams_shape() {
    let (_emulator, mut client) = seeded();
    let table = [
        (json!({"agency_name": "nobody", "domain_name": "other"}), 404, "IAM.0004"),
        (json!({"agency_name": "deploy", "domain_name": "own"}), 404, "IAM.0004"),
        (json!({"agency_name": "deploy"}), 400, "IAM.0011"),
        (json!({"agency_name": "deploy", "domain_name": "other", "duration_seconds": 899}), 400, "IAM.0011"),
        (json!({"agency_name": "deploy", "domain_name": "other", "duration_seconds": 86_401}), 400, "IAM.0011"),
    ];
    for (role, status, code) in table {
        let answer = assume_role(&mut client, &role);
        assert_eq!(answer.iam_refusal(), (status, code.to_owned()), "{role}");
        assert!(answer.json()["error"]["message"].is_string() && answer.json()["error"]["title"].is_string());
    }
    assert_eq!(client.signed("POST", SECURITY_TOKENS, "{").iam_refusal(), (400, "IAM.0011".to_owned()));
}

#[test]
fn an_id_token_becomes_a_token_and_that_a_key() {
    let (emulator, mut client) = seeded();
    let answer = id_token(&mut client, "ci", "header.claims.signature");
    assert_eq!(answer.status, 201);
    let token = answer.header("x-subject-token").unwrap().to_owned();
    let answer = by_token(&mut client, &token);
    assert_eq!(answer.status, 201, "{answer:?}");
    become_credential(&mut client, &answer);
    assert_eq!(client.get(INSTANCE).status, 200);
    let journal = serde_json::to_string(&emulator.journal()).unwrap();
    assert!(!journal.contains("header.claims.signature") && !journal.contains(&token), "{journal}");
    assert!(journal.contains("(hidden)"));
}

#[test]
fn wrong_tokens_and_providers_are_refused_in_iams_shape() {
    let (_emulator, mut client) = seeded();
    let right = "header.claims.signature";
    assert_eq!(id_token(&mut client, "nobody", right).iam_refusal(), (404, "IAM.0004".to_owned()));
    assert_eq!(id_token(&mut client, "ci", &format!("{right}\n")).iam_refusal(), (401, "IAM.0001".to_owned()));
    assert_eq!(client.unsigned("POST", ID_TOKENS, "{}").iam_refusal(), (400, "IAM.0011".to_owned()));
    assert_eq!(by_token(&mut client, "nothing").iam_refusal(), (401, "IAM.0001".to_owned()));
}

#[test]
fn an_issued_key_ends_when_its_time_is_over() {
    let now: Timestamp = "2024-01-15T08:15:30Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(now));
    let emulator = Emulator::builder().clock(clock.clone()).start_in_thread().unwrap();
    let agency = json!({"agencies": [{"name": "a", "domain_id": "d", "domain_name": "n"}]});
    let role = json!({"agency_name": "a", "domain_name": "n", "duration_seconds": 1_000});
    // As asked for; by default; whatever was asked for.
    let table =
        [(&role, None, 1_000), (&json!({"agency_name": "a", "domain_name": "n"}), None, 900), (&role, Some(2), 2)];
    for (role, lifetime, seconds) in table {
        clock.set(now);
        merge(&emulator, &agency);
        emulator.with_state(|state| state.set_credential_lifetime(lifetime));
        let mut client = Client::of(&emulator);
        client.date = now;
        let answer = assume_role(&mut client, role);
        let end = now + SignedDuration::from_secs(seconds);
        let told: Timestamp = answer.json()["credential"]["expires_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(told, end);
        become_credential(&mut client, &answer);
        client.date = end - SignedDuration::from_secs(1);
        clock.set(client.date);
        assert_eq!(client.get(INSTANCE).status, 200);
        client.date = end;
        clock.set(end);
        let expired = client.get(INSTANCE);
        assert_eq!(expired.refusal(), (401, "APIGW.0301".to_owned()));
        assert!(expired.message().contains("expired"), "{}", expired.message());
    }
}

#[test]
fn issued_keys_can_be_ended_at_once_and_seeded_ones_have_an_end() {
    let (emulator, mut client) = seeded();
    let answer = assume_role(&mut client, &json!({"agency_name": "onward", "domain_name": "third"}));
    let mut other = Client::of(&emulator);
    become_credential(&mut other, &answer);
    assert_eq!(other.get(INSTANCE).status, 200);
    emulator.with_state(dms_emulator::State::expire_issued_credentials);
    assert_eq!(other.get(INSTANCE).status, 401);
    assert_eq!(client.get(INSTANCE).status, 200);
    let seed = json!({"credentials": [{
        "access_key": "AK", "secret_key": "SK", "security_token": "T", "expires_at": "2020-01-01T00:00:00Z",
    }]});
    merge(&emulator, &seed);
    client.become_key(&"AK".into(), &"SK".into(), &"T".into());
    assert_eq!(client.get(INSTANCE).status, 401);
}
