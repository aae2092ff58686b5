//! Roles by account name and by account id: requests, chains and errors.
//!
//! The requests are those of the references of IAM and STS and of the official provider.

use std::time::Duration;

use super::world::{World, credential, report, say, script, signer, sts_credentials};
use crate::huaweicloud::client::{Builder, Client};
use crate::huaweicloud::credentials::{AgencyAccount, AssumeRole};
use crate::huaweicloud::endpoint::{EndpointSettings, Service};
use crate::huaweicloud::error::{Delivery, Error, ErrorKind};
use crate::huaweicloud::http::Request;
use crate::huaweicloud::ids::{DomainId, ProjectId};
use crate::huaweicloud::test_server::{Captured, TestServer, accepted};

pub(super) const BASE_CREDENTIALS: [(&str, &str); 2] =
    [("HW_ACCESS_KEY", "base-ak"), ("HW_SECRET_KEY", "hunter-base-sk")];

const END: &str = "2024-01-15T23:59:59.000000Z";

pub(super) fn by_name(agency: &str, account: &str, seconds: Option<u64>) -> AssumeRole {
    let account = AgencyAccount::Name(account.to_owned());
    AssumeRole::new(agency, account, seconds.map(Duration::from_secs)).unwrap()
}

pub(super) fn by_id(agency: &str, account: &str, seconds: Option<u64>) -> AssumeRole {
    let account = AgencyAccount::Id(DomainId::parse(account).unwrap());
    AssumeRole::new(agency, account, seconds.map(Duration::from_secs)).unwrap()
}

/// Sends one request, which needs credentials.
pub(super) async fn send_reset(client: &Client) -> Result<(), Error> {
    let endpoint = client.endpoint(Service::Dms, None).unwrap();
    let request = Request::new(reqwest::Method::PUT, &endpoint, &["reset"], &[]).unwrap();
    let request = request.project(&ProjectId::parse("p1").unwrap());
    client.send(&request).await.map(drop)
}

/// A client with credentials of this account, which assumes one role.
fn assuming(server: &TestServer, account: &str, role: AssumeRole) -> Builder {
    World::new(&BASE_CREDENTIALS).client(server).domain_id(DomainId::parse(account).unwrap()).assume_roles(vec![role])
}

fn last(server: &TestServer) -> Captured {
    server.requests().pop().unwrap()
}

