//! Faults by route: what the client sees, what moves, what the journal tells.

use crate::wire::{Client, GROUPS, INSTANCE};
use dms_emulator::{Effect, Emulator, Fault, FaultResponse, JournalEntry, Operation, demo};
use std::io::ErrorKind;
use std::time::{Duration, Instant};

const RESET: &str = r#"{"topic":"payments","partition":0,"message_offset":7}"#;
/// Long enough to never be reached when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

fn payments(emulator: &Emulator) -> Vec<i64> {
    emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::PAYMENTS).unwrap()
}

fn with(effect: Effect) -> (Emulator, Client) {
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.add_fault(Fault::new(effect).times(1));
    let client = Client::of(&emulator);
    (emulator, client)
}

fn send_reset(client: &mut Client) {
    client.send_signed("PUT", &format!("{GROUPS}/billing/reset-message-offset"), RESET);
}

/// The first request's entry, once it has ended.
fn ended(emulator: &Emulator) -> JournalEntry {
    emulator.journal().entries()[0].clone()
}

/// Status, connection closed, fault and side effect.
fn told(emulator: &Emulator) -> (Option<u16>, bool, Option<String>, bool) {
    let entry = ended(emulator);
    (entry.status, entry.connection_closed, entry.fault, entry.side_effect)
}

fn name(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// What an untroubled instance is answered with.
fn usual() -> String {
    Client::of(&Emulator::start_in_thread().unwrap()).get(INSTANCE).body
}

#[test]
fn an_error_comes_before_the_signature_and_changes_nothing() {
    let answer = FaultResponse::new(503, "APIGW.0201", "Backend unavailable.").retry_after("2");
    let (emulator, mut client) = with(Effect::Status(answer));
    client.secret_key.push('x');
    let answer = client.reset(demo::BILLING, RESET);
    assert_eq!(answer.refusal(), (503, "APIGW.0201".to_owned()));
    assert_eq!(answer.message(), "Backend unavailable.");
    assert_eq!(answer.header("retry-after"), Some("2"));
    assert_eq!(answer.json()["request_id"], answer.header("x-request-id").unwrap());
    assert_eq!(payments(&emulator), [25]);
    assert_eq!(told(&emulator), (Some(503), false, name("status"), false));
    assert_eq!(ended(&emulator).error_code, name("APIGW.0201"));
    assert_eq!(client.reset(demo::BILLING, RESET).status, 401, "the fault is used up");
}

#[test]
fn any_body_goes_out_as_it_is() {
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
    for (answer, content_type, body) in table {
        let status = answer.status;
        let (_emulator, mut client) = with(Effect::Status(answer));
        let answer = client.get(INSTANCE);
        assert_eq!((answer.status, answer.header("content-type")), (status, content_type));
        assert_eq!(answer.body, body);
    }
}

#[test]
fn a_redirect_tells_where_to() {
    for status in [301, 302, 307, 308] {
        let location = "http://127.0.0.1:9/elsewhere?a=b".to_owned();
        let (_emulator, mut client) = with(Effect::Redirect { status, location: location.clone() });
        let answer = client.get(INSTANCE);
        assert_eq!((answer.status, answer.header("location")), (status, Some(location.as_str())));
        assert_eq!(client.get(INSTANCE).status, 200);
    }
}

#[test]
fn an_expired_token_is_told_as_the_gateway_does() {
    let (_emulator, mut client) = with(Effect::ExpireToken);
    let answer = client.get(INSTANCE);
    assert_eq!(answer.refusal(), (401, "APIGW.0301".to_owned()));
    assert!(answer.message().contains("decrypt token fail"), "{}", answer.message());
}

#[test]
fn a_connection_is_lost_before_or_after_the_reset_orderly_or_not() {
    let table = [
        (Effect::ResetBefore, true, 25),
        (Effect::CloseBefore, false, 25),
        (Effect::ResetAfter, true, 7),
        (Effect::CloseAfter, false, 7),
    ];
    for (effect, is_reset, offset) in table {
        let label = effect.name();
        let (emulator, mut client) = with(effect);
        send_reset(&mut client);
        let (text, end) = client.rest();
        assert_eq!(text, "", "{label}");
        assert_eq!(end.err().map(|error| error.kind()), is_reset.then_some(ErrorKind::ConnectionReset), "{label}");
        assert_eq!(payments(&emulator), [offset], "{label}");
        assert_eq!(told(&emulator), (None, true, name(label), offset == 7));
    }
}

#[test]
fn half_an_answer_is_followed_by_the_end() {
    let (emulator, mut client) = with(Effect::TruncatedResponse);
    client.send_signed("GET", INSTANCE, "");
    let (text, end) = client.rest();
    let whole = usual();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains(&format!("\r\ncontent-length: {}", whole.len())), "{head}");
    assert_eq!(body, &whole[..whole.len() / 2]);
    assert!(end.is_ok());
    assert_eq!(told(&emulator), (Some(200), true, name("truncated_response"), false));

    let (emulator, mut client) = with(Effect::TruncatedResponse);
    send_reset(&mut client);
    let (text, _) = client.rest();
    assert!(text.starts_with("HTTP/1.1 204") && !text.contains("\r\n\r\n"), "{text}");
    assert_eq!(payments(&emulator), [7]);
    assert_eq!(told(&emulator), (Some(204), true, name("truncated_response"), true));
}

