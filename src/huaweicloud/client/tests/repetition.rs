//! What is sent again, against a server that fails in turn.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::huaweicloud::test_server::{Reply::SendAndClose, accepted, answer};

/// Gives each reply once, in turn, and then success for ever.
fn server(replies: Vec<Reply>) -> TestServer {
    let replies = Mutex::new(replies.into_iter());
    TestServer::start(move |_| replies.lock().unwrap().next().unwrap_or_else(accepted))
}

fn lost() -> Reply {
    SendAndClose(Vec::new())
}

fn throttled(retry_after: &str) -> Reply {
    let body = r#"{"error_code":"APIGW.0308","error_msg":"throttled"}"#;
    answer("429 Too Many Requests", &format!("Retry-After: {retry_after}\r\n"), body)
}

/// A `PUT /x`, of which a repetition does no harm, or would.
async fn put(client: &Client, idempotent: bool) -> Result<Response, Error> {
    client.send(&request(client, "PUT", &["x"], &[]).idempotent(idempotent)).await
}

/// How many requests it took, and what came of it.
async fn outcome(replies: Vec<Reply>, idempotent: bool) -> (usize, Result<Response, Error>) {
    let server = server(replies);
    let client = server.client().max_retries(3).build().unwrap();
    let outcome = put(&client, idempotent).await;
    (server.requests().len(), outcome)
}

#[tokio::test]
async fn failures_in_passing_are_sent_again() {
    for reply in [
        throttled("0"),
        answer("503 Busy", "Retry-After: 0\r\n", ""),
        answer("500 Oops", "Retry-After: 0\r\n", "<html>oops</html>"),
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
async fn what_must_not_be_done_twice_is_sent_again_only_when_it_was_refused() {
    let (requests, refused) = outcome(vec![throttled("0")], false).await;
    refused.unwrap();
    assert_eq!(requests, 2);
    for reply in [lost(), answer("503 Busy", "", ""), answer("500 Oops", "", "")] {
        let (requests, outcome) = outcome(vec![reply], false).await;
        assert!(outcome.unwrap_err().may_have_taken_effect());
        assert_eq!(requests, 1);
    }
}

#[tokio::test]
async fn refusals_are_not_sent_again() {
    for status in ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "302 Found"] {
        let (requests, outcome) = outcome(vec![answer(status, "", "{}")], true).await;
        outcome.unwrap_err();
        assert_eq!(requests, 1, "{status}");
    }
}

#[tokio::test]
async fn number_of_repetitions_is_bounded_and_told() {
    let (requests, outcome) = outcome((0..9).map(|_| throttled("0")).collect(), true).await;
    let error = outcome.unwrap_err();
    assert_eq!(requests, 4);
    assert!(error.to_string().contains("4 attempts within"), "{error}");
    assert!(!error.may_have_taken_effect());
}

/// The second attempt is refused because the first one was carried out, for all anybody knows.
#[tokio::test]
async fn refusal_after_a_lost_answer_was_told_as_nothing_done() {
    let (requests, outcome) = outcome(vec![lost(), answer("400 Bad Request", "", "{}")], true).await;
    assert_eq!(requests, 2);
    assert!(outcome.unwrap_err().may_have_taken_effect());
}

/// Ten minutes, with three seconds left: there is nothing to wait for.
#[tokio::test]
async fn wait_beyond_the_time_limit_is_not_begun() {
    let server = server(vec![throttled("600")]);
    let client = server.client().max_retries(3).build().unwrap();
    let deadline = Instant::now() + Duration::from_secs(3);
    let client = client.with_deadline(Some(deadline), Arc::new(Seen::default()));
    let error = put(&client, true).await.unwrap_err();
    assert!(error.to_string().contains("the service asks to wait 600.0 s"), "{error}");
    assert!(Instant::now() < deadline, "it was waited for");
    assert_eq!(server.requests().len(), 1);
}

#[derive(Default)]
struct Seen {
    attempts: AtomicUsize,
    waits: Mutex<Vec<String>>,
}

impl RetryObserver for Seen {
    fn on_attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    fn on_retry(&self, wait: &RetryNotice<'_>) {
        let status = wait.error.response().map(|answer| answer.status);
        let line = format!("{status:?} {} of {}, asked for {}", wait.repetition, wait.max_retries, wait.asked_for);
        self.waits.lock().unwrap().push(line);
    }
}

#[tokio::test]
async fn attempts_and_waits_are_told() {
    let server = server(vec![throttled("1"), lost()]);
    let client = server.client().max_retries(3).build().unwrap();
    let seen = Arc::new(Seen::default());
    put(&client.with_deadline(None, Arc::clone(&seen) as _), true).await.unwrap();
    assert_eq!(seen.attempts.load(Ordering::Relaxed), 3);
    assert_eq!(*seen.waits.lock().unwrap(), ["Some(429) 1 of 3, asked for true", "None 2 of 3, asked for false"]);
}

#[tokio::test]
async fn service_that_cannot_be_reached_is_tried_again() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = crate::huaweicloud::test_server::builder(&format!("http://{free}"), &[]);
    let error = get(&nobody.max_retries(1).build().unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("2 attempts within"), "{error}");
    assert_eq!(error.delivery(), Delivery::NotSent);
}
