//! The lock on a key pair after too many wrong signatures.

use std::sync::Arc;

use dms_emulator::{Emulator, ManualClock, Seed, demo};
use jiff::{SignedDuration, Timestamp};

use crate::wire::{Client, INSTANCE};

const LOCKED: &str = "AK access failed to reach the limit";

fn start(seed: Seed) -> (Emulator, Client, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::now()));
    let emulator = Emulator::builder().seed(seed).clock(clock.clone()).start_in_thread().unwrap();
    let client = Client::of(&emulator);
    (emulator, client, clock)
}

fn send_wrong_signatures(client: &mut Client, times: usize) {
    client.secret_key.push('x');
    for _ in 0..times {
        let message = client.get(INSTANCE).message();
        assert!(message.contains("verify signature failed"), "{message}");
    }
    client.secret_key = demo::SECRET_KEY.to_owned();
}

#[test]
fn five_wrong_signatures_in_a_row_lock_a_key_pair_for_five_minutes() {
    let (_emulator, mut client, clock) = start(Seed::demo());
    send_wrong_signatures(&mut client, 5);
    let locked = client.get(INSTANCE);
    assert_eq!(locked.error(), (401, "APIGW.0301".to_owned()));
    assert!(locked.message().contains(LOCKED), "{}", locked.message());
    clock.advance(SignedDuration::from_secs(299));
    assert_eq!(client.get(INSTANCE).status, 401, "a refused request does not extend the lock");
    clock.advance(SignedDuration::from_secs(1));
    assert_eq!(client.get(INSTANCE).status, 200);
    send_wrong_signatures(&mut client, 4);
    assert_eq!(client.get(INSTANCE).status, 200, "the count starts again at 0");
}

#[test]
fn correct_signature_resets_the_count_and_other_errors_do_not_count() {
    let (_emulator, mut client, _clock) = start(Seed::demo());
    for _ in 0..2 {
        send_wrong_signatures(&mut client, 4);
        assert_eq!(client.get(INSTANCE).status, 200);
    }
    client.extra = vec![("X-Security-Token".to_owned(), "none".to_owned())];
    let other_errors = (0..6).map(|_| client.get(INSTANCE).status);
    assert_eq!(other_errors.collect::<Vec<_>>(), [401; 6]);
    client.extra.clear();
    assert_eq!(client.get(INSTANCE).status, 200);
}

#[test]
fn lock_is_per_key_pair_and_can_be_configured() {
    let other = r#"{"lock_after": 2, "credentials": [{"access_key": "AK", "secret_key": "SK"}]}"#;
    let (emulator, mut client, _clock) = start(Seed::demo());
    emulator.merge(&Seed::from_json(other).unwrap()).unwrap();
    send_wrong_signatures(&mut client, 2);
    assert!(client.get(INSTANCE).message().contains(LOCKED));
    (client.access_key, client.secret_key) = ("AK".to_owned(), "SK".to_owned());
    assert_eq!(client.get(INSTANCE).status, 200);
    let (_emulator, mut client, _clock) = start(Seed { lock_after: Some(0), ..Seed::demo() });
    send_wrong_signatures(&mut client, 20);
    assert_eq!(client.get(INSTANCE).status, 200);
}
