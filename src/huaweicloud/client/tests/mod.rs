//! The client against real sockets.

use super::*;
use crate::huaweicloud::error::{Delivery, ErrorKind};
use crate::huaweicloud::http::{CaCertificates, Request, Response};
use crate::huaweicloud::ids::ProjectId;
use crate::huaweicloud::test_server::{Reply, TestServer, mask_ports};

mod auth_breaker;
mod failures;
mod projects;
mod retry;
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
