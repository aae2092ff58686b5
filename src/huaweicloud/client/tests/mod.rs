//! The client against real sockets.

use super::request::Request;
use super::response::Response;
use super::*;
use crate::huaweicloud::error::{Delivery, ErrorKind};
use crate::huaweicloud::iam::ProjectId;
use crate::huaweicloud::test_server::{Reply, TestServer};

mod auth_breaker;
mod failures;
mod repetition;
mod secrets;
mod service_clock;
mod tls;
mod wire;

const PROJECT: &str = "0123456789abcdef0123456789abcdef";

fn request(client: &Client, method: &str, segments: &[&str], query: &[(&str, &str)]) -> Request {
    let endpoint = client.endpoint(Service::Dms, None).unwrap();
    Request::new(method.parse().unwrap(), &endpoint, segments, query).unwrap()
}

/// A plain `GET /x`.
async fn get(client: &Client) -> Result<Response, Error> {
    client.send(&request(client, "GET", &["x"], &[])).await
}
