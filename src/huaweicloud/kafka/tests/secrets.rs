//! Responses with a secret of the client: redacted when they are shown, unchanged when they are compared or sent.

use data_encoding::BASE64URL_NOPAD;

use super::*;
use crate::huaweicloud::endpoint::EndpointSettings;
use crate::huaweicloud::test_server::{SECRET_KEY, builder, http_response};

/// A client behind a proxy with this password. The proxy responds to each request with `body`.
fn behind_proxy(password: &str, body: &str) -> (Client, TestServer) {
    let body = body.to_owned();
    let proxy = TestServer::start(move |_| success(&body));
    let address = proxy.url().replace("http://", &format!("http://u:{password}@"));
    let settings = EndpointSettings {
        custom: ["dms", "iam"].map(|service| (service.to_owned(), format!("http://{service}.example"))).into(),
        insecure: true,
        ..EndpointSettings::default()
    };
    let client = builder("", &[("HTTP_PROXY", &address)]).endpoints(settings).build().unwrap();
    (client, proxy)
}

/// A group with `offset` in partition 0 of `topic`, and one member with the name of the topic.
fn group_at(topic: &str, offset: &str) -> String {
    format!(
        r#"{{"group":{{"state":"EMPTY","members":[{{"member_id":{topic:?},"client_id":{topic:?},"host":{topic:?},
             "assignment":[{{"topic":{topic:?},"partitions":[0]}}]}}],"group_message_offsets":[{{"topic":{topic:?},
             "partition":0,"message_current_offset":{offset},"message_log_end_offset":{offset},"lag":0}}]}}}}"#
    )
}

