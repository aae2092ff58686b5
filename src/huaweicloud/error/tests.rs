//! Tables: error bodies and what they become. The shapes are those that the services and their
//! SDKs are known to use: gateway, Keystone, camel case, flat, CSS, text.

use super::*;
use crate::huaweicloud::credentials::Secret;

const TOKEN: &str = "FAKE.SECURITY/TOKEN+0123456789==";
const SIGNATURE: &str = "e3cf68240408d0cde6ed0d5d431e5d31";

fn redactor() -> Redactor {
    let redactor = Redactor::default();
    redactor.learn([&Secret::from("FakeSk/0123"), &Secret::from(TOKEN)]);
    redactor.with(&Secret::from(SIGNATURE))
}

fn head(status: u16) -> ResponseHead {
    ResponseHead { status, request_id: None, redirect_host: None, retry_after: None, coding: None }
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
        let answer = read(400, body);
        assert_eq!(answer.code.as_deref(), Some(code), "{body}");
        assert_eq!(answer.message.as_deref(), Some(message), "{body}");
        assert_eq!(answer.excerpt, None, "{body}");
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
        let answer = read(502, body);
        assert_eq!(answer.excerpt.as_deref(), excerpt, "{body:?}");
        assert_eq!((answer.code, answer.message), (None, None), "{body:?}");
    }
}

