//! Limits of the journal: dropped entries, truncated bodies, and reads of its newer part.

use dms_emulator::{Emulator, Limits};
use serde_json::{Value, json};

use crate::wire::{Client, INSTANCE, TIMEOUT};

fn with_entries(journal_entries: usize) -> Emulator {
    let limits = Limits { journal_entries, ..Limits::default() };
    Emulator::builder().limits(limits).start_in_thread().unwrap()
}

fn sequences(emulator: &Emulator) -> Vec<u64> {
    emulator.journal().entries().iter().map(|entry| entry.sequence).collect()
}

#[test]
fn oldest_requests_are_dropped_and_counted() {
    let emulator = with_entries(3);
    let mut client = Client::of(&emulator);
    for _ in 0..5 {
        client.get(INSTANCE);
    }
    assert_eq!(sequences(&emulator), [3, 4, 5]);
    assert_eq!(emulator.journal().dropped(), 2);
    emulator.clear_journal();
    client.get(INSTANCE);
    assert_eq!(sequences(&emulator), [6]);
    let journal = emulator.journal();
    assert_eq!((journal.dropped(), journal.count("GET", INSTANCE)), (0, 1));
}

#[test]
fn memory_of_the_journal_is_bounded() {
    let limits = Limits { journal_bytes: 100_000, ..Limits::default() };
    let emulator = Emulator::builder().limits(limits).start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    // As text, each body is below the length that the journal keeps. As JSON, it takes many times the memory.
    let body = json!(vec![0; 5_000]).to_string();
    for _ in 0..4 {
        client.put(INSTANCE, &body);
    }
    assert!(sequences(&emulator).is_empty(), "one entry alone exceeds the limit");
    // Each object takes about 700 bytes.
    client.put(INSTANCE, &json!(vec![json!({"": 0}); 150]).to_string());
    assert!(sequences(&emulator).is_empty(), "one entry alone exceeds the limit");
    for _ in 0..10 {
        client.put(INSTANCE, &"x".repeat(30_000));
    }
    assert_eq!(sequences(&emulator), [11, 12, 13, 14, 15], "six entries of more than 16 KiB exceed the limit");
}

#[test]
fn long_body_is_cut() {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut client = Client::of(&emulator);
    let long = json!({"topic": "x".repeat(100_000)}).to_string();
    client.put(INSTANCE, &long);
    let token = json!({"auth": {"id_token": {"id": "hush".repeat(10_000)}}}).to_string();
    client.put(INSTANCE, &token);
    let journal = emulator.journal();
    let bodies: Vec<&Value> = journal.entries().iter().map(|entry| entry.body.as_ref().unwrap()).collect();
    assert_eq!(bodies, [&json!(long[..16 * 1024]), &json!("(hidden)")]);
}

#[test]
fn control_route_returns_the_requests_after_a_sequence() {
    let emulator = with_entries(1_000);
    let mut client = Client::of(&emulator);
    // Long enough for several pieces of the response.
    let target = format!("{INSTANCE}?x={}", "x".repeat(10_000));
    for _ in 0..20 {
        client.get(&target);
    }
    let mut control = Client::of(&emulator);
    let mut returned = |query: &str| {
        let journal = control.unsigned("GET", &format!("/_emulator/journal{query}"), "").json();
        let entries = journal.as_array().unwrap().iter();
        entries.map(|entry| entry["sequence"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(returned(""), (1..=20).collect::<Vec<_>>());
    assert_eq!(returned("?since=0"), (1..=20).collect::<Vec<_>>());
    assert_eq!(returned("?since=18"), [19, 20]);
    for since in ["20", "1000"] {
        assert_eq!(returned(&format!("?since={since}")), [0; 0], "{since}");
    }
    for (query, message) in [
        ("since=x", "The query parameter \"since\" must be an integer from 0 to 9223372036854775807, not \"x\"."),
        ("since=-1", "The query parameter \"since\" must be an integer from 0 to 9223372036854775807, not \"-1\"."),
        ("after=1", "The query parameter \"after\" is unknown; this call accepts [\"since\"]."),
        ("since=%zz", "\"%zz\" contains a % that is not followed by two hexadecimal digits."),
    ] {
        let response = control.unsigned("GET", &format!("/_emulator/journal?{query}"), "");
        assert_eq!(response.error(), (400, "EMULATOR.0400".to_owned()), "{query}");
        assert_eq!(response.message(), message);
    }
}

#[test]
fn request_in_flight_is_reported_to_the_observer_after_it_was_dropped() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let limits = Limits { journal_entries: 1, ..Limits::default() };
    let builder = Emulator::builder().limits(limits);
    let builder = builder.observe(move |entry| sender.send((entry.sequence, entry.status)).unwrap());
    let emulator = builder.start_in_thread().unwrap();
    emulator.hold();
    let mut held = Client::of(&emulator);
    let reset = format!("{}/billing/reset-message-offset", crate::wire::GROUPS);
    held.send_signed("PUT", &reset, r#"{"topic":"payments","partition":0,"message_offset":7}"#);
    emulator.wait_for_blocking("PUT", "/reset-message-offset", TIMEOUT).unwrap();
    Client::of(&emulator).get(INSTANCE);
    emulator.release();
    assert_eq!(held.receive().status, 204);
    assert_eq!([(); 2].map(|()| receiver.recv_timeout(TIMEOUT).unwrap()), [(2, Some(200)), (1, Some(204))]);
    assert_eq!(sequences(&emulator), [2]);
}
