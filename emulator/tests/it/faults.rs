//! Faults over the wire: what the client receives, what changes, what the journal contains.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use dms_emulator::{Effect, Emulator, Fault, FaultResponse, JournalEntry, Operation, demo};

use crate::wire::{Client, GROUPS, INSTANCE, within};

const RESET: &str = r#"{"topic":"payments","partition":0,"message_offset":7}"#;

fn payments(emulator: &Emulator) -> Vec<i64> {
    emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::PAYMENTS).unwrap()
}

fn start_with(effect: Effect) -> (Emulator, Client) {
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.add_fault(Fault::new(effect).times(1));
    let client = Client::of(&emulator);
    (emulator, client)
}

fn send_reset(client: &mut Client) {
    client.send_signed("PUT", &format!("{GROUPS}/billing/reset-message-offset"), RESET);
}

/// The journal entry of the first request.
fn first_entry(emulator: &Emulator) -> JournalEntry {
    JournalEntry::clone(&emulator.journal().entries()[0])
}

/// The status, `connection_closed`, the fault and the side effect of the first request.
fn first_outcome(emulator: &Emulator) -> (Option<u16>, bool, Option<String>, bool) {
    let entry = first_entry(emulator);
    (entry.status, entry.connection_closed, entry.fault, entry.side_effect)
}