#[test]
fn long_texts_are_cut() {
    let answer = read(502, &"ü".repeat(600));
    assert_eq!(answer.excerpt.unwrap(), format!("{}…", "ü".repeat(500)));
    let answer = read(400, &format!(r#"{{"error_code":"X","error_msg":"{}"}}"#, "m".repeat(9_000)));
    assert_eq!(answer.message.unwrap().chars().count(), 4_001);
}

#[test]
fn a_body_that_is_not_utf8_is_quoted_all_the_same() {
    let answer = ErrorResponse::read(head(500), b"caf\xe9", &redactor());
    assert_eq!(answer.excerpt.as_deref(), Some("caf\u{fffd}"));
}

#[test]
fn the_request_id_comes_from_the_header_else_from_the_body() {
    let body = r#"{"error_code":"APIGW.0301","error_msg":"x","request_id":"from-body"}"#;
    assert_eq!(read(401, body).request_id.as_deref(), Some("from-body"));
    let mut head = head(401);
    head.request_id = Some("from-header".to_owned());
    let answer = ErrorResponse::read(head, body.as_bytes(), &redactor());
    assert_eq!(answer.request_id.as_deref(), Some("from-header"));
}

/// Codes and their meaning: the services' error references and the official provider's sources.
#[test]
fn the_kind_follows_from_status_and_code() {
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
        let answer = read(status, &format!(r#"{{"error_code":"{code}","error_msg":"x"}}"#));
        assert_eq!(Error::from_response("GET x", answer).kind(), kind, "{status} {code}");
    }
}

/// Every refused signature has this code. The text comes from the gateway's page on frequent errors.
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
        let answer = read(status, &format!(r#"{{"error_code":"APIGW.0301","error_msg":"{message}"}}"#));
        assert_eq!(Error::from_response("GET x", answer).kind(), kind, "{status} {message}");
    }
}

/// Message as in an issue of the Java SDK (huaweicloud-sdk-java-v3, number 44).
#[test]
fn both_clocks_are_shown_when_a_signature_is_too_old() {
    let answer = read(
        401,
        r#"{"error_msg":"Incorrect IAM authentication information: AK/SK authentication failed, signature expired, signature time:20240115T081530Z,server time:20240115T091530Z","error_code":"APIGW.0301","request_id":"id-1"}"#,
    );
    let skew = answer.clock_skew().unwrap();
    assert_eq!(skew.signature_time, "20240115T081530Z");
    assert_eq!(skew.server_time, "20240115T091530Z");
    let text = Error::from_response("PUT x/y", answer).to_string();
    assert!(text.starts_with("PUT x/y: the service answered 401 APIGW.0301: Incorrect IAM"), "{text}");
    assert!(
        text.ends_with(
            "; this computer's clock said 20240115T081530Z, the service's 20240115T091530Z (request id id-1)"
        ),
        "{text}"
    );
}

#[test]
fn other_messages_have_no_clocks() {
    for message in ["no", "signature time:x,server time:y", "signature time:20240115T081530Z"] {
        let answer = read(401, &format!(r#"{{"error_code":"X","error_msg":"{message}"}}"#));
        assert_eq!(answer.clock_skew(), None, "{message}");
    }
}

/// A gateway that refuses a signature may quote its canonical request, security token included,
/// with `|` for line feeds. All of it but the secrets is kept.
#[test]
fn secrets_that_the_service_quotes_are_taken_out() {
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
        let answer = read(401, &body);
        let error = Error::from_response("PUT x", answer.clone());
        let text = format!("{answer:?} {error:?} {error} {}", error.report());
        for secret in [TOKEN, SIGNATURE, "FakeSk/0123"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("|x-security-token:[redacted]|") || body.starts_with(r#"{"code""#), "{text}");
    }
}

/// As gateways and proxies quote a request: in pages, in JSON that is cut off, in addresses.
#[test]
fn secrets_that_are_quoted_in_another_notation_are_taken_out() {
    for quoted in [
        "FAKE.SECURITY\\/TOKEN+0123456789==",
        "FAKE.SECURITY&#x2F;TOKEN&#43;0123456789&#x3D;&#61;",
        "FAKE.SECURITY%2FTOKEN%2b0123456789%3D%3D",
        "FAKE.SECURITY\\u002fTOKEN\\u002B0123456789==",
    ] {
        for secret in [quoted.to_owned(), format!("{quoted}{quoted}"), format!("FAKE.{quoted} %zz \\ &#x;")] {
            let answer = read(401, &format!("é<p>token: {secret}</p>"));
            let text = answer.excerpt.unwrap();
            assert!(!text.contains("SECURITY"), "{text}");
            assert!(text.starts_with("é<p>token: ") && text.ends_with("</p>"), "{text}");
        }
    }
}

#[test]
fn secrets_in_a_request_id_or_a_redirect_are_taken_out() {
    let head = ResponseHead {
        status: 302,
        request_id: Some(format!("id {TOKEN}")),
        redirect_host: Some(format!("{SIGNATURE}.example")),
        retry_after: None,
        coding: None,
    };
    let answer = ErrorResponse::read(head, b"", &redactor());
    assert_eq!(answer.request_id.as_deref(), Some("id [redacted]"));
    assert_eq!(answer.redirect_host.as_deref(), Some("[redacted].example"));
}

#[test]
fn a_report_adds_the_causes() {
    let cause = std::io::Error::other("line\nbreak");
    let error = Error::new(ErrorKind::Connect, "GET x: no connection").with_source(cause);
    assert_eq!(error.to_string(), "GET x: no connection");
    assert_eq!(error.report(), "GET x: no connection: line break");
}

#[test]
fn answers_that_leave_the_outcome_open_are_no_refusals() {
    let open = |status| Error::from_response("PUT x", read(status, "")).may_have_taken_effect();
    for status in [303, 304, 408, 460, 499, 500, 502, 503, 504, 600] {
        assert!(open(status), "{status}");
    }
    for status in [301, 302, 307, 308, 400, 401, 403, 404, 405, 407, 409, 413, 429] {
        assert!(!open(status), "{status}");
    }
    assert!(Error::from_response("PUT x", read(400, "")).with_prior_attempts(true).may_have_taken_effect());
}

/// Passwords of proxies, as short as users choose them.
#[test]
fn secret_that_is_part_of_a_code_a_date_or_a_word_decides_nothing() {
    let redactor = Redactor::default();
    let secrets = ["00404022", "0301", "20240115", "locked"];
    redactor.learn(&secrets.map(Secret::from));
    let read = |status, body: &str| ErrorResponse::read(head(status), body.as_bytes(), &redactor);

    let answer = read(404, r#"{"error_code":"DMS.00404022","error_msg":"No DMS.00404022."}"#);
    assert_eq!(answer.code.as_deref(), Some("DMS.00404022"));
    assert_eq!(answer.message.as_deref(), Some("No DMS.[redacted]."));
    let body = br#"{"error_code":"DMS.00404022","error_msg":"No."}"#;
    let answer = ErrorResponse::in_success(200, None, body, &redactor).unwrap();
    assert_eq!(Error::from_response("GET x", answer).kind(), ErrorKind::NotFound);

    let answer = read(401, r#"{"error_code":"APIGW.0301","error_msg":"The access key is locked."}"#);
    assert_eq!(answer.message.as_deref(), Some("The access key is [redacted]."));
    assert_eq!(Error::from_response("GET x", answer).kind(), ErrorKind::KeyLocked);

    for body in [
        r#"{"error_msg":"signature time:20240115T081530Z,server time:20240115T091530Z"}"#,
        "signature time:20240115T081530Z,server time:20240115T091530Z",
    ] {
        assert_eq!(read(401, body).clock_skew().unwrap().server_time, "20240115T091530Z");
    }
    let answer = read(400, r#"{"error_code":"locked","error_msg":"no"}"#);
    assert_eq!(answer.code.as_deref(), Some("[redacted]"));
}
