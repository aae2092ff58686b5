//! Resets, and their names and numbers.

use serde_json::Value;

use super::super::*;
use super::{PROJECT, group};
use crate::huaweicloud::error::{Delivery, Error, ErrorKind};
use crate::huaweicloud::region::Region;
use crate::huaweicloud::test_server::{Reply, TestServer, accepted, http_response, mask_ports};

const VECTORS: &str = include_str!("../../../../tests/vectors/signing/vectors.json");

fn to_offset(topic: &str, partition: i64, offset: i64) -> ResetMessageOffset {
    ResetMessageOffset {
        topic: Some(TopicName::parse(topic).unwrap()),
        partition: Partition::Number(partition.try_into().unwrap()),
        to: ResetTarget::Offset(offset.try_into().unwrap()),
    }
}

fn to_time(topic: Option<&str>, millis: i64) -> ResetMessageOffset {
    ResetMessageOffset {
        topic: topic.map(|topic| TopicName::parse(topic).unwrap()),
        partition: Partition::All,
        to: ResetTarget::Timestamp(millis.try_into().unwrap()),
    }
}

/// The request line and the body that a reset sends.
async fn sent(name: &str, reset: &ResetMessageOffset) -> (String, String) {
    let server = TestServer::start(|_| accepted());
    let client = server.client().build().unwrap();
    let result = client.reset_message_offset(&group(name), reset).await;
    assert_eq!(result.unwrap().request_id.as_deref(), Some("req-1"));
    let captured = server.only_request();
    assert_eq!(captured.header("x-project-id"), Some(PROJECT));
    assert_eq!(captured.header("content-type"), Some("application/json"));
    (captured.line().to_owned(), captured.text().to_owned())
}

async fn error_of(reply: fn() -> Reply) -> Error {
    let server = TestServer::start(move |_| reply());
    let client = server.client().build().unwrap();
    let result = client.reset_message_offset(&group("g"), &to_time(None, 0)).await;
    assert_eq!(server.requests().len(), 1);
    result.unwrap_err()
}

/// Method, path and body of the official SDK for the same arguments (`tests/vectors/signing`).
#[tokio::test]
async fn resets_are_sent_as_the_official_sdk_sends_them() {
    let all: Value = serde_json::from_str(VECTORS).unwrap();
    for (vector, name, reset) in [
        ("put_reset_by_offset", "test-group", to_offset("test", 0, 10)),
        ("put_reset_by_timestamp_all_partitions", "test-group", to_time(Some("test"), 1_571_812_144_000)),
        ("put_group_slash", "team/a", to_offset("test", 0, 10)),
        ("put_group_literal_escape", "a%2Fb", to_offset("test", 0, 10)),
        ("put_group_unicode", "消费组-1", to_offset("test", 0, 10)),
        ("put_utf8_body", "test-group", to_time(Some("主题-é"), 1_571_812_144_000)),
    ] {
        let expected = all["vectors"].as_array().unwrap().iter().find(|it| it["name"] == vector).unwrap();
        let (line, body) = sent(name, &reset).await;
        assert_eq!(line, format!("PUT {} HTTP/1.1", expected["path"].as_str().unwrap()), "{vector}");
        assert_eq!(body, expected["body"].as_str().unwrap(), "{vector}");
    }
}

