//! Which requests a rule hits, and how rules are written.

use super::*;
use crate::document;
use hyper::body::Bytes;

fn request(method: &str, path: &str) -> Request {
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: None,
        headers: Vec::new(),
        body: Bytes::new(),
        connection: 1,
    }
}

/// Which of the first `count` requests a rule hits, counted from 1.
fn hits(fault: Fault, count: u64) -> Vec<u64> {
    let faults = Faults::default();
    faults.add([fault]);
    (1..=count).filter(|_| faults.take(&request("GET", "/"), None).is_some()).collect()
}

#[test]
fn a_rule_hits_what_all_its_conditions_fit() {
    let faults = Faults::default();
    faults.add([Fault::new(Effect::Hang).request("PUT", "/a").on(Operation::UpdateGroup)]);
    let hit = |method: &str, path: &str, operation| faults.take(&request(method, path), operation).is_some();
    assert!(!hit("GET", "/x/a", Some(Operation::UpdateGroup)));
    assert!(!hit("PUT", "/x/ab", Some(Operation::UpdateGroup)));
    assert!(!hit("PUT", "/x/a", Some(Operation::ShowGroup)));
    assert!(!hit("PUT", "/x/a", None));
    assert!(hit("PUT", "/x/a", Some(Operation::UpdateGroup)));
}

#[test]
fn skip_every_and_count_say_which() {
    let fault = || Fault::new(Effect::Hang);
    assert_eq!(hits(fault(), 3), [1, 2, 3]);
    assert_eq!(hits(fault().times(2), 5), [1, 2]);
    assert_eq!(hits(fault().times(0), 5).len(), 0);
    assert_eq!(hits(fault().every(3), 10), [3, 6, 9]);
    assert_eq!(hits(fault().every(0), 2), [1, 2]);
    assert_eq!(hits(fault().skip(2).every(3).times(2), 20), [5, 8]);
}

#[test]
fn chance_is_the_same_for_the_same_seed_and_near_its_probability() {
    let of_seed = |seed| hits(Fault::new(Effect::Hang).with_probability(0.25, seed), 4_000);
    assert_eq!(of_seed(7), of_seed(7));
    assert_ne!(of_seed(7), of_seed(8));
    for seed in [0, 7, u64::MAX] {
        // Six standard deviations around 1000.
        assert!((836..=1164).contains(&of_seed(seed).len()), "{seed}: {}", of_seed(seed).len());
    }
    assert_eq!(hits(Fault::new(Effect::Hang).with_probability(0.0, 1), 100).len(), 0);
    assert_eq!(hits(Fault::new(Effect::Hang).with_probability(1.0, 1), 100).len(), 100);
}

#[test]
fn a_request_is_hit_by_the_first_rule_and_rules_behind_it_do_not_see_it() {
    let faults = Faults::default();
    faults.add([Fault::new(Effect::Hang).times(1), Fault::new(Effect::CloseBefore).named("second").every(2)]);
    let names: Vec<Option<String>> =
        (0..3).map(|_| faults.take(&request("GET", "/"), None).map(|hit| hit.name)).collect();
    assert_eq!(names, [Some("hang".to_owned()), None, Some("second".to_owned())]);
    assert_eq!(faults.left().len(), 1);
}

#[test]
fn every_effect_is_read_from_json() {
    let effects = [
        (r#""pass""#, Effect::Pass),
        (
            r#"{"status": {"status": 503, "code": "C", "message": "m", "retry_after": "1"}}"#,
            Effect::Status(FaultResponse::new(503, "C", "m").retry_after("1")),
        ),
        (
            r#"{"status": {"status": 502, "body": {"content_type": "text/html", "text": "<p>"}}}"#,
            Effect::Status(FaultResponse::raw(502, "text/html", "<p>")),
        ),
        (r#"{"status": {"status": 500, "body": {"text": ""}}}"#, Effect::Status(FaultResponse::empty(500))),
        (
            r#"{"redirect": {"status": 307, "location": "http://b/"}}"#,
            Effect::Redirect { status: 307, location: "http://b/".to_owned() },
        ),
        (r#""expire_token""#, Effect::ExpireToken),
        (r#""reset_before""#, Effect::ResetBefore),
        (r#""close_before""#, Effect::CloseBefore),
        (r#""hang""#, Effect::Hang),
        (r#""reset_after""#, Effect::ResetAfter),
        (r#""close_after""#, Effect::CloseAfter),
        (r#""truncated_response""#, Effect::TruncatedResponse),
        (r#"{"slow_body": {"ms": 5}}"#, Effect::SlowBody { ms: 5, bytes: 1 }),
        (r#"{"wrong_length": {"by": -3}}"#, Effect::WrongLength { by: -3 }),
        (r#"{"huge_body": {"bytes": 9000}}"#, Effect::HugeBody { bytes: 9_000 }),
    ];
    for (text, expected) in effects {
        assert_eq!(text.split('"').nth(1), Some(expected.name()));
        let read: Vec<Fault> = document::read(&format!(r#"[{{"effect": {text}}}]"#)).unwrap();
        assert_eq!(read, [Fault::new(expected)]);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(document::read::<Vec<Fault>>(&written).unwrap(), read, "{written}");
    }
    let full = r#"[{"name": "n", "method": "PUT", "path_suffix": "/a", "operation": "ResetOffsets", "skip": 1,
        "every": 2, "probability": 0.5, "seed": 3, "count": 4, "delay_ms": 5}]"#;
    let expected = Fault::new(Effect::Pass).named("n").request("PUT", "/a").on(Operation::ResetOffsets);
    let expected = expected.skip(1).every(2).with_probability(0.5, 3).times(4).delayed(5);
    assert_eq!(document::read::<Vec<Fault>>(full).unwrap(), [expected]);
}

#[test]
fn wrong_rules_are_refused_with_their_place() {
    let table = [
        (r#"[{"effect": "gone"}]"#, "[0].effect"),
        (r#"[{"operation": "Reset"}]"#, "[0].operation"),
        (r#"[{"every": 0}]"#, "[0].every"),
        (r#"[{"probability": 1.5}]"#, "[0].probability"),
        (r#"[{"path": "/"}]"#, "[0].path"),
        (r#"[{"effect": {"status": {"status": 100}}}]"#, "[0].effect.status.status"),
        (r#"[{"effect": {"redirect": {"status": 304, "location": ""}}}]"#, "[0].effect.redirect.status"),
    ];
    for (text, place) in table {
        assert_eq!(document::read::<Vec<Fault>>(text).unwrap_err().path, place, "{text}");
    }
}
