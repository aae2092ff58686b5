//! Sign-in with a token of an identity provider: three requests, as in IAM's reference and the official provider.

use super::roles::{by_id, send_reset};
use super::world::{World, credential, report, say, script, signer, sts_credentials};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::credentials::{AssumeRoleWithOidc, IdToken};
use crate::huaweicloud::error::{Delivery, ErrorKind};
use crate::huaweicloud::ids::DomainId;
use crate::huaweicloud::test_server::{TestServer, accepted};

const END: &str = "2024-01-15T23:59:59.000000Z";
const DOMAIN: &str = "0123456789abcdef";

fn oidc(token: IdToken) -> AssumeRoleWithOidc {
    AssumeRoleWithOidc::new("my-idp", token, by_id("deploy", DOMAIN, Some(7_200))).unwrap()
}

fn client(world: &World, server: &TestServer, token: IdToken) -> Client {
    let builder = world.client(server).domain_id(DomainId::parse("own").unwrap());
    builder.assume_role_with_oidc(oidc(token)).build().unwrap()
}

/// A user may set the variable of the file to the token itself.
#[tokio::test]
async fn token_instead_of_its_file_is_not_shown() {
    let world = World::new(&[]);
    let error =
        oidc(IdToken::File("eyJhbGciOiJub25lIn0.hunter.sig".to_owned())).check(&world.system()).await.unwrap_err();
    insta::assert_snapshot!(report(&error), @"id_token_file contains a token instead of the name of a file; set id_token to use the token");
}

