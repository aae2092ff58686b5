//! Hints: the first message at or after a time, which may be missing or wrong.

use super::*;
use crate::huaweicloud::error::ErrorKind;

async fn hint(body: &str) -> (String, Result<MessageHint, Error>) {
    exchange(body, async |client| {
        client.message_hint(&instance(), &topic("a/b"), partition(3), 1_568_125_036_045.try_into().unwrap()).await
    })
    .await
}

fn message(number: i64, millis: i64) -> MessageHint {
    MessageHint::Message(StoredMessage { offset: offset(number), timestamp: millis.try_into().unwrap() })
}

#[tokio::test]
async fn request_names_the_partition_and_the_time() {
    let expected = format!(
        "GET /v2/{PROJECT}/instances/{INSTANCE}/management/topics/a%2Fb/messages?limit=1&partition=3&\
         start_time=1568125036045 HTTP/1.1"
    );
    assert_eq!(hint("{}").await.0, expected);
}

/// The order within a page is not published.
#[tokio::test]
async fn lowest_offset_of_the_partition_is_the_hint_in_any_order() {
    let rows = [
        r#"{"topic":"a/b","partition":3,"message_offset":7,"size":1,"timestamp":1568125036045}"#,
        r#"{"topic":"a/b","partition":3,"message_offset":"8","size":1,"timestamp":"1568125036046"}"#,
        r#"{"topic":"a/b","partition":3,"message_offset":9,"size":1,"timestamp":1568125036046}"#,
        r#"{"topic":"a/b","partition":2,"message_offset":1,"size":1,"timestamp":1568125036045}"#,
        r#"{"topic":"a/b","partition":3,"message_offset":2,"timestamp":-1}"#,
        r#"{"partition":3,"message_offset":"x"},7,null,[1]"#,
    ];
    for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [2, 5, 0, 4, 3, 1]] {
        let body = format!(r#"{{"messages":[{}],"messages_count":6}}"#, order.map(|index| rows[index]).join(","));
        assert_eq!(hint(&body).await.1.unwrap(), message(7, 1_568_125_036_045), "{body}");
    }
    for body in [
        r#"{"messages":[{"offset":4,"timestamp":"5"}]}"#,
        r#"{"messages":{"message_offset":4,"partition":"3","timestamp":5}}"#,
    ] {
        assert_eq!(hint(body).await.1.unwrap(), message(4, 5), "{body}");
    }
}

#[tokio::test]
async fn empty_page_means_no_message() {
    for body in [r#"{"messages":[],"messages_count":0}"#, r#"{"messages":null}"#, "{}"] {
        assert_eq!(hint(body).await.1.unwrap(), MessageHint::NoMessage, "{body}");
    }
}

#[tokio::test]
async fn unreadable_page_gives_no_hint() {
    for body in [
        r#"{"messages":[{"partition":2,"message_offset":1,"timestamp":1}]}"#,
        r#"{"messages":[{"partition":3,"message_offset":null,"timestamp":1}]}"#,
        r#"{"messages":"private"}"#,
        r#"{"error_code":"DMS.00400800","error_msg":"no such thing"}"#,
        "<html>welcome</html>",
        "",
    ] {
        assert_eq!(hint(body).await.1.unwrap(), MessageHint::Unavailable, "{body}");
    }
}

/// The call does not exist, the service is busy, or the credentials lack permission. None of these is retried.
#[tokio::test]
async fn service_without_the_call_gives_no_hint() {
    for status in ["404 Not Found", "400 Bad Request", "403 Forbidden", "500 Error", "501 Error", "503 Error", "504 E"]
    {
        let server = TestServer::start(move |_| {
            http_response(status, "Retry-After: 1\r\n", r#"{"error_code":"DMS.111501025"}"#)
        });
        let client = server.client().max_retries(3).build().unwrap();
        let hint = client.message_hint(&instance(), &topic("t"), partition(0), UnixMillis::MIN).await;
        assert_eq!(hint.unwrap(), MessageHint::Unavailable, "{status}");
        server.only_request();
    }
}

#[tokio::test]
async fn failure_that_other_reads_share_is_an_error() {
    for (status, kind) in [("401 Unauthorized", ErrorKind::Credentials), ("429 Error", ErrorKind::Throttled)] {
        let server = TestServer::start(move |_| http_response(status, "", "{}"));
        let client = server.client().build().unwrap();
        let hint = client.message_hint(&instance(), &topic("t"), partition(0), UnixMillis::MIN).await;
        assert_eq!(hint.unwrap_err().kind(), kind, "{status}");
    }
}

#[tokio::test]
async fn hint_has_no_content_of_a_message() {
    let body = r#"{"messages":[{"partition":3,"message_offset":7,"timestamp":1,"key":"private","value":"private"}]}"#;
    assert!(!format!("{:?}", hint(body).await.1.unwrap()).contains("private"));
}
