//! The journal, and tests that wait for requests or hold them.

use std::time::Duration;

use dms_emulator::{Emulator, demo};

use crate::wire::{Client, INSTANCE, TIMEOUT, within};

const RESET: &str = r#"{"topic":"payments","partition":0,"message_offset":7}"#;

fn payments(emulator: &Emulator) -> Vec<i64> {
    emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::PAYMENTS).unwrap()
}

/// An emulator that holds the reset that this client has sent.
async fn held_reset() -> (Emulator, Client) {
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.hold();
    let mut client = Client::of(&emulator);
    client.send_signed("PUT", &format!("{}/billing/reset-message-offset", crate::wire::GROUPS), RESET);
    within(emulator.wait_for("PUT", "/reset-message-offset")).await;
    (emulator, client)
}

#[test]
fn requests_are_recorded_in_order_with_their_connection() {
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
    assert_eq!(one.connection, three.connection, "the connection is reused");
    assert_ne!(one.connection, two.connection);
    assert_eq!(journal.connection_count(), 2);
    assert_eq!(one.query.as_deref(), Some("limit=1"));
    assert_eq!((one.access_key.as_deref(), two.access_key.as_deref()), (Some(demo::ACCESS_KEY), None));
    assert_eq!(three.body, Some("no json".into()));
    assert_eq!(journal.count("GET", "/topics"), 1);
}

#[test]
fn held_reset_is_recorded_on_arrival_and_carried_out_on_release() {
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.hold();
    let mut client = Client::of(&emulator);
    client.send_signed("PUT", &format!("{}/billing/reset-message-offset", crate::wire::GROUPS), RESET);
    let entry = emulator.wait_for_blocking("PUT", "/reset-message-offset", TIMEOUT).unwrap();
    assert_eq!(entry.status, None);
    assert_eq!(Client::of(&emulator).get(INSTANCE).status, 200, "other requests are not held");
    assert_eq!(payments(&emulator), [25]);
    emulator.release();
    assert_eq!(client.receive().status, 204);
    assert_eq!(payments(&emulator), [7]);
    assert_eq!(emulator.journal().entries()[0].status, Some(204));
    assert_eq!(client.reset(demo::BILLING, RESET).status, 204, "later resets pass");
}

#[test]
fn control_routes_hold_and_release_resets() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut control = Client::of(&emulator);
    assert_eq!(control.unsigned("POST", "/_emulator/hold", "").status, 204);
    let mut client = Client::of(&emulator);
    client.send_signed("PUT", &format!("{}/billing/reset-message-offset", crate::wire::GROUPS), RESET);
    emulator.wait_for_blocking("PUT", "/reset-message-offset", TIMEOUT).unwrap();
    assert_eq!(payments(&emulator), [25]);
    // The held reset passes even if the gate closes again at once.
    assert_eq!(control.unsigned("POST", "/_emulator/release", "").status, 204);
    assert_eq!(control.unsigned("POST", "/_emulator/hold", "").status, 204);
    assert_eq!(client.receive().status, 204);
}

#[tokio::test]
async fn held_reset_whose_client_disconnects_changes_nothing() {
    // The emulator has its own thread although the test has a runtime.
    let (emulator, client) = held_reset().await;
    drop(client);
    let entry = within(emulator.wait_until(|entry| entry.abandoned)).await;
    assert_eq!(entry.status, None);
    emulator.release();
    assert_eq!(payments(&emulator), [25]);
}

#[tokio::test]
async fn client_that_closes_its_sending_side_counts_as_disconnected() {
    let (emulator, mut client) = held_reset().await;
    client.half_close();
    within(emulator.wait_until(|entry| entry.abandoned)).await;
    assert!(client.is_closed());
    assert_eq!(payments(&emulator), [25]);
}

