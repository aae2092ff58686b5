//! `Debug`, errors and log lines contain no secrets.

use std::process::Command;
use std::sync::Mutex;

use super::*;
use crate::huaweicloud::endpoint::EndpointSettings;
use crate::huaweicloud::test_log;
use crate::huaweicloud::test_server::{SECRET_KEY, TOKEN, builder, http_response};

/// A server that quotes the request, as a gateway does when it rejects a signature.
fn echoing_server() -> TestServer {
    TestServer::start(|captured| {
        let quoted = captured.lines.join("|").replace('"', "'");
        let body = format!(r#"{{"error_code":"APIGW.0301","error_msg":"{quoted}"}}"#);
        http_response("401 Unauthorized", "", &body)
    })
}

fn signature(server: &TestServer) -> String {
    let captured = server.only_request();
    let (_, signature) = captured.header("authorization").unwrap().split_once("Signature=").unwrap();
    signature.to_owned()
}

#[tokio::test]
async fn quoted_request_is_shown_without_its_secrets() {
    let server = echoing_server();
    let builder = server.client();
    let before = format!("{builder:?}");
    let client = builder.build().unwrap();
    let error = get(&client).await.unwrap_err();
    let text = format!("{before} {client:?} {error:?} {error} {}", error.report());
    assert!(text.contains("GET /x HTTP/1.1|") && text.contains("x-security-token: [redacted]"), "{text}");
    for secret in [SECRET_KEY, TOKEN, &signature(&server)] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// A proxy can reject a request with a page that quotes its headers.
#[tokio::test]
async fn password_of_a_proxy_is_redacted_when_the_proxy_quotes_it() {
    for (user_info, sent, parts) in [
        // The encoded credentials are from `printf 'u:PROXY/SECRET' | base64`.
        ("u:PROXY%2FSECRET", "dTpQUk9YWS9TRUNSRVQ=", vec!["PROXY%2FSECRET", "PROXY/SECRET"]),
        ("u:p%C3%A4ssw%C3%B6rd", "dTpww6Rzc3fDtnJk", vec!["p%C3%A4ssw%C3%B6rd", "pässwörd"]),
        ("PROXYTOKEN", "UFJPWFlUT0tFTjo=", vec!["PROXYTOKEN"]),
    ] {
        let quoted = parts.join("|");
        let proxy = TestServer::start(move |captured| {
            let page = format!("<html>{}|{quoted}</html>", captured.lines.join("|"));
            http_response("407 Proxy Authentication Required", "Content-Type: text/html\r\n", &page)
        });
        let address = proxy.url().replace("http://", &format!("http://{user_info}@"));
        let settings = EndpointSettings {
            custom: [("dms".to_owned(), "http://dms.example".to_owned())].into(),
            insecure: true,
            ..EndpointSettings::default()
        };
        let client = builder("", &[("HTTP_PROXY", &address)]).endpoints(settings).build().unwrap();
        let error = get(&client).await.unwrap_err();
        assert_eq!(proxy.only_request().header("proxy-authorization"), Some(&*format!("Basic {sent}")));
        let text = format!("{client:?} {error:?} {}", error.report());
        assert!(text.contains("roxy-authorization: Basic [redacted]"), "{text}");
        for secret in parts.iter().chain([&sent.trim_end_matches('=')]) {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

/// Decoded values are redacted only when they are shown.
#[tokio::test]
async fn successful_response_is_decoded_unchanged_and_quoted_without_secrets() {
    let server = TestServer::start(|captured| {
        let quoted = captured.lines.join("|").replace('"', "'").replace('/', "\\/");
        http_response("200 OK", "", &format!(r#"{{"name":"{quoted}","count":3}}"#))
    });
    let client = server.client().build().unwrap();
    let response = get(&client).await.unwrap();
    let value: serde_json::Value = response.json().unwrap();
    let error = response.json::<Vec<String>>().unwrap_err();
    let wrong: Error = response.json::<std::collections::BTreeMap<String, u64>>().unwrap_err();
    let unexpected = response.unexpected(value["name"].as_str().unwrap());
    let shown = response.redactor.redact(value["name"].as_str().unwrap());
    let text = format!("{shown} {} {} {}", error.report(), wrong.report(), unexpected.report());
    assert!(value["name"].as_str().unwrap().contains(TOKEN), "{value}");
    assert!(text.contains("x-security-token: [redacted]"), "{text}");
    assert_eq!(value["count"], 3);
    for secret in [SECRET_KEY, &TOKEN[..16], &signature(&server)[..16]] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// Results contain the request id.
#[tokio::test]
async fn request_id_that_is_a_secret_is_redacted() {
    let server = TestServer::start(|captured| {
        let (_, signature) = captured.header("authorization").unwrap().split_once("Signature=").unwrap();
        http_response("200 OK", &format!("X-Request-Id: {signature}\r\n"), "{}")
    });
    let client = server.client().build().unwrap();
    let response = get(&client).await.unwrap();
    assert_eq!(response.request_id.as_deref(), Some("[redacted]"));
}

/// The log records of this layer and its libraries.
struct Capture(Mutex<String>);

static CAPTURE: Capture = Capture(Mutex::new(String::new()));

impl log::Log for Capture {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        self.0.lock().unwrap().push_str(&format!("{}\n", test_log::line(record)));
    }

    fn flush(&self) {}
}

/// Marks the process that runs the test. A process has only one logger, and another test may have set it in this
/// process.
const OWN_PROCESS: &str = "LOG_TEST_OWN_PROCESS";

#[test]
fn log_contains_the_request_without_headers_or_bodies() {
    if !std::env::args().any(|argument| argument == OWN_PROCESS) {
        // The marker is a test filter that matches no test.
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "huaweicloud::client::tests::secrets::log_contains_the_request_without_headers_or_bodies",
                OWN_PROCESS,
            ])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    log::set_logger(&CAPTURE).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = echoing_server();
    runtime.block_on(async {
        let client = server.client().build().unwrap();
        let request = request(&client, "PUT", &["groups", "a b"], &[("q", "query-text")]).json(&"body-text").unwrap();
        assert!(client.send(&request).await.is_err());
    });
    let logged = CAPTURE.0.lock().unwrap().clone();
    let line = logged.lines().find(|line| line.contains("response received")).expect(&logged);
    insta::with_settings!({ filters => [(r"milliseconds=\d+", "milliseconds=[n]")] }, {
        insta::assert_snapshot!(mask_ports(line), @"DEBUG terraform_provider_huaweicloud_kafka::huaweicloud::http::exchange response received method=PUT host=127.0.0.1:[port] path=/groups/a%20b milliseconds=[n] status=401 request_id=None");
    });
    for secret in [SECRET_KEY, TOKEN, &signature(&server), "SDK-HMAC", "body-text"] {
        assert!(!logged.contains(secret), "{logged}");
    }
}
