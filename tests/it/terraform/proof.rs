//! What is known after a reset: offsets in the state, warnings, and resets that did not go as asked.

use dms_emulator::script::{ResetBehaviour, ResetScript};
use dms_emulator::{Effect, Endpoint, Fault, demo};
use serde_json::json;

use super::harness::{Output, Workspace, reset_block};

/// Applies in vain, after something was sent: what is known is kept, tainted.
fn failed_after_sending(workspace: &Workspace) -> Output {
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("The state keeps this reset as tainted"), "{apply}");
    let show = workspace.run(&["show"]).succeeded();
    assert!(show.stdout.contains("(tainted)"), "{show}");
    apply
}

pub(crate) fn offsets_before_and_after_are_in_the_state(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let apply = workspace.apply();
    // As the emulator documents its demo. The last partition begins at four billion.
    let record = |partition: i64, before: i64, after: i64, log: (i64, i64), clamped: bool| {
        json!({
            "topic": "orders", "partition": partition, "before": before, "after": after,
            "log_start": log.0, "log_end": log.1, "clamped": clamped,
        })
    };
    assert_eq!(
        workspace.resource_state()["offsets"],
        json!([
            record(0, 140, 200, (0, 300), false),
            record(1, 190, 200, (100, 250), false),
            record(2, 4_000_000_500, 4_000_000_000, (4_000_000_000, 4_000_001_000), true),
        ])
    );
    let warning = "Reset target of consumer group \"billing\" outside of the log";
    assert_eq!(apply.text().matches(warning).count(), 1, "{apply}");
    let message = "topic \"orders\" partition 2: requested offset 200, moved to offset 4000000000 (the partition holds offsets \
                4000000000 to 4000000999)";
    assert!(apply.text().contains(message), "{apply}");
}

/// A time before the first message, or after the last, is moved to the nearer end.
pub(crate) fn clamped_times_are_told_by_the_messages_around(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("datetime = \"2024-01-01T00:01:00Z\""));
    workspace.init();
    let apply = workspace.apply();
    // Message 60 of partitions 0 and 2; partition 1 begins with message 100.
    assert_eq!(workspace.offsets(), [60, 100, 4_000_000_060]);
    let clamped: Vec<_> =
        workspace.resource_state()["offsets"].as_array().unwrap().iter().map(|it| it["clamped"].clone()).collect();
    assert_eq!(clamped, [json!(false), json!(true), json!(false)]);
    assert!(apply.text().contains("topic \"orders\" partition 1: requested timestamp 1704067260000"), "{apply}");
}

pub(crate) fn skipped_unread_messages_are_a_warning(workspace: &Workspace) {
    // Message 200 of each partition: partitions 0 and 1 stand at 140 and 190.
    workspace.write("main.tf", &reset_block("datetime = \"2024-01-01T00:03:20Z\""));
    workspace.init();
    let apply = workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_200]);
    let warning = "Warning: Consumer group \"billing\" skips unread messages";
    assert_eq!(apply.text().matches(warning).count(), 1, "{apply}");
    let listed = "(70 in all): topic \"orders\" partition 0: 60 skipped, moved to offset 200 \
                  topic \"orders\" partition 1: 10 skipped, moved to offset 200";
    assert!(apply.text().contains(listed), "{apply}");
    assert!(!apply.text().contains("partition 2"), "{apply}");

    for (target, warned) in [
        ("message_offset = 210", true),
        ("shift_by = 1", true),
        ("partition_offsets = { 0 = 250 }", true),
        ("position = \"earliest\"", false),
        ("position = \"latest\"", false),
    ] {
        workspace.write("main.tf", &reset_block(target));
        let apply = workspace.apply();
        assert_eq!(apply.text().contains(warning), warned, "{target}: {apply}");
    }
}

pub(crate) fn reset_that_moved_nothing_fails_and_keeps_what_is_known(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.script_resets([ResetScript::any(ResetBehaviour::AcceptedButIgnored)]);
    let apply = failed_after_sending(workspace);
    for part in [
        "Reset of consumer group \"billing\" not as requested",
        "the service accepted it",
        "requested offset 200, found offset 140",
    ] {
        assert!(apply.text().contains(part), "{part:?} is missing: {apply}");
    }
    let state = workspace.resource_state();
    assert_eq!((&state["offsets"][0]["before"], &state["offsets"][0]["after"]), (&json!(140), &json!(140)));
    // Partition 0 holds offset 200; partition 2 does not. Neither went there.
    assert_eq!((&state["offsets"][0]["clamped"], &state["offsets"][2]["clamped"]), (&json!(false), &json!(true)));
    assert!(state["request_id"].is_string(), "{state}");

    workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
    workspace.assert_no_changes();
}

