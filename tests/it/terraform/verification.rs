//! Verification of resets: an offset that merely looks plausible is not a success.

use dms_emulator::{Effect, Fault, FaultResponse, Operation, demo};
use serde_json::{Value, json};

use super::harness::{Workspace, reset_block};
use crate::snapshot::{Transcript, assert_snapshot};

const MARKED: &str = "marked";
/// The time of the message at offset 20.
const MESSAGE_20: &str = "datetime = \"2024-01-01T00:00:20Z\"";

/// Adds a topic of one partition with offsets 0 to 100, one message per second, and a group that has committed
/// `committed`.
fn add_topic(workspace: &Workspace, gaps: &Value, committed: i64) {
    let partition = json!({ "log_end": 100, "gaps": gaps });
    workspace.merge(&json!({ "topics": [{ "name": MARKED, "partitions": [partition] }] }));
    workspace.add_group_on("reader", MARKED, &[committed]);
}

fn block(target: &str) -> String {
    reset_block(target).replace("billing", "reader").replace("\"orders\"", "\"marked\"")
}

fn committed(workspace: &Workspace) -> i64 {
    workspace.emulator.group_offsets(demo::INSTANCE_ID, "reader", MARKED).unwrap()[0]
}

/// Refuses every reset with 503, like a gateway whose service is down.
fn refuse_resets(workspace: &Workspace) {
    let unavailable = Effect::Status(FaultResponse::new(503, "APIGW.0605", "No backend."));
    workspace.emulator.add_fault(Fault::new(unavailable).on(Operation::ResetOffsets));
    workspace.write("retries_override.tf", "provider \"huaweicloud\" {\n  max_retries = 1\n}\n");
}

/// Accepts every reset without moving the group.
fn ignore_resets(workspace: &Workspace) {
    let accepted = Effect::Status(FaultResponse::empty(204));
    workspace.emulator.add_fault(Fault::new(accepted).on(Operation::ResetOffsets));
}

/// A transaction marker at the end of the log neither contradicts nor confirms a time.
pub(crate) fn transaction_marker_does_not_turn_a_failed_reset_into_a_success(workspace: &Workspace) {
    let marker = json!([{ "from_offset": 99, "to_offset": 100, "transaction_ended_at": 1_704_067_299_000_i64 }]);
    add_topic(workspace, &marker, 100);
    refuse_resets(workspace);
    workspace.write("main.tf", &block(MESSAGE_20));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(committed(workspace), 100);
    assert_snapshot!(apply.diagnostics());
}

/// A transaction of one message ends right before the group's offset, so the previous offset holds no message.
pub(crate) fn accepted_reset_that_moved_nothing_after_a_transaction_is_an_error(workspace: &Workspace) {
    let marker = json!([{ "from_offset": 51, "to_offset": 52, "transaction_ended_at": 1_704_067_251_000_i64 }]);
    add_topic(workspace, &marker, 52);
    workspace.write("main.tf", &block(MESSAGE_20));
    workspace.init();
    workspace
        .emulator
        .add_fault(Fault::new(Effect::Status(FaultResponse::empty(204))).on(Operation::ResetOffsets).times(1));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_snapshot!(apply.diagnostics());
}

/// Resets that were carried out, to offsets next to offsets without a message.
pub(crate) fn reset_of_a_log_with_gaps_is_verified(workspace: &Workspace) {
    let marker = |offset: i64| json!({ "from_offset": offset, "to_offset": offset + 1, "transaction_ended_at": 1_704_067_200_000 + offset * 1_000 });
    let gaps = json!([marker(20), { "from_offset": 40, "to_offset": 70 }, marker(99)]);
    add_topic(workspace, &gaps, 52);
    workspace.write("main.tf", "");
    workspace.init();
    for (time, offset) in [("20", 20), ("21", 21), ("40", 70), ("55", 70), ("38.5", 39)] {
        workspace.write("main.tf", &block(&format!("datetime = \"2024-01-01T00:00:{time}Z\"")));
        workspace.apply();
        assert_eq!(committed(workspace), offset, "{time}");
    }
    workspace.write("main.tf", &block("datetime = \"2024-02-01T00:00:00Z\""));
    workspace.apply();
    assert_eq!(committed(workspace), 100);
}

/// Only a second read can verify a reset to the first message of a compacted log, so the provider reads again however
/// long the first read took.
pub(crate) fn slow_first_read_does_not_end_the_verification(workspace: &Workspace) {
    add_topic(workspace, &json!([{ "from_offset": 0, "to_offset": 10 }]), 52);
    workspace.write("main.tf", &block("datetime = \"2024-01-01T00:00:10Z\""));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    workspace.emulator.add_fault(Fault::delay(4_100).on(Operation::ShowMessage).times(1));
    workspace.emulator.release();
    running.finish().succeeded();
    assert_eq!(committed(workspace), 10);
}

