//! Temporary keys in a long run: when they are renewed, by whom, and what a failed renewal means.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};

use tokio::task::JoinSet;

use super::roles::{KEYS, ask, by_id};
use super::world::{World, credential, say, script, signer, sts_credentials, told};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::credentials::{Chain, EcsMetadata, Source};
use crate::huaweicloud::error::{Delivery, ErrorKind};
use crate::huaweicloud::iam::DomainId;
use crate::huaweicloud::test_server::{TestServer, accepted, answer};

/// A service that gives keys for `life` seconds, numbered, by the world's own clock; refuses while `refusing`.
fn issuing(world: &World, life: i64, refusing: &Arc<AtomicBool>) -> TestServer {
    let (clock, count, refusing) = (Arc::clone(&world.clock), AtomicUsize::new(0), Arc::clone(refusing));
    TestServer::start(move |captured| {
        if !captured.line().contains("/v5/agencies/assume") {
            return accepted();
        }
        if refusing.load(Ordering::SeqCst) {
            return answer("503 Busy", "", r#"{"error_code":"X","error_msg":"hunter-base-sk"}"#);
        }
        let number = count.fetch_add(1, Ordering::SeqCst);
        let now = crate::huaweicloud::system::Clock::now(&*clock);
        let end = now.checked_add(jiff::SignedDuration::from_secs(life)).unwrap();
        answer("201 Created", "", &sts_credentials(&format!("role{number}"), &end.to_string()))
    })
}

fn client(world: &World, server: &TestServer) -> Client {
    let builder = world.client(server).domain_id(DomainId::parse("d0").unwrap());
    builder.assume_roles(vec![by_id("ops", "d1", Some(3_600))]).build().unwrap()
}

/// Who signed each request to DMS.
fn signers(server: &TestServer) -> Vec<String> {
    let requests = server.requests();
    requests.iter().filter(|it| it.line().contains("/reset")).map(|it| signer(it).to_owned()).collect()
}

#[tokio::test]
async fn keys_are_renewed_five_minutes_before_their_end() {
    let world = World::new(&KEYS);
    let server = issuing(&world, 3_600, &Arc::default());
    let client = client(&world, &server);
    for seconds in [0, 3_299, 1, 3_299, 1] {
        world.clock.forward(seconds);
        ask(&client).await.unwrap();
    }
    assert_eq!(signers(&server), ["role0-ak", "role0-ak", "role1-ak", "role1-ak", "role2-ak"]);
}

/// With a local clock that is behind, credentials would be used after they expire.
#[tokio::test]
async fn keys_are_renewed_by_the_services_clock() {
    let world = World::new(&KEYS);
    let role = |name: &str| say("201 Created", "", &sts_credentials(name, "2024-01-15T12:14:00Z"));
    let dated = || say("204 No Content", "Date: Mon, 15 Jan 2024 12:10:00 GMT\r\n", "");
    let server = script(vec![role("role0"), dated(), role("role1"), dated()]);
    let client = client(&world, &server);
    for _ in 0..2 {
        ask(&client).await.unwrap();
    }
    assert_eq!(signers(&server), ["role0-ak", "role1-ak"]);
}

#[tokio::test]
async fn short_lived_keys_are_renewed_after_half_of_their_life() {
    let world = World::new(&KEYS);
    let server = issuing(&world, 120, &Arc::default());
    let client = client(&world, &server);
    for seconds in [0, 59, 1] {
        world.clock.forward(seconds);
        ask(&client).await.unwrap();
    }
    assert_eq!(signers(&server), ["role0-ak", "role0-ak", "role1-ak"]);
}

/// STS may leave the end out; then it is the one that was asked for.
#[tokio::test]
async fn keys_without_an_end_were_used_for_ever() {
    let world = World::new(&KEYS);
    let server = script(vec![
        say("201 Created", "", &sts_credentials("role0", "")),
        Box::new(|_| accepted()),
        say("201 Created", "", &sts_credentials("role1", "")),
        Box::new(|_| accepted()),
    ]);
    let client = client(&world, &server);
    ask(&client).await.unwrap();
    world.clock.forward(3_300);
    ask(&client).await.unwrap();
    assert_eq!(signers(&server), ["role0-ak", "role1-ak"]);
}

#[tokio::test]
async fn lasting_keys_are_looked_up_once() {
    let world = World::new(&KEYS);
    let server = TestServer::start(|_| accepted());
    let client = world.client(&server).build().unwrap();
    ask(&client).await.unwrap();
    world.clock.set("2034-01-15T12:00:00Z");
    ask(&client).await.unwrap();
    assert_eq!(signers(&server), ["base-ak", "base-ak"]);
}

#[tokio::test]
async fn a_failed_renewal_goes_on_with_the_old_keys_until_their_end() {
    let world = World::new(&KEYS);
    let refusing = Arc::new(AtomicBool::new(false));
    let server = issuing(&world, 3_600, &refusing);
    let client = client(&world, &server);
    ask(&client).await.unwrap();
    refusing.store(true, Ordering::SeqCst);
    world.clock.forward(3_300);
    for _ in 0..3 {
        ask(&client).await.unwrap();
    }
    let tries = |server: &TestServer| server.requests().len() - signers(server).len();
    assert_eq!(tries(&server), 2, "one renewal that failed is enough for now");
    world.clock.forward(30);
    ask(&client).await.unwrap();
    assert_eq!(tries(&server), 3);
    assert_eq!(signers(&server), ["role0-ak"; 5]);
    world.clock.forward(270);
    let error = ask(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Unavailable, Delivery::NotSent));
    told(&error);
    refusing.store(false, Ordering::SeqCst);
    ask(&client).await.unwrap();
    assert_eq!(signers(&server).last().unwrap(), "role1-ak");
}

