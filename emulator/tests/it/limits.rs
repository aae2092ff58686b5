//! Too many requests, by the emulator's clock.

use crate::wire::{Client, INSTANCE};
use dms_emulator::{Emulator, ManualClock, Operation, RateLimit, Seed};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

fn at_rest(seed: Seed) -> (Emulator, Client, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::now()));
    let emulator = Emulator::builder().seed(seed).clock(clock.clone()).start_in_thread().unwrap();
    let client = Client::of(&emulator);
    (emulator, client, clock)
}

#[test]
fn what_exceeds_the_limit_is_refused_until_time_passes() {
    let (emulator, mut client, clock) = at_rest(Seed::demo());
    emulator.add_rate_limit(RateLimit::for_operation(Operation::ShowInstance, 2).retry_after("1"));
    assert_eq!([client.get(INSTANCE).status, client.get(INSTANCE).status], [200, 200]);
    client.secret_key.push('x');
    let refused = client.get(INSTANCE);
    assert_eq!(refused.refusal(), (429, "APIGW.0308".to_owned()), "before the signature is looked at");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert!(refused.message().ends_with("limit:2,time:1 second"), "{}", refused.message());
    assert_eq!(client.get(&format!("{INSTANCE}/topics")).status, 401, "another operation");
    clock.advance(SignedDuration::from_millis(500));
    assert_eq!([client.get(INSTANCE).status, client.get(INSTANCE).status], [401, 429]);
    emulator.clear_rate_limits();
    assert_eq!(client.get(INSTANCE).status, 401);
    assert_eq!(emulator.rate_limits(), []);
}

#[test]
fn limits_come_with_a_seed_and_over_the_control_route() {
    let seed = Seed { rate_limits: Some(vec![RateLimit::all(1)]), ..Seed::demo() };
    let (emulator, mut client, _clock) = at_rest(seed);
    let mut two = || [client.get(INSTANCE).status, client.get(INSTANCE).status];
    assert_eq!(two(), [200, 429]);
    let mut control = Client::of(&emulator);
    let limits = r#"[{"operation": "ListTopics", "per_second": 5}]"#;
    assert_eq!(control.unsigned("PUT", "/_emulator/limits", limits).status, 204);
    assert_eq!(two(), [200, 200]);
    let shown = control.unsigned("GET", "/_emulator/limits", "").json();
    assert_eq!(shown[0]["operation"], "ListTopics");
    let limits = r#"{"rate_limits": [{"per_second": 1}]}"#;
    assert_eq!(control.unsigned("POST", "/_emulator/seed", limits).status, 204);
    assert_eq!(two(), [200, 429]);
    assert_eq!(control.unsigned("POST", "/_emulator/seed", "{}").status, 204);
    assert_eq!(two(), [429, 429], "a seed that says nothing changes nothing");
    assert_eq!(control.unsigned("DELETE", "/_emulator/limits", "").status, 204);
    assert_eq!(two(), [200, 200]);
    assert_eq!(control.unsigned("POST", "/_emulator/reset", "").status, 204);
    assert_eq!(two(), [200, 429], "as at the start");
    let wrong = control.unsigned("PUT", "/_emulator/limits", r#"[{"per_second": 0}]"#);
    assert!(wrong.message().contains("limits, at [0].per_second:"), "{}", wrong.message());
}
