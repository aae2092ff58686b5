//! Rejected credentials are not used again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, mpsc};

use super::*;
use crate::huaweicloud::test_server::{HANG_TIMEOUT, accepted, http_response};

fn rejection() -> Reply {
    http_response("401 Unauthorized", "", r#"{"error_code":"APIGW.0301","error_msg":"verify aksk signature fail"}"#)
}

/// Ten requests at once.
async fn ten(client: &Client) -> Vec<Result<Response, Error>> {
    let mut tasks = Vec::new();
    for _ in 0..10 {
        let client = client.clone();
        tasks.push(tokio::spawn(async move { get(&client).await }));
    }
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

/// The service locks an access key after about five failures in a row.
#[tokio::test]
async fn concurrent_requests_with_a_wrong_key_do_not_lock_it() {
    let server = TestServer::start(|_| rejection());
    let client = server.client().build().unwrap();
    let errors: Vec<Error> = ten(&client).await.into_iter().map(Result::unwrap_err).collect();
    assert_eq!(server.requests().len(), 1);
    let responses = errors.iter().filter(|error| error.delivery() == Delivery::Responded).count();
    assert_eq!(responses, 1);
    for error in &errors {
        assert_eq!(error.kind(), ErrorKind::Credentials);
        assert_eq!(error.response().unwrap().status, 401);
        let responded = "GET 127.0.0.1:[port]/x: the service responded with 401 APIGW.0301: verify aksk signature fail";
        let blocked = format!(
            "GET 127.0.0.1:[port]/x: not sent, because the service rejected these credentials before, and would lock the \
             access key after more failures: {responded}"
        );
        let expected = if error.delivery() == Delivery::NotSent { &*blocked } else { responded };
        assert_eq!(mask_ports(&error.report()), expected);
    }
    get(&client).await.unwrap_err();
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn locked_key_is_not_used_again() {
    let locked = r#"{"error_code":"APIGW.0301","error_msg":"AK access failed to reach the limit,forbidden."}"#;
    let server = TestServer::start(move |_| http_response("401 Unauthorized", "", locked));
    let client = server.client().max_retries(5).build().unwrap();
    let errors: Vec<Error> = ten(&client).await.into_iter().map(Result::unwrap_err).collect();
    assert_eq!(server.requests().len(), 1);
    for error in &errors {
        assert_eq!(error.kind(), ErrorKind::KeyLocked);
        let responded = "GET 127.0.0.1:[port]/x: the service responded with 401 APIGW.0301: AK access failed to reach the \
                        limit,forbidden.";
        let blocked =
            format!("GET 127.0.0.1:[port]/x: not sent, because the service has locked the access key: {responded}");
        let expected = if error.delivery() == Delivery::NotSent { &*blocked } else { responded };
        assert_eq!(mask_ports(&error.report()), expected);
    }
}

/// Temporary credentials can expire during a run.
#[tokio::test]
async fn credentials_that_are_rejected_later_are_not_used_again() {
    let count = AtomicUsize::new(0);
    let server = TestServer::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => accepted(),
        _ => rejection(),
    });
    let client = server.client().build().unwrap();
    get(&client).await.unwrap();
    for _ in 0..3 {
        get(&client).await.unwrap_err();
    }
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn other_failures_are_not_remembered() {
    for status in ["400 Bad Request", "403 Forbidden", "404 Not Found", "429 Busy", "503 Busy"] {
        let server = TestServer::start(move |_| http_response(status, "", "{}"));
        let client = server.client().build().unwrap();
        for _ in 0..3 {
            get(&client).await.unwrap_err();
        }
        assert_eq!(server.requests().len(), 3, "{status}");
    }
}

/// Responses are held back until three further requests are open.
#[tokio::test]
async fn only_the_first_request_is_exclusive() {
    let (count, changed) = (Mutex::new(0), Condvar::new());
    let server = TestServer::start(move |_| {
        let mut count = count.lock().unwrap();
        *count += 1;
        changed.notify_all();
        if *count > 1 {
            let waited = changed.wait_timeout_while(count, HANG_TIMEOUT, |count| *count < 4).unwrap().1;
            assert!(!waited.timed_out(), "the requests are not concurrent");
        }
        http_response("404 Not Found", "", "{}")
    });
    let client = server.client().build().unwrap();
    let (first, second, third, fourth) = tokio::join!(get(&client), get(&client), get(&client), get(&client));
    for outcome in [first, second, third, fourth] {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Refused);
    }
}

/// Only a response that shows that the service checked the credentials allows concurrent requests.
#[tokio::test]
async fn temporary_failure_keeps_requests_exclusive() {
    for failure in ["503 Busy", "429 Slow Down", ""] {
        let (count, rejected) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&rejected);
        let server = TestServer::start(move |_| match (count.fetch_add(1, Ordering::Relaxed), failure) {
            (0, "") => Reply::SendAndClose(Vec::new()),
            (0, failure) => http_response(failure, "", "{}"),
            _ => {
                counter.fetch_add(1, Ordering::Relaxed);
                http_response("401 Unauthorized", "", "{}")
            }
        });
        let client = server.client().build().unwrap();
        let outcomes = tokio::join!(get(&client), get(&client), get(&client), get(&client));
        let errors = [outcomes.0, outcomes.1, outcomes.2, outcomes.3].map(Result::unwrap_err);
        assert_eq!(errors.iter().filter(|error| error.kind() == ErrorKind::Credentials).count(), 3, "{failure}");
        assert_eq!(rejected.load(Ordering::Relaxed), 1, "{failure}");
    }
}

#[tokio::test]
async fn cancelled_first_request_does_not_block_others() {
    let (arrived, arrival) = mpsc::channel();
    let arrived = Mutex::new(arrived);
    let count = Arc::new(AtomicUsize::new(0));
    let server = TestServer::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => {
            arrived.lock().unwrap().send(()).unwrap();
            Reply::Silence
        }
        _ => accepted(),
    });
    let client = server.client().build().unwrap();
    let begin = || {
        let client = client.clone();
        tokio::spawn(async move { get(&client).await })
    };
    let first = begin();
    tokio::task::spawn_blocking(move || arrival.recv_timeout(HANG_TIMEOUT).unwrap()).await.unwrap();
    let second = begin();
    tokio::task::yield_now().await;
    first.abort();
    assert_eq!(second.await.unwrap().unwrap().status, 204);
}
