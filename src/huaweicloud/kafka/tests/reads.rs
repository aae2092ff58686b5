//! Properties of all reads: their requests, and their errors.

use std::pin::Pin;

use super::*;
use crate::huaweicloud::error::{Delivery, ErrorKind};
use crate::huaweicloud::region::Region;

type Read =
    for<'a> fn(&'a Client, &'a InstanceAddress) -> Pin<Box<dyn Future<Output = Result<String, Error>> + Send + 'a>>;

/// A read whose result is only printed.
macro_rules! read {
    (|$client:ident, $instance:ident| $call:expr) => {
        |$client, $instance| Box::pin(async move { $call.await.map(|result| format!("{result:?}")) })
    };
}

/// Every read with the rest of its path. The names must be encoded; they and their encodings come from the official
/// SDK's vectors (`tests/vectors/signing`).
const READS: [(&str, Read); 7] = [
    (
        "instances/{}/management/groups/team%2Fa",
        read!(|client, instance| client
            .show_consumer_group(&GroupAddress { instance: instance.clone(), ..group("team/a") })),
    ),
    (
        "kafka/instances/{}/topics/a%252Fb/partitions?limit=50&offset=0",
        read!(|client, instance| client.list_topic_partitions(instance, &topic("a%2Fb"))),
    ),
    (
        "instances/{}/management/topics/a%252Fb/partitions/0/beginning-message",
        read!(|client, instance| client.beginning_message(instance, &topic("a%2Fb"), PartitionNumber::MIN)),
    ),
    (
        "instances/{}/management/topics/a%252Fb/partitions/2147483647/end-message",
        read!(|client, instance| client.end_message(instance, &topic("a%2Fb"), PartitionNumber::MAX)),
    ),
    (
        "instances/{}/management/topics/a%252Fb/partitions/12/message?message_offset=9223372036854775807",
        read!(|client, instance| client.message_at(instance, &topic("a%2Fb"), partition(12), MessageOffset::MAX)),
    ),
    ("instances/{}/tasks?limit=100&start=1", read!(|client, instance| client.task_page(instance, 1))),
    (
        "instances/{}/tasks/team%2Fa",
        read!(|client, instance| client.show_task(instance, &TaskId::parse("team/a").unwrap())),
    ),
];

/// The result of `read` for `reply`. Asserts that it sends exactly one request.
async fn outcome(read: Read, reply: fn() -> Reply) -> Result<String, Error> {
    let server = TestServer::start(move |_| reply());
    let client = server.client().build().unwrap();
    let result = read(&client, &instance()).await;
    server.only_request();
    result
}

#[tokio::test]
async fn every_read_sends_its_path_and_project() {
    for (rest, read) in READS {
        let server = TestServer::start(|_| success("{}"));
        let client = server.client().build().unwrap();
        // Ignored: `{}` is a valid response only for some reads. This test checks the request.
        drop(read(&client, &instance()).await);
        let request = server.only_request();
        let rest = rest.replace("{}", INSTANCE);
        assert_eq!(request.line(), format!("GET /v2/{PROJECT}/{rest} HTTP/1.1"));
        assert_eq!(request.header("x-project-id"), Some(PROJECT));
        let signed = request.header("authorization").unwrap();
        assert!(signed.contains("SignedHeaders=host;x-project-id;x-sdk-date;x-security-token,"), "{signed}");
        assert_eq!((request.header("content-type"), request.text()), (None, ""));
    }
}

#[tokio::test]
async fn error_of_the_service_is_returned_unchanged() {
    for (rest, read) in READS {
        let refusal = outcome(read, || {
            http_response(
                "400 Bad Request",
                "X-Request-Id: req-9\r\n",
                r#"{"error_code":"DMS.00400800","error_msg":"no such thing"}"#,
            )
        });
        let error = refusal.await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Refused, Delivery::Responded), "{rest}");
        let response = error.response().unwrap();
        assert_eq!((response.status, response.code.as_deref()), (400, Some("DMS.00400800")), "{rest}");
        assert_eq!(response.message.as_deref(), Some("no such thing"), "{rest}");
        assert_eq!(response.request_id.as_deref(), Some("req-9"), "{rest}");
    }
}

#[tokio::test]
async fn missing_object_is_not_found_except_for_a_task() {
    for (rest, read) in READS {
        let reply = || {
            http_response(
                "404 Not Found",
                "",
                r#"{"error_code":"DMS.00404022","error_msg":"This DMS instance does not exist"}"#,
            )
        };
        match outcome(read, reply).await {
            Ok(shown) => assert_eq!((rest, shown.as_str()), ("instances/{}/tasks/team%2Fa", "None")),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::NotFound, "{rest}");
                assert!(!rest.contains("tasks/"), "{rest}: {error}");
            }
        }
    }
}

