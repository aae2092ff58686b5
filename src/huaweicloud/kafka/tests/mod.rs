//! Operations with a test server: the bytes of requests, and every kind of response.

use super::*;
use crate::huaweicloud::ids::ProjectId;
use crate::huaweicloud::test_server::{Reply, TestServer, http_response, mask_ports};

mod group;
mod message;
mod message_hint;
mod reads;
mod reset;
mod secrets;
mod state;
mod task;
mod topic;

const PROJECT: &str = "0123456789abcdef0123456789abcdef";
const INSTANCE: &str = "11111111-2222-3333-4444-555555555555";

fn instance() -> InstanceAddress {
    InstanceAddress {
        project_id: ProjectId::parse(PROJECT).unwrap(),
        region: None,
        instance_id: InstanceId::parse(INSTANCE).unwrap(),
    }
}

fn group(name: &str) -> GroupAddress {
    GroupAddress { instance: instance(), group: GroupName::parse(name).unwrap() }
}

fn topic(name: &str) -> TopicName {
    TopicName::parse(name).unwrap()
}

fn partition(number: i64) -> PartitionNumber {
    number.try_into().unwrap()
}

fn offset(number: i64) -> MessageOffset {
    number.try_into().unwrap()
}

fn success(body: &str) -> Reply {
    http_response("200 OK", "X-Request-Id: req-1\r\n", body)
}

/// The request line that `read` sends, and its result for a successful response with this body.
async fn exchange<T>(body: &str, read: impl AsyncFnOnce(&Client) -> Result<T, Error>) -> (String, Result<T, Error>) {
    let body = body.to_owned();
    let server = TestServer::start(move |_| success(&body));
    let client = server.client().build().unwrap();
    let result = read(&client).await;
    (server.only_request().line().to_owned(), result)
}
