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
    let mut errors = Vec::new();
    for body in [
        "{}",
        r#"{"offset":null,"timestamp":1}"#,
        r#"{"offset":1,"timestamp":null}"#,
        r#"{"offset":-1,"timestamp":1}"#,
        r#"{"offset":1,"timestamp":-1}"#,
    ] {
        for error in [first(body).await.unwrap_err(), last(body).await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
            errors.push(mask_ports(&error.report()));
        }
    }
    insta::assert_snapshot!(errors.join("\n"));
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
    insta::assert_snapshot!(mask_ports(&at(6, body).await.unwrap_err().report()), @"GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/instances/11111111-2222-3333-4444-555555555555/management/topics/t/partitions/0/message: status 200: timestamp -1 is not between 0 and 9223372036854775807 (request id req-1)");
}

/// Other messages are ignored, unless they may be the requested one.
#[tokio::test]
async fn message_with_an_unreadable_offset_is_an_error() {
    let odd = r#"{"message_offset":"x","timestamp":1},7,{"timestamp":1}"#;
    let found = format!(r#"{{"message":[{odd},{{"message_offset":7,"timestamp":1}}]}}"#);
    assert_eq!(at(7, &found).await.unwrap(), Some(stored(7, 1)));
    let mut errors = Vec::new();
    for odd in odd.split_inclusive("},").map(|odd| odd.trim_end_matches(',')) {
        let error = at(7, &format!(r#"{{"message":[{{"message_offset":6,"timestamp":1}},{odd}]}}"#)).await.unwrap_err();
        errors.push(mask_ports(&error.report()));
    }
    insta::assert_snapshot!(errors.join("\n"), @r"
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/instances/11111111-2222-3333-4444-555555555555/management/topics/t/partitions/0/message: status 200: the message has no readable offset or timestamp (request id req-1)
    GET 127.0.0.1:[port]/v2/0123456789abcdef0123456789abcdef/instances/11111111-2222-3333-4444-555555555555/management/topics/t/partitions/0/message: status 200: the message has no readable offset or timestamp (request id req-1)
    ");
}

#[tokio::test]
async fn empty_list_is_none() {
    assert_eq!(at(7, r#"{"message":[]}"#).await.unwrap(), None);
}

/// Such a response does not show that the offset has no message.
#[tokio::test]
async fn response_without_a_list_is_an_error() {
    for body in
        ["{}", r#"{"message":null}"#, r#"{"message":""}"#, r#"{"message":{}}"#, r#"{"messages":[]}"#, "null", "[]", ""]
    {
        assert_eq!(at(7, body).await.unwrap_err().kind(), ErrorKind::Decode, "{body}");
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
