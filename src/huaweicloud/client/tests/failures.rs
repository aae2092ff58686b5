//! Failures, and whether the service can have received the request.

use std::net::TcpListener;
use std::time::Duration;

use super::*;
use crate::huaweicloud::credentials::{Chain, StaticCredentials};
use crate::huaweicloud::portable::portable;
use crate::huaweicloud::test_server::{Reply::SendAndClose, builder, http_response};

/// Valid PEM without a valid certificate.
const NO_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

const SHORT: Duration = Duration::from_millis(200);

fn outcome(error: &Error) -> (ErrorKind, Delivery) {
    (error.kind(), error.delivery())
}

/// The address of a port without a listener.
fn dead_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

async fn failure(reply: fn() -> Reply) -> Error {
    let server = TestServer::start(move |_| reply());
    let client = server.client().request_timeout(SHORT * 25).build().unwrap();
    let result = get(&client).await;
    assert_eq!(server.requests().len(), 1, "sent exactly once");
    result.unwrap_err()
}

#[tokio::test]
async fn refused_connection_is_not_sent() {
    let client = builder(&dead_address(), &[]).build().unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!(outcome(&error), (ErrorKind::Connect, Delivery::NotSent));
    insta::assert_snapshot!(portable(&mask_ports(&error.report())), @"GET 127.0.0.1:[port]/x: connection failed: error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)");
}

#[tokio::test]
async fn tls_handshake_that_times_out_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let client = builder(&url, &[]).ca_certificates(tls::other_ca()).connect_timeout(SHORT).build().unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!(outcome(&error), (ErrorKind::Timeout, Delivery::NotSent));
}

/// Without a shorter limit for connecting, both limits would end at the same time, and the request would count as
/// possibly delivered.
#[tokio::test]
async fn connection_that_uses_up_a_short_request_timeout_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let client = builder(&url, &[]).ca_certificates(tls::other_ca()).request_timeout(SHORT * 2).build().unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!(outcome(&error), (ErrorKind::Timeout, Delivery::NotSent));
}

#[tokio::test]
async fn missing_response_may_have_arrived() {
    let server = TestServer::start(|_| Reply::Silence);
    let client = server.client().request_timeout(SHORT).build().unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!(outcome(&error), (ErrorKind::Timeout, Delivery::Unknown));
}

#[tokio::test]
async fn connection_closed_without_a_response_may_have_arrived() {
    let error = failure(|| SendAndClose(Vec::new())).await;
    assert_eq!(outcome(&error), (ErrorKind::Interrupted, Delivery::Unknown));
}

/// The HTTP library sends a request again only if nothing was written to a closed connection. It must not do so after
/// the server has read the request.
#[tokio::test]
async fn request_on_a_reused_connection_is_not_sent_twice() {
    let server = TestServer::start(|captured| match captured.line() {
        "GET /first HTTP/1.1" => http_response("200 OK", "", "{}"),
        _ => SendAndClose(Vec::new()),
    });
    let client = server.client().build().unwrap();
    let first = request(&client, "GET", &["first"], &[]);
    client.send(&first).await.unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!(outcome(&error), (ErrorKind::Interrupted, Delivery::Unknown));
    let connections: Vec<usize> = server.requests().iter().map(|it| it.connection).collect();
    assert_eq!(connections, [0, 0]);
}

#[tokio::test]
async fn incomplete_status_line_may_have_arrived() {
    let error = failure(|| SendAndClose(b"HTTP/1.1 2".to_vec())).await;
    assert_eq!(outcome(&error), (ErrorKind::Interrupted, Delivery::Unknown));
}

#[tokio::test]
async fn response_that_is_not_http_may_have_arrived() {
    let error = failure(|| SendAndClose(b"SSH-2.0-x\r\n\r\n".to_vec())).await;
    assert_eq!(outcome(&error), (ErrorKind::Interrupted, Delivery::Unknown));
}

#[tokio::test]
async fn incomplete_body_of_a_success_is_a_response() {
    let error = failure(|| SendAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}".to_vec())).await;
    assert_eq!(outcome(&error), (ErrorKind::Interrupted, Delivery::Responded));
}

