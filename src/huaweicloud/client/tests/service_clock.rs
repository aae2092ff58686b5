//! The service's clock: dates of responses, compared with the local clock.

use jiff::Timestamp;

use super::*;
use crate::huaweicloud::test_server::http_response;

/// The local clock of these clients is at 08:15:30.
fn dated(date: &'static str) -> TestServer {
    TestServer::start(move |_| http_response("403 Forbidden", date, "{}"))
}

/// Asserts that a clock has this time, within the duration of the test.
fn assert_time(found: Option<Timestamp>, expected: Option<&str>) {
    let expected: Option<Timestamp> = expected.map(|text| text.parse().unwrap());
    let near = |(found, expected): (Timestamp, Timestamp)| found.duration_since(expected).abs().as_secs() < 20;
    assert!(
        found.is_some() == expected.is_some() && found.zip(expected).is_none_or(near),
        "{found:?}, not {expected:?}"
    );
}

const LOCAL: &str = "2024-01-15T08:15:30Z";

async fn read(client: &Client) {
    let project = ProjectId::parse(PROJECT).unwrap();
    client.send(&request(client, "GET", &["x"], &[]).project(&project)).await.unwrap_err();
}

/// Error responses have the same clock as successful ones.
#[tokio::test]
async fn service_clock_is_read_from_responses() {
    for (date, service, time) in [
        ("Date: Mon, 15 Jan 2024 08:29:30 GMT\r\n", Some("2024-01-15T08:29:30Z"), "2024-01-15T08:29:30Z"),
        ("Date: Mon, 15 Jan 2024 08:01:30 GMT\r\n", Some("2024-01-15T08:01:30Z"), "2024-01-15T08:01:30Z"),
        // Not a clock that accepts this client's signatures.
        ("Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n", Some("1970-01-01T00:00:00Z"), LOCAL),
        ("Date: yesterday\r\n", None, LOCAL),
        ("", None, LOCAL),
    ] {
        let server = dated(date);
        let client = server.client().build().unwrap();
        assert_time(client.service_time(), None);
        assert_time(Some(client.time()), Some(LOCAL));
        read(&client).await;
        assert_time(client.service_time(), service);
        assert_time(Some(client.time()), Some(time));
    }
}

#[tokio::test]
async fn service_clock_advances_between_responses() {
    let server = dated("Date: Mon, 15 Jan 2024 08:20:00 GMT\r\n");
    let client = server.client().build().unwrap();
    read(&client).await;
    tokio::time::pause();
    tokio::time::advance(std::time::Duration::from_secs(120)).await;
    assert_time(Some(client.time()), Some("2024-01-15T08:22:00Z"));
}

/// The clock of IAM does not date messages.
#[tokio::test]
async fn responses_of_other_services_are_ignored() {
    let server = dated("Date: Mon, 15 Jan 2024 08:29:30 GMT\r\n");
    let client = server.client().build().unwrap();
    client.project_id(None).await.unwrap_err();
    assert_eq!(client.service_time(), None);
}
