//! Renewal of temporary credentials, and failed renewals.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};

use tokio::task::JoinSet;

use super::roles::{BASE_CREDENTIALS, by_id, send_reset};
use super::world::{World, credential, report, say, script, signer, sts_credentials};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::credentials::{Chain, EcsMetadata, Source};
use crate::huaweicloud::error::{Delivery, ErrorKind};
use crate::huaweicloud::ids::DomainId;
use crate::huaweicloud::test_server::{TestServer, accepted, http_response};

/// A service that issues numbered credentials for `duration` seconds, by the clock of the test, unless `failing` is
/// set.
fn issuing(world: &World, duration: i64, failing: &Arc<AtomicBool>) -> TestServer {
    let (clock, count, failing) = (Arc::clone(&world.clock), AtomicUsize::new(0), Arc::clone(failing));
    TestServer::start(move |captured| {
        if !captured.line().contains("/v5/agencies/assume") {
            return accepted();
        }
        if failing.load(Ordering::SeqCst) {
            return http_response("503 Busy", "", r#"{"error_code":"X","error_msg":"hunter-base-sk"}"#);
        }
        let number = count.fetch_add(1, Ordering::SeqCst);
        let now = crate::huaweicloud::system::Clock::now(&*clock);
        let end = now.checked_add(jiff::SignedDuration::from_secs(duration)).unwrap();
        http_response("201 Created", "", &sts_credentials(&format!("role{number}"), &end.to_string()))
    })
}

fn client(world: &World, server: &TestServer) -> Client {
    let builder = world.client(server).domain_id(DomainId::parse("d0").unwrap());
    builder.assume_roles(vec![by_id("ops", "d1", Some(3_600))]).build().unwrap()
}

/// The access key of each request to DMS.
fn signers(server: &TestServer) -> Vec<String> {
    let requests = server.requests();
    requests.iter().filter(|it| it.line().contains("/reset")).map(|it| signer(it).to_owned()).collect()
}

#[tokio::test]
async fn credentials_are_renewed_five_minutes_before_their_expiry() {
    let world = World::new(&BASE_CREDENTIALS);
    let server = issuing(&world, 3_600, &Arc::default());
    let client = client(&world, &server);
    for seconds in [0, 3_299, 1, 3_299, 1] {
        world.clock.forward(seconds);
        send_reset(&client).await.unwrap();
    }
    assert_eq!(signers(&server), ["role0-ak", "role0-ak", "role1-ak", "role1-ak", "role2-ak"]);
}

/// With a local clock that is behind, credentials would be used after they expire.
#[tokio::test]
async fn credentials_are_renewed_by_the_clock_of_the_service() {
    let world = World::new(&BASE_CREDENTIALS);
    let role = |name: &str| say("201 Created", "", &sts_credentials(name, "2024-01-15T12:14:00Z"));
    let dated = || say("204 No Content", "Date: Mon, 15 Jan 2024 12:10:00 GMT\r\n", "");
    let server = script(vec![role("role0"), dated(), role("role1"), dated()]);
    let client = client(&world, &server);
    for _ in 0..2 {
        send_reset(&client).await.unwrap();
    }
    assert_eq!(signers(&server), ["role0-ak", "role1-ak"]);
}

#[tokio::test]
async fn short_lived_credentials_are_renewed_after_half_of_their_life() {
    let world = World::new(&BASE_CREDENTIALS);
    let server = issuing(&world, 120, &Arc::default());
    let client = client(&world, &server);
    for seconds in [0, 59, 1] {
        world.clock.forward(seconds);
        send_reset(&client).await.unwrap();
    }
    assert_eq!(signers(&server), ["role0-ak", "role0-ak", "role1-ak"]);
}

/// STS may omit the expiry time. The requested duration applies.
#[tokio::test]
async fn credentials_without_an_expiry_time_are_renewed() {
    let world = World::new(&BASE_CREDENTIALS);
    let server = script(vec![
        say("201 Created", "", &sts_credentials("role0", "")),
        Box::new(|_| accepted()),
        say("201 Created", "", &sts_credentials("role1", "")),
        Box::new(|_| accepted()),
    ]);
    let client = client(&world, &server);
    send_reset(&client).await.unwrap();
    world.clock.forward(3_300);
    send_reset(&client).await.unwrap();
    assert_eq!(signers(&server), ["role0-ak", "role1-ak"]);
}

#[tokio::test]
async fn permanent_credentials_are_looked_up_once() {
    let world = World::new(&BASE_CREDENTIALS);
    let server = TestServer::start(|_| accepted());
    let client = world.client(&server).build().unwrap();
    send_reset(&client).await.unwrap();
    world.clock.set("2034-01-15T12:00:00Z");
    send_reset(&client).await.unwrap();
    assert_eq!(signers(&server), ["base-ak", "base-ak"]);
}

#[tokio::test]
async fn old_credentials_are_used_until_their_expiry_after_a_failed_renewal() {
    let world = World::new(&BASE_CREDENTIALS);
    let failing = Arc::new(AtomicBool::new(false));
    let server = issuing(&world, 3_600, &failing);
    let client = client(&world, &server);
    send_reset(&client).await.unwrap();
    failing.store(true, Ordering::SeqCst);
    world.clock.forward(3_300);
    for _ in 0..3 {
        send_reset(&client).await.unwrap();
    }
    let attempts = |server: &TestServer| server.requests().len() - signers(server).len();
    assert_eq!(attempts(&server), 2, "the sign-in and one renewal");
    world.clock.forward(30);
    send_reset(&client).await.unwrap();
    assert_eq!(attempts(&server), 3);
    assert_eq!(signers(&server), ["role0-ak"; 5]);
    world.clock.forward(270);
    let error = send_reset(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.delivery()), (ErrorKind::Unavailable, Delivery::NotSent));
    report(&error);
    failing.store(false, Ordering::SeqCst);
    send_reset(&client).await.unwrap();
    assert_eq!(signers(&server).last().unwrap(), "role1-ak");
}

