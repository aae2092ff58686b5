//! Outcomes of a reset: offsets in the state, warnings, and resets that failed or did not go as requested.

use dms_emulator::{Effect, Fault, FaultResponse, Operation, demo};
use serde_json::json;

use super::harness::{Output, Workspace, reset_block};
use crate::snapshot::{self, Transcript, assert_snapshot};

/// An apply that fails after a reset was sent. The resource is kept in the state, tainted.
fn failed_after_sending(workspace: &Workspace) -> Output {
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    let show = workspace.run(&["show"]).succeeded();
    assert!(show.stdout.contains("(tainted)"), "{show}");
    apply
}

/// What the state records of the reset.
fn results(workspace: &Workspace) -> serde_json::Value {
    let state = workspace.resource_state();
    let names = ["before", "after", "clamped", "replayed_messages", "skipped_messages"];
    names.iter().map(|name| state[name].clone()).collect()
}

pub(crate) fn offsets_before_and_after_are_in_the_state(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let apply = workspace.apply();
    // The offsets of the emulator's demo. The log of the last partition begins at four billion.
    let before = json!({ "orders": { "0": 140, "1": 190, "2": 4_000_000_500_i64 } });
    let after = json!({ "orders": { "0": 200, "1": 200, "2": 4_000_000_000_i64 } });
    assert_eq!(results(workspace), json!([before, after, ["orders/2"], 500, 70]));
    assert_snapshot!(apply.diagnostics());
}

/// A time before the first message or after the last one moves the group to the nearer end of the log.
pub(crate) fn clamped_times_are_detected_by_neighbouring_messages(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("datetime = \"2024-01-01T00:01:00Z\""));
    workspace.init();
    let apply = workspace.apply();
    // Message 60 of partitions 0 and 2. The log of partition 1 begins with message 100.
    assert_eq!(workspace.offsets(), [60, 100, 4_000_000_060]);
    assert_eq!(workspace.resource_state()["clamped"], json!(["orders/1"]));
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn skipped_unread_messages_are_a_warning(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    let mut transcript = Transcript::default();
    for target in [
        // Message 200 of each partition. The committed offsets of partitions 0 and 1 are 140 and 190.
        "datetime = \"2024-01-01T00:03:20Z\"",
        "message_offset = 210",
        "shift_by = 1",
        "partition_offsets = { 0 = 250 }",
        "position = \"earliest\"",
        "position = \"latest\"",
    ] {
        workspace.write("main.tf", &reset_block(target));
        transcript.add(target, workspace.apply().diagnostics());
    }
    assert_snapshot!(transcript);
}

pub(crate) fn ignored_reset_is_an_error_with_the_offsets_in_the_state(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace
        .emulator
        .add_fault(Fault::new(Effect::Status(FaultResponse::empty(204))).on(Operation::ResetOffsets).times(1));
    let apply = failed_after_sending(workspace);
    let state = workspace.resource_state();
    // Partition 0 holds offset 200, and partition 2 does not. Neither was moved there.
    let offsets = json!({ "orders": { "0": 140, "1": 190, "2": 4_000_000_500_i64 } });
    assert_eq!(results(workspace), json!([offsets, offsets, ["orders/2"], 0, 0]));
    assert!(state["request_id"].is_string(), "{state}");

    workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
    workspace.assert_no_changes();
    assert_snapshot!(apply.diagnostics());
}

/// Only the neighbouring messages show whether an offset is the right one for a time.
pub(crate) fn ignored_reset_to_a_time_is_an_error(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("datetime = \"2024-01-01T00:02:00Z\""));
    workspace.init();
    workspace
        .emulator
        .add_fault(Fault::new(Effect::Status(FaultResponse::empty(204))).on(Operation::ResetOffsets).times(1));
    let apply = failed_after_sending(workspace);
    workspace.apply();
    assert_eq!(workspace.offsets(), [120, 120, 4_000_000_120]);
    // Repeating the reset moves nothing, and succeeds.
    workspace.run(&["apply", "-auto-approve", "-replace=huaweicloud_kafka_offset_reset.this"]).succeeded();
    assert_eq!(workspace.resets(), 3);
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn partial_failure_lists_the_partitions_done_and_not_done(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("shift_by = 1"));
    workspace.init();
    let refused = Effect::Status(FaultResponse::new(400, "DMS.00400800", "Not this one."));
    workspace.emulator.add_fault(Fault::new(refused).on(Operation::ResetOffsets).partition(1).times(1));
    let apply = failed_after_sending(workspace);
    assert_eq!(workspace.offsets(), [141, 190, 4_000_000_501]);
    let state = workspace.resource_state();
    assert_eq!(state["after"], json!({ "orders": { "0": 141, "1": 190, "2": 4_000_000_501_i64 } }));
    assert_eq!(state["skipped_messages"], json!(2));
    assert_snapshot!(apply.diagnostics());
}

