//! The lock on a key pair whose signatures were wrong too often.

use crate::wire::{Client, INSTANCE};
use dms_emulator::{Emulator, ManualClock, Seed, demo};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

const LOCKED: &str = "AK access failed to reach the limit";

fn started(seed: Seed) -> (Emulator, Client, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::now()));
    let emulator = Emulator::builder().seed(seed).clock(clock.clone()).start_in_thread().unwrap();
    let client = Client::of(&emulator);
    (emulator, client, clock)
}

fn fail(client: &mut Client, times: usize) {
    client.secret_key.push('x');
    for _ in 0..times {
        let message = client.get(INSTANCE).message();
        assert!(message.contains("verify signature failed"), "{message}");
    }
    client.secret_key = demo::SECRET_KEY.to_owned();
}

#[test]
fn five_wrong_signatures_in_a_row_lock_the_key_for_five_minutes() {
    let (_emulator, mut client, clock) = started(Seed::demo());
    fail(&mut client, 5);
    let locked = client.get(INSTANCE);
    assert_eq!(locked.refusal(), (401, "APIGW.0301".to_owned()));
    assert!(locked.message().contains(LOCKED), "{}", locked.message());
    clock.advance(SignedDuration::from_secs(299));
    assert_eq!(client.get(INSTANCE).status, 401, "trying does not make it longer");
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(client.get(INSTANCE).status, 200);
    fail(&mut client, 4);
    assert_eq!(client.get(INSTANCE).status, 200, "counted from the start");
}

#[test]
fn a_right_signature_in_between_and_other_refusals_do_not_count() {
    let (_emulator, mut client, _clock) = started(Seed::demo());
    for _ in 0..2 {
        fail(&mut client, 4);
        assert_eq!(client.get(INSTANCE).status, 200);
    }
    client.extra = vec![("X-Security-Token".to_owned(), "none".to_owned())];
    let others = (0..6).map(|_| client.get(INSTANCE).status);
    assert_eq!(others.collect::<Vec<_>>(), [401; 6]);
    client.extra.clear();
    assert_eq!(client.get(INSTANCE).status, 200);
}

#[test]
fn the_lock_is_the_keys_alone_and_can_be_set_or_left_out() {
    let other = r#"{"lock_after": 2, "credentials": [{"access_key": "AK", "secret_key": "SK"}]}"#;
    let (emulator, mut client, _clock) = started(Seed::demo());
    emulator.merge(&Seed::from_json(other).unwrap()).unwrap();
    fail(&mut client, 2);
    assert!(client.get(INSTANCE).message().contains(LOCKED));
    (client.access_key, client.secret_key) = ("AK".to_owned(), "SK".to_owned());
    assert_eq!(client.get(INSTANCE).status, 200);
    let (_emulator, mut client, _clock) = started(Seed { lock_after: Some(0), ..Seed::demo() });
    fail(&mut client, 20);
    assert_eq!(client.get(INSTANCE).status, 200);
}
