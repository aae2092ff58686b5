//! Roles in both forms: requests as IAM's and STS's references and the official provider have them, chains, and what an
//! error says.

use std::time::Duration;

use super::world::{World, credential, say, script, signer, sts_credentials, told};
use crate::huaweicloud::client::{Builder, Client, request::Request};
use crate::huaweicloud::credentials::{AgencyAccount, AssumeRole};
use crate::huaweicloud::endpoint::{EndpointSettings, Service};
use crate::huaweicloud::error::{Delivery, Error, ErrorKind};
use crate::huaweicloud::iam::{DomainId, ProjectId};
use crate::huaweicloud::test_server::{Captured, TestServer, accepted};

pub(super) const KEYS: [(&str, &str); 2] = [("HW_ACCESS_KEY", "base-ak"), ("HW_SECRET_KEY", "hunter-base-sk")];

const END: &str = "2024-01-15T23:59:59.000000Z";

pub(super) fn by_name(agency: &str, account: &str, seconds: Option<u64>) -> AssumeRole {
    let account = AgencyAccount::Name(account.to_owned());
    AssumeRole::new(agency, account, seconds.map(Duration::from_secs)).unwrap()
}

pub(super) fn by_id(agency: &str, account: &str, seconds: Option<u64>) -> AssumeRole {
    let account = AgencyAccount::Id(DomainId::parse(account).unwrap());
    AssumeRole::new(agency, account, seconds.map(Duration::from_secs)).unwrap()
}

/// One request about a group, which needs keys.
pub(super) async fn ask(client: &Client) -> Result<(), Error> {
    let endpoint = client.endpoint(Service::Dms, None).unwrap();
    let request = Request::new(reqwest::Method::PUT, &endpoint, &["reset"], &[]).unwrap();
    let request = request.project(&ProjectId::parse("p1").unwrap());
    client.send(&request).await.map(drop)
}

/// A client whose keys are of this account, and which takes on one role with them.
fn assuming(server: &TestServer, account: &str, role: AssumeRole) -> Builder {
    World::new(&KEYS).client(server).domain_id(DomainId::parse(account).unwrap()).assume_roles(vec![role])
}

fn last(server: &TestServer) -> Captured {
    server.requests().pop().unwrap()
}

#[tokio::test]
async fn an_agency_of_a_named_account_is_assumed_at_iam() {
    for (seconds, duration) in [(None, 43_200), (Some(900), 900), (Some(86_400), 86_400)] {
        let server = script(vec![say("201 Created", "", &credential("role", END)), Box::new(|_| accepted())]);
        let client = assuming(&server, "own-domain", by_name("ops \"a\"", "acme", seconds)).build().unwrap();
        ask(&client).await.unwrap();
        let requests = server.requests();
        assert_eq!(requests[0].line(), "POST /v3.0/OS-CREDENTIAL/securitytokens HTTP/1.1");
        assert_eq!(
            requests[0].text(),
            format!(
                r#"{{"auth":{{"identity":{{"methods":["assume_role"],"assume_role":{{"agency_name":"ops \"a\"","domain_name":"acme","duration_seconds":{duration}}}}}}}}}"#
            )
        );
        assert_eq!((signer(&requests[0]), requests[0].header("x-domain-id")), ("base-ak", Some("own-domain")));
        let signed = requests[0].header("authorization").unwrap();
        assert!(signed.contains("SignedHeaders=content-type;host;x-domain-id;x-sdk-date,"), "{signed}");
        assert_eq!((signer(&requests[1]), requests[1].header("x-domain-id")), ("role-ak", None));
        assert_eq!(requests[1].header("x-security-token"), Some("hunter-role-token"));
        assert_eq!(requests.len(), 2);
    }
}

