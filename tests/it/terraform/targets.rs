//! Every kind of target with a real Terraform.
//!
//! Expected offsets follow from the documentation of the emulator's demo. `orders` holds 0 to 300, 100 to 250 and
//! 4 000 000 000 to 4 000 001 000, with one message per second from 2024-01-01T00:00:00Z. The seconds count from offset
//! 0, in the last partition from its first offset. `billing` has committed 140, 190 and 4 000 000 500.

use std::sync::Arc;

use dms_emulator::{Clock, Effect, Emulator, Fault, Operation, demo};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::harness::{Workspace, reset_block, wide_reset_block};
use crate::snapshot::{Transcript, assert_snapshot};

/// The body of each reset that the emulator received, ordered by partition.
pub(super) fn bodies(workspace: &Workspace) -> Vec<Value> {
    let journal = workspace.emulator.journal();
    let mut bodies: Vec<Value> =
        journal.matching("PUT", "/reset-message-offset").map(|it| it.body.clone().expect("a body")).collect();
    bodies.sort_by_key(|body| body["partition"].as_i64());
    bodies
}

/// Applies one block to a fresh demo, and returns the bodies that were sent.
fn apply_to_fresh_demo(workspace: &Workspace, arguments: &str) -> Vec<Value> {
    workspace.emulator.reset();
    workspace.forget_state();
    workspace.write("main.tf", &reset_block(arguments));
    workspace.apply();
    workspace.assert_no_changes();
    bodies(workspace)
}

pub(crate) fn each_target_moves_the_partitions_to_its_offsets(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("position = \"earliest\""));
    workspace.init();
    let whole = |field: &str, value: i64| json!([{ "topic": "orders", "partition": -1, field: value }]);
    let each = |offsets: &[(i64, i64)]| {
        let body = |(partition, offset): &(i64, i64)| json!({ "topic": "orders", "partition": partition, "message_offset": offset });
        Value::Array(offsets.iter().map(body).collect())
    };
    for (arguments, sent, offsets) in [
        ("position = \"earliest\"", whole("message_offset", 0), [0, 100, 4_000_000_000]),
        ("position = \"latest\"", whole("message_offset", 9_007_199_254_740_991), [300, 250, 4_000_001_000]),
        ("position = \"current\"", each(&[(0, 140), (1, 190), (2, 4_000_000_500)]), [140, 190, 4_000_000_500]),
        // The second minute of the log: message 120.
        ("datetime = \"2024-01-01T00:02:00Z\"", whole("timestamp", 1_704_067_320_000), [120, 120, 4_000_000_120]),
        (
            "datetime = \"2024-01-01T08:02:00.500+08:00\"",
            whole("timestamp", 1_704_067_320_500),
            [121, 121, 4_000_000_121],
        ),
        ("timestamp = 1704067320000", whole("timestamp", 1_704_067_320_000), [120, 120, 4_000_000_120]),
        ("shift_by = 1", each(&[(0, 141), (1, 191), (2, 4_000_000_501)]), [141, 191, 4_000_000_501]),
        ("shift_by = -100", each(&[(0, 40), (1, 90), (2, 4_000_000_400)]), [40, 100, 4_000_000_400]),
        ("partition_offsets = { 0 = 5, 2 = 4000000007 }", each(&[(0, 5), (2, 4_000_000_007)]), [5, 190, 4_000_000_007]),
        ("partition_offsets = { 0 = 120, 1 = 120, 2 = 120 }", whole("message_offset", 120), [120, 120, 4_000_000_000]),
        ("partition = 1\n  shift_by = 1", each(&[(1, 191)]), [140, 191, 4_000_000_500]),
    ] {
        assert_eq!(Value::Array(apply_to_fresh_demo(workspace, arguments)), sent, "{arguments}");
        assert_eq!(workspace.offsets(), offsets, "{arguments}");
    }
}

/// The service uses this computer's clock, so the time in the request is between two readings of it. The dates of
/// responses have whole seconds.
pub(crate) fn duration_counts_back_from_the_time_of_the_reset(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("by_duration = \"P1DT1H\""));
    workspace.init();
    let hours_25 = SignedDuration::from_hours(25);
    let before = Timestamp::now() - hours_25 - SignedDuration::from_secs(1);
    workspace.apply();
    let after = Timestamp::now() - hours_25;
    let sent = bodies(workspace)[0]["timestamp"].as_i64().expect("a time");
    assert!((before.as_millisecond()..=after.as_millisecond()).contains(&sent), "{before} {sent} {after}");
    // All messages of the demo are older.
    assert_eq!(workspace.offsets(), [300, 250, 4_000_001_000]);
}

/// A service clock that is this many seconds ahead of this computer's.
struct ClockAhead(i64);