/// The gateway's response for an unknown URL makes no statement about a task.
#[tokio::test]
async fn unknown_url_is_not_a_missing_task() {
    let [.., (_, show_task)] = READS;
    let reply =
        || http_response("404 Not Found", "", r#"{"error_code":"APIGW.0101","error_msg":"The API does not exist"}"#);
    assert_eq!(outcome(show_task, reply).await.unwrap_err().kind(), ErrorKind::Refused);
}

#[tokio::test]
async fn unexpected_response_is_described() {
    let mut errors = Vec::new();
    for (rest, read) in READS {
        let replies: [fn() -> Reply; 5] = [
            || success(" <html>welcome</html>"),
            || success("welcome"),
            || success(""),
            || success("true"),
            || http_response("204 No Content", "X-Request-Id: req-1\r\n", ""),
        ];
        for reply in replies {
            let error = outcome(read, reply).await.unwrap_err();
            assert_eq!((error.kind(), error.delivery()), (ErrorKind::Decode, Delivery::Responded), "{rest}");
            errors.push(mask_ports(&error.report()));
        }
    }
    insta::assert_snapshot!(errors.join("\n"));
}

/// None of these may be read as an empty list, or reported as a response of an unknown form.
#[tokio::test]
async fn error_in_a_successful_response_is_reported() {
    for (rest, read) in READS {
        let path = rest.replace("{}", INSTANCE);
        let path = path.split('?').next().unwrap();
        let replies: [fn() -> Reply; 6] = [
            || success(r#"{"error_code":"DMS.00400800","error_msg":"no such thing"}"#),
            || success(r#"{"error_msg":"no such thing","error_code":"DMS.00400800","tasks":[],"message":[]}"#),
            || success(r#"{"error":{"code":"DMS.00400800","message":"no such thing"}}"#),
            || success(r#"{"errorCode":"DMS.00400800","errorMsg":"no such thing","group":null}"#),
            || success(r#"{"code":"DMS.00400800","message":"no such thing","partitions":null}"#),
            || success(r#"{"errCode":"DMS.00400800","externalMessage":"no such thing"}"#),
        ];
        for reply in replies {
            let error = outcome(read, reply).await.unwrap_err();
            assert_eq!((error.kind(), error.delivery()), (ErrorKind::Refused, Delivery::Responded), "{rest}");
            assert!(error.may_have_taken_effect(), "{error}");
            let expected = format!(
                "GET 127.0.0.1:[port]/v2/{PROJECT}/{path}: the service responded with 200 DMS.00400800: no such thing \
                 (request id req-1)"
            );
            assert_eq!(mask_ports(&error.report()), expected);
        }
    }
}

#[tokio::test]
async fn missing_instance_or_group_in_a_successful_response_is_not_found() {
    let [(_, show_group), ..] = READS;
    for reply in [(|| success(r#"{"error_code":"DMS.00404022","error_msg":"x"}"#)) as fn() -> Reply, || {
        success(r#"{"error_code":"DMS.111400864","error_msg":"The consumer group does not exist"}"#)
    }] {
        assert_eq!(outcome(show_group, reply).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
}

/// Some services write a code and a message of success into every response.
#[tokio::test]
async fn success_code_in_a_response_is_not_an_error() {
    let [(_, show_group), ..] = READS;
    for reply in [
        (|| success(r#"{"error_code":null,"error_msg":"","state":"EMPTY"}"#)) as fn() -> Reply,
        || success(r#"{"error_code":"0","error_msg":"x","state":"EMPTY"}"#),
        || success(r#"{"code":200,"message":"OK","group":{"state":"EMPTY"}}"#),
        || success(r#"{"error":null,"message":"Success","state":"EMPTY"}"#),
    ] {
        outcome(show_group, reply).await.unwrap();
    }
}

#[tokio::test]
async fn endless_response_is_an_error() {
    let mut errors = Vec::new();
    for (rest, read) in READS {
        let error = outcome(read, || success(&" ".repeat(16 * 1024 * 1024 + 1))).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Decode, Delivery::Responded), "{rest}");
        errors.push(mask_ports(&error.report()));
    }
    insta::assert_snapshot!(errors.join("\n"));
}

#[tokio::test]
async fn nothing_is_sent_for_another_region_with_a_custom_endpoint() {
    let server = TestServer::start(|_| success("{}"));
    let client = server.client().build().unwrap();
    let elsewhere = InstanceAddress { region: Some(Region::parse("cn-north-9").unwrap()), ..instance() };
    for (rest, read) in READS {
        let error = read(&client, &elsewhere).await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Config, Delivery::NotSent), "{rest}");
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn time_comes_from_the_given_system() {
    let client = crate::huaweicloud::test_server::builder("http://127.0.0.1:9", &[]).build().unwrap();
    assert_eq!(client.now().to_string(), "2024-01-15T08:15:30Z");
}
