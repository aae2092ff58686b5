//! Malformed requests, slow clients, and many connections.

use std::io::ErrorKind;
use std::time::Duration;

use dms_emulator::{Emulator, Limits, demo};

use crate::wire::{Client, GROUPS, INSTANCE, TIMEOUT};

const RESET: &str = r#"{"topic":"payments","partition":0,"message_offset":7}"#;

fn start(limits: Limits) -> Emulator {
    Emulator::builder().limits(limits).start_in_thread().unwrap()
}

fn impatient() -> Emulator {
    start(Limits { read_timeout: Duration::from_millis(50), ..Limits::default() })
}

fn with_connections(connections: usize) -> Emulator {
    start(Limits { connections, ..Limits::default() })
}

fn assert_serves(emulator: &Emulator) {
    assert_eq!(Client::of(emulator).get(INSTANCE).status, 200);
}

#[test]
fn request_that_is_not_http_is_refused() {
    let emulator = Emulator::start_in_thread().unwrap();
    let long_header = format!("GET / HTTP/1.1\r\nX-Long: {}\r\n\r\n", "x".repeat(70_000));
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(200));
    let table = [
        ("\r\n\r\nnonsense\r\n\r\n", "400"),
        ("GET / HTTP/9.9\r\n\r\n", "400"),
        ("GET /\u{1}\u{2} HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nNo colon\r\n\r\n", "400"),
        ("PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400"),
        ("PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"),
        (&long_header, "431"),
        (&many_headers, "431"),
    ];
    for (request, status) in table {
        let mut client = Client::of(&emulator);
        client.send_bytes(request.as_bytes());
        // The end is a reset if the server has not read everything.
        let (response, _) = client.read_to_end();
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{request:.40}: {response}");
    }
    assert_serves(&emulator);
}