impl Clock for ClockAhead {
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.0)
    }
}

/// Signatures are accepted with a clock difference of up to 15 minutes.
pub(crate) fn duration_counts_back_by_the_services_clock(workspace: &Workspace) {
    let unchecked = "\n  verify = false\n  require_inactive_group = false";
    let mut transcript = Transcript::default();
    for (skew, checks) in [(840, ""), (-840, ""), (840, unchecked)] {
        let emulator = Emulator::builder().clock(Arc::new(ClockAhead(skew))).start_in_thread().unwrap();
        let workspace = Workspace::with(workspace.terraform(), emulator);
        workspace.write("main.tf", &reset_block(&format!("by_duration = \"PT20M\"{checks}")));
        workspace.init();
        let now = || Timestamp::now() + SignedDuration::from_secs(skew);
        let before = now();
        let apply = workspace.apply();
        // Dates of responses have whole seconds.
        let range = before.as_second() - 1..=now().as_second();
        let sent = bodies(&workspace)[0]["timestamp"].as_i64().expect("a time") / 1_000 + 20 * 60;
        assert!(range.contains(&sent), "{sent} is not in {range:?}");
        let reset_at = workspace.resource_state()["reset_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
        assert!(range.contains(&reset_at.as_second()), "{reset_at} is not in {range:?}");
        transcript.add(format!("{skew} s{checks}"), apply.diagnostics());
    }
    assert_snapshot!(transcript);
}

pub(crate) fn at_most_eight_requests_of_a_reset_are_in_flight(workspace: &Workspace) {
    let running = workspace.start_wide_shift(30);
    workspace.emulator.release();
    running.finish().succeeded();
    let journal = workspace.emulator.journal();
    assert_eq!(journal.max_in_flight("PUT", "/reset-message-offset"), 8);
    assert_eq!(workspace.resets(), 30);
    let moved = workspace.emulator.group_offsets(demo::INSTANCE_ID, "wide-reader", "wide").unwrap();
    assert_eq!(moved, (1..=30).collect::<Vec<i64>>());
}

pub(crate) fn shift_without_committed_offsets_is_refused_with_advice(workspace: &Workspace) {
    workspace.add_topic("wide", 3);
    workspace.add_group_on("half", "wide", &[5]);
    let block = reset_block("shift_by = 1").replace("billing", "half").replace("\"orders\"", "\"wide\"");
    workspace.write("main.tf", &block);
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(workspace.resets(), 0);
    assert!(workspace.state_is_empty());
    assert_snapshot!(apply.diagnostics());
}

/// As the documentation describes it, with `partition_offsets` from the recorded offsets.
pub(crate) fn recorded_offsets_roll_a_reset_back(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("position = \"earliest\""));
    workspace.init();
    workspace.apply();
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
    let back = reset_block("partition_offsets = huaweicloud_kafka_offset_reset.this.before[\"orders\"]")
        .replace("\"this\"", "\"back\"");
    workspace.write("back.tf", &back);
    let apply = workspace.apply();
    assert!(apply.stdout.contains("1 added, 0 changed, 0 destroyed"), "{apply}");
    assert_eq!(workspace.offsets(), [140, 190, 4_000_000_500]);
    workspace.assert_no_changes();
}

/// If it is applied again, each of these targets moves the group to another offset.
pub(crate) fn error_of_a_relative_reset_gives_the_absolute_target(workspace: &Workspace) {
    workspace.add_topic("wide", 3);
    workspace.add_group_on("wide-reader", "wide", &[50, 50, 50]);
    workspace.write("once_override.tf", "provider \"huaweicloud\" {\n  max_retries = 0\n}\n");
    workspace.write("main.tf", "");
    workspace.init();
    let mut transcript = Transcript::default();
    for target in ["shift_by = 1", "position = \"current\"", "partition = 1\n  shift_by = 1", "by_duration = \"PT1H\""]
    {
        workspace.forget_state();
        workspace.emulator.add_fault(Fault::new(Effect::CloseAfter).on(Operation::ResetOffsets).times(1));
        workspace.write("main.tf", &wide_reset_block(&format!("{target}\n  verify = false")));
        let apply = workspace.run(&["apply", "-auto-approve"]).failed();
        let [body] = &bodies(workspace)[..] else { panic!("{target}: not one reset for all partitions: {apply}") };
        if let Some(sent) = body["timestamp"].as_i64() {
            let sent = Timestamp::from_millisecond(sent).unwrap().to_string();
            assert!(apply.text().contains(&sent), "{sent} is missing: {apply}");
        }
        transcript.add(target, apply.diagnostics());
        workspace.emulator.clear_journal();
    }
    assert_snapshot!(transcript);
}