/// The usual case is a poison message, which must be skipped once.
pub(crate) fn shift_with_a_lost_response_moves_once(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("partition = 0\n  shift_by = 1"));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::CloseAfter).on(Operation::ResetOffsets).times(1));
    workspace.apply();
    assert_eq!(workspace.offsets(), [141, 190, 4_000_000_500]);
    let journal = workspace.emulator.journal();
    let bodies: Vec<_> = journal.matching("PUT", "/reset-message-offset").map(|it| it.body.clone().unwrap()).collect();
    let body = json!({ "topic": "orders", "partition": 0, "message_offset": 141 });
    assert_eq!(bodies, [body.clone(), body]);
    workspace.assert_no_changes();
}

pub(crate) fn lost_request_is_resent(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::CloseBefore).on(Operation::ResetOffsets).times(1));
    workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
}

/// Producers keep writing while a group is stopped.
pub(crate) fn log_that_grows_during_a_reset_is_not_an_error(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("position = \"latest\""));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    workspace.emulator.with_state(|state| {
        let logs = state.topic_mut(demo::INSTANCE_ID, demo::ORDERS).unwrap();
        logs[0].append(7).unwrap();
        logs[1].delete_before(120);
    });
    workspace.emulator.release();
    running.finish().succeeded();
    assert_eq!(workspace.offsets(), [307, 250, 4_000_001_000]);
}

/// The request holds offset 0 in this case, which must not hide that the target is out of range.
pub(crate) fn shift_below_zero_is_out_of_range(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("partition = 0\n  shift_by = -200\n  on_out_of_range = \"error\""));
    workspace.init();
    let mut transcript = Transcript::default();
    let refused = workspace.run(&["apply", "-auto-approve"]).failed();
    transcript.add("on_out_of_range = \"error\"", refused.diagnostics());
    assert_eq!(workspace.resets(), 0);
    workspace.write("main.tf", &reset_block("partition = 0\n  shift_by = -200"));
    transcript.add("on_out_of_range = \"clamp\"", workspace.apply().diagnostics());
    assert_eq!(workspace.resource_state()["clamped"], json!(["orders/0"]));
    assert_snapshot!(transcript);
}

/// If they ran concurrently, each reset would read the offsets that the other one has set, and fail.
pub(crate) fn resets_of_the_same_partitions_run_one_after_the_other(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("count = 2\n  message_offset = 200"));
    workspace.init();
    let apply = workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
    workspace.assert_no_changes();
    assert_snapshot!(snapshot::distinct(&apply.diagnostics()));
}

/// Not every offset within the log is the right one for a time.
pub(crate) fn wrong_offset_after_a_reset_to_a_time_is_an_error(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("partition = 0\n  datetime = \"2024-01-01T00:02:00Z\""));
    workspace.init();
    workspace
        .emulator
        .add_fault(Fault::new(Effect::Status(FaultResponse::empty(204))).on(Operation::ResetOffsets).times(1));
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    workspace
        .emulator
        .with_state(|state| state.group_mut(demo::INSTANCE_ID, demo::BILLING).unwrap().commit("orders", 0, 299));
    workspace.emulator.release();
    assert_snapshot!(running.finish().failed().diagnostics());
}

pub(crate) fn permission_lost_before_the_verification_is_an_error(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    let only = Some(vec![dms_emulator::state::Permission::ModifyInstance]);
    workspace.emulator.with_state(|state| state.set_permissions(demo::ACCESS_KEY, only)).unwrap();
    workspace.emulator.release();
    let apply = running.finish().failed();
    let before = json!({ "orders": { "0": 140, "1": 190, "2": 4_000_000_500_i64 } });
    assert_eq!(results(workspace), json!([before, null, null, null, null]));
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn offsets_verify_a_reset_whose_responses_were_lost(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::CloseAfter).on(Operation::ResetOffsets).times(6));
    let apply = workspace.apply();
    assert_eq!(workspace.resets(), 6);
    workspace.assert_no_changes();
    assert_snapshot!(apply.diagnostics());
}