#[test]
fn body_with_invalid_chunks_is_refused_with_400() {
    let emulator = Emulator::start_in_thread().unwrap();
    for body in ["zz\r\n", "5\r\nabcdefgh\r\n0\r\n\r\n", "-1\r\n", "fffffffffffffffff\r\n"] {
        let mut client = Client::of(&emulator);
        let head = format!("PUT {INSTANCE} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
        client.send_bytes(format!("{head}{body}").as_bytes());
        assert_eq!(client.receive().error(), (400, "APIGW.0201".to_owned()), "{body:?}");
        assert!(client.read_to_end().0.is_empty(), "the connection ends");
    }
    assert_eq!(emulator.journal().count("PUT", INSTANCE), 4);
}

#[test]
fn client_that_sends_no_complete_head_is_disconnected() {
    let emulator = impatient();
    for start in ["", "GET / HTTP/1.1\r\nHost: x\r\n"] {
        let mut client = Client::of(&emulator);
        client.send_bytes(start.as_bytes());
        assert!(client.is_closed(), "{start:?}");
    }
    assert!(emulator.journal().entries().is_empty());
}

#[test]
fn client_that_sends_no_complete_body_is_refused_with_408() {
    let emulator = impatient();
    for body in ["Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"] {
        let mut client = Client::of(&emulator);
        client.send_bytes(format!("PUT {INSTANCE} HTTP/1.1\r\nHost: x\r\n{body}").as_bytes());
        assert_eq!(client.receive().error(), (408, "APIGW.0201".to_owned()), "{body:?}");
        assert!(client.read_to_end().0.is_empty(), "the connection ends");
    }
}

#[test]
fn response_can_take_longer_than_a_request() {
    let emulator = impatient();
    let mut client = held(&emulator);
    // Longer than the timeout, which must not apply here.
    std::thread::sleep(Duration::from_millis(200));
    emulator.release();
    assert_eq!(client.receive().status, 204);
}

#[test]
fn longest_idle_connection_is_closed_for_a_new_one() {
    let emulator = with_connections(2);
    let [mut first, mut second] = [Client::of(&emulator), Client::of(&emulator)];
    assert_eq!([first.get(INSTANCE).status, second.get(INSTANCE).status, first.get(INSTANCE).status], [200; 3]);
    let mut third = Client::of(&emulator);
    assert_eq!(third.get(INSTANCE).status, 200);
    assert!(second.is_closed());
    assert_eq!([first.get(INSTANCE).status, third.get(INSTANCE).status], [200; 2]);
}

#[test]
fn new_connection_is_not_closed_before_its_first_request() {
    let emulator = with_connections(2);
    let mut held = held(&emulator);
    // Connected first, so that each one is new when the next ones arrive.
    let mut new = [(); 5].map(|()| Client::of(&emulator));
    for client in &mut new {
        assert_eq!(client.get(INSTANCE).status, 200);
    }
    emulator.release();
    assert_eq!(held.receive().status, 204);
}

#[test]
fn client_that_sends_slowly_does_not_keep_others_out() {
    let emulator = with_connections(2);
    let mut slow = Client::of(&emulator);
    slow.send_bytes(b"GET / HTTP/1.1\r\n");
    let mut slow_body = Client::of(&emulator);
    slow_body.send_bytes(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n");
    // The emulator accepts connections in order, so both slow clients are connected now.
    assert_serves(&emulator);
    // Longer than a new connection has for its first request.
    std::thread::sleep(Duration::from_millis(1_200));
    let _others = [(); 3].map(|()| {
        let mut client = Client::of(&emulator);
        assert_eq!(client.get(INSTANCE).status, 200);
        client
    });
    for client in [&mut slow, &mut slow_body] {
        let (response, end) = client.read_to_end();
        // The end is a reset if the emulator has not read everything.
        let timed_out = end.is_err_and(|error| error.kind() != ErrorKind::ConnectionReset);
        assert_eq!((response.as_str(), timed_out), ("", false));
    }
}

/// A client whose reset is in flight.
fn held(emulator: &Emulator) -> Client {
    emulator.hold();
    let mut client = Client::of(emulator);
    client.send_signed("PUT", &format!("{GROUPS}/billing/reset-message-offset"), RESET);
    emulator.wait_for_blocking("PUT", "/reset-message-offset", TIMEOUT).unwrap();
    client
}

#[test]
fn connection_with_a_request_in_flight_is_not_idle() {
    let emulator = with_connections(2);
    let mut held = held(&emulator);
    for _ in 0..3 {
        assert_serves(&emulator);
    }
    emulator.release();
    assert_eq!(held.receive().status, 204);
}

#[test]
fn connection_waits_while_all_others_have_a_request_in_flight() {
    let emulator = with_connections(1);
    let mut held = held(&emulator);
    let mut waiting = Client::of(&emulator);
    waiting.send_signed("GET", INSTANCE, "");
    emulator.release();
    assert_eq!(held.receive().status, 204);
    assert_eq!(waiting.receive().status, 200);
    assert_eq!(emulator.journal().entries().len(), 2);
}

#[test]
fn many_silent_connections_do_not_keep_others_out() {
    let emulator = with_connections(10);
    // More than the limit and the reserve of 8.
    let silent: Vec<Client> = (0..30).map(|_| Client::of(&emulator)).collect();
    assert_serves(&emulator);
    assert_eq!(emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::PAYMENTS).unwrap(), [25]);
    drop(silent);
    assert_serves(&emulator);
}

#[test]
fn hold_can_be_released_on_a_new_connection_while_held_resets_exceed_the_limit() {
    let emulator = with_connections(2);
    emulator.hold();
    // 2 in flight, 8 in the reserve, and 5 beyond it.
    let mut clients: Vec<Client> = (0..15)
        .map(|_| {
            let mut client = Client::of(&emulator);
            client.send_signed("PUT", &format!("{GROUPS}/billing/reset-message-offset"), RESET);
            client
        })
        .collect();
    assert_eq!(Client::of(&emulator).unsigned("POST", "/_emulator/release", "").status, 204);
    let responses: Vec<_> = clients.iter_mut().map(Client::receive).collect();
    let (refused, reset): (Vec<_>, Vec<_>) = responses.into_iter().partition(|response| response.status == 503);
    // The connection that releases the hold needs a place in the reserve.
    assert_eq!((refused.len(), reset.len()), (6, 9));
    assert!(reset.iter().all(|response| response.status == 204));
    for response in refused {
        assert_eq!(response.error(), (503, "EMULATOR.0503".to_owned()));
        assert_eq!(response.header("connection"), Some("close"));
    }
    let journal = emulator.journal();
    assert_eq!(journal.entries().iter().filter(|entry| entry.side_effect).count(), 9);
}