/// By time, the place can be message from the messages around it only.
pub(crate) fn time_that_moved_nothing_is_told_from_one_that_had_nothing_to_move(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("datetime = \"2024-01-01T00:02:00Z\""));
    workspace.init();
    workspace.emulator.script_resets([ResetScript::any(ResetBehaviour::AcceptedButIgnored)]);
    let apply = failed_after_sending(workspace);
    assert!(apply.text().contains("requested timestamp 1704067320000 (2024-01-01T00:02:00Z)"), "{apply}");
    workspace.apply();
    assert_eq!(workspace.offsets(), [120, 120, 4_000_000_120]);
    // The same once more moves nothing, and is right.
    workspace.run(&["apply", "-auto-approve", "-replace=huaweicloud_kafka_offset_reset.this"]).succeeded();
    assert_eq!(workspace.resets(), 3);
}

pub(crate) fn failure_in_the_middle_names_what_was_done(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("shift_by = 1"));
    workspace.init();
    let refused = ResetBehaviour::Refused { status: 400, code: "DMS.00400800".into(), message: "Not this one.".into() };
    workspace.emulator.script_resets([ResetScript::partition(1, refused)]);
    let apply = failed_after_sending(workspace);
    for part in [
        "The reset was sent in part.",
        "Done: partitions 0, 2.",
        "Not done: partition 1.",
        "400 DMS.00400800: Not this one.",
        "To roll back topic \"orders\", set partition_offsets = { 0 = 140, 1 = 190, 2 = 4000000500 }.",
        "partition_offsets = { 0 = 141, 1 = 191, 2 = 4000000501 } instead of shift_by",
    ] {
        assert!(apply.text().contains(part), "{part:?} is missing: {apply}");
    }
    assert_eq!(workspace.offsets(), [141, 190, 4_000_000_501]);
    let after: Vec<_> =
        workspace.resource_state()["offsets"].as_array().unwrap().iter().map(|it| it["after"].clone()).collect();
    assert_eq!(after, [json!(141), json!(190), json!(4_000_000_501_i64)]);
}

/// Past a poison message, with the answer lost: one step, not two.
pub(crate) fn lost_answer_of_a_shift_makes_one_step(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("partition = 0\n  shift_by = 1"));
    workspace.init();
    workspace.emulator.script_resets([ResetScript::any(ResetBehaviour::AnswerLost)]);
    workspace.apply();
    assert_eq!(workspace.offsets(), [141, 190, 4_000_000_500]);
    let journal = workspace.emulator.journal();
    let bodies: Vec<_> = journal.matching("PUT", "/reset-message-offset").map(|it| it.body.clone().unwrap()).collect();
    let body = json!({ "topic": "orders", "partition": 0, "message_offset": 141 });
    assert_eq!(bodies, [body.clone(), body]);
    workspace.assert_no_changes();
}

pub(crate) fn lost_request_is_sent_again(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.script_resets([ResetScript::any(ResetBehaviour::RequestLost)]);
    workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
}

/// Producers go on while a group is stopped.
pub(crate) fn log_that_grows_meanwhile_is_no_failure(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("position = \"latest\""));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    workspace.emulator.world(|world| {
        let logs = world.topic_mut(demo::INSTANCE_ID, demo::ORDERS).unwrap();
        logs[0].append(7).unwrap();
        logs[1].delete_before(120);
    });
    workspace.emulator.release();
    running.finish().succeeded();
    assert_eq!(workspace.offsets(), [307, 250, 4_000_001_000]);
}

/// A shift below the first offset was neither message nor refused: what was sent was 0, and 0 it became.
pub(crate) fn shift_below_zero_escaped_the_check_of_its_range(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("partition = 0\n  shift_by = -200\n  on_out_of_range = \"error\""));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("partition 0: offset -60 is before its log (offsets 0 to 299)"), "{apply}");
    assert_eq!(workspace.resets(), 0);
    workspace.write("main.tf", &reset_block("partition = 0\n  shift_by = -200"));
    let apply = workspace.apply();
    assert!(apply.text().contains("requested offset -60, moved to offset 0"), "{apply}");
    assert_eq!(workspace.resource_state()["offsets"][0]["clamped"], json!(true));
}

/// Side by side, each found the group where the other one had left it, and failed.
pub(crate) fn resets_of_the_same_partitions_failed_each_other(workspace: &Workspace) {
    let one = reset_block("message_offset = 200").replace("\"this\"", "\"one\"");
    let two = reset_block("message_offset = 210").replace("\"this\"", "\"two\"");
    workspace.write("main.tf", &format!("{one}\n{two}"));
    workspace.init();
    let apply = workspace.apply();
    assert_eq!(apply.text().matches("Warning: Several resets of the same partitions").count(), 1, "{apply}");
    assert!([200, 210].contains(&workspace.offsets()[0]), "{:?}", workspace.offsets());
    workspace.assert_no_changes();
}