#[tokio::test]
async fn pipelined_bytes_hide_a_disconnect() {
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.hold();
    let mut client = Client::of(&emulator);
    client.send_signed("PUT", &format!("{}/billing/reset-message-offset", crate::wire::GROUPS), RESET);
    client.send_bytes(b"GET / HTTP/1.1\r\n");
    drop(client);
    within(emulator.wait_for("PUT", "/reset-message-offset")).await;
    emulator.release();
    let entry = within(emulator.wait_until(|entry| entry.abandoned || entry.status.is_some())).await;
    assert_eq!((entry.abandoned, entry.status), (false, Some(204)));
    assert_eq!(payments(&emulator), [7]);
}

#[tokio::test]
async fn emulator_runs_as_a_task_and_waits_for_the_nth_request() {
    let emulator = Emulator::builder().start().await.unwrap();
    let address = emulator.address();
    let sender = tokio::task::spawn_blocking(move || {
        let mut client = Client::at(address);
        (client.get(INSTANCE).status, client.get(INSTANCE).status)
    });
    let second = within(emulator.wait_for_nth("GET", demo::INSTANCE_ID, 2)).await;
    assert_eq!(second.sequence, 2);
    assert_eq!(sender.await.unwrap(), (200, 200));
}

#[test]
fn waiting_ends_at_the_timeout() {
    let emulator = Emulator::start_in_thread().unwrap();
    assert!(emulator.wait_for_blocking("PUT", "/nothing", Duration::ZERO).is_none());
}

#[test]
fn shutdown_closes_port_and_connections_while_a_reset_is_held() {
    let emulator = Emulator::start_in_thread().unwrap();
    let address = emulator.address();
    emulator.hold();
    let mut client = Client::of(&emulator);
    client.send_signed("PUT", &format!("{}/billing/reset-message-offset", crate::wire::GROUPS), RESET);
    emulator.wait_for_blocking("PUT", "/reset-message-offset", TIMEOUT).unwrap();
    emulator.shutdown();
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn observer_is_called_with_every_outcome() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let emulator = Emulator::builder().observe(move |entry| sender.send(entry.status).unwrap());
    let emulator = emulator.start_in_thread().unwrap();
    Client::of(&emulator).get(INSTANCE);
    assert_eq!(receiver.recv_timeout(TIMEOUT).unwrap(), Some(200));
}

#[tokio::test]
async fn oversized_body_is_refused_and_recorded() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let length = 9 * 1024 * 1024;
    let head = format!("PUT {INSTANCE} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
    // The emulator responds before it has read the whole body, so the client can fail to send the rest.
    client.send_bytes(&[head.as_bytes(), &vec![b'x'; length]].concat());
    let entry = within(emulator.wait_until(|entry| entry.status.is_some())).await;
    assert_eq!((entry.status, entry.error_code.as_deref()), (Some(413), Some("APIGW.0201")));
    assert_eq!(entry.body, None);
}

#[tokio::test]
async fn resets_in_flight_are_counted() {
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.hold();
    let mut clients = [Client::of(&emulator), Client::of(&emulator), Client::of(&emulator)];
    for (client, sent) in clients.iter_mut().zip(1_usize..) {
        client.send_signed("PUT", &format!("{}/billing/reset-message-offset", crate::wire::GROUPS), RESET);
        within(emulator.wait_for_nth("PUT", "/reset-message-offset", sent)).await;
        assert_eq!(Client::of(&emulator).get("/v3/projects").status, 200, "another operation");
    }
    emulator.release();
    for client in &mut clients {
        assert_eq!(client.receive().status, 204);
    }
    assert_eq!(clients[0].reset(demo::BILLING, RESET).status, 204);
    let journal = emulator.journal();
    let in_flight: Vec<usize> = journal.matching("PUT", "/reset-message-offset").map(|entry| entry.in_flight).collect();
    assert_eq!(in_flight, [1, 2, 3, 1]);
    assert_eq!(journal.max_in_flight("PUT", "/reset-message-offset"), 3);
    assert_eq!(journal.max_in_flight("GET", "/v3/projects"), 1);
    assert_eq!(journal.max_in_flight("GET", "/nothing"), 0);
}