#[tokio::test]
async fn an_agency_of_an_account_by_id_is_assumed_at_sts() {
    for (seconds, tail) in [(None, ""), (Some(3_600), r#","duration_seconds":3600"#)] {
        for status in ["200 OK", "201 Created", "202 Accepted"] {
            let server = script(vec![say(status, "", &sts_credentials("role", "")), Box::new(|_| accepted())]);
            let client = assuming(&server, "own-domain", by_id("ops", "d42", seconds)).build().unwrap();
            ask(&client).await.unwrap();
            let requests = server.requests();
            assert_eq!(requests[0].line(), "POST /v5/agencies/assume HTTP/1.1");
            assert_eq!(
                requests[0].text(),
                format!(r#"{{"agency_urn":"iam::d42:agency:ops","agency_session_name":"ops"{tail}}}"#)
            );
            assert_eq!((signer(&requests[0]), requests[0].header("x-domain-id")), ("base-ak", Some("own-domain")));
            assert_eq!(signer(&requests[1]), "role-ak");
        }
    }
}

/// Each with the keys of the one before, and with that one's account.
#[tokio::test]
async fn roles_are_chained_in_order() {
    let domains = r#"{"domains":[{"id":"third","name":"globex","enabled":true}],"links":{}}"#;
    let server = script(vec![
        say("201 Created", "", &sts_credentials("one", END)),
        say("201 Created", "", &credential("two", END)),
        say("200 OK", "", domains),
        say("201 Created", "", &sts_credentials("three", END)),
        Box::new(|_| accepted()),
    ]);
    let roles = vec![by_id("a", "d1", None), by_name("b", "globex", None), by_id("c", "d3", None)];
    let client = World::new(&KEYS)
        .client(&server)
        .domain_id(DomainId::parse("d0").unwrap())
        .assume_roles(roles)
        .build()
        .unwrap();
    ask(&client).await.unwrap();
    let seen: Vec<String> = server
        .requests()
        .iter()
        .map(|it| format!("{} {} {}", it.line(), signer(it), it.header("x-domain-id").unwrap_or("-")))
        .collect();
    assert_eq!(
        seen,
        [
            "POST /v5/agencies/assume HTTP/1.1 base-ak d0",
            "POST /v3.0/OS-CREDENTIAL/securitytokens HTTP/1.1 one-ak d1",
            "GET /v3/auth/domains HTTP/1.1 two-ak -",
            "POST /v5/agencies/assume HTTP/1.1 two-ak third",
            "PUT /reset HTTP/1.1 three-ak -",
        ]
    );
}

#[tokio::test]
async fn the_account_of_the_keys_is_looked_up_by_name() {
    let two = r#"{"domains":[{"id":"d1","name":"acme"},{"id":"d2","name":"globex"}]}"#;
    let one = r#"{"domains":[{"id":"d1","name":"acme"}]}"#;
    for (domains, name, expected) in [(two, Some("globex"), "d2"), (one, None, "d1"), (one, Some("acme"), "d1")] {
        let server = script(vec![say("200 OK", "", domains), say("201 Created", "", &sts_credentials("role", END))]);
        let mut builder = World::new(&KEYS).client(&server).assume_roles(vec![by_id("ops", "d42", None)]);
        if let Some(name) = name {
            builder = builder.domain_name(name);
        }
        ask(&builder.build().unwrap()).await.unwrap_err();
        assert_eq!(server.requests()[1].header("x-domain-id"), Some(expected));
    }
    for (domains, name) in [(two, None), (two, Some("initech")), (r#"{"domains":[]}"#, None)] {
        let server = script(vec![say("200 OK", "", domains)]);
        let mut builder = World::new(&KEYS).client(&server).assume_roles(vec![by_id("ops", "d42", None)]);
        if let Some(name) = name {
            builder = builder.domain_name(name);
        }
        let error = ask(&builder.build().unwrap()).await.unwrap_err();
        let text = told(&error);
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(text.contains("assume_role[0]") && text.contains("set `domain_id`"), "{text}");
        assert!(domains.len() < 20 || text.contains("d1 (acme), d2 (globex)"), "{text}");
    }
}

#[tokio::test]
async fn an_account_that_iam_does_not_tell_is_done_without() {
    let server = script(vec![
        say("403 Forbidden", "", r#"{"error":{"code":403,"message":"no"}}"#),
        say("201 Created", "", &sts_credentials("role", END)),
        Box::new(|_| accepted()),
    ]);
    let client = World::new(&KEYS).client(&server).assume_roles(vec![by_id("ops", "d42", None)]).build().unwrap();
    ask(&client).await.unwrap();
    assert_eq!(server.requests()[1].header("x-domain-id"), None);
}

/// Nobody asked for a role, so nobody's account matters.
#[tokio::test]
async fn without_roles_the_account_is_not_looked_up() {
    let server = script(vec![Box::new(|_| accepted())]);
    ask(&World::new(&KEYS).client(&server).domain_name("acme").build().unwrap()).await.unwrap();
    assert_eq!(last(&server).line(), "PUT /reset HTTP/1.1");
}

#[tokio::test]
async fn addresses_of_iam_and_sts_follow_the_settings() {
    let (iam, sts) = (
        script(vec![say("201 Created", "", &credential("one", END))]),
        script(vec![say("201 Created", "", &sts_credentials("two", END))]),
    );
    let endpoints = EndpointSettings {
        auth_url: Some(format!("{}/v3", iam.url())),
        custom: [("sts".to_owned(), sts.url()), ("dms".to_owned(), sts.url())].into(),
        ..EndpointSettings::default()
    };
    let client = World::new(&KEYS)
        .client(&iam)
        .endpoints(endpoints)
        .domain_id(DomainId::parse("d0").unwrap())
        .assume_roles(vec![by_name("a", "acme", None), by_id("b", "d1", None)])
        .build()
        .unwrap();
    // The account of the first role is asked for at IAM, whose script is over then.
    ask(&client).await.unwrap_err();
    assert_eq!(iam.requests()[0].line(), "POST /v3.0/OS-CREDENTIAL/securitytokens HTTP/1.1");
    assert_eq!(iam.requests()[1].line(), "GET /v3/auth/domains HTTP/1.1");
}

/// The reset that needed the keys was not sent, whatever the identity service answered.
#[tokio::test]
async fn a_refusal_of_a_role_was_taken_for_one_of_the_reset() {
    for (status, kind) in [
        ("400 Bad Request", ErrorKind::SignIn),
        ("403 Forbidden", ErrorKind::SignIn),
        ("404 Not Found", ErrorKind::SignIn),
        ("401 Unauthorized", ErrorKind::Credentials),
        ("429 Too Many", ErrorKind::Throttled),
        ("503 Busy", ErrorKind::Unavailable),
    ] {
        let quoting = r#"{"error_code":"PAP5.0013","error_msg":"denied for hunter-base-sk"}"#;
        let server = script(vec![say(status, "X-Request-Id: req-1\r\n", quoting)]);
        let client = assuming(&server, "d0", by_id("ops", "d42", None)).build().unwrap();
        let error = ask(&client).await.unwrap_err();
        let text = told(&error);
        assert_eq!((error.kind(), error.delivery()), (kind, Delivery::NotSent), "{text}");
        assert!(text.starts_with("sign-in, assume_role[0]: POST 127.0.0.1:"), "{text}");
        assert!(text.contains("PAP5.0013: denied for [redacted] (request id req-1)"), "{text}");
        assert_eq!(error.response().unwrap().request_id.as_deref(), Some("req-1"));
    }
}

/// Of the reset itself, nothing had left: it is safe to begin again, and a PUT as well.
#[tokio::test]
async fn an_identity_service_that_was_busy_ended_the_request() {
    for status in ["503 Busy", "429 Too Many", "502 Bad Gateway"] {
        let server = script(vec![
            say(status, "Retry-After: 0\r\n", "{}"),
            say("201 Created", "", &sts_credentials("role", END)),
            Box::new(|_| accepted()),
        ]);
        let client = assuming(&server, "d0", by_id("ops", "d42", None)).max_retries(1).build().unwrap();
        ask(&client).await.unwrap();
        assert_eq!(signer(&last(&server)), "role-ak", "{status}");
    }
    let server = script(vec![say("403 Forbidden", "", "{}"), say("201 Created", "", &sts_credentials("role", END))]);
    let client = assuming(&server, "d0", by_id("ops", "d42", None)).max_retries(1).build().unwrap();
    ask(&client).await.unwrap_err();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn keys_in_an_answer_of_another_form_are_not_quoted() {
    for body in
        [r#"{"credentials":{"access_key_id":"a","secret_access_key":{"x":"hunter"}}}"#, r#"["hunter"]"#, "hunter"]
    {
        let server = script(vec![say("201 Created", "", body)]);
        let client = assuming(&server, "d0", by_id("ops", "d42", None)).build().unwrap();
        let error = ask(&client).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::SignIn, Delivery::NotSent));
        told(&error);
    }
}

/// Bounds: the API references of both forms.
#[test]
fn roles_that_no_service_gives_cannot_be_made() {
    let id = || AgencyAccount::Id(DomainId::parse("d").unwrap());
    let name = |name: &str| AgencyAccount::Name(name.to_owned());
    for (agency, account, seconds, part) in [
        (" ", id(), None, "agency's name"),
        ("a\nb", id(), None, "agency's name"),
        ("a", name(""), None, "name of the agency's account"),
        ("a", id(), Some(899), "900 to 43200"),
        ("a", id(), Some(43_201), "900 to 43200"),
        ("a", name("x"), Some(899), "900 to 86400"),
        ("a", name("x"), Some(86_401), "900 to 86400"),
    ] {
        let error = AssumeRole::new(agency, account, seconds.map(Duration::from_secs)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(part), "{error}");
    }
    for text in ["", "a b", "a:b", "é"] {
        assert_eq!(DomainId::parse(text).unwrap_err().kind(), ErrorKind::Config, "{text:?}");
    }
}
