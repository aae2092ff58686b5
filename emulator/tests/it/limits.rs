//! Rate limits over the wire.

use std::sync::Arc;

use dms_emulator::{Emulator, ManualClock, Operation, RateLimit, Seed};
use jiff::{SignedDuration, Timestamp};

use crate::wire::{Client, INSTANCE};

fn start(seed: Seed) -> (Emulator, Client, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(Timestamp::now()));
    let emulator = Emulator::builder().seed(seed).clock(clock.clone()).start_in_thread().unwrap();
    let client = Client::of(&emulator);
    (emulator, client, clock)
}

#[test]
fn requests_above_the_limit_are_refused_until_the_bucket_refills() {
    let (emulator, mut client, clock) = start(Seed::demo());
    emulator.add_rate_limit(RateLimit::for_operation(Operation::ShowInstance, 2).retry_after("1"));
    assert_eq!([client.get(INSTANCE).status, client.get(INSTANCE).status], [200, 200]);
    client.secret_key.push('x');
    let refused = client.get(INSTANCE);
    assert_eq!(refused.error(), (429, "APIGW.0308".to_owned()), "before the signature check");
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
fn seeds_and_control_routes_set_limits() {
    let seed = Seed { rate_limits: Some(vec![RateLimit::all(1)]), ..Seed::demo() };
    let (emulator, mut client, _clock) = start(seed);
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
    assert_eq!(two(), [429, 429], "a seed without limits does not change them");
    assert_eq!(control.unsigned("DELETE", "/_emulator/limits", "").status, 204);
    assert_eq!(two(), [200, 200]);
    assert_eq!(control.unsigned("POST", "/_emulator/reset", "").status, 204);
    assert_eq!(two(), [200, 429], "the initial limits");
    let wrong = control.unsigned("PUT", "/_emulator/limits", r#"[{"per_second": 0}]"#);
    assert!(wrong.message().contains("limits, at [0].per_second:"), "{}", wrong.message());
}
