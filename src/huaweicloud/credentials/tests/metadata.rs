//! Keys of the machine: what is asked, and what each answer means. Paths, headers, statuses and the form of the time
//! are those of the official SDKs.

use std::time::{Duration, Instant};

use super::world::{World, credential, say, script, shown, told};
use crate::huaweicloud::credentials::{Chain, Credentials, EcsMetadata, FixedKeys, HcloudProfile};
use crate::huaweicloud::error::Error;
use crate::huaweicloud::test_server::{Reply, TestServer};

const END: &str = "2024-01-15T18:51:25.231000Z";

fn chain(address: &str) -> Chain {
    Chain::complete(FixedKeys::default(), HcloudProfile::default(), Some(EcsMetadata::at(address).unwrap()))
}

async fn resolve(world: &World, server: &TestServer, address: &str) -> Result<Credentials, Error> {
    let client = world.client(server).build().unwrap();
    chain(address).resolve(&client).await
}

#[tokio::test]
async fn a_token_is_fetched_and_sent_with_the_question() {
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
async fn machines_that_know_no_tokens_are_asked_without() {
    for status in ["404 Not Found", "405 Method Not Allowed", "503 Service Unavailable"] {
        let server = script(vec![say(status, "", "<html>"), say("200 OK", "", &credential("ecs", END))]);
        let found = resolve(&World::new(&[]), &server, &server.url()).await.unwrap();
        assert_eq!(found.access_key(), "ecs-ak");
        assert_eq!(server.requests()[1].header("x-metadata-token"), None);
    }
}

#[tokio::test]
async fn what_is_no_answer_is_absent_and_what_is_no_key_is_broken() {
    let token = || say("200 OK", "", "hunter-meta-token");
    let absent = "the ECS metadata service: no agency is attached to this ECS: GET 127.0.0.1";
    for (replies, expected) in [
        (vec![token(), say("404 Not Found", "", "hunter-meta-token")], absent),
        (vec![say("500 Oops", "", "x")], "credentials from the ECS metadata service: PUT 127.0.0.1"),
        (vec![token(), say("401 Unauthorized", "", "hunter-meta-token")], "401: [redacted]"),
        (
            vec![token(), say("200 OK", "", r#"{"credential":{"access":"a","secret":["hunter"]}}"#)],
            "does not have the expected form",
        ),
        (vec![token(), say("200 OK", "", &credential("a b", END))], "the access key is empty or holds white space"),
        (vec![token(), say("200 OK", "", &credential("a", "hunter"))], "the time at which the keys end cannot be read"),
        (vec![say("200 OK", "", " ")], "the answer is empty or no text"),
    ] {
        let server = script(replies);
        let text = told(&resolve(&World::new(&[]), &server, &server.url()).await.unwrap_err());
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let server = script(Vec::new());
    let text = told(&resolve(&World::new(&[]), &server, "http://127.0.0.1:1").await.unwrap_err());
    assert!(text.starts_with("no credentials found") && text.contains("metadata service: PUT 127.0.0.1:1"), "{text}");
}

/// Elsewhere than on a machine of the cloud, packets to the address vanish.
#[tokio::test]
async fn a_machine_that_says_nothing_is_given_up_after_a_second() {
    let server = TestServer::start(|_| Reply::Silence);
    let start = Instant::now();
    let text = told(&resolve(&World::new(&[]), &server, &server.url()).await.unwrap_err());
    assert!(text.contains("did not answer within a second; is this an ECS?"), "{text}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn nothing_is_asked_unless_it_was_wanted_and_others_have_no_keys() {
    let keys = [("HW_ACCESS_KEY", "ak"), ("HW_SECRET_KEY", "hunter-sk")];
    let server = script(Vec::new());
    let found = resolve(&World::new(&keys), &server, &server.url()).await.unwrap();
    assert_eq!(found.access_key(), "ak");
    let client = World::new(&[]).client(&server).build().unwrap();
    Chain::standard(FixedKeys::default()).resolve(&client).await.unwrap_err();
    // Telling early what is broken must not wait for the network.
    chain(&server.url()).check(&World::new(&[]).system()).await.unwrap();
    assert_eq!(server.requests().len(), 0);
}

/// `0.0.0.0` reaches this computer, and is none of the addresses that are never proxied anyway.
#[tokio::test]
async fn keys_of_the_machine_went_through_a_proxy() {
    let proxy = script(Vec::new());
    let server = script(vec![say("404 Not Found", "", ""), say("200 OK", "", &credential("ecs", END))]);
    let world = World::new(&[("HTTP_PROXY", &proxy.url()), ("ALL_PROXY", &proxy.url())]);
    let address = format!("http://0.0.0.0:{}", server.address.port());
    assert_eq!(resolve(&world, &server, &address).await.unwrap().access_key(), "ecs-ak");
    assert_eq!(proxy.requests().len(), 0);
}