/// Another process may be replacing the file.
#[tokio::test]
async fn missing_file_is_read_again_before_the_expiry() {
    const FILE: &str = "/home/me/.huaweicloud/credentials";
    let keys = "[basic]\nak = base-ak\nsk = hunter-base-sk\n";
    let world = World::new(&[]).file(FILE, keys);
    let server = issuing(&world, 3_600, &Arc::default());
    let client = client(&world, &server);
    send_reset(&client).await.unwrap();
    world.files.write(FILE, None);
    world.clock.forward(3_300);
    send_reset(&client).await.unwrap();
    world.files.write(FILE, Some(keys));
    world.clock.forward(30);
    send_reset(&client).await.unwrap();
    assert_eq!(signers(&server), ["role0-ak", "role0-ak", "role1-ak"]);
}

/// The interval starts at the end of a renewal, so a slow failure does not use it up.
#[tokio::test]
async fn slow_failed_renewal_is_not_repeated_by_the_next_request() {
    let world = World::new(&BASE_CREDENTIALS);
    let (clock, count) = (Arc::clone(&world.clock), AtomicUsize::new(0));
    let server = TestServer::start(move |captured| match captured.line().contains("/v5/agencies/assume") {
        true if count.fetch_add(1, Ordering::SeqCst) == 0 => {
            http_response("201 Created", "", &sts_credentials("role0", "2024-01-15T13:00:00Z"))
        }
        true => {
            clock.forward(30);
            http_response("503 Busy", "", "{}")
        }
        false => accepted(),
    });
    let client = client(&world, &server);
    send_reset(&client).await.unwrap();
    world.clock.set("2024-01-15T12:56:00Z");
    for _ in 0..3 {
        send_reset(&client).await.unwrap();
    }
    assert_eq!(server.requests().len() - signers(&server).len(), 2, "the sign-in and one renewal");
}

/// The service locks an access key after about five rejections in a row.
#[tokio::test]
async fn rejected_renewal_is_not_repeated_before_the_expiry() {
    let world = World::new(&BASE_CREDENTIALS);
    let count = AtomicUsize::new(0);
    let server = TestServer::start(move |captured| match captured.line().contains("/v5/agencies/assume") {
        true if count.fetch_add(1, Ordering::SeqCst) == 0 => {
            http_response("201 Created", "", &sts_credentials("role0", "2024-01-15T13:00:00Z"))
        }
        true => http_response("401 Unauthorized", "", r#"{"error_code":"APIGW.0301","error_msg":"no"}"#),
        false => accepted(),
    });
    let client = client(&world, &server);
    for moment in ["12:00:00", "12:55:00", "12:56:00", "12:57:00", "12:58:00", "12:59:59"] {
        world.clock.set(&format!("2024-01-15T{moment}Z"));
        send_reset(&client).await.unwrap();
    }
    assert_eq!(signers(&server), ["role0-ak"; 6]);
    world.clock.set("2024-01-15T13:00:00Z");
    for _ in 0..3 {
        assert_eq!(send_reset(&client).await.unwrap_err().kind(), ErrorKind::Credentials);
    }
    assert_eq!(server.requests().len() - 6, 3, "the sign-in, the renewal, and one more after the expiry");
}

#[tokio::test]
async fn concurrent_requests_with_rejected_base_credentials_assume_the_role_once() {
    let world = World::new(&BASE_CREDENTIALS);
    let server =
        TestServer::start(|_| http_response("401 Unauthorized", "", r#"{"error_code":"APIGW.0301","error_msg":"no"}"#));
    let client = client(&world, &server);
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let client = client.clone();
        callers.spawn(async move { send_reset(&client).await.unwrap_err() });
    }
    for error in callers.join_all().await {
        assert_eq!((error.kind(), error.delivery()), (ErrorKind::Credentials, Delivery::NotSent));
        report(&error);
    }
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn credentials_of_the_metadata_service_are_renewed() {
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
        send_reset(&client).await.unwrap();
    }
    assert_eq!(signers(&server), ["one-ak", "one-ak", "two-ak"]);
}

/// The response is held back until all ten callers wait.
#[tokio::test]
async fn concurrent_requests_share_one_renewal() {
    let world = World::new(&BASE_CREDENTIALS);
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
        http_response("201 Created", "", &sts_credentials(&format!("role{number}"), end))
    });
    let client = client(&world, &server);
    send_reset(&client).await.unwrap();
    world.clock.set("2024-01-15T12:59:00Z");
    let started = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let (client, started) = (client.clone(), Arc::clone(&started));
        callers.spawn(async move {
            started.fetch_add(1, Ordering::SeqCst);
            send_reset(&client).await.unwrap();
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

/// If the local clock is ahead, new credentials seem to have expired.
#[tokio::test]
async fn credentials_expired_on_arrival_are_used_and_not_renewed_for_every_request() {
    let world = World::new(&BASE_CREDENTIALS);
    let server = issuing(&world, -60, &Arc::default());
    let client = client(&world, &server);
    for _ in 0..3 {
        send_reset(&client).await.unwrap();
    }
    assert_eq!(signers(&server), ["role0-ak"; 3]);
}
