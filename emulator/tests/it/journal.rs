//! The journal, waiting for requests, and holding them.

use crate::wire::{Client, INSTANCE};
use dms_emulator::{Emulator, demo};
use std::time::Duration;

const RESET: &str = r#"{"topic":"payments","partition":0,"message_offset":7}"#;
/// Long enough to never be reached when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

fn payments(emulator: &Emulator) -> Vec<i64> {
    emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::PAYMENTS).unwrap()
}

#[test]
fn requests_are_written_down_in_order_with_their_connection() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut first = Client::of(&emulator);
    let mut second = Client::of(&emulator);
    first.get(&format!("{INSTANCE}/topics?limit=1"));
    second.unsigned("GET", INSTANCE, "");
    first.reset(demo::BILLING, "no json");
    let journal = emulator.journal();
    let seen: Vec<_> = journal
        .entries()
        .iter()
        .map(|entry| (entry.sequence, entry.method.as_str(), entry.status, entry.error_code.as_deref()))
        .collect();
    let expected = [
        (1, "GET", Some(200), None),
        (2, "GET", Some(401), Some("APIGW.0301")),
        (3, "PUT", Some(400), Some("DMS.00400005")),
    ];
    assert_eq!(seen, expected);
    let [one, two, three] = journal.entries() else { panic!("{journal:?}") };
    assert_eq!(one.connection, three.connection, "kept alive");
    assert_ne!(one.connection, two.connection);
    assert_eq!(journal.connection_count(), 2);
    assert_eq!(one.query.as_deref(), Some("limit=1"));
    assert_eq!((one.access_key.as_deref(), two.access_key.as_deref()), (Some(demo::ACCESS_KEY), None));
    assert_eq!(three.body, Some("no json".into()));
    assert_eq!(journal.count("GET", "/topics"), 1);
}

#[test]
fn a_held_reset_is_journalled_on_arrival_and_done_on_release() {
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.hold();
    let mut client = Client::of(&emulator);
    client.send_signed("PUT", &format!("{}/billing/reset-message-offset", crate::wire::GROUPS), RESET);
    let entry = emulator.wait_for_blocking("PUT", "/reset-message-offset", PATIENCE).unwrap();
    assert_eq!(entry.status, None);
    assert_eq!(Client::of(&emulator).get(INSTANCE).status, 200, "others are not held");
    assert_eq!(payments(&emulator), [25]);
    emulator.release();
    assert_eq!(client.receive().status, 204);
    assert_eq!(payments(&emulator), [7]);
    assert_eq!(emulator.journal().entries()[0].status, Some(204));
    assert_eq!(client.reset(demo::BILLING, RESET).status, 204, "later ones pass");
}

#[test]
fn holding_works_over_the_control_routes() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut control = Client::of(&emulator);
    assert_eq!(control.unsigned("POST", "/_emulator/hold", "").status, 204);
    let mut client = Client::of(&emulator);
    client.send_signed("PUT", &format!("{}/billing/reset-message-offset", crate::wire::GROUPS), RESET);
    emulator.wait_for_blocking("PUT", "/reset-message-offset", PATIENCE).unwrap();
    assert_eq!(payments(&emulator), [25]);
    // Closed again at once: who was waiting passes nevertheless.
    assert_eq!(control.unsigned("POST", "/_emulator/release", "").status, 204);
    assert_eq!(control.unsigned("POST", "/_emulator/hold", "").status, 204);
    assert_eq!(client.receive().status, 204);
}

#[tokio::test]
async fn a_client_that_gives_up_while_held_resets_nothing() {
    // Inside a runtime, and on a thread of its own all the same.
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.hold();
    let mut client = Client::of(&emulator);
    client.send_signed("PUT", &format!("{}/billing/reset-message-offset", crate::wire::GROUPS), RESET);
    emulator.wait_for("PUT", "/reset-message-offset").await;
    drop(client);
    let abandoned = emulator.wait_until(|entry| entry.abandoned);
    let entry = tokio::time::timeout(PATIENCE, abandoned).await.unwrap();
    assert_eq!(entry.status, None);
    emulator.release();
    assert_eq!(payments(&emulator), [25]);
}

#[tokio::test]
async fn it_runs_as_a_task_and_tells_of_the_second_request_too() {
    let emulator = Emulator::builder().start().await.unwrap();
    let address = emulator.address();
    let sender = tokio::task::spawn_blocking(move || {
        let mut client = Client::at(address);
        (client.get(INSTANCE).status, client.get(INSTANCE).status)
    });
    let second = emulator.wait_for_nth("GET", demo::INSTANCE_ID, 2).await;
    assert_eq!(second.sequence, 2);
    assert_eq!(sender.await.unwrap(), (200, 200));
}

#[test]
fn waiting_without_a_request_ends_at_the_limit() {
    let emulator = Emulator::start_in_thread().unwrap();
    assert!(emulator.wait_for_blocking("PUT", "/nothing", Duration::ZERO).is_none());
}

#[test]
fn dropping_it_closes_port_and_connections_even_while_holding() {
    let emulator = Emulator::start_in_thread().unwrap();
    let address = emulator.address();
    emulator.hold();
    let mut client = Client::of(&emulator);
    client.send_signed("PUT", &format!("{}/billing/reset-message-offset", crate::wire::GROUPS), RESET);
    emulator.wait_for_blocking("PUT", "/reset-message-offset", PATIENCE).unwrap();
    emulator.shutdown();
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn an_observer_is_told_of_every_answer() {
    let (tell, told) = std::sync::mpsc::channel();
    let emulator = Emulator::builder().observe(move |entry| tell.send(entry.status).unwrap());
    let emulator = emulator.start_in_thread().unwrap();
    Client::of(&emulator).get(INSTANCE);
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), Some(200));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_and_written_down() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let length = 9 * 1024 * 1024;
    let head = format!("PUT {INSTANCE} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
    // The emulator answers before it has read all of it, so that sending may fail at the end.
    client.send_raw(&[head.as_bytes(), &vec![b'x'; length]].concat());
    let answered = emulator.wait_until(|entry| entry.status.is_some());
    let entry = tokio::time::timeout(PATIENCE, answered).await.unwrap();
    assert_eq!((entry.status, entry.error_code.as_deref()), (Some(413), Some("APIGW.0201")));
    assert_eq!(entry.body, None);
}