#[tokio::test]
async fn role_by_account_name_is_assumed_at_iam() {
    for (seconds, duration) in [(None, 43_200), (Some(900), 900), (Some(86_400), 86_400)] {
        let server = script(vec![say("201 Created", "", &credential("role", END)), Box::new(|_| accepted())]);
        let client = assuming(&server, "own-domain", by_name("ops \"a\"", "acme", seconds)).build().unwrap();
        send_reset(&client).await.unwrap();
        let requests = server.requests();
        assert_eq!(requests[0].line(), "POST /v3.0/OS-CREDENTIAL/securitytokens HTTP/1.1");
        assert_eq!(
            requests[0].text(),
            format!(
                r#"{{"auth":{{"identity":{{"assume_role":{{"agency_name":"ops \"a\"","domain_name":"acme","duration_seconds":{duration}}},"methods":["assume_role"]}}}}}}"#
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
async fn role_by_account_id_is_assumed_at_sts() {
    for (seconds, tail) in [(None, ""), (Some(3_600), r#","duration_seconds":3600"#)] {
        for status in ["200 OK", "201 Created", "202 Accepted"] {
            let server = script(vec![say(status, "", &sts_credentials("role", "")), Box::new(|_| accepted())]);
            let client = assuming(&server, "own-domain", by_id("ops", "d42", seconds)).build().unwrap();
            send_reset(&client).await.unwrap();
            let requests = server.requests();
            assert_eq!(requests[0].line(), "POST /v5/agencies/assume HTTP/1.1");
            assert_eq!(
                requests[0].text(),
                format!(r#"{{"agency_session_name":"ops","agency_urn":"iam::d42:agency:ops"{tail}}}"#)
            );
            assert_eq!((signer(&requests[0]), requests[0].header("x-domain-id")), ("base-ak", Some("own-domain")));
            assert_eq!(signer(&requests[1]), "role-ak");
        }
    }
}

/// Each request has the credentials of the previous role and names its account.
#[tokio::test]
async fn roles_are_assumed_in_order() {
    let domains = r#"{"domains":[{"id":"third","name":"globex","enabled":true}],"links":{}}"#;
    let server = script(vec![
        say("201 Created", "", &sts_credentials("one", END)),
        say("201 Created", "", &credential("two", END)),
        say("200 OK", "", domains),
        say("201 Created", "", &sts_credentials("three", END)),
        Box::new(|_| accepted()),
    ]);
    let roles = vec![by_id("a", "d1", None), by_name("b", "globex", None), by_id("c", "d3", None)];
    let client = World::new(&BASE_CREDENTIALS)
        .client(&server)
        .domain_id(DomainId::parse("d0").unwrap())
        .assume_roles(roles)
        .build()
        .unwrap();
    send_reset(&client).await.unwrap();
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
async fn account_of_the_credentials_is_looked_up() {
    let two = r#"{"domains":[{"id":"d1","name":"acme"},{"id":"d2","name":"globex"}]}"#;
    let one = r#"{"domains":[{"id":"d1","name":"acme"}]}"#;
    for (domains, name, expected) in [(two, Some("globex"), "d2"), (one, None, "d1"), (one, Some("acme"), "d1")] {
        let server = script(vec![say("200 OK", "", domains), say("201 Created", "", &sts_credentials("role", END))]);
        let builder = World::new(&BASE_CREDENTIALS).client(&server).assume_roles(vec![by_id("ops", "d42", None)]);
        let builder = builder.domain_name(name.map(str::to_owned));
        send_reset(&builder.build().unwrap()).await.unwrap_err();
        assert_eq!(server.requests()[1].header("x-domain-id"), Some(expected));
    }
    let mut errors = Vec::new();
    for (domains, name) in [(two, None), (two, Some("initech")), (r#"{"domains":[]}"#, None)] {
        let server = script(vec![say("200 OK", "", domains)]);
        let builder = World::new(&BASE_CREDENTIALS).client(&server).assume_roles(vec![by_id("ops", "d42", None)]);
        let builder = builder.domain_name(name.map(str::to_owned));
        let error = send_reset(&builder.build().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        errors.push(report(&error));
    }
    insta::assert_snapshot!(errors.join("\n"), @r#"
    sign-in, assume_role[0]: IAM lists no account or several accounts for these credentials (d1 (acme), d2 (globex)); set `domain_id`
    sign-in, assume_role[0]: IAM lists no account or several accounts named "initech" for these credentials (d1 (acme), d2 (globex)); set `domain_id`
    sign-in, assume_role[0]: IAM lists no account or several accounts for these credentials (none); set `domain_id`
    "#);
}

#[tokio::test]
async fn role_is_assumed_without_an_account_that_cannot_be_looked_up() {
    let server = script(vec![
        say("403 Forbidden", "", r#"{"error":{"code":403,"message":"no"}}"#),
        say("201 Created", "", &sts_credentials("role", END)),
        Box::new(|_| accepted()),
    ]);
    let client =
        World::new(&BASE_CREDENTIALS).client(&server).assume_roles(vec![by_id("ops", "d42", None)]).build().unwrap();
    send_reset(&client).await.unwrap();
    assert_eq!(server.requests()[1].header("x-domain-id"), None);
}

/// Only roles need the account.
#[tokio::test]
async fn account_is_not_looked_up_without_roles() {
    let server = script(vec![Box::new(|_| accepted())]);
    send_reset(&World::new(&BASE_CREDENTIALS).client(&server).domain_name("acme".to_owned()).build().unwrap())
        .await
        .unwrap();
    assert_eq!(last(&server).line(), "PUT /reset HTTP/1.1");
}

#[tokio::test]
async fn roles_use_the_configured_addresses() {
    let (iam, sts) = (
        script(vec![say("201 Created", "", &credential("one", END))]),
        script(vec![say("201 Created", "", &sts_credentials("two", END))]),
    );
    let endpoints = EndpointSettings {
        auth_url: Some(format!("{}/v3", iam.url())),
        custom: [("sts".to_owned(), sts.url()), ("dms".to_owned(), sts.url())].into(),
        ..EndpointSettings::default()
    };
    let client = World::new(&BASE_CREDENTIALS)
        .client(&iam)
        .endpoints(endpoints)
        .domain_id(DomainId::parse("d0").unwrap())
        .assume_roles(vec![by_name("a", "acme", None), by_id("b", "d1", None)])
        .build()
        .unwrap();
    // The lookup of the account of the first role fails, because the script of IAM has ended.
    send_reset(&client).await.unwrap_err();
    assert_eq!(iam.requests()[0].line(), "POST /v3.0/OS-CREDENTIAL/securitytokens HTTP/1.1");
    assert_eq!(iam.requests()[1].line(), "GET /v3/auth/domains HTTP/1.1");
}

/// The request that needs the credentials was not sent.
#[tokio::test]
async fn error_of_a_role_is_an_error_of_the_sign_in() {
    let mut errors = Vec::new();
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
        let error = send_reset(&client).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (kind, Delivery::NotSent), "{error}");
        assert_eq!(error.response().unwrap().request_id.as_deref(), Some("req-1"));
        errors.push(report(&error));
    }
    insta::assert_snapshot!(errors.join("\n"), @r"
    sign-in, assume_role[0]: POST 127.0.0.1:[port]/v5/agencies/assume: the service responded with 400 PAP5.0013: denied for [redacted] (request id req-1)
    sign-in, assume_role[0]: POST 127.0.0.1:[port]/v5/agencies/assume: the service responded with 403 PAP5.0013: denied for [redacted] (request id req-1)
    sign-in, assume_role[0]: POST 127.0.0.1:[port]/v5/agencies/assume: the service responded with 404 PAP5.0013: denied for [redacted] (request id req-1)
    sign-in, assume_role[0]: POST 127.0.0.1:[port]/v5/agencies/assume: the service responded with 401 PAP5.0013: denied for [redacted] (request id req-1)
    sign-in, assume_role[0]: POST 127.0.0.1:[port]/v5/agencies/assume: the service responded with 429 PAP5.0013: denied for [redacted] (request id req-1)
    sign-in, assume_role[0]: POST 127.0.0.1:[port]/v5/agencies/assume: the service responded with 503 PAP5.0013: denied for [redacted] (request id req-1)
    ");
}

/// Nothing of the request was sent, so a retry is safe even if it is not idempotent.
#[tokio::test]
async fn unavailable_identity_service_is_retried() {
    for status in ["503 Busy", "429 Too Many", "502 Bad Gateway"] {
        let server = script(vec![
            say(status, "Retry-After: 0\r\n", "{}"),
            say("201 Created", "", &sts_credentials("role", END)),
            Box::new(|_| accepted()),
        ]);
        let client = assuming(&server, "d0", by_id("ops", "d42", None)).max_retries(1).build().unwrap();
        send_reset(&client).await.unwrap();
        assert_eq!(signer(&last(&server)), "role-ak", "{status}");
    }
    let server = script(vec![say("403 Forbidden", "", "{}"), say("201 Created", "", &sts_credentials("role", END))]);
    let client = assuming(&server, "d0", by_id("ops", "d42", None)).max_retries(1).build().unwrap();
    send_reset(&client).await.unwrap_err();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn credentials_in_a_response_of_another_form_are_not_quoted() {
    for body in
        [r#"{"credentials":{"access_key_id":"a","secret_access_key":{"x":"hunter"}}}"#, r#"["hunter"]"#, "hunter"]
    {
        let server = script(vec![say("201 Created", "", body)]);
        let client = assuming(&server, "d0", by_id("ops", "d42", None)).build().unwrap();
        let error = send_reset(&client).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::SignIn, Delivery::NotSent));
        report(&error);
    }
}

/// Limits: the API references of both requests.
#[test]
fn roles_with_invalid_names_or_durations_are_errors() {
    let id = || AgencyAccount::Id(DomainId::parse("d").unwrap());
    let name = |name: &str| AgencyAccount::Name(name.to_owned());
    let roles = [
        (" ", id(), None),
        ("a\nb", id(), None),
        ("a", name(""), None),
        ("a", id(), Some(899)),
        ("a", id(), Some(43_201)),
        ("a", name("x"), Some(899)),
        ("a", name("x"), Some(86_401)),
    ];
    let errors = roles.map(|(agency, account, seconds)| {
        let error = AssumeRole::new(agency, account, seconds.map(Duration::from_secs)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    });
    insta::assert_snapshot!(errors.join("\n"), @r"
    the agency's name is empty or contains control characters
    the agency's name is empty or contains control characters
    the name of the agency's account is empty or contains control characters
    the duration is 899 seconds, but it must be between 900 and 43200 seconds
    the duration is 43201 seconds, but it must be between 900 and 43200 seconds
    the duration is 899 seconds, but it must be between 900 and 86400 seconds
    the duration is 86401 seconds, but it must be between 900 and 86400 seconds
    ");
}
