//! Sign-in with a token of an identity provider: three requests, as IAM's reference and the official provider have them.

use super::roles::{ask, by_id};
use super::world::{World, credential, say, script, signer, sts_credentials, told};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::credentials::{AssumeRoleWithOidc, IdToken};
use crate::huaweicloud::error::{Delivery, ErrorKind};
use crate::huaweicloud::iam::DomainId;
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

/// The variable of the file was given the token itself, and the error quoted it.
#[tokio::test]
async fn token_instead_of_its_file_is_not_shown() {
    let world = World::new(&[]);
    let error =
        oidc(IdToken::File("eyJhbGciOiJub25lIn0.hunter.sig".to_owned())).check(&world.system()).await.unwrap_err();
    assert!(told(&error).contains("id_token_file holds a token"), "{error}");
}

#[tokio::test]
async fn a_token_is_exchanged_for_a_token_for_keys_for_a_role() {
    let file = "eyJ.hunter-file.sig\r\n\n";
    for token in [IdToken::Given("eyJ.hunter-file.sig".into()), IdToken::File("~/token".to_owned())] {
        let server = script(vec![
            say("201 Created", "X-Subject-Token: hunter-subject\r\n", r#"{"token":{"expires_at":"x"}}"#),
            say("201 Created", "", &credential("federated", END)),
            say("201 Created", "", &sts_credentials("role", END)),
            Box::new(|_| accepted()),
        ]);
        // Keys are there as well, and are not those that were asked for.
        let world = World::new(&super::roles::KEYS).file("/home/me/token", file);
        ask(&client(&world, &server, token)).await.unwrap();
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
                r#"{{"agency_urn":"iam::{DOMAIN}:agency:deploy","agency_session_name":"deploy","duration_seconds":7200}}"#
            )
        );
        assert_eq!(signer(&requests[2]), "federated-ak");
        assert_eq!(requests[2].header("x-security-token"), Some("hunter-federated-token"));
        assert_eq!(signer(&requests[3]), "role-ak");
    }
}

#[tokio::test]
async fn roles_are_assumed_on_top() {
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
    ask(&client).await.unwrap();
    let requests = server.requests();
    assert_eq!((signer(&requests[3]), requests[3].header("x-domain-id")), ("role-ak", Some(DOMAIN)));
    assert_eq!(signer(&requests[4]), "second-ak");
}

/// The service quotes what it was sent, in each of the three steps.
#[tokio::test]
async fn what_was_exchanged_is_in_no_error() {
    let subject = || say("201 Created", "X-Subject-Token: hunter-subject\r\n", "{}");
    let quoting = r#"{"error":{"code":"IAM.0011","message":"hunter-id hunter-subject hunter-federated-sk hunter-federated-token"}}"#;
    for (replies, shown) in [
        (
            vec![say("400 Bad Request", "", r#"{"error_code":"IAM.0011","error_msg":"bad hunter-id"}"#)],
            "bad [redacted]",
        ),
        (
            vec![
                subject(),
                say("403 Forbidden", "", &quoting.replace(" hunter-federated-sk hunter-federated-token", "")),
            ],
            "IAM.0011: [redacted] [redacted]",
        ),
        (
            vec![
                subject(),
                say("201 Created", "", &credential("federated", END)),
                say("403 Forbidden", "", &quoting.replace("hunter-id hunter-subject ", "")),
            ],
            "IAM.0011: [redacted] [redacted]",
        ),
    ] {
        let server = script(replies);
        let world = World::new(&[]);
        let error = ask(&client(&world, &server, IdToken::Given("hunter-id".into()))).await.unwrap_err();
        let text = told(&error);
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::SignIn, Delivery::NotSent), "{text}");
        assert!(text.starts_with("sign-in, assume_role_with_oidc: ") && text.contains(shown), "{text}");
    }
}

/// The official provider ends with a nil pointer there.
#[tokio::test]
async fn an_answer_without_a_token_says_so() {
    for headers in ["", "X-Subject-Token: \r\n"] {
        let server = script(vec![say("201 Created", headers, "{}")]);
        let error = ask(&client(&World::new(&[]), &server, IdToken::Given("hunter".into()))).await.unwrap_err();
        let text = told(&error);
        assert_eq!(error.kind(), ErrorKind::SignIn);
        assert!(text.contains("status 201: the answer holds no token (X-Subject-Token)"), "{text}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_token_that_is_not_there_is_told_without_asking() {
    let world = World::new(&[]).file("/empty", " \n").unreadable("/locked");
    for (token, part) in [
        (IdToken::Given("".into()), "id_token is empty"),
        (IdToken::File("/gone".to_owned()), "id_token_file: /gone cannot be read: entity not found"),
        (IdToken::File("/locked".to_owned()), "id_token_file: /locked cannot be read: permission denied"),
        (IdToken::File("/empty".to_owned()), "id_token_file: /empty is empty"),
    ] {
        let early = oidc(token.clone()).check(&world.system()).await.unwrap_err();
        let server = script(Vec::new());
        let error = ask(&client(&world, &server, token)).await.unwrap_err();
        assert_eq!((early.kind(), error.kind()), (ErrorKind::Credentials, ErrorKind::Credentials));
        assert!(told(&error).contains(part) && told(&early).contains(part), "{}", told(&error));
        assert_eq!(server.requests().len(), 0);
    }
}

#[test]
fn identity_providers_that_no_header_can_name_are_refused() {
    for id in ["", " ", "a b", "a\nb", "é"] {
        let role = by_id("deploy", DOMAIN, None);
        let error = AssumeRoleWithOidc::new(id, IdToken::Given("hunter".into()), role).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        told(&error);
    }
    let text = format!("{:?}", oidc(IdToken::Given("hunter".into())));
    assert!(!text.contains("hunter") && text.contains("my-idp"), "{text}");
}
