//! Messages: offsets and times, without content.

use super::*;
use crate::huaweicloud::error::ErrorKind;

async fn first(body: &str) -> Result<StoredMessage, Error> {
    exchange(body, async |client| client.beginning_message(&instance(), &topic("t"), partition(0)).await).await.1
}

async fn last(body: &str) -> Result<StoredMessage, Error> {
    exchange(body, async |client| client.end_message(&instance(), &topic("t"), partition(0)).await).await.1
}

async fn at(number: i64, body: &str) -> Result<Option<StoredMessage>, Error> {
    exchange(body, async |client| client.message_at(&instance(), &topic("t"), partition(0), offset(number)).await)
        .await
        .1
}

fn stored(number: i64, millis: i64) -> StoredMessage {
    StoredMessage { offset: offset(number), timestamp: millis.try_into().unwrap() }
}

/// The current documentation of the first and the last message has the name `offset`, older editions have
/// `message_offset`.
#[tokio::test]
async fn ends_of_a_partition_are_read_with_either_name_of_the_offset() {
    for body in [
        r#"{"topic":"t","partition":0,"offset":9,"timestamp":1568125039164}"#,
        r#"{"topic":"t","partition":0,"message_offset":9,"timestamp":1568125039164}"#,
        r#"{"message_offset":"9","offset":null,"timestamp":"1568125039164"}"#,
        r#"{"message_offset":9,"offset":0,"timestamp":1568125039164}"#,
    ] {
        assert_eq!(first(body).await.unwrap(), stored(9, 1_568_125_039_164), "{body}");
        assert_eq!(last(body).await.unwrap(), stored(9, 1_568_125_039_164), "{body}");
    }
}

#[tokio::test]
async fn missing_end_is_an_error() {
    for (body, what) in [
        ("{}", "no readable offset or timestamp"),
        (r#"{"offset":null,"timestamp":1}"#, "no readable offset or timestamp"),
        (r#"{"offset":1,"timestamp":null}"#, "no readable offset or timestamp"),
        (r#"{"offset":-1,"timestamp":1}"#, "message offset -1 is not between"),
        (r#"{"offset":1,"timestamp":-1}"#, "timestamp -1 is not between"),
    ] {
        for error in [first(body).await.unwrap_err(), last(body).await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
            assert!(error.to_string().contains(what), "{error}");
        }
    }
}

/// Form of the sample on the page "Querying a Message with a Specified Offset".
#[tokio::test]
async fn only_the_message_at_exactly_the_offset_is_returned() {
    let body = r#"{"message":[
        {"topic":"t","partition":0,"message_offset":6,"key":null,"value":"a","size":1,"timestamp":-1},
        {"topic":"t","partition":0,"message_offset":7,"key":null,"value":"b","size":1,"timestamp":1568125036045},
        {"topic":"t","partition":0,"message_offset":"8","key":"k","value":null,"size":0,"timestamp":"1568125036046"}]}"#;
    assert_eq!(at(7, body).await.unwrap(), Some(stored(7, 1_568_125_036_045)));
    assert_eq!(at(8, body).await.unwrap(), Some(stored(8, 1_568_125_036_046)));
    assert_eq!(at(9, body).await.unwrap(), None);
    assert!(at(6, body).await.unwrap_err().to_string().contains("timestamp -1"));
}

/// Other messages are ignored, unless they may be the requested one.
#[tokio::test]
async fn message_with_an_unreadable_offset_is_an_error() {
    let odd = r#"{"message_offset":"x","timestamp":1},7,{"timestamp":1}"#;
    let found = format!(r#"{{"message":[{odd},{{"message_offset":7,"timestamp":1}}]}}"#);
    assert_eq!(at(7, &found).await.unwrap(), Some(stored(7, 1)));
    for odd in odd.split_inclusive("},").map(|odd| odd.trim_end_matches(',')) {
        let error = at(7, &format!(r#"{{"message":[{{"message_offset":6,"timestamp":1}},{odd}]}}"#)).await.unwrap_err();
        assert!(error.to_string().contains("no readable offset or timestamp"), "{error}");
    }
}

#[tokio::test]
async fn missing_message_is_none() {
    for body in [r#"{"message":[]}"#, r#"{"message":null}"#, "{}"] {
        assert_eq!(at(7, body).await.unwrap(), None, "{body}");
    }
}

#[tokio::test]
async fn errors_do_not_quote_content_of_messages() {
    for body in [
        r#"{"message":"private"}"#,
        r#"{"message":["private"]}"#,
        r#"{"message":[{"message_offset":"private","key":"private","value":"private"}]}"#,
        r#"{"message":[{"message_offset":7,"key":"private","value":"private"}]}"#,
    ] {
        let error = at(7, body).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert!(!format!("{error:?} {}", error.report()).contains("private"), "{error:?}");
    }
}