/// `topic` is mandatory in the newest API reference and in both SDKs.
#[tokio::test]
async fn every_topic_is_sent_as_an_empty_name() {
    let (_, body) = sent("g", &to_time(None, 0)).await;
    assert_eq!(body, r#"{"topic":"","partition":-1,"timestamp":0}"#);
}

#[tokio::test]
async fn highest_numbers_keep_every_digit() {
    let (_, body) = sent("g", &to_offset("t", 2_147_483_647, i64::MAX)).await;
    assert_eq!(body, r#"{"topic":"t","partition":2147483647,"message_offset":9223372036854775807}"#);
}

#[tokio::test]
async fn success_status_other_than_204_is_an_error() {
    let mut errors = Vec::new();
    for reply in [(|| http_response("200 OK", "X-Request-Id: req-9\r\n", "{}")) as fn() -> Reply, || {
        http_response("202 Accepted", "X-Request-Id: req-9\r\n", "")
    }] {
        let error = error_of(reply).await;
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Decode, Delivery::Responded));
        errors.push(mask_ports(&error.report()));
    }
    insta::assert_snapshot!(errors.join("\n"), @r"
    PUT 127.0.0.1:[port]/v2/kafka/0123456789abcdef0123456789abcdef/instances/11111111-2222-3333-4444-555555555555/groups/g/reset-message-offset: status 200: the status of a successful reset is 204, so it is not certain that the offsets changed (request id req-9)
    PUT 127.0.0.1:[port]/v2/kafka/0123456789abcdef0123456789abcdef/instances/11111111-2222-3333-4444-555555555555/groups/g/reset-message-offset: status 202: the status of a successful reset is 204, so it is not certain that the offsets changed (request id req-9)
    ");
}

/// The error may concern only a part of the reset.
#[tokio::test]
async fn error_in_a_successful_response_may_have_taken_effect() {
    let mut errors = Vec::new();
    for reply in [
        (|| http_response("200 OK", "", r#"{"error_code":"DMS.00400017","error_msg":"a task is running"}"#))
            as fn() -> Reply,
        || http_response("202 Accepted", "", r#"{"error":{"code":"DMS.00400017","message":"a task is running"}}"#),
    ] {
        let error = error_of(reply).await;
        assert!(error.may_have_taken_effect() && error.delivery() == Delivery::Responded, "{error:?}");
        errors.push(mask_ports(&error.report()));
    }
    insta::assert_snapshot!(errors.join("\n"), @r"
    PUT 127.0.0.1:[port]/v2/kafka/0123456789abcdef0123456789abcdef/instances/11111111-2222-3333-4444-555555555555/groups/g/reset-message-offset: the service responded with 200 DMS.00400017: a task is running
    PUT 127.0.0.1:[port]/v2/kafka/0123456789abcdef0123456789abcdef/instances/11111111-2222-3333-4444-555555555555/groups/g/reset-message-offset: the service responded with 202 DMS.00400017: a task is running
    ");
}

#[tokio::test]
async fn error_of_the_service_is_returned_unchanged() {
    let error = error_of(|| {
        http_response("400 Bad Request", "", r#"{"error_code":"DMS.00400017","error_msg":"a task is running"}"#)
    })
    .await;
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Refused, Delivery::Responded));
    let response = error.response().unwrap();
    assert_eq!(response.code.as_deref(), Some("DMS.00400017"));
    assert_eq!(response.message.as_deref(), Some("a task is running"));
}

#[tokio::test]
async fn nothing_is_sent_for_another_region_with_a_custom_endpoint() {
    let server = TestServer::start(|_| accepted());
    let client = server.client().build().unwrap();
    let mut target = group("g");
    target.instance.region = Some(Region::parse("cn-north-9").unwrap());
    let error = client.reset_message_offset(&target, &to_time(None, 0)).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Config, Delivery::NotSent));
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn numbers_out_of_range_are_errors() {
    assert_eq!(PartitionNumber::try_from(0), Ok(PartitionNumber::MIN));
    assert_eq!(PartitionNumber::try_from(2_147_483_647), Ok(PartitionNumber::MAX));
    let error = PartitionNumber::try_from(2_147_483_648).unwrap_err();
    assert_eq!(error.to_string(), "partition 2147483648 is not between 0 and 2147483647");
    assert!(PartitionNumber::try_from(-1).is_err());
    assert!(MessageOffset::try_from(-1).is_err());
    assert!(UnixMillis::try_from(-1).is_err());
    assert_eq!(MessageOffset::try_from(i64::MAX), Ok(MessageOffset::MAX));
}

#[test]
fn names_that_paths_cannot_contain_are_errors() {
    for text in ["", ".", ".."] {
        for error in [
            GroupName::parse(text).unwrap_err(),
            InstanceId::parse(text).unwrap_err(),
            TopicName::parse(text).unwrap_err(),
            TaskId::parse(text).unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::Config, "{text:?}");
        }
    }
    let error = GroupName::parse("..").unwrap_err().to_string();
    insta::assert_snapshot!(error, @r#"consumer group ".." cannot be used: it must not be "." or "..", which a URL path cannot contain"#);
}
