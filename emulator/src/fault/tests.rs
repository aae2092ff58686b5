//! Tests of which requests a rule hits, and of the JSON format of rules.

use hyper::body::Bytes;

use crate::state::TaskStatus;
use crate::strict_json;

use super::*;

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

/// The numbers of the requests that a rule hits, of the first `count`, counted from 1.
fn hits(fault: Fault, count: u64) -> Vec<u64> {
    let faults = FaultRules::default();
    faults.add([fault]);
    (1..=count).filter(|_| faults.take(&request("GET", "/"), None).is_some()).collect()
}

#[test]
fn rule_hits_requests_that_satisfy_all_conditions() {
    let faults = FaultRules::default();
    faults.add([Fault::new(Effect::Hang).request("PUT", "/a").on(Operation::UpdateGroup)]);
    let hit = |method: &str, path: &str, operation| faults.take(&request(method, path), operation).is_some();
    assert!(!hit("GET", "/x/a", Some(Operation::UpdateGroup)));
    assert!(!hit("PUT", "/x/ab", Some(Operation::UpdateGroup)));
    assert!(!hit("PUT", "/x/a", Some(Operation::ShowGroup)));
    assert!(!hit("PUT", "/x/a", None));
    assert!(hit("PUT", "/x/a", Some(Operation::UpdateGroup)));
}

#[test]
fn partition_is_that_of_the_body() {
    let faults = FaultRules::default();
    faults.add([Fault::new(Effect::Hang).partition(-1)]);
    let hits = |body: &'static str| {
        let request = Request { body: Bytes::from_static(body.as_bytes()), ..request("PUT", "/") };
        faults.take(&request, Some(Operation::ResetOffsets)).is_some()
    };
    assert!(hits(r#"{"topic": "t", "partition": -1}"#));
    assert!(!hits(r#"{"topic": "t", "partition": 1}"#));
    for body in ["", "{", r#"{"topic": "t"}"#, r#"{"partition": "-1"}"#, r#"{"partition": 4294967295}"#] {
        assert!(!hits(body), "{body}");
    }
}

#[test]
fn skip_every_and_count_select_requests() {
    let fault = || Fault::new(Effect::Hang);
    assert_eq!(hits(fault(), 3), [1, 2, 3]);
    assert_eq!(hits(fault().times(2), 5), [1, 2]);
    assert_eq!(hits(fault().times(0), 5).len(), 0);
    assert_eq!(hits(fault().every(3), 10), [3, 6, 9]);
    assert_eq!(hits(fault().every(0), 2), [1, 2]);
    assert_eq!(hits(fault().skip(2).every(3).times(2), 20), [5, 8]);
}

#[test]
fn probability_is_kept_and_reproducible_by_the_seed() {
    let with_seed = |seed| hits(Fault::new(Effect::Hang).with_probability(0.25, seed), 4_000);
    assert_eq!(with_seed(7), with_seed(7));
    assert_ne!(with_seed(7), with_seed(8));
    for seed in [0, 7, u64::MAX] {
        // Six standard deviations around 1000.
        assert!((836..=1164).contains(&with_seed(seed).len()), "{seed}: {}", with_seed(seed).len());
    }
    assert_eq!(hits(Fault::new(Effect::Hang).with_probability(0.0, 1), 100).len(), 0);
    assert_eq!(hits(Fault::new(Effect::Hang).with_probability(1.0, 1), 100).len(), 100);
}

#[test]
fn first_rule_hits_and_later_rules_do_not_count_the_request() {
    let faults = FaultRules::default();
    faults.add([Fault::new(Effect::Hang).times(1), Fault::new(Effect::CloseBefore).named("second").every(2)]);
    let names: Vec<Option<String>> =
        (0..3).map(|_| faults.take(&request("GET", "/"), None).map(|fault| fault.name)).collect();
    assert_eq!(names, [Some("hang".to_owned()), None, Some("second".to_owned())]);
    assert_eq!(faults.active().len(), 1);
}

#[test]
fn every_effect_has_a_json_format() {
    let effects = [
        (r#""pass""#, Effect::Pass),
        (r#""hold""#, Effect::Hold),
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
        (r#"{"unrelated_task": {}}"#, Effect::UnrelatedTask { status: TaskStatus::Failed }),
        (r#"{"unrelated_task": {"status": "EXECUTING"}}"#, Effect::UnrelatedTask { status: TaskStatus::Executing }),
    ];
    for (text, expected) in effects {
        assert_eq!(text.split('"').nth(1), Some(expected.name()));
        let read: Vec<Fault> = strict_json::parse(&format!(r#"[{{"effect": {text}}}]"#)).unwrap();
        assert_eq!(read, [Fault::new(expected)]);
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(strict_json::parse::<Vec<Fault>>(&written).unwrap(), read, "{written}");
    }
    let full = r#"[{"name": "n", "method": "PUT", "path_suffix": "/a", "operation": "ResetOffsets", "partition": -1,
        "skip": 1, "every": 2, "probability": 0.5, "seed": 3, "count": 4, "delay_ms": 5}]"#;
    let expected = Fault::new(Effect::Pass).named("n").request("PUT", "/a").on(Operation::ResetOffsets);
    let expected = expected.partition(-1).skip(1).every(2).with_probability(0.5, 3).times(4).delayed(5);
    assert_eq!(strict_json::parse::<Vec<Fault>>(full).unwrap(), [expected]);
}

#[test]
fn error_of_an_invalid_rule_contains_its_path() {
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
        assert_eq!(strict_json::parse::<Vec<Fault>>(text).unwrap_err().path, place, "{text}");
    }
}