#[tokio::test]
async fn secret_within_a_number_changes_nothing() {
    for number in ["1712345678901", "12345678", r#""12345678""#, "9123456781234567"] {
        let exact: i64 = number.trim_matches('"').parse().unwrap();
        let (client, _proxy) = behind_proxy("12345678", &group_at("t", number));
        let shown = client.show_consumer_group(&group("g")).await.unwrap();
        assert_eq!((shown.offsets[0].current, shown.offsets[0].log_end), (Some(offset(exact)), Some(offset(exact))));

        let partitions =
            format!(r#"{{"total":1,"partitions":[{{"partition":0,"start_offset":0,"last_offset":{number}}}]}}"#);
        let (client, _proxy) = behind_proxy("12345678", &partitions);
        let listed = client.list_topic_partitions(&instance(), &topic("t")).await.unwrap();
        assert_eq!((listed.partitions[0].log_end, listed.counted), (offset(exact), true));

        let message = format!(r#"{{"message_offset":{number},"timestamp":{number}}}"#);
        let (client, _proxy) = behind_proxy("12345678", &message);
        let found = client.end_message(&instance(), &topic("t"), PartitionNumber::MIN).await.unwrap();
        assert_eq!((found.offset, found.timestamp.get()), (offset(exact), exact));
    }
}

/// A user may choose a password that equals a topic name.
#[tokio::test]
async fn name_that_equals_a_short_secret_is_unchanged() {
    for name in ["team", "orders", "orders-eu", "orders-eu-2030x"] {
        let (client, _proxy) = behind_proxy(name, &group_at(name, "7"));
        let shown = client.show_consumer_group(&group("g")).await.unwrap();
        assert_eq!((&shown.offsets[0].topic, shown.offsets[0].topic.as_str()), (&topic(name), name));
        let member = &shown.members[0];
        for text in [&member.member_id, &member.client_id, &member.host, &member.assignment[0].topic] {
            assert_eq!(text, "[redacted]");
        }

        let task =
            format!(r#"{{"tasks":[{{"id":{name:?},"name":{name:?},"status":"SUCCESS","params":"for {name}"}}]}}"#);
        let (client, _proxy) = behind_proxy(name, &task);
        let found = client.show_task(&instance(), &TaskId::parse(name).unwrap()).await.unwrap().unwrap();
        assert_eq!((found.id.as_str(), &*found.name), (name, name));
        assert_eq!(found.text.as_deref(), Some("for [redacted]"));
    }
}

#[tokio::test]
async fn state_that_equals_a_secret_is_unchanged() {
    let (client, _proxy) = behind_proxy("executing", r#"{"tasks":[{"id":"1","name":"x","status":"executing"}]}"#);
    let found = client.show_task(&instance(), &TaskId::parse("1").unwrap()).await.unwrap().unwrap();
    assert_eq!(found.status, TaskStatus::Executing);

    let (client, _proxy) = behind_proxy("EMPTY", &group_at("t", "7"));
    assert_eq!(client.show_consumer_group(&group("g")).await.unwrap().state, GroupState::Empty);
}

#[tokio::test]
async fn name_with_a_long_secret_is_compared_and_sent_unchanged_and_shown_redacted() {
    for name in [format!("a-{SECRET_KEY}"), format!("{}-b", &SECRET_KEY[..16])] {
        let (client, server) = behind_proxy("pass-word", &group_at(&name, "7"));
        let shown = client.show_consumer_group(&group("g")).await.unwrap();
        let found = &shown.offsets[0].topic;
        assert_eq!(found, &topic(&name));
        // The body is not a message, so the error contains the URL and quotes the body.
        let error = client.end_message(&instance(), found, PartitionNumber::MIN).await.unwrap_err();
        let sent = server.requests().pop().unwrap().line().to_owned();
        assert!(
            sent.contains(&format!("/topics/{}/", crate::huaweicloud::signing::encode_segment(&name).unwrap())),
            "{sent}"
        );
        let text = format!("{} {found} {found:?} {shown:?} {}", found.as_str(), error.report());
        assert!(text.matches("[redacted]").count() >= 5, "{text}");
        assert!(!text.contains(&SECRET_KEY[..16]), "{text}");
    }
}

/// Each attempt has another signature. A response can quote it, and the next response can quote the name with it.
#[tokio::test]
async fn name_with_the_signature_of_an_earlier_request_is_redacted_in_later_messages() {
    for encode in [str::to_owned, |it: &str| BASE64URL_NOPAD.encode(it.as_bytes())] {
        let server = TestServer::start(move |captured| {
            let (_, signature) = captured.header("authorization").unwrap().split_once("Signature=").unwrap();
            match captured.line().split('/').skip_while(|it| *it != "topics").nth(1) {
                None => success(&group_at(&format!("a-{}", encode(signature)), "7")),
                Some(topic) => {
                    http_response("404 Not Found", "", &format!(r#"{{"error_code":"X","error_msg":"No {topic}."}}"#))
                }
            }
        });
        let client = server.client().build().unwrap();
        let shown = client.show_consumer_group(&group("g")).await.unwrap();
        let found = &shown.offsets[0].topic;
        let error = client.list_topic_partitions(&instance(), found).await.unwrap_err().report();
        let sent = server.requests().pop().unwrap().line().to_owned();
        assert!(sent.contains(&format!("/topics/{}/", found.raw())), "{sent}");
        assert!(error.contains("/topics/a-[redacted]"), "{error}");
        assert!(error.contains(": the service responded with 404 X: No a-[redacted]."), "{error}");
    }
}

#[tokio::test]
async fn unreadable_value_is_quoted_without_a_secret() {
    let value = format!("{:?}", format!("{} {SECRET_KEY}", "x".repeat(90)));
    for (partition, offset) in [(&*value, "1"), ("0", &*value)] {
        let group_response = format!(
            r#"{{"state":{value},"group_message_offsets":[{{"topic":"t","partition":{partition},
                 "message_current_offset":{offset}}}]}}"#
        );
        let (client, _proxy) = behind_proxy("pass-word", &group_response);
        let shown = client.show_consumer_group(&group("g")).await.unwrap();
        let text = format!("{shown:?} {}", shown.state);
        assert!(shown.unreadable[0].why.contains("[redacted]"), "{text}");
        assert!(!text.contains(&SECRET_KEY[..8]), "{text}");

        let partitions = format!(r#"{{"total":1,"partitions":[{{"partition":{partition},"start_offset":{offset}}}]}}"#);
        let (client, _proxy) = behind_proxy("pass-word", &partitions);
        let text = match client.list_topic_partitions(&instance(), &topic("t")).await {
            Ok(listed) => format!("{listed:?}"),
            Err(error) => error.report(),
        };
        assert!(text.contains("[redacted]") && !text.contains(&SECRET_KEY[..8]), "{text}");
    }
}
