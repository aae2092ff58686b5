//! Error bodies in the shapes of the services and their SDKs: gateway, Keystone, camel case, flat, CSS, text.

use std::time::Duration;

use super::*;
use crate::huaweicloud::redact::Redactor;
use crate::huaweicloud::secret::Secret;

const TOKEN: &str = "FAKE.SECURITY/TOKEN+0123456789==";
const SIGNATURE: &str = "e3cf68240408d0cde6ed0d5d431e5d31";

fn redactor() -> Redactor {
    let redactor = Redactor::default();
    redactor.learn([&Secret::from("FakeSk/0123"), &Secret::from(TOKEN)]);
    redactor.with(&Secret::from(SIGNATURE))
}

fn head(status: u16) -> ResponseHead {
    ResponseHead { status, request_id: None, redirect_host: None, retry_after: None, content_encoding: None }
}

fn read(status: u16, body: &str) -> ErrorResponse {
    ErrorResponse::read(head(status), body.as_bytes(), &redactor())
}

#[test]
fn code_and_message_are_found_in_every_known_shape() {
    for (body, code, message) in [
        (r#"{"error_code":"DMS.00404022","error_msg":"gone"}"#, "DMS.00404022", "gone"),
        (
            r#"{"error_msg":"denied","error_code":"IAM.0006","encoded_authorization_message":"x","details":[{"a":1}]}"#,
            "IAM.0006",
            "denied",
        ),
        (r#"{"error":{"code":401,"message":"bad token","title":"Unauthorized"}}"#, "401", "bad token"),
        (r#"{"error":{"code":"IAM.0002","message":"refused"}}"#, "IAM.0002", "refused"),
        (r#"{"errorCode":"X.1","errorMsg":"camel"}"#, "X.1", "camel"),
        (r#"{"code":"X.2","message":"flat"}"#, "X.2", "flat"),
        (r#"{"errCode":"CSS.1","externalMessage":"css"}"#, "CSS.1", "css"),
        (r#"{"a":[1],"outer":{"inner":{"error_code":"X.3","error_msg":"nested"}}}"#, "X.3", "nested"),
        (r#"{"code":"second","message":"second","error_code":"X.4","error_msg":"first"}"#, "X.4", "first"),
    ] {
        let response = read(400, body);
        assert_eq!(response.code.as_deref(), Some(code), "{body}");
        assert_eq!(response.message.as_deref(), Some(message), "{body}");
        assert_eq!(response.excerpt, None, "{body}");
    }
}

#[test]
fn bodies_without_a_known_shape_are_quoted() {
    for (body, excerpt) in [
        ("", None),
        ("  \r\n", None),
        ("upstream\r\n\tfailed\u{7}\u{1b}[31m\u{202e}x", Some("upstream   failed\\u{7}\\u{1b}[31m\\u{202e}x")),
        ("<html><body>502 Bad Gateway</body></html>", Some("<html><body>502 Bad Gateway</body></html>")),
        (r#"["a", 1]"#, Some(r#"["a",1]"#)),
        (
            r#"{"a":{"b":{"c":{"d":{"e":{"code":"too deep","message":"x"}}}}}}"#,
            Some(r#"{"a":{"b":{"c":{"d":{"e":{"code":"too deep","message":"x"}}}}}}"#),
        ),
        (r#"{"error_code":"X.1"#, Some(r#"{"error_code":"X.1"#)),
    ] {
        let response = read(502, body);
        assert_eq!(response.excerpt.as_deref(), excerpt, "{body:?}");
        assert_eq!((response.code, response.message), (None, None), "{body:?}");
    }
}

#[test]
fn long_texts_are_cut() {
    let response = read(502, &"ü".repeat(600));
    assert_eq!(response.excerpt.unwrap(), format!("{}…", "ü".repeat(500)));
    let response = read(400, &format!(r#"{{"error_code":"X","error_msg":"{}"}}"#, "m".repeat(9_000)));
    assert_eq!(response.message.unwrap().chars().count(), 4_001);
}

#[test]
fn body_that_is_not_utf8_is_quoted() {
    let response = ErrorResponse::read(head(500), b"caf\xe9", &redactor());
    assert_eq!(response.excerpt.as_deref(), Some("caf\u{fffd}"));
}

#[test]
fn request_id_comes_from_the_header_or_else_from_the_body() {
    let body = r#"{"error_code":"APIGW.0301","error_msg":"x","request_id":"from-body"}"#;
    assert_eq!(read(401, body).request_id.as_deref(), Some("from-body"));
    let mut head = head(401);
    head.request_id = Some("from-header".to_owned());
    let response = ErrorResponse::read(head, body.as_bytes(), &redactor());
    assert_eq!(response.request_id.as_deref(), Some("from-header"));
}

/// Codes and their meanings: the error references of the services, and the official provider.
#[test]
fn kind_is_determined_by_status_and_code() {
    for (status, code, kind) in [
        (401, "APIGW.0301", ErrorKind::Credentials),
        (401, "DMS.10240101", ErrorKind::Credentials),
        (403, "DMS.00403003", ErrorKind::Forbidden),
        (404, "DMS.00404022", ErrorKind::NotFound),
        (404, "DMS.10240405", ErrorKind::NotFound),
        (400, "DMS.111400864", ErrorKind::NotFound),
        (404, "APIGW.0101", ErrorKind::Refused),
        (404, "", ErrorKind::Refused),
        (404, "DMS.00404001", ErrorKind::Refused),
        (429, "APIGW.0308", ErrorKind::Throttled),
        (400, "APIGW.0308", ErrorKind::Throttled),
        (429, "", ErrorKind::Throttled),
        (400, "DMS.00400017", ErrorKind::Refused),
        (302, "", ErrorKind::Refused),
        (408, "", ErrorKind::Unavailable),
        (500, "DMS.00500000", ErrorKind::Unavailable),
        (503, "DMS.111501025", ErrorKind::Unavailable),
    ] {
        let response = read(status, &format!(r#"{{"error_code":"{code}","error_msg":"x"}}"#));
        assert_eq!(Error::from_response("GET x", response).kind(), kind, "{status} {code}");
    }
}

/// Every rejected signature has this code. The text comes from the gateway's page on frequent errors.
#[test]
fn locked_key_is_distinguished_from_a_wrong_one_by_the_text() {
    for (status, message, kind) in [
        (
            401,
            "Incorrect IAM authentication information: AK access failed to reach the limit,forbidden",
            ErrorKind::KeyLocked,
        ),
        (401, "AK access failed to reach the limit, forbidden.", ErrorKind::KeyLocked),
        (401, "The access key is locked.", ErrorKind::KeyLocked),
        (401, "verify aksk signature fail", ErrorKind::Credentials),
        (401, "the request was blocked", ErrorKind::Credentials),
        (403, "The access key is locked.", ErrorKind::Forbidden),
    ] {
        let response = read(status, &format!(r#"{{"error_code":"APIGW.0301","error_msg":"{message}"}}"#));
        assert_eq!(Error::from_response("GET x", response).kind(), kind, "{status} {message}");
    }
}

/// Message as in an issue of the Java SDK (huaweicloud-sdk-java-v3, number 44).
#[test]
fn error_about_an_expired_signature_shows_both_clocks() {
    let response = read(
        401,
        r#"{"error_msg":"Incorrect IAM authentication information: AK/SK authentication failed, signature expired, signature time:20240115T081530Z,server time:20240115T091530Z","error_code":"APIGW.0301","request_id":"id-1"}"#,
    );
    let skew = response.clock_skew().unwrap();
    assert_eq!(skew.signature_time, "20240115T081530Z");
    assert_eq!(skew.server_time, "20240115T091530Z");
    let text = Error::from_response("PUT x/y", response).to_string();
    insta::assert_snapshot!(text, @"PUT x/y: the service responded with 401 APIGW.0301: Incorrect IAM authentication information: AK/SK authentication failed, signature expired, signature time:20240115T081530Z,server time:20240115T091530Z; the time is 20240115T081530Z by this computer's clock and 20240115T091530Z by the service's (request id id-1)");
}

#[test]
fn other_messages_have_no_clocks() {
    for message in ["no", "signature time:x,server time:y", "signature time:20240115T081530Z"] {
        let response = read(401, &format!(r#"{{"error_code":"X","error_msg":"{message}"}}"#));
        assert_eq!(response.clock_skew(), None, "{message}");
    }
}

/// A gateway that rejects a signature may quote its canonical request, including the security token, with `|` for line
/// feeds. Everything except the secrets is kept.
#[test]
fn quoted_secrets_are_redacted() {
    let quoted = format!(
        "PUT|/v2/{}/||host:x|x-security-token:{TOKEN}||host;x-security-token|e3b0 {SIGNATURE} FakeSk/0123",
        "p".repeat(600)
    );
    let escaped = quoted.replace('/', "\\/");
    for body in [
        quoted.clone(),
        format!(r#"{{"error_code":"APIGW.0301","error_msg":"{escaped}"}}"#),
        format!(r#"{{"error_code":"APIGW.0301","unknown":"{escaped}"}}"#),
        format!(r#"{{"code":"{escaped}","message":"x","request_id":"{escaped}"}}"#),
    ] {
        let response = read(401, &body);
        let error = Error::from_response("PUT x", response.clone());
        let text = format!("{response:?} {error:?} {error} {}", error.report());
        for secret in [TOKEN, SIGNATURE, "FakeSk/0123"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("|x-security-token:[redacted]|") || body.starts_with(r#"{"code""#), "{text}");
    }
}

/// Gateways and proxies quote requests in pages, in incomplete JSON and in URLs.
#[test]
fn secrets_quoted_in_another_notation_are_redacted() {
    for quoted in [
        "FAKE.SECURITY\\/TOKEN+0123456789==",
        "FAKE.SECURITY&#x2F;TOKEN&#43;0123456789&#x3D;&#61;",
        "FAKE.SECURITY%2FTOKEN%2b0123456789%3D%3D",
        "FAKE.SECURITY\\u002fTOKEN\\u002B0123456789==",
    ] {
        for secret in [quoted.to_owned(), format!("{quoted}{quoted}"), format!("FAKE.{quoted} %zz \\ &#x;")] {
            let response = read(401, &format!("é<p>token: {secret}</p>"));
            let text = response.excerpt.unwrap();
            assert!(!text.contains("SECURITY"), "{text}");
            assert!(text.starts_with("é<p>token: ") && text.ends_with("</p>"), "{text}");
        }
    }
}

#[test]
fn secrets_in_a_request_id_or_a_redirect_are_redacted() {
    let head = ResponseHead {
        status: 302,
        request_id: Some(format!("id {TOKEN}")),
        redirect_host: Some(format!("{SIGNATURE}.example")),
        retry_after: None,
        content_encoding: None,
    };
    let response = ErrorResponse::read(head, b"", &redactor());
    assert_eq!(response.request_id.as_deref(), Some("id [redacted]"));
    assert_eq!(response.redirect_host.as_deref(), Some("[redacted].example"));
}

#[test]
fn report_contains_the_causes() {
    let cause = std::io::Error::other("line\nbreak");
    let error = Error::new(ErrorKind::Connect, "GET x: connection failed").with_source(cause);
    assert_eq!(error.to_string(), "GET x: connection failed");
    assert_eq!(error.report(), "GET x: connection failed: line break");
}

#[test]
fn only_certain_rejections_have_no_effect() {
    let uncertain = |status| Error::from_response("PUT x", read(status, "")).may_have_taken_effect();
    for status in [303, 304, 408, 460, 499, 500, 502, 503, 504, 600] {
        assert!(uncertain(status), "{status}");
    }
    for status in [301, 302, 307, 308, 400, 401, 403, 404, 405, 407, 409, 413, 429] {
        assert!(!uncertain(status), "{status}");
    }
    assert!(Error::from_response("PUT x", read(400, "")).with_prior_attempts(true).may_have_taken_effect());
}

/// The passwords of proxies can be short.
#[test]
fn secret_that_is_part_of_a_code_a_date_or_a_word_changes_nothing() {
    let redactor = Redactor::default();
    let secrets = ["00404022", "0301", "20240115", "locked"];
    redactor.learn(&secrets.map(Secret::from));
    let read = |status, body: &str| ErrorResponse::read(head(status), body.as_bytes(), &redactor);

    let response = read(404, r#"{"error_code":"DMS.00404022","error_msg":"No DMS.00404022."}"#);
    assert_eq!(response.code.as_deref(), Some("DMS.00404022"));
    assert_eq!(response.message.as_deref(), Some("No DMS.[redacted]."));
    let body = br#"{"error_code":"DMS.00404022","error_msg":"No."}"#;
    let response = ErrorResponse::in_success(200, None, body, &redactor).unwrap();
    assert_eq!(Error::from_response("GET x", response).kind(), ErrorKind::NotFound);

    let response = read(401, r#"{"error_code":"APIGW.0301","error_msg":"The access key is locked."}"#);
    assert_eq!(response.message.as_deref(), Some("The access key is [redacted]."));
    assert_eq!(Error::from_response("GET x", response).kind(), ErrorKind::KeyLocked);

    for body in [
        r#"{"error_msg":"signature time:20240115T081530Z,server time:20240115T091530Z"}"#,
        "signature time:20240115T081530Z,server time:20240115T091530Z",
    ] {
        assert_eq!(read(401, body).clock_skew().unwrap().server_time, "20240115T091530Z");
    }
    let response = read(400, r#"{"error_code":"locked","error_msg":"no"}"#);
    assert_eq!(response.code.as_deref(), Some("[redacted]"));
}

#[test]
fn attempts_are_part_of_the_message() {
    let error = |count, no_retry| {
        let attempts = Attempts { count, elapsed: Duration::from_millis(2_140), no_retry };
        Error::new(ErrorKind::Timeout, "GET x: timed out").with_attempts(attempts).to_string()
    };
    let deadline = |requested_by_service| NoRetryReason::Deadline {
        wait: Duration::from_secs(7),
        remaining: Duration::from_millis(2_500),
        requested_by_service,
    };
    let errors = [
        error(1, NoRetryReason::NotRetryable),
        error(3, NoRetryReason::RetriesExhausted),
        error(1, deadline(true)),
        error(2, deadline(false)),
    ];
    insta::assert_snapshot!(errors.join("\n"), @r"
    GET x: timed out
    GET x: timed out; 3 attempts within 2.1 s
    GET x: timed out; not retried: the service requests a wait of 7.0 s, but only 2.5 s of the time limit remain
    GET x: timed out; not retried: the next attempt would be in 7.0 s, but only 2.5 s of the time limit remain; 2 attempts within 2.1 s
    ");
}

#[test]
fn codes_of_missing_objects_are_distinguished() {
    for (status, code, instance, on_instance) in [
        (404, "DMS.00404022", true, false),
        (400, "DMS.00404022", true, false),
        (400, "DMS.111400864", false, true),
        (400, "DMS.00400975", false, true),
        (404, "DMS.10240405", false, true),
        (404, "APIGW.0101", false, false),
    ] {
        let error =
            Error::from_response("GET x", read(status, &format!(r#"{{"error_code":"{code}","error_msg":"x"}}"#)));
        assert_eq!(
            (error.is_missing_instance(), error.is_missing_on_instance()),
            (instance, on_instance),
            "{status} {code}"
        );
    }
}