#[tokio::test]
async fn token_is_exchanged_for_credentials_that_assume_a_role() {
    let file = "eyJ.hunter-file.sig\r\n\n";
    for token in [IdToken::Given("eyJ.hunter-file.sig".into()), IdToken::File("~/token".to_owned())] {
        let server = script(vec![
            say("201 Created", "X-Subject-Token: hunter-subject\r\n", r#"{"token":{"expires_at":"x"}}"#),
            say("201 Created", "", &credential("federated", END)),
            say("201 Created", "", &sts_credentials("role", END)),
            Box::new(|_| accepted()),
        ]);
        // The environment has credentials too, which must not be used.
        let world = World::new(&super::roles::BASE_CREDENTIALS).file("/home/me/token", file);
        send_reset(&client(&world, &server, token)).await.unwrap();
        let requests = server.requests();
        assert_eq!(requests[0].line(), "POST /v3.0/OS-AUTH/id-token/tokens HTTP/1.1");
        assert_eq!(requests[0].header("x-idp-id"), Some("my-idp"));
        assert_eq!(requests[0].text(), r#"{"auth":{"id_token":{"id":"eyJ.hunter-file.sig"}}}"#);
        assert_eq!(requests[1].line(), "POST /v3.0/OS-CREDENTIAL/securitytokens HTTP/1.1");
        assert_eq!(
            requests[1].text(),
            r#"{"auth":{"identity":{"methods":["token"],"token":{"id":"hunter-subject"}}}}"#
        );
        for request in &requests[..2] {
            assert_eq!(request.header("content-type"), Some("application/json"));
            for name in ["authorization", "x-sdk-date", "x-security-token", "x-domain-id"] {
                assert_eq!(request.header(name), None, "{name}");
            }
        }
        assert_eq!(requests[2].line(), "POST /v5/agencies/assume HTTP/1.1");
        assert_eq!(
            requests[2].text(),
            format!(
                r#"{{"agency_session_name":"deploy","agency_urn":"iam::{DOMAIN}:agency:deploy","duration_seconds":7200}}"#
            )
        );
        assert_eq!(signer(&requests[2]), "federated-ak");
        assert_eq!(requests[2].header("x-security-token"), Some("hunter-federated-token"));
        assert_eq!(signer(&requests[3]), "role-ak");
    }
}

#[tokio::test]
async fn further_roles_are_assumed() {
    let server = script(vec![
        say("201 Created", "X-Subject-Token: hunter-subject\r\n", "{}"),
        say("201 Created", "", &credential("federated", END)),
        say("201 Created", "", &sts_credentials("role", END)),
        say("201 Created", "", &sts_credentials("second", END)),
        Box::new(|_| accepted()),
    ]);
    let client = World::new(&[])
        .client(&server)
        .domain_id(DomainId::parse("own").unwrap())
        .assume_role_with_oidc(oidc(IdToken::Given("hunter".into())))
        .assume_roles(vec![by_id("second", "d2", None)])
        .build()
        .unwrap();
    send_reset(&client).await.unwrap();
    let requests = server.requests();
    assert_eq!((signer(&requests[3]), requests[3].header("x-domain-id")), ("role-ak", Some(DOMAIN)));
    assert_eq!(signer(&requests[4]), "second-ak");
}

/// The service quotes the request in each of the three steps.
#[tokio::test]
async fn errors_do_not_show_tokens_or_credentials() {
    let subject = || say("201 Created", "X-Subject-Token: hunter-subject\r\n", "{}");
    let quoting = r#"{"error":{"code":"IAM.0011","message":"hunter-id hunter-subject hunter-federated-sk hunter-federated-token"}}"#;
    let mut errors = Vec::new();
    for replies in [
        vec![say("400 Bad Request", "", r#"{"error_code":"IAM.0011","error_msg":"bad hunter-id"}"#)],
        vec![subject(), say("403 Forbidden", "", &quoting.replace(" hunter-federated-sk hunter-federated-token", ""))],
        vec![
            subject(),
            say("201 Created", "", &credential("federated", END)),
            say("403 Forbidden", "", &quoting.replace("hunter-id hunter-subject ", "")),
        ],
    ] {
        let server = script(replies);
        let world = World::new(&[]);
        let error = send_reset(&client(&world, &server, IdToken::Given("hunter-id".into()))).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::SignIn, Delivery::NotSent), "{error}");
        errors.push(report(&error));
    }
    insta::assert_snapshot!(errors.join("\n"), @r"
    sign-in, assume_role_with_oidc: POST 127.0.0.1:[port]/v3.0/OS-AUTH/id-token/tokens: the service responded with 400 IAM.0011: bad [redacted]
    sign-in, assume_role_with_oidc: POST 127.0.0.1:[port]/v3.0/OS-CREDENTIAL/securitytokens: the service responded with 403 IAM.0011: [redacted] [redacted]
    sign-in, assume_role_with_oidc: POST 127.0.0.1:[port]/v5/agencies/assume: the service responded with 403 IAM.0011: [redacted] [redacted]
    ");
}

/// The official provider panics after such a response.
#[tokio::test]
async fn response_without_a_token_is_an_error() {
    for headers in ["", "X-Subject-Token: \r\n"] {
        let server = script(vec![say("201 Created", headers, "{}")]);
        let error = send_reset(&client(&World::new(&[]), &server, IdToken::Given("hunter".into()))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SignIn);
        assert_eq!(
            report(&error),
            "sign-in, assume_role_with_oidc: POST 127.0.0.1:[port]/v3.0/OS-AUTH/id-token/tokens: status 201: the response has no token (X-Subject-Token)"
        );
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn missing_token_is_reported_without_a_request() {
    let world = World::new(&[]).file("/empty", " \n").unreadable("/locked");
    let mut errors = Vec::new();
    for token in [
        IdToken::Given("".into()),
        IdToken::File("/gone".to_owned()),
        IdToken::File("/locked".to_owned()),
        IdToken::File("/empty".to_owned()),
    ] {
        let early = oidc(token.clone()).check(&world.system()).await.unwrap_err();
        let server = script(Vec::new());
        let error = send_reset(&client(&world, &server, token)).await.unwrap_err();
        assert_eq!((early.kind(), error.kind()), (ErrorKind::Credentials, ErrorKind::Credentials));
        assert_eq!(server.requests().len(), 0);
        errors.push(format!("{}\n{}", report(&early), report(&error)));
    }
    insta::assert_snapshot!(errors.join("\n"), @r"
    id_token is empty
    sign-in, assume_role_with_oidc: id_token is empty
    id_token_file: /gone cannot be read: entity not found
    sign-in, assume_role_with_oidc: id_token_file: /gone cannot be read: entity not found
    id_token_file: /locked cannot be read: permission denied
    sign-in, assume_role_with_oidc: id_token_file: /locked cannot be read: permission denied
    id_token_file: /empty is empty
    sign-in, assume_role_with_oidc: id_token_file: /empty is empty
    ");
}

#[test]
fn ids_of_identity_providers_that_cannot_be_sent_are_invalid() {
    for id in ["", " ", "a b", "a\nb", "é"] {
        let role = by_id("deploy", DOMAIN, None);
        let error = AssumeRoleWithOidc::new(id, IdToken::Given("hunter".into()), role).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        report(&error);
    }
    let text = format!("{:?}", oidc(IdToken::Given("hunter".into())));
    assert!(!text.contains("hunter") && text.contains("my-idp"), "{text}");
}