/// Whoever writes the file anew may be in the middle of it.
#[tokio::test]
async fn file_that_was_away_for_a_moment_was_not_looked_at_again_before_the_end() {
    const FILE: &str = "/home/me/.huaweicloud/credentials";
    let keys = "[basic]\nak = base-ak\nsk = hunter-base-sk\n";
    let world = World::new(&[]).file(FILE, keys);
    let server = issuing(&world, 3_600, &Arc::default());
    let client = client(&world, &server);
    ask(&client).await.unwrap();
    world.files.write(FILE, None);
    world.clock.forward(3_300);
    ask(&client).await.unwrap();
    world.files.write(FILE, Some(keys));
    world.clock.forward(30);
    ask(&client).await.unwrap();
    assert_eq!(signers(&server), ["role0-ak", "role0-ak", "role1-ak"]);
}

/// The pause was counted from before the renewal, and over by the time that it failed.
#[tokio::test]
async fn renewal_that_failed_slowly_was_tried_again_by_the_next_request() {
    let world = World::new(&KEYS);
    let (clock, count) = (Arc::clone(&world.clock), AtomicUsize::new(0));
    let server = TestServer::start(move |captured| match captured.line().contains("/v5/agencies/assume") {
        true if count.fetch_add(1, Ordering::SeqCst) == 0 => {
            answer("201 Created", "", &sts_credentials("role0", "2024-01-15T13:00:00Z"))
        }
        true => {
            clock.forward(30);
            answer("503 Busy", "", "{}")
        }
        false => accepted(),
    });
    let client = client(&world, &server);
    ask(&client).await.unwrap();
    world.clock.set("2024-01-15T12:56:00Z");
    for _ in 0..3 {
        ask(&client).await.unwrap();
    }
    assert_eq!(server.requests().len() - signers(&server).len(), 2, "the sign-in, and one renewal");
}