#[tokio::test]
async fn body_that_times_out_is_a_response() {
    let server = TestServer::start(|_| Reply::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}".to_vec()));
    let client = server.client().request_timeout(SHORT).build().unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!(outcome(&error), (ErrorKind::Timeout, Delivery::Responded));
}

#[tokio::test]
async fn incomplete_body_of_an_error_is_that_error() {
    let error = failure(|| SendAndClose(b"HTTP/1.1 503 Busy\r\nContent-Length: 99\r\n\r\nupstream".to_vec())).await;
    assert_eq!(outcome(&error), (ErrorKind::Unavailable, Delivery::Responded));
    assert_eq!(error.response().unwrap().excerpt.as_deref(), Some("upstream"));
}

#[tokio::test]
async fn redirect_is_an_error_that_shows_only_the_host() {
    let elsewhere = TestServer::start(|_| http_response("200 OK", "", "{}"));
    let mut errors = Vec::new();
    for status in [301, 302, 303, 307, 308] {
        let target = elsewhere.url();
        let server = TestServer::start(move |_| {
            http_response(&format!("{status} Moved"), &format!("Location: {target}/secret-path\r\n"), "")
        });
        let client = server.client().build().unwrap();
        let error = get(&client).await.unwrap_err();
        assert_eq!(outcome(&error), (ErrorKind::Refused, Delivery::Responded));
        assert_eq!(error.response().unwrap().redirect_host.as_deref(), Some("127.0.0.1"));
        assert!(!error.report().contains("secret-path"), "{error}");
        errors.push(mask_ports(&error.report()));
    }
    insta::assert_snapshot!(errors.join("\n"), @r"
    GET 127.0.0.1:[port]/x: the service responded with 301; it redirects to 127.0.0.1, and redirects are not followed
    GET 127.0.0.1:[port]/x: the service responded with 302; it redirects to 127.0.0.1, and redirects are not followed
    GET 127.0.0.1:[port]/x: the service responded with 303; it redirects to 127.0.0.1, and redirects are not followed
    GET 127.0.0.1:[port]/x: the service responded with 307; it redirects to 127.0.0.1, and redirects are not followed
    GET 127.0.0.1:[port]/x: the service responded with 308; it redirects to 127.0.0.1, and redirects are not followed
    ");
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn error_contains_the_response_of_the_service() {
    let error = failure(|| {
        http_response(
            "404 Not Found",
            "X-Request-Id: req-7\r\n",
            r#"{"error_code":"DMS.00404022","error_msg":"This instance does not exist."}"#,
        )
    })
    .await;
    assert_eq!(outcome(&error), (ErrorKind::NotFound, Delivery::Responded));
    let response = error.response().unwrap();
    assert_eq!(response.status, 404);
    assert_eq!(response.code.as_deref(), Some("DMS.00404022"));
    assert_eq!(response.message.as_deref(), Some("This instance does not exist."));
    assert_eq!(response.request_id.as_deref(), Some("req-7"));
    insta::assert_snapshot!(mask_ports(&error.report()), @"GET 127.0.0.1:[port]/x: the service responded with 404 DMS.00404022: This instance does not exist. (request id req-7)");
}

/// Only the limit ends an endless body.
#[tokio::test]
async fn endless_bodies_are_cut() {
    for (status, kind) in [("200 OK", ErrorKind::Decode), ("500 Broken", ErrorKind::Unavailable)] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            use std::io::{Read, Write};
            let (mut stream, _) = listener.accept().unwrap();
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).unwrap();
            while stream.write_all(&[b'x'; 65_536]).is_ok() {}
        });
        let client = builder(&url, &[]).build().unwrap();
        let error = get(&client).await.unwrap_err();
        assert_eq!(outcome(&error), (kind, Delivery::Responded));
    }
}

