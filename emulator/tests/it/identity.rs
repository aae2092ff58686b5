//! Projects, the account, and temporary credentials of IAM and STS.

use std::sync::Arc;

use dms_emulator::{Emulator, ManualClock, Seed};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::wire::{Client, INSTANCE, Response};

const SECURITY_TOKENS: &str = "/v3.0/OS-CREDENTIAL/securitytokens";
const ID_TOKENS: &str = "/v3.0/OS-AUTH/id-token/tokens";
const ASSUME: &str = "/v5/agencies/assume";

fn start() -> (Emulator, Client) {
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

fn exchange_token(client: &mut Client, token: &str) -> Response {
    let body = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": token, "duration_seconds": 900}}}});
    client.unsigned("POST", SECURITY_TOKENS, &body.to_string())
}

fn exchange_id_token(client: &mut Client, provider: &str, token: &str) -> Response {
    let body = json!({"auth": {"id_token": {"id": token}}});
    client.send("POST", ID_TOKENS, &[("X-Idp-Id".to_owned(), provider.to_owned())], &body.to_string());
    client.receive()
}

fn use_iam_credentials(client: &mut Client, response: &Response) {
    let key = &response.json()["credential"];
    client.use_credentials(&key["access"], &key["secret"], &key["securitytoken"]);
}

fn use_sts_credentials(client: &mut Client, response: &Response) {
    let key = &response.json()["credentials"];
    client.use_credentials(&key["access_key_id"], &key["secret_access_key"], &key["security_token"]);
}

#[test]
fn projects_belong_to_the_account() {
    let (_emulator, mut client) = start();
    let response = client.get("/v3/projects?name=cn-north-4").json();
    assert_eq!(response["projects"][0]["domain_id"], "d-own");
}

#[test]
fn account_is_listed_for_signed_requests() {
    let (_emulator, mut client) = start();
    let response = client.get("/v3/auth/domains");
    assert_eq!(response.status, 200);
    assert_eq!(
        (&response.json()["domains"][0]["id"], &response.json()["domains"][0]["name"]),
        (&"d-own".into(), &"own".into())
    );
    assert_eq!(client.unsigned("GET", "/v3/auth/domains", "").status, 401);
}

#[test]
fn agency_is_assumed_by_the_name_or_the_id_of_its_account() {
    for domain in ["domain_name", "domain_id"] {
        let (_emulator, mut client) = start();
        let value = if domain == "domain_id" { "d-other" } else { "other" };
        let response = assume_role(&mut client, &json!({"agency_name": "deploy", domain: value}));
        assert_eq!(response.status, 201, "{response:?}");
        use_iam_credentials(&mut client, &response);
        assert_eq!(client.get(INSTANCE).status, 200);
        assert_eq!(client.reset("billing", "{}").status, 403, "the permissions of the agency apply");
        client.extra.clear();
        assert_eq!(client.get(INSTANCE).status, 401, "without the token");
    }
}

#[test]
fn agency_is_assumed_by_its_urn_also_from_another_agency() {
    let (emulator, mut client) = start();
    let body = |urn: &str| json!({"agency_urn": urn, "agency_session_name": "s", "duration_seconds": 900}).to_string();
    assert_eq!(client.unsigned("POST", ASSUME, &body("iam::d-other:agency:deploy")).status, 401);
    for urn in ["iam::d-other:agency:deploy", "iam::d-third:agency:onward"] {
        let response = client.signed("POST", ASSUME, &body(urn));
        assert_eq!(response.status, 200, "{response:?}");
        use_sts_credentials(&mut client, &response);
    }
    assert_ne!(client.reset("billing", "{}").status, 403, "the permissions of the first agency no longer apply");
    let keys: Vec<Option<String>> = emulator.journal().entries().iter().map(|entry| entry.access_key.clone()).collect();
    assert_ne!(keys[1], keys[2], "each call is signed with the key pair that the previous one issued");
}

#[test]
fn errors_of_sts_have_its_codes_and_texts() {
    let (_emulator, mut client) = start();
    let mut assume = |urn: &str, seconds: u64| {
        let body = json!({"agency_urn": urn, "agency_session_name": "s", "duration_seconds": seconds});
        client.signed("POST", ASSUME, &body.to_string())
    };
    let unknown = assume("iam::d-third:agency:deploy", 900);
    assert_eq!(unknown.error(), (404, "STS5.1106".to_owned()));
    assert_eq!(unknown.message(), "the agency 'iam::d-third:agency:deploy' cannot be found");
    for (urn, seconds) in [("deploy", 900), ("iam::d-other:agency:deploy", 899), ("iam::d-other:agency:deploy", 43_201)]
    {
        assert_eq!(assume(urn, seconds).error(), (400, "STS5.0980".to_owned()), "{urn} {seconds}");
    }
    let first = assume("iam::d-other:agency:deploy", 43_200);
    assert_eq!(first.status, 200);
    use_sts_credentials(&mut client, &first);
    // The documentation limits the lifetime if the request has a security token.
    for (seconds, status) in [(3_601, 400), (3_600, 200)] {
        let body = json!({
            "agency_urn": "iam::d-third:agency:onward", "agency_session_name": "s", "duration_seconds": seconds,
        });
        assert_eq!(client.signed("POST", ASSUME, &body.to_string()).status, status, "{seconds}");
    }
}

#[test]
fn wrong_agencies_and_durations_have_the_error_format_of_iam() {
    let (_emulator, mut client) = start();
    let table = [
        (json!({"agency_name": "missing", "domain_name": "other"}), 404, "IAM.0004"),
        (json!({"agency_name": "deploy", "domain_name": "own"}), 404, "IAM.0004"),
        (json!({"agency_name": "deploy"}), 400, "IAM.0011"),
        (json!({"agency_name": "deploy", "domain_name": "other", "duration_seconds": 899}), 400, "IAM.0011"),
        (json!({"agency_name": "deploy", "domain_name": "other", "duration_seconds": 86_401}), 400, "IAM.0011"),
    ];
    for (role, status, code) in table {
        let response = assume_role(&mut client, &role);
        assert_eq!(response.iam_error(), (status, code.to_owned()), "{role}");
        assert!(response.json()["error"]["message"].is_string() && response.json()["error"]["title"].is_string());
    }
    let query = client.signed("POST", &format!("{SECURITY_TOKENS}?x=1"), "{}");
    assert_eq!(query.iam_error(), (400, "IAM.0007".to_owned()));
    for body in ["{", r#"[{"identity":{"methods":["assume_role"]}}]"#] {
        assert_eq!(client.signed("POST", SECURITY_TOKENS, body).iam_error(), (400, "IAM.0011".to_owned()), "{body}");
    }
}

#[test]
fn id_token_is_exchanged_for_a_token_and_that_for_credentials() {
    let (emulator, mut client) = start();
    let response = exchange_id_token(&mut client, "ci", "header.claims.signature");
    assert_eq!(response.status, 201);
    let token = response.header("x-subject-token").unwrap().to_owned();
    let response = exchange_token(&mut client, &token);
    assert_eq!(response.status, 201, "{response:?}");
    use_iam_credentials(&mut client, &response);
    assert_eq!(client.get(INSTANCE).status, 200);
    let journal = serde_json::to_string(&emulator.journal()).unwrap();
    assert!(!journal.contains("header.claims.signature") && !journal.contains(&token), "{journal}");
    assert!(journal.contains("(hidden)"));
}

#[test]
fn wrong_tokens_and_providers_have_the_documented_errors() {
    let (_emulator, mut client) = start();
    let valid = "header.claims.signature";
    let unknown = exchange_id_token(&mut client, "missing", valid);
    assert_eq!(unknown.error(), (404, "IAM.0004".to_owned()));
    assert!(unknown.message().starts_with("Could not find "), "{}", unknown.message());
    let wrong = exchange_id_token(&mut client, "ci", &format!("{valid}\n"));
    assert_eq!(wrong.error(), (401, "IAM.0001".to_owned()));
    assert!(wrong.message().starts_with("The request you have made requires authentication."), "{}", wrong.message());
    let invalid = client.unsigned("POST", ID_TOKENS, "{}");
    assert_eq!(invalid.error(), (400, "IAM.0011".to_owned()));
    assert!(invalid.message().starts_with("Request body is invalid."), "{}", invalid.message());
    assert_eq!(exchange_token(&mut client, "nothing").iam_error(), (401, "IAM.0001".to_owned()));
}

#[test]
fn issued_credentials_expire_after_their_lifetime() {
    let now: Timestamp = "2024-01-15T08:15:30Z".parse().unwrap();
    let clock = Arc::new(ManualClock::new(now));
    let emulator = Emulator::builder().clock(clock.clone()).start_in_thread().unwrap();
    let agency = json!({"agencies": [{"name": "a", "domain_id": "d", "domain_name": "n"}]});
    let role = json!({"agency_name": "a", "domain_name": "n", "duration_seconds": 1_000});
    // As requested; the default; whatever was requested.
    let table =
        [(&role, None, 1_000), (&json!({"agency_name": "a", "domain_name": "n"}), None, 900), (&role, Some(2), 2)];
    for (role, lifetime, seconds) in table {
        clock.set(now);
        merge(&emulator, &agency);
        emulator.with_state(|state| state.set_credential_lifetime(lifetime));
        let mut client = Client::of(&emulator);
        client.date = now;
        let response = assume_role(&mut client, role);
        let end = now + SignedDuration::from_secs(seconds);
        let expires_at: Timestamp = response.json()["credential"]["expires_at"].as_str().unwrap().parse().unwrap();
        assert_eq!(expires_at, end);
        use_iam_credentials(&mut client, &response);
        client.date = end - SignedDuration::from_secs(1);
        clock.set(client.date);
        assert_eq!(client.get(INSTANCE).status, 200);
        client.date = end;
        clock.set(end);
        let expired = client.get(INSTANCE);
        assert_eq!(expired.error(), (401, "APIGW.0301".to_owned()));
        assert!(expired.message().contains("expired"), "{}", expired.message());
    }
}

#[test]
fn issued_credentials_can_be_expired_and_seeded_ones_can_have_an_expiry() {
    let (emulator, mut client) = start();
    let response = assume_role(&mut client, &json!({"agency_name": "onward", "domain_name": "third"}));
    let mut other = Client::of(&emulator);
    use_iam_credentials(&mut other, &response);
    assert_eq!(other.get(INSTANCE).status, 200);
    emulator.with_state(dms_emulator::State::expire_issued_credentials);
    assert_eq!(other.get(INSTANCE).status, 401);
    assert_eq!(client.get(INSTANCE).status, 200);
    let seed = json!({"credentials": [{
        "access_key": "AK", "secret_key": "SK", "security_token": "T", "expires_at": "2020-01-01T00:00:00Z",
    }]});
    merge(&emulator, &seed);
    client.use_credentials(&"AK".into(), &"SK".into(), &"T".into());
    assert_eq!(client.get(INSTANCE).status, 401);
}