/// Any place within the log passed for the place of a time.
pub(crate) fn time_that_led_elsewhere_was_taken_for_moved_as_asked(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("partition = 0\n  datetime = \"2024-01-01T00:02:00Z\""));
    workspace.init();
    workspace.emulator.script_resets([ResetScript::any(ResetBehaviour::AcceptedButIgnored)]);
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    workspace
        .emulator
        .world(|world| world.group_mut(demo::INSTANCE_ID, demo::BILLING).unwrap().commit("orders", 0, 299));
    workspace.emulator.release();
    let apply = running.finish().failed();
    assert!(
        apply.text().contains("requested timestamp 1704067320000 (2024-01-01T00:02:00Z), found offset 299"),
        "{apply}"
    );
}

pub(crate) fn permission_lost_before_the_verification_is_an_error_with_the_old_offsets(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    let only = Some(vec![dms_emulator::world::Permission::ModifyInstance]);
    workspace.emulator.world(|world| world.set_permissions(demo::ACCESS_KEY, only)).unwrap();
    workspace.emulator.release();
    let apply = running.finish().failed();
    assert_eq!(apply.text().matches("Error: Offsets of consumer group \"billing\" not verified").count(), 1, "{apply}");
    assert!(apply.text().contains("0 = 140, 1 = 190, 2 = 4000000500"), "{apply}");
    assert_eq!(workspace.resource_state()["offsets"][0]["before"], json!(140));
}

/// The answer was lost every time, and the offsets show that it was done.
pub(crate) fn reset_whose_answers_were_lost_is_proved_by_its_offsets(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.script_resets((0..6).map(|_| ResetScript::any(ResetBehaviour::AnswerLost)));
    let apply = workspace.apply();
    assert!(apply.text().contains("Reset of consumer group \"billing\" succeeded despite an error"), "{apply}");
    assert!(apply.text().contains("6 attempts within"), "{apply}");
    assert_eq!(workspace.resets(), 6);
    workspace.assert_no_changes();
}

/// It was message as refused, with nothing in the state; a shift would have been done twice.
pub(crate) fn refusal_after_a_lost_answer_was_told_as_nothing_done(workspace: &Workspace) {
    let unproved = "partition = 0\n  message_offset = 150\n  verify = false";
    workspace.write("main.tf", &reset_block(unproved));
    workspace.init();
    let refused = ResetBehaviour::Refused { status: 400, code: "DMS.00400980".into(), message: "Online.".into() };
    workspace.emulator.script_resets([ResetBehaviour::AnswerLost, refused].map(ResetScript::any));
    let apply = failed_after_sending(workspace);
    assert!(apply.text().contains("The reset may have been carried out."), "{apply}");
    assert_eq!(workspace.offsets()[0], 150);
}

/// Of several requests, one that lost every answer made an error of a reset that was done.
pub(crate) fn lost_answers_of_one_partition_were_not_proved(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("shift_by = 1"));
    workspace.init();
    workspace.emulator.script_resets((0..6).map(|_| ResetScript::partition(1, ResetBehaviour::AnswerLost)));
    let apply = workspace.apply();
    assert!(apply.text().contains("Reset of consumer group \"billing\" succeeded despite an error"), "{apply}");
    assert_eq!(workspace.offsets(), [141, 191, 4_000_000_501]);
}

/// Nothing was committed before and after, which was taken for partitions that the service leaves out.
pub(crate) fn lost_reset_of_a_group_without_offsets_was_told_as_done(workspace: &Workspace) {
    let fresh = |world: &mut dms_emulator::World| {
        world.group_mut(demo::INSTANCE_ID, demo::BILLING).unwrap().offsets.remove(demo::ORDERS);
    };
    workspace.emulator.world(fresh);
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.script_resets((0..6).map(|_| ResetScript::any(ResetBehaviour::RequestLost)));
    let apply = failed_after_sending(workspace);
    assert!(apply.text().contains("requested offset 200, found no committed offset"), "{apply}");
    workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
}

/// Nothing was said of the request whose answer was lost, only of the look afterwards, which failed too.
pub(crate) fn failure_of_the_look_hid_the_failure_of_sending(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.write("once_override.tf", "provider \"huaweicloud\" {\n  max_retries = 0\n}\n");
    workspace.init();
    workspace.emulator.script_resets([ResetScript::any(ResetBehaviour::AnswerLost)]);
    let gone = Fault::new(Effect::ResetBefore).on(Endpoint::ShowGroupWithOffsets).after(1);
    workspace.emulator.add_fault(gone);
    let apply = failed_after_sending(workspace);
    for part in ["Failed to send the reset: PUT ", "Failed to read the consumer group", "may have been carried out"] {
        assert!(apply.text().contains(part), "{part:?} is missing: {apply}");
    }
}