/// The service locks an access key after about five refusals in a row.
#[tokio::test]
async fn renewals_that_were_refused_locked_the_base_keys() {
    let world = World::new(&KEYS);
    let count = AtomicUsize::new(0);
    let server = TestServer::start(move |captured| match captured.line().contains("/v5/agencies/assume") {
        true if count.fetch_add(1, Ordering::SeqCst) == 0 => {
            answer("201 Created", "", &sts_credentials("role0", "2024-01-15T13:00:00Z"))
        }
        true => answer("401 Unauthorized", "", r#"{"error_code":"APIGW.0301","error_msg":"no"}"#),
        false => accepted(),
    });
    let client = client(&world, &server);
    for moment in ["12:00:00", "12:55:00", "12:56:00", "12:57:00", "12:58:00", "12:59:59"] {
        world.clock.set(&format!("2024-01-15T{moment}Z"));
        ask(&client).await.unwrap();
    }
    assert_eq!(signers(&server), ["role0-ak"; 6]);
    world.clock.set("2024-01-15T13:00:00Z");
    for _ in 0..3 {
        assert_eq!(ask(&client).await.unwrap_err().kind(), ErrorKind::Credentials);
    }
    assert_eq!(server.requests().len() - 6, 3, "the first, the renewal, and once more when there was no other way");
}

#[tokio::test]
async fn ten_resets_with_refused_base_keys_ask_for_the_role_once() {
    let world = World::new(&KEYS);
    let server =
        TestServer::start(|_| answer("401 Unauthorized", "", r#"{"error_code":"APIGW.0301","error_msg":"no"}"#));
    let client = client(&world, &server);
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let client = client.clone();
        callers.spawn(async move { ask(&client).await.unwrap_err() });
    }
    for error in callers.join_all().await {
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Credentials, Delivery::NotSent));
        told(&error);
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn keys_of_the_machine_are_renewed_too() {
    let world = World::new(&[]);
    let metadata = script(vec![
        say("404 Not Found", "", ""),
        say("200 OK", "", &credential("one", "2024-01-15T13:00:00.000000Z")),
        say("404 Not Found", "", ""),
        say("200 OK", "", &credential("two", "2024-01-15T14:00:00.000000Z")),
    ]);
    let server = TestServer::start(|_| accepted());
    let chain = Chain::new(vec![Source::EcsMetadata(EcsMetadata::at(&metadata.url()).unwrap())]);
    let client = world.client(&server).credentials(chain).build().unwrap();
    for moment in ["12:00:00", "12:54:59", "12:55:00"] {
        world.clock.set(&format!("2024-01-15T{moment}Z"));
        ask(&client).await.unwrap();
    }
    assert_eq!(signers(&server), ["one-ak", "one-ak", "two-ak"]);
}

/// The answer is held back until all ten have asked.
#[tokio::test]
async fn ten_who_wait_share_one_renewal() {
    let world = World::new(&KEYS);
    let (open, gate) = mpsc::channel::<()>();
    let (gate, count) = (Mutex::new(gate), AtomicUsize::new(0));
    let server = TestServer::start(move |captured| {
        if captured.line().contains("/reset") {
            return accepted();
        }
        let number = count.fetch_add(1, Ordering::SeqCst);
        if number > 0 {
            gate.lock().unwrap().recv().unwrap();
        }
        let end = if number == 0 { "2024-01-15T13:00:00Z" } else { "2024-01-15T14:00:00Z" };
        answer("201 Created", "", &sts_credentials(&format!("role{number}"), end))
    });
    let client = client(&world, &server);
    ask(&client).await.unwrap();
    world.clock.set("2024-01-15T12:59:00Z");
    let started = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let (client, started) = (client.clone(), Arc::clone(&started));
        callers.spawn(async move {
            started.fetch_add(1, Ordering::SeqCst);
            ask(&client).await.unwrap();
        });
    }
    while started.load(Ordering::SeqCst) < 10 {
        tokio::task::yield_now().await;
    }
    for _ in 0..10 {
        open.send(()).unwrap();
    }
    callers.join_all().await;
    let mut expected = vec!["role0-ak"];
    expected.extend(["role1-ak"; 10]);
    assert_eq!(signers(&server), expected);
    assert_eq!(server.requests().len(), 13);
}

/// A clock that is ahead makes new keys look old. They are used all the same, and not fetched again for every request.
#[tokio::test]
async fn keys_that_seem_to_be_over_were_fetched_for_every_request() {
    let world = World::new(&KEYS);
    let server = issuing(&world, -60, &Arc::default());
    let client = client(&world, &server);
    for _ in 0..3 {
        ask(&client).await.unwrap();
    }
    assert_eq!(signers(&server), ["role0-ak"; 3]);
}