/// The state has to keep the reset, because the next apply of a shift would move the group again.
pub(crate) fn refusal_after_a_lost_response_may_have_changed_offsets(workspace: &Workspace) {
    let unverified = "partition = 0\n  message_offset = 150\n  verify = false";
    workspace.write("main.tf", &reset_block(unverified));
    workspace.init();
    let refused = Effect::Status(FaultResponse::new(400, "DMS.00400980", "Online."));
    workspace.emulator.add_faults(
        [Effect::CloseAfter, refused].map(|effect| Fault::new(effect).on(Operation::ResetOffsets).times(1)),
    );
    let apply = failed_after_sending(workspace);
    assert_eq!(workspace.offsets()[0], 150);
    assert_snapshot!(apply.diagnostics());
}

/// Of several requests, one loses every response.
pub(crate) fn offsets_verify_one_partition_whose_responses_were_lost(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("shift_by = 1"));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::CloseAfter).on(Operation::ResetOffsets).partition(1).times(6));
    let apply = workspace.apply();
    assert_eq!(workspace.offsets(), [141, 191, 4_000_000_501]);
    assert_snapshot!(apply.diagnostics());
}

/// Without offsets before and after, the partitions look like those that the service skips.
pub(crate) fn lost_reset_of_a_group_without_offsets_is_an_error(workspace: &Workspace) {
    let fresh = |state: &mut dms_emulator::State| {
        state.group_mut(demo::INSTANCE_ID, demo::BILLING).unwrap().offsets.remove(demo::ORDERS);
    };
    workspace.emulator.with_state(fresh);
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::CloseBefore).on(Operation::ResetOffsets).times(6));
    let apply = failed_after_sending(workspace);
    workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn failed_verification_also_reports_the_failed_reset(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.write("no_retries_override.tf", "provider \"huaweicloud\" {\n  max_retries = 0\n}\n");
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::CloseAfter).on(Operation::ResetOffsets).times(1));
    let unreachable = Fault::new(Effect::ResetBefore).on(Operation::ShowGroupWithOffsets).skip(1);
    workspace.emulator.add_fault(unreachable);
    assert_snapshot!(failed_after_sending(workspace).diagnostics());
}

/// Terraform compares and rewrites its whole state after every resource, so the size of one reset decides how long many
/// resets take. Most of that work depends on the bytes without white space.
pub(crate) fn state_of_a_reset_is_small(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("position = \"earliest\""));
    workspace.init();
    workspace.apply();
    assert_eq!(workspace.resource_state()["before"]["orders"].as_object().map(serde_json::Map::len), Some(3));
    let attributes = workspace.resource_state().to_string();
    assert!(attributes.len() <= 830, "{} bytes: {attributes}", attributes.len());
    let text = workspace.state_text();
    let (_, instance) = text.split_once("\"instances\": [\n").unwrap();
    let (instance, _) = instance.split_once("\n      ]").unwrap();
    assert!(instance.len() <= 1_600, "{} bytes: {instance}", instance.len());
    // Private data would be a part of every state.
    assert!(!instance.contains("\"private\""), "{instance}");
}

/// `before` does not depend on verification, because a shift reads the offsets anyway.
pub(crate) fn offsets_are_recorded_as_far_as_they_were_read(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    let before = json!({ "orders": { "0": 140, "1": 190, "2": 4_000_000_500_i64 } });
    for (target, before) in [("message_offset = 200", json!(null)), ("shift_by = 1", before)] {
        workspace.emulator.reset();
        workspace.forget_state();
        workspace.write("main.tf", &reset_block(&format!("{target}\n  verify = false")));
        workspace.apply();
        assert_eq!(results(workspace), json!([before, null, null, null, null]), "{target}");
    }
}

/// The group had read nothing, so it replays and skips nothing. A rollback leaves these partitions where they are.
pub(crate) fn partition_without_a_committed_offset_is_null_and_is_not_rolled_back(workspace: &Workspace) {
    let fresh = |state: &mut dms_emulator::State| {
        state.group_mut(demo::INSTANCE_ID, demo::BILLING).unwrap().offsets.get_mut(demo::ORDERS).unwrap().remove(&0);
    };
    workspace.emulator.with_state(fresh);
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.apply();
    let before = json!({ "orders": { "0": null, "1": 190, "2": 4_000_000_500_i64 } });
    let after = json!({ "orders": { "0": 200, "1": 200, "2": 4_000_000_000_i64 } });
    assert_eq!(results(workspace), json!([before, after, ["orders/2"], 500, 10]));
    let back = reset_block("partition_offsets = huaweicloud_kafka_offset_reset.this.before[\"orders\"]");
    workspace.write("back.tf", &back.replace("\"this\"", "\"back\""));
    workspace.apply();
    assert_eq!(workspace.offsets(), [200, 190, 4_000_000_500]);
}