/// The group is at an offset where an end of the log was or is, but has not moved.
pub(crate) fn lost_reset_to_a_moving_end_of_the_log_is_an_error(workspace: &Workspace) {
    workspace.write("retries_override.tf", "provider \"huaweicloud\" {\n  max_retries = 1\n}\n");
    workspace.write("main.tf", "");
    workspace.init();
    let mut transcript = Transcript::default();
    // The target, the committed offset, and how many messages are written and deleted during the reset.
    for (target, offset, written, deleted) in [
        ("position = \"latest\"", 100, 100, 0),
        ("message_offset = 150", 100, 100, 0),
        ("position = \"earliest\"", 10, 0, 60),
        ("shift_by = -20", 10, 0, 60),
        // The group is at the start of the log, as it was before the reset.
        ("position = \"earliest\"", 0, 0, 60),
        ("datetime = \"2024-01-01T00:01:00Z\"", 0, 0, 60),
        // The group is at the requested message, as it was before the reset, and the message was read before the reset.
        ("datetime = \"2024-01-01T00:00:30Z\"\n  max_replayed_messages = 1000", 30, 0, 60),
    ] {
        add_topic(workspace, &json!([]), offset);
        workspace.write("main.tf", &block(target));
        workspace.emulator.add_fault(Fault::new(Effect::CloseBefore).on(Operation::ResetOffsets).times(2));
        workspace.emulator.clear_journal();
        workspace.emulator.hold();
        let running = workspace.start(&["apply", "-auto-approve"]);
        workspace.wait_for_resets(1);
        workspace.emulator.with_state(|state| {
            let log = &mut state.topic_mut(demo::INSTANCE_ID, MARKED).unwrap()[0];
            log.append(written).unwrap();
            log.delete_before(deleted);
        });
        workspace.emulator.release();
        let apply = running.finish().failed();
        transcript.add(format!("{target} from offset {offset}"), apply.diagnostics());
        workspace.forget_state();
    }
    assert_snapshot!(transcript);
}

/// The group has not moved to the first message, although no message lies between the two.
pub(crate) fn offset_before_the_log_is_not_the_earliest(workspace: &Workspace) {
    let partition = json!({ "log_start": 100, "log_end": 300 });
    workspace.merge(&json!({ "topics": [{ "name": MARKED, "partitions": [partition] }] }));
    workspace.add_group_on("reader", MARKED, &[5]);
    workspace.write("main.tf", &block("timestamp = 0"));
    workspace.init();
    ignore_resets(workspace);
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(committed(workspace), 5);
    assert_snapshot!(apply.diagnostics());
}

/// The service accepts the reset without moving the group, and its reads by offset return no message.
pub(crate) fn response_without_a_message_does_not_verify_a_reset(workspace: &Workspace) {
    add_topic(workspace, &json!([]), 50);
    workspace.write("main.tf", &block(MESSAGE_20));
    workspace.init();
    let mut transcript = Transcript::default();
    for body in ["{}", "{\"message\":null}", "{\"message\":[]}"] {
        ignore_resets(workspace);
        let response = Effect::Status(FaultResponse::raw(200, "application/json", body));
        workspace.emulator.add_fault(Fault::new(response).on(Operation::ShowMessage));
        let apply = workspace.run(&["apply", "-auto-approve"]).failed();
        assert_eq!(committed(workspace), 50, "{body}");
        transcript.add(body, apply.diagnostics());
        workspace.emulator.clear_faults();
        workspace.forget_state();
    }
    assert_snapshot!(transcript);
}

/// Another client moves the group, and the messages that would show it can no longer be read.
pub(crate) fn offset_with_unreadable_messages_is_not_verified(workspace: &Workspace) {
    add_topic(workspace, &json!([]), 100);
    workspace.write("main.tf", &block(MESSAGE_20));
    workspace.init();
    workspace
        .emulator
        .add_fault(Fault::new(Effect::Status(FaultResponse::empty(204))).on(Operation::ResetOffsets).times(1));
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    let busy = Effect::Status(FaultResponse::new(400, "DMS.00400999", "Message query is disabled."));
    workspace.emulator.add_fault(Fault::new(busy).on(Operation::ShowMessage));
    workspace.emulator.with_state(|state| state.group_mut(demo::INSTANCE_ID, "reader").unwrap().commit(MARKED, 0, 50));
    workspace.emulator.release();
    let apply = running.finish().failed();
    assert_snapshot!(apply.diagnostics());
}

/// Terraform prints every warning of an apply, so 3,000 lines would hide the rest.
pub(crate) fn warnings_about_many_partitions_are_short(workspace: &Workspace) {
    workspace.add_topic("wide", 400);
    workspace.add_group_on("wide-reader", "wide", &[50; 400]);
    workspace.write("main.tf", &super::harness::wide_reset_block("message_offset = 700"));
    workspace.init();
    let apply = workspace.apply();
    assert!(apply.text().len() < 12_000, "{} bytes", apply.text().len());
    assert_snapshot!(apply.diagnostics());
}
