//! Credentials of the metadata service: requests and responses.
//!
//! Paths, headers, statuses and the format of times are those of the official SDKs.

use std::time::{Duration, Instant};

use super::world::{World, credential, report, say, script, shown};
use crate::huaweicloud::credentials::{Chain, EcsMetadata, HcloudProfile, StaticCredentials};
use crate::huaweicloud::error::Error;
use crate::huaweicloud::signing::Credentials;
use crate::huaweicloud::test_server::{Reply, TestServer};

const END: &str = "2024-01-15T18:51:25.231000Z";

fn chain(address: &str) -> Chain {
    Chain::complete(StaticCredentials::default(), HcloudProfile::default(), Some(EcsMetadata::at(address).unwrap()))
}

async fn resolve(world: &World, server: &TestServer, address: &str) -> Result<Credentials, Error> {
    let client = world.client(server).build().unwrap();
    chain(address).resolve(client.sender()).await
}

#[tokio::test]
async fn request_for_credentials_contains_a_token() {
    let server = script(vec![say("200 OK", "", "hunter-meta-token\n"), say("200 OK", "", &credential("ecs", END))]);
    let found = resolve(&World::new(&[]), &server, &server.url()).await.unwrap();
    assert_eq!(shown(&found), "ecs-ak / hunter-ecs-sk / hunter-ecs-token");
    assert_eq!(found.expires_at(), Some(END.parse().unwrap()));
    let requests = server.requests();
    assert_eq!(requests[0].line(), "PUT /meta-data/latest/api/token HTTP/1.1");
    assert_eq!(requests[0].header("x-metadata-token-ttl-seconds"), Some("21600"));
    assert_eq!(requests[1].line(), "GET /openstack/latest/securitykey HTTP/1.1");
    assert_eq!(requests[1].header("x-metadata-token"), Some("hunter-meta-token"));
    for request in &requests {
        assert_eq!((request.header("authorization"), request.text()), (None, ""));
    }
}

#[tokio::test]
async fn service_without_tokens_gets_a_request_without_one() {
    for status in ["404 Not Found", "405 Method Not Allowed", "503 Service Unavailable"] {
        let server = script(vec![say(status, "", "<html>"), say("200 OK", "", &credential("ecs", END))]);
        let found = resolve(&World::new(&[]), &server, &server.url()).await.unwrap();
        assert_eq!(found.access_key(), "ecs-ak");
        assert_eq!(server.requests()[1].header("x-metadata-token"), None);
    }
}

#[tokio::test]
async fn source_without_a_response_is_absent_and_one_with_an_invalid_response_is_broken() {
    let token = || say("200 OK", "", "hunter-meta-token");
    let mut errors = Vec::new();
    for replies in [
        vec![token(), say("404 Not Found", "", "hunter-meta-token")],
        vec![say("500 Oops", "", "x")],
        vec![token(), say("401 Unauthorized", "", "hunter-meta-token")],
        vec![token(), say("200 OK", "", r#"{"credential":{"access":"a","secret":["hunter"]}}"#)],
        vec![token(), say("200 OK", "", &credential("a b", END))],
        vec![token(), say("200 OK", "", &credential("a", "hunter"))],
        vec![say("200 OK", "", " ")],
    ] {
        let server = script(replies);
        errors.push(report(&resolve(&World::new(&[]), &server, &server.url()).await.unwrap_err()));
    }
    insta::assert_snapshot!(errors.join("\n"));
}

/// Windows repeats a refused attempt to connect for longer than the time limit of this source.
#[cfg(unix)]
#[tokio::test]
async fn service_that_refuses_the_connection_is_absent() {
    let text = report(&resolve(&World::new(&[]), &script(Vec::new()), "http://127.0.0.1:1").await.unwrap_err());
    insta::assert_snapshot!(text.rsplit_once("the ECS metadata service: ").unwrap().1, @"PUT 127.0.0.1:[port]/meta-data/latest/api/token: connection failed: error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)");
}

/// Outside of the cloud's virtual machines, packets to the address are dropped.
#[tokio::test]
async fn silent_service_is_absent_after_a_second() {
    let server = TestServer::start(|_| Reply::Silence);
    let start = Instant::now();
    let text = report(&resolve(&World::new(&[]), &server, &server.url()).await.unwrap_err());
    insta::assert_snapshot!(text, @"no credentials found; tried the configuration: access_key and secret_key are not set; the environment (HW_*): HW_ACCESS_KEY and HW_SECRET_KEY are not set; the environment (HUAWEICLOUD_SDK_*): HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are not set; the environment (CLOUD_SDK_*): CLOUD_SDK_AK and CLOUD_SDK_SK are not set; the current hcloud profile in ~/.hcloud/config.json: the file does not exist; the SDK credentials file ~/.huaweicloud/credentials: the file does not exist; the ECS metadata service: http://127.0.0.1:[port] did not respond within a second; it exists only on an ECS");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn metadata_service_is_used_only_if_enabled_and_if_no_other_source_has_credentials() {
    let keys = [("HW_ACCESS_KEY", "ak"), ("HW_SECRET_KEY", "hunter-sk")];
    let server = script(Vec::new());
    let found = resolve(&World::new(&keys), &server, &server.url()).await.unwrap();
    assert_eq!(found.access_key(), "ak");
    let client = World::new(&[]).client(&server).build().unwrap();
    Chain::standard(StaticCredentials::default()).resolve(client.sender()).await.unwrap_err();
    // The early check must not use the network.
    chain(&server.url()).check(&World::new(&[]).system()).await.unwrap();
    assert_eq!(server.requests().len(), 0);
}

/// `0.0.0.0` reaches this computer, but is not one of the loopback addresses that always bypass proxies. Windows does
/// not connect to it.
#[cfg(unix)]
#[tokio::test]
async fn metadata_service_is_reached_without_a_proxy() {
    let proxy = script(Vec::new());
    let server = script(vec![say("404 Not Found", "", ""), say("200 OK", "", &credential("ecs", END))]);
    let world = World::new(&[("HTTP_PROXY", &proxy.url()), ("ALL_PROXY", &proxy.url())]);
    let address = format!("http://0.0.0.0:{}", server.address.port());
    assert_eq!(resolve(&world, &server, &address).await.unwrap().access_key(), "ecs-ak");
    assert_eq!(proxy.requests().len(), 0);
}