#[test]
fn a_slow_body_arrives_in_pieces_and_whole() {
    let whole = usual();
    let pieces = 4;
    let bytes = whole.len().div_ceil(pieces);
    let (emulator, mut client) = with(Effect::SlowBody { ms: 20, bytes });
    let start = Instant::now();
    assert_eq!(client.get(INSTANCE).body, whole);
    assert!(start.elapsed() >= Duration::from_millis(80), "{:?}", start.elapsed());
    assert_eq!(told(&emulator), (Some(200), false, name("slow_body"), false));
}

#[test]
fn a_wrong_length_announces_more_or_less_than_is_sent() {
    let whole = usual();
    for by in [10_i64, -10] {
        let (_emulator, mut client) = with(Effect::WrongLength { by });
        client.send_signed("GET", INSTANCE, "");
        let (text, _) = client.rest();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let announced = i64::try_from(whole.len()).unwrap() + by;
        assert!(head.contains(&format!("\r\ncontent-length: {announced}")), "{head}");
        assert_eq!(body, whole);
    }
}

#[test]
fn a_huge_body_is_the_same_json_followed_by_spaces() {
    let (_emulator, mut client) = with(Effect::HugeBody { bytes: 3_000_000 });
    let answer = client.get(INSTANCE);
    assert_eq!(answer.body.len(), 3_000_000);
    assert_eq!(answer.body.trim_end(), usual());
}

#[tokio::test]
async fn a_request_that_is_never_answered_ends_when_the_client_goes() {
    let (emulator, mut client) = with(Effect::Hang);
    send_reset(&mut client);
    emulator.wait_for("PUT", "/reset-message-offset").await;
    assert_eq!(Client::of(&emulator).get(INSTANCE).status, 200, "others are answered meanwhile");
    drop(client);
    let abandoned = emulator.wait_until(|entry| entry.abandoned);
    let entry = tokio::time::timeout(PATIENCE, abandoned).await.unwrap();
    assert_eq!((entry.status, entry.fault, entry.side_effect), (None, name("hang"), false));
    assert_eq!(payments(&emulator), [25]);
}

#[test]
fn a_delayed_request_is_served_later() {
    let emulator = Emulator::start_in_thread().unwrap();
    emulator.add_fault(Fault::delay(60).on(Operation::ResetOffsets));
    let mut client = Client::of(&emulator);
    let start = Instant::now();
    assert_eq!(client.reset(demo::BILLING, RESET).status, 204);
    assert!(start.elapsed() >= Duration::from_millis(60), "{:?}", start.elapsed());
    assert_eq!(told(&emulator), (Some(204), false, name("delay"), true));
}

#[test]
fn only_the_requests_a_rule_is_for_are_hit() {
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
    assert_eq!(status("/nowhere"), 502, "also where there is no such route");
    emulator.clear_faults();
    assert_eq!([status("/topics"), status("/nowhere")], [200, 404]);
}

#[test]
fn faults_come_and_go_over_the_control_routes() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let faults = r#"[{"operation": "ShowInstance", "count": 2, "effect": {"status": {"status": 429}}}]"#;
    assert_eq!(client.unsigned("POST", "/_emulator/faults", faults).status, 204);
    assert_eq!(client.get(INSTANCE).status, 429);
    assert_eq!(client.unsigned("GET", "/_emulator/faults", "").json()[0]["count"], 1);
    assert_eq!(client.unsigned("DELETE", "/_emulator/faults", "").status, 204);
    assert_eq!(client.get(INSTANCE).status, 200);
    let wrong = client.unsigned("POST", "/_emulator/faults", r#"[{"effect": "hang"}, {"effect": "ever"}]"#);
    assert_eq!(wrong.refusal(), (400, "EMULATOR.0400".to_owned()));
    assert!(wrong.message().contains("faults, at [1].effect: unknown variant `ever`"), "{}", wrong.message());
    assert_eq!(emulator.faults(), []);
    emulator.add_fault(Fault::new(Effect::Hang));
    assert_eq!(client.unsigned("POST", "/_emulator/reset", "").status, 204);
    assert_eq!(emulator.faults(), []);
}

#[test]
fn the_journal_tells_which_requests_changed_something() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    client.get(INSTANCE);
    client.reset(demo::SHIPPING, RESET);
    client.reset(demo::BILLING, RESET);
    client.put(&format!("{GROUPS}/billing"), "{}");
    let seen: Vec<(Option<u16>, bool)> =
        emulator.journal().entries().iter().map(|entry| (entry.status, entry.side_effect)).collect();
    assert_eq!(seen, [(Some(200), false), (Some(400), false), (Some(204), true), (Some(204), false)]);
}
