//! Retries, with a server that fails first.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::huaweicloud::error::NoRetryReason;
use crate::huaweicloud::test_server::{Reply::SendAndClose, accepted, http_response};

/// Sends each reply once, in order, and then successful responses.
fn server(replies: Vec<Reply>) -> TestServer {
    let replies = Mutex::new(replies.into_iter());
    TestServer::start(move |_| replies.lock().unwrap().next().unwrap_or_else(accepted))
}

fn lost() -> Reply {
    SendAndClose(Vec::new())
}

fn throttled(retry_after: &str) -> Reply {
    let body = r#"{"error_code":"APIGW.0308","error_msg":"throttled"}"#;
    http_response("429 Too Many Requests", &format!("Retry-After: {retry_after}\r\n"), body)
}

/// A `PUT /x`.
async fn put(client: &Client, idempotent: bool) -> Result<Response, Error> {
    client.send(&request(client, "PUT", &["x"], &[]).with_idempotent(idempotent)).await
}

/// The number of requests, and the result.
async fn outcome(replies: Vec<Reply>, idempotent: bool) -> (usize, Result<Response, Error>) {
    let server = server(replies);
    let client = server.client().max_retries(3).build().unwrap();
    let outcome = put(&client, idempotent).await;
    (server.requests().len(), outcome)
}

#[tokio::test]
async fn temporary_failures_are_retried() {
    for reply in [
        throttled("0"),
        http_response("503 Busy", "Retry-After: 0\r\n", ""),
        http_response("500 Oops", "Retry-After: 0\r\n", "<html>oops</html>"),
        lost(),
        SendAndClose(b"HTTP/1.1 2".to_vec()),
        SendAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}".to_vec()),
    ] {
        let (requests, outcome) = outcome(vec![reply], true).await;
        outcome.unwrap();
        assert_eq!(requests, 2);
    }
}

#[tokio::test]
async fn non_idempotent_requests_are_retried_only_after_a_rejection() {
    let (requests, refused) = outcome(vec![throttled("0")], false).await;
    refused.unwrap();
    assert_eq!(requests, 2);
    for reply in [lost(), http_response("503 Busy", "", ""), http_response("500 Oops", "", "")] {
        let (requests, outcome) = outcome(vec![reply], false).await;
        assert!(outcome.unwrap_err().may_have_taken_effect());
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn rejections_are_not_retried() {
    for status in ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "302 Found"] {
        let (requests, outcome) = outcome(vec![http_response(status, "", "{}")], true).await;
        outcome.unwrap_err();
        assert_eq!(requests, 1, "{status}");
    }
}

#[tokio::test]
async fn number_of_retries_is_limited_and_reported() {
    let (requests, outcome) = outcome((0..9).map(|_| throttled("0")).collect(), true).await;
    let error = outcome.unwrap_err();
    assert_eq!((requests, error.attempts().unwrap().count), (4, 4));
    insta::with_settings!({ filters => [(r"within .*", "within [duration]")] }, {
        insta::assert_snapshot!(mask_ports(&error.report()), @"PUT 127.0.0.1:[port]/x: the service responded with 429 APIGW.0308: throttled; 4 attempts within [duration]");
    });
    assert!(!error.may_have_taken_effect());
}

/// The second attempt may be rejected because the first one was carried out.
#[tokio::test]
async fn rejection_after_a_lost_response_may_have_taken_effect() {
    let (requests, outcome) = outcome(vec![lost(), http_response("400 Bad Request", "", "{}")], true).await;
    assert_eq!(requests, 2);
    assert!(outcome.unwrap_err().may_have_taken_effect());
}

/// The service requests a wait of ten minutes, and three seconds remain.
#[tokio::test]
async fn wait_beyond_the_deadline_does_not_start() {
    let server = server(vec![throttled("600")]);
    let client = server.client().max_retries(3).build().unwrap();
    let deadline = Instant::now() + Duration::from_secs(3);
    let client = client.with_deadline(Some(deadline), Arc::new(Recorder::default()));
    let error = put(&client, true).await.unwrap_err();
    let attempts = error.attempts().unwrap();
    let NoRetryReason::Deadline { wait, remaining, requested_by_service } = attempts.no_retry else {
        panic!("{error}")
    };
    assert_eq!((attempts.count, wait, requested_by_service), (1, Duration::from_secs(600), true));
    assert!(remaining <= Duration::from_secs(3) && Instant::now() < deadline, "{remaining:?}");
    assert_eq!(server.requests().len(), 1);
}

#[derive(Default)]
struct Recorder {
    attempts: AtomicUsize,
    waits: Mutex<Vec<String>>,
}

impl RetryObserver for Recorder {
    fn on_attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    fn on_retry(&self, notice: &RetryNotice<'_>) {
        let status = notice.error.response().map(|response| response.status);
        let RetryNotice { attempts, max_retries, requested_by_service, .. } = notice;
        let line = format!("{status:?} {attempts} of {max_retries}, requested {requested_by_service}");
        self.waits.lock().unwrap().push(line);
    }
}

#[tokio::test]
async fn observer_receives_attempts_and_retries() {
    let server = server(vec![throttled("1"), lost()]);
    let client = server.client().max_retries(3).build().unwrap();
    let recorder = Arc::new(Recorder::default());
    put(&client.with_deadline(None, Arc::clone(&recorder) as _), true).await.unwrap();
    assert_eq!(recorder.attempts.load(Ordering::Relaxed), 3);
    assert_eq!(*recorder.waits.lock().unwrap(), ["Some(429) 1 of 3, requested true", "None 2 of 3, requested false"]);
}

#[tokio::test]
async fn failed_connection_is_retried() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let builder = crate::huaweicloud::test_server::builder(&format!("http://{free}"), &[]);
    let error = get(&builder.max_retries(1).build().unwrap()).await.unwrap_err();
    let attempts = error.attempts().unwrap();
    assert_eq!((attempts.count, attempts.no_retry), (2, NoRetryReason::RetriesExhausted));
    assert_eq!(error.delivery(), Delivery::NotSent);
}