#[tokio::test]
async fn response_of_another_form_is_a_response() {
    let server = TestServer::start(|_| http_response("200 OK", "X-Request-Id: req-8\r\n", "[1]"));
    let client = server.client().build().unwrap();
    let error = get(&client).await.unwrap().json::<String>().unwrap_err();
    assert_eq!(outcome(&error), (ErrorKind::Decode, Delivery::Responded));
    insta::assert_snapshot!(mask_ports(&error.report()), @"GET 127.0.0.1:[port]/x: status 200: the response does not have the expected form: [1] (request id req-8)");
}

/// A response with these headers and a body that is not text.
fn binary(status: &str, headers: &str, body: &[u8]) -> Reply {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
    Reply::Send([head.as_bytes(), body].concat())
}

/// The first bytes of gzip output for `{}`.
const GZIP: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0];

#[tokio::test]
async fn unrequested_compression_is_reported() {
    for (headers, body, coding) in [
        ("Content-Encoding: gzip\r\n", GZIP, "gzip"),
        ("Content-Encoding: br\r\n", &b"\x8b\x01\x80\xff"[..], "br"),
        ("Content-Encoding: identity\r\nContent-Encoding: deflate, gzip\r\n", GZIP, "deflate, gzip"),
        ("", GZIP, "gzip"),
        ("", &[0x28, 0xb5, 0x2f, 0xfd, 4], "zstd"),
    ] {
        for (status, expected) in [
            (
                "200 OK",
                "status 200: the response is compressed (CODING), although the request asked for an uncompressed one",
            ),
            (
                "404 Not Found",
                "the service responded with 404: its body cannot be read, because it is compressed (CODING)",
            ),
            ("503 Busy", "the service responded with 503: its body cannot be read, because it is compressed (CODING)"),
        ] {
            let server = TestServer::start(move |_| binary(status, headers, body));
            let client = server.client().build().unwrap();
            let error = match get(&client).await {
                Ok(response) => response.json::<std::collections::BTreeMap<String, String>>().unwrap_err(),
                Err(error) => error,
            };
            let expected = format!("GET 127.0.0.1:[port]/x: {}", expected.replace("CODING", coding));
            assert_eq!(mask_ports(&error.report()), expected);
            assert_eq!(server.only_request().header("accept-encoding"), Some("identity"));
        }
    }
}

/// Some proxies decompress a response and keep the header.
#[tokio::test]
async fn content_encoding_of_plain_json_is_ignored() {
    let server = TestServer::start(|_| http_response("200 OK", "Content-Encoding: gzip\r\n", "[1]"));
    let client = server.client().build().unwrap();
    assert_eq!(get(&client).await.unwrap().json::<Vec<u8>>().unwrap(), [1]);
    let server = TestServer::start(|_| {
        http_response("400 Bad", "Content-Encoding: gzip\r\n", r#"{"error_code":"X.1","error_msg":"no"}"#)
    });
    let client = server.client().build().unwrap();
    assert_eq!(get(&client).await.unwrap_err().response().unwrap().code.as_deref(), Some("X.1"));
}

#[tokio::test]
async fn nothing_is_sent_with_broken_credentials() {
    let server = TestServer::start(|_| http_response("200 OK", "", "{}"));
    let client = builder(&server.url(), &[("HW_ACCESS_KEY", "half")])
        .credentials(Chain::standard(StaticCredentials::default()))
        .build()
        .unwrap();
    let error = get(&client).await.unwrap_err();
    assert_eq!(outcome(&error), (ErrorKind::Credentials, Delivery::NotSent));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn errors_name_the_invalid_setting() {
    let builder = || builder("https://x.com", &[]);
    let certificates = |pem: &str| CaCertificates::parse(pem.as_bytes()).map(drop);
    let errors = [
        builder().request_timeout(Duration::ZERO).build().map(drop),
        builder().connect_timeout(Duration::ZERO).build().map(drop),
        certificates("no certificate"),
        certificates(NO_CERTIFICATE),
    ]
    .map(|result| {
        let error = result.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.report()
    });
    insta::assert_snapshot!(errors.join("\n"), @r"
    request_timeout must be longer than zero
    connect_timeout must be longer than zero
    the CA certificates contain no certificate in PEM form
    the CA certificates cannot be read: builder error: invalid peer certificate: BadEncoding
    ");
}