fn name(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// The body of the response without a fault.
fn normal_body() -> String {
    Client::of(&Emulator::start_in_thread().unwrap()).get(INSTANCE).body
}

#[test]
fn status_is_sent_before_the_signature_check_and_changes_nothing() {
    let response = FaultResponse::new(503, "APIGW.0201", "Backend unavailable.").retry_after("2");
    let (emulator, mut client) = start_with(Effect::Status(response));
    client.secret_key.push('x');
    let response = client.reset(demo::BILLING, RESET);
    assert_eq!(response.error(), (503, "APIGW.0201".to_owned()));
    assert_eq!(response.message(), "Backend unavailable.");
    assert_eq!(response.header("retry-after"), Some("2"));
    assert_eq!(response.json()["request_id"], response.header("x-request-id").unwrap());
    assert_eq!(payments(&emulator), [25]);
    assert_eq!(first_outcome(&emulator), (Some(503), false, name("status"), false));
    assert_eq!(first_entry(&emulator).error_code, name("APIGW.0201"));
    assert_eq!(client.reset(demo::BILLING, RESET).status, 401, "the fault is used up");
}

#[test]
fn raw_body_is_sent_unchanged() {
    let page = "<html><body>502 Bad Gateway</body></html>";
    let table = [
        (FaultResponse::raw(502, "text/html", page), Some("text/html"), page),
        (
            FaultResponse::raw(200, "application/json", r#"{"error_code":"DM"#),
            Some("application/json"),
            r#"{"error_code":"DM"#,
        ),
        (FaultResponse::empty(500), None, ""),
    ];
    for (response, content_type, body) in table {
        let status = response.status;
        let (_emulator, mut client) = start_with(Effect::Status(response));
        let response = client.get(INSTANCE);
        assert_eq!((response.status, response.header("content-type")), (status, content_type));
        assert_eq!(response.body, body);
    }
}

#[test]
fn redirect_has_a_location() {
    for status in [301, 302, 307, 308] {
        let location = "http://127.0.0.1:9/elsewhere?a=b".to_owned();
        let (_emulator, mut client) = start_with(Effect::Redirect { status, location: location.clone() });
        let response = client.get(INSTANCE);
        assert_eq!((response.status, response.header("location")), (status, Some(location.as_str())));
        assert_eq!(client.get(INSTANCE).status, 200);
    }
}

#[test]
fn expired_token_has_the_error_of_the_gateway() {
    let (_emulator, mut client) = start_with(Effect::ExpireToken);
    let response = client.get(INSTANCE);
    assert_eq!(response.error(), (401, "APIGW.0301".to_owned()));
    assert!(response.message().contains("decrypt token fail"), "{}", response.message());
}

#[test]
fn connection_is_closed_or_reset_before_or_after_the_reset() {
    let table = [
        (Effect::ResetBefore, true, 25),
        (Effect::CloseBefore, false, 25),
        (Effect::ResetAfter, true, 7),
        (Effect::CloseAfter, false, 7),
    ];
    for (effect, is_reset, offset) in table {
        let label = effect.name();
        let (emulator, mut client) = start_with(effect);
        send_reset(&mut client);
        let (text, end) = client.read_to_end();
        assert_eq!(text, "", "{label}");
        assert_eq!(end.err().map(|error| error.kind()), is_reset.then_some(ErrorKind::ConnectionReset), "{label}");
        assert_eq!(payments(&emulator), [offset], "{label}");
        assert_eq!(first_outcome(&emulator), (None, true, name(label), offset == 7));
    }
}

#[test]
fn truncated_response_ends_the_connection() {
    let (emulator, mut client) = start_with(Effect::TruncatedResponse);
    client.send_signed("GET", INSTANCE, "");
    let (text, end) = client.read_to_end();
    let complete = normal_body();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains(&format!("\r\ncontent-length: {}", complete.len())), "{head}");
    assert_eq!(body, &complete[..complete.len() / 2]);
    assert!(end.is_ok());
    assert_eq!(first_outcome(&emulator), (Some(200), true, name("truncated_response"), false));

    let (emulator, mut client) = start_with(Effect::TruncatedResponse);
    send_reset(&mut client);
    let (text, _) = client.read_to_end();
    assert!(text.starts_with("HTTP/1.1 204") && !text.contains("\r\n\r\n"), "{text}");
    assert_eq!(payments(&emulator), [7]);
    assert_eq!(first_outcome(&emulator), (Some(204), true, name("truncated_response"), true));
}

#[test]
fn slow_body_is_sent_in_chunks_and_complete() {
    let complete = normal_body();
    let chunks = 4;
    let bytes = complete.len().div_ceil(chunks);
    let (emulator, mut client) = start_with(Effect::SlowBody { ms: 20, bytes });
    let start = Instant::now();
    assert_eq!(client.get(INSTANCE).body, complete);
    assert!(start.elapsed() >= Duration::from_millis(80), "{:?}", start.elapsed());
    assert_eq!(first_outcome(&emulator), (Some(200), false, name("slow_body"), false));
}

#[test]
fn wrong_length_announces_more_or_less_than_is_sent() {
    let complete = normal_body();
    for by in [10_i64, -10] {
        let (_emulator, mut client) = start_with(Effect::WrongLength { by });
        client.send_signed("GET", INSTANCE, "");
        let (text, _) = client.read_to_end();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let announced = i64::try_from(complete.len()).unwrap() + by;
        assert!(head.contains(&format!("\r\ncontent-length: {announced}")), "{head}");
        assert_eq!(body, complete);
    }
}

#[test]
fn huge_body_is_the_same_json_followed_by_spaces() {
    let (_emulator, mut client) = start_with(Effect::HugeBody { bytes: 3_000_000 });
    let response = client.get(INSTANCE);
    assert_eq!(response.body.len(), 3_000_000);
    assert_eq!(response.body.trim_end(), normal_body());
}

#[tokio::test]
async fn hanging_request_is_abandoned_when_the_client_closes_the_connection() {
    let (emulator, mut client) = start_with(Effect::Hang);
    send_reset(&mut client);
    within(emulator.wait_for("PUT", "/reset-message-offset")).await;
    assert_eq!(Client::of(&emulator).get(INSTANCE).status, 200, "other requests are served meanwhile");
    drop(client);
    let entry = within(emulator.wait_until(|entry| entry.abandoned)).await;
    assert_eq!((entry.status, entry.fault, entry.side_effect), (None, name("hang"), false));
    assert_eq!(payments(&emulator), [25]);
}

#[test]
fn delayed_request_is_served_after_the_delay() {
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.add_fault(Fault::delay(60).on(Operation::ResetOffsets));
    let mut client = Client::of(&emulator);
    let start = Instant::now();
    assert_eq!(client.reset(demo::BILLING, RESET).status, 204);
    assert!(start.elapsed() >= Duration::from_millis(60), "{:?}", start.elapsed());
    assert_eq!(first_outcome(&emulator), (Some(204), false, name("delay"), true));
}

#[test]
fn rules_hit_matching_requests_only() {
    let emulator = Emulator::start_in_thread().unwrap();
    let error = |status| Effect::Status(FaultResponse::new(status, "", ""));
    emulator.add_faults([
        Fault::new(error(500)).on(Operation::ListTopics),
        Fault::new(error(501)).request("GET", "/tasks").every(2),
        Fault::new(error(502)).request("GET", "/nowhere"),
    ]);
    let mut client = Client::of(&emulator);
    let mut status = |path: &str| client.get(&format!("{INSTANCE}{path}")).status;
    assert_eq!([status(""), status("/topics"), status("/topics?limit=1")], [200, 500, 500]);
    assert_eq!([status("/tasks"), status("/tasks"), status("/tasks"), status("/tasks")], [200, 501, 200, 501]);
    assert_eq!(status("/nowhere"), 502, "unknown routes match, too");
    emulator.clear_faults();
    assert_eq!([status("/topics"), status("/nowhere")], [200, 404]);
}

#[test]
fn partition_selects_resets_by_their_body() {
    let emulator = Emulator::start_in_thread().unwrap();
    let fault = |partition, status| {
        let effect = Effect::Status(FaultResponse::new(status, "", ""));
        Fault::new(effect).on(Operation::ResetOffsets).partition(partition).times(1)
    };
    emulator.add_faults([fault(2, 500), fault(-1, 504)]);
    let mut client = Client::of(&emulator);
    let mut reset = |partition: i32| {
        client.reset("billing", &format!(r#"{{"topic":"orders","partition":{partition},"message_offset":150}}"#)).status
    };
    assert_eq!([reset(0), reset(-1), reset(1)], [204, 504, 204]);
    assert_eq!(emulator.faults(), [fault(2, 500)]);
    assert_eq!([reset(2), reset(2)], [500, 204]);
}

#[tokio::test]
async fn held_reset_waits_even_if_a_fault_decides_its_response() {
    let ignored = Effect::Status(FaultResponse::empty(204));
    for (effect, status) in [(ignored, Some(204)), (Effect::CloseBefore, None)] {
        let (emulator, mut client) = start_with(effect);
        emulator.hold();
        send_reset(&mut client);
        within(emulator.wait_for("PUT", "/reset-message-offset")).await;
        assert_eq!(Client::of(&emulator).get(INSTANCE).status, 200, "other requests are not held");
        let entry = first_entry(&emulator);
        assert_eq!((entry.status, entry.connection_closed), (None, false), "the reset is in flight");
        emulator.release();
        match status {
            Some(status) => assert_eq!(client.receive().status, status),
            None => assert!(client.is_closed()),
        }
        assert_eq!(payments(&emulator), [25]);
        assert_eq!(Client::of(&emulator).reset(demo::BILLING, RESET).status, 204, "the fault is used up");
    }
}

#[test]
fn control_routes_add_show_and_remove_faults() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let faults = r#"[{"operation": "ShowInstance", "count": 2, "effect": {"status": {"status": 429}}}]"#;
    assert_eq!(client.unsigned("POST", "/_emulator/faults", faults).status, 204);
    assert_eq!(client.get(INSTANCE).status, 429);
    assert_eq!(client.unsigned("GET", "/_emulator/faults", "").json()[0]["count"], 1);
    assert_eq!(client.unsigned("DELETE", "/_emulator/faults", "").status, 204);
    assert_eq!(client.get(INSTANCE).status, 200);
    let wrong = client.unsigned("POST", "/_emulator/faults", r#"[{"effect": "hang"}, {"effect": "ever"}]"#);
    assert_eq!(wrong.error(), (400, "EMULATOR.0400".to_owned()));
    assert!(wrong.message().contains("faults, at [1].effect: unknown variant `ever`"), "{}", wrong.message());
    assert_eq!(emulator.faults(), []);
    emulator.add_fault(Fault::new(Effect::Hang));
    assert_eq!(client.unsigned("POST", "/_emulator/reset", "").status, 204);
    assert_eq!(emulator.faults(), []);
}

#[test]
fn journal_contains_the_side_effects() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    client.get(INSTANCE);
    client.reset(demo::SHIPPING, RESET);
    client.reset(demo::BILLING, RESET);
    client.put(&format!("{GROUPS}/billing"), "{}");
    client.put(&format!("{GROUPS}/billing"), r#"{"group_name":"billing","group_desc":"x"}"#);
    let seen: Vec<(Option<u16>, bool)> =
        emulator.journal().entries().iter().map(|entry| (entry.status, entry.side_effect)).collect();
    let expected = [(200, false), (400, false), (204, true), (400, false), (204, true)];
    assert_eq!(seen, expected.map(|(status, side_effect)| (Some(status), side_effect)));
}
