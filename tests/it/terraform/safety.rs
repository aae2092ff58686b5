//! What is checked before a reset, and that nothing is sent when it should not be.

use dms_emulator::world::Permission;
use dms_emulator::{Effect, Endpoint, Fault, FaultAnswer, demo};
use serde_json::json;

use super::harness::{Workspace, reset_block};

/// A group with one member, which leaves by itself after so many milliseconds, or stays.
fn add_online_group(workspace: &Workspace, name: &str, leaves_after_ms: Option<u64>) {
    workspace.merge(&json!({
        "groups": [{
            "name": name,
            "members": [{
                "member_id": "worker-7-0001",
                "client_id": "worker-7",
                "host": "/192.0.2.77",
                "assignment": { "orders": [0, 2] },
                "leaves_after_ms": leaves_after_ms,
            }],
            "offsets": { "orders": [140, 190, 4_000_000_500_i64] },
        }],
    }));
}

/// Applies in vain; nothing may have been sent, and nothing is stored.
fn refused_before_sending(workspace: &Workspace, block: &str) -> String {
    workspace.write("main.tf", block);
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("The reset was not sent."), "{apply}");
    assert_eq!(workspace.resets(), 0, "{apply}");
    assert!(workspace.state_is_empty(), "{apply}");
    apply.text()
}

pub(crate) fn ten_plans_and_refreshes_send_nothing(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("position = \"earliest\""));
    workspace.init();
    workspace.apply();
    let (resets, calls) = (workspace.resets(), workspace.calls());
    for _ in 0..10 {
        workspace.run(&["plan"]).succeeded();
        workspace.run(&["apply", "-refresh-only", "-auto-approve"]).succeeded();
    }
    assert_eq!((workspace.resets(), workspace.calls()), (resets, calls));
}

pub(crate) fn group_that_goes_offline_a_second_later_is_waited_for(workspace: &Workspace) {
    add_online_group(workspace, "leaving", Some(1_000));
    workspace.write("main.tf", &reset_block("position = \"earliest\"").replace("billing", "leaving"));
    workspace.init();
    workspace.apply();
    assert_eq!(workspace.offsets_of("leaving"), [0, 100, 4_000_000_000]);
    assert_eq!(workspace.resets(), 1);
    // 250 ms, then half as long again each time: the fourth look, at 1.2 s, is the first without members.
    let journal = workspace.emulator.journal();
    let before = journal.entries().iter().take_while(|entry| entry.method != "PUT");
    let looks = before.filter(|entry| entry.path.ends_with("/management/groups/leaving")).count();
    assert!((4..=6).contains(&looks), "{looks} looks before the reset");
}

pub(crate) fn group_that_stays_online_is_refused_with_who_is_there(workspace: &Workspace) {
    add_online_group(workspace, "staying", None);
    workspace.write("main.tf", "");
    workspace.init();
    for wait in ["0s", "600ms"] {
        let block = reset_block(&format!("position = \"earliest\"\n  wait_for_inactive = \"{wait}\""));
        let told = refused_before_sending(workspace, &block.replace("billing", "staying"));
        for part in ["refused: 1 member is active", "worker-7", "/192.0.2.77", "partitions 0, 2", "wait_for_inactive"] {
            assert!(told.contains(part), "{part:?} is missing: {told}");
        }
    }
}

pub(crate) fn rebalancing_group_is_not_inactive(workspace: &Workspace) {
    workspace.merge(&json!({ "groups": [{ "name": "joining", "state": "PreparingRebalance" }] }));
    workspace.write("main.tf", "");
    workspace.init();
    let block = reset_block("position = \"earliest\"\n  wait_for_inactive = \"0s\"").replace("billing", "joining");
    let told = refused_before_sending(workspace, &block);
    assert!(told.contains("PreparingRebalance"), "{told}");
}

pub(crate) fn names_that_are_not_there_are_told_with_their_lines(workspace: &Workspace) {
    workspace.merge(&json!({ "groups": [{ "name": "dead", "state": "Dead" }] }));
    workspace.write("main.tf", "");
    workspace.init();
    for (block, summary, line) in [
        (reset_block("position = \"latest\"").replace("billing", "biling"), "Consumer group \"biling\" not found", 3),
        (reset_block("position = \"latest\"").replace("billing", "dead"), "Consumer group \"dead\" not found", 3),
        (reset_block("position = \"latest\"").replace("\"orders\"", "\"order\""), "Topic not found", 4),
        (
            reset_block("position = \"latest\"").replace(demo::INSTANCE_ID, "no-such-instance"),
            "Kafka instance not found",
            2,
        ),
        (reset_block("partition = 3\n  position = \"latest\""), "Partition not found", 5),
        (reset_block("partition_offsets = { 0 = 1, 3 = 1 }"), "Partition not found", 5),
    ] {
        let told = refused_before_sending(workspace, &block);
        assert!(told.contains(summary), "{summary}: {told}");
        assert!(told.contains(&format!("on main.tf line {line}")), "{summary}: {told}");
    }
}

pub(crate) fn target_out_of_range_is_refused_where_it_must_not_be_clamped(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    // Partition 0 holds 0 to 300, 1 holds 100 to 250; messages from 00:00:00 (100 of partition 1: 00:01:40) on.
    for (target, outside) in [
        ("partition = 0\n  message_offset = 301", vec!["partition 0: offset 301 is after its log"]),
        ("partition = 1\n  message_offset = 99", vec!["partition 1: offset 99 is before its log"]),
        ("partition = 1\n  shift_by = -100", vec!["partition 1: offset 90 is before its log"]),
        (
            "partition_offsets = { 0 = 999, 1 = 5, 2 = 4000000007 }",
            vec!["partition 0: offset 999 is after", "partition 1: offset 5 is before"],
        ),
        ("partition = 1\n  datetime = \"2024-01-01T00:01:39Z\"", vec!["partition 1: timestamp 1704067299000"]),
        ("partition = 0\n  by_duration = \"PT1H\"", vec!["is after its log"]),
    ] {
        let block = reset_block(&format!("{target}\n  on_out_of_range = \"error\""));
        let told = refused_before_sending(workspace, &block);
        for part in outside {
            assert!(told.contains(part), "{target}: {part:?} is missing: {told}");
        }
    }
    for target in [
        "partition = 0\n  message_offset = 300",
        "partition = 1\n  datetime = \"2024-01-01T00:01:40Z\"",
        "position = \"earliest\"",
        "position = \"latest\"",
    ] {
        workspace.forget_state();
        workspace.write("main.tf", &reset_block(&format!("{target}\n  on_out_of_range = \"error\"")));
        workspace.apply();
    }
}

/// Credentials that are allowed to reset but not to read, as is common in CI.
fn may_only_reset(workspace: &Workspace) {
    let only = Some(vec![Permission::ModifyInstance]);
    workspace.emulator.world(|world| world.set_permissions(demo::ACCESS_KEY, only)).unwrap();
}

pub(crate) fn reset_is_refused_if_credentials_do_not_allow_its_checks(workspace: &Workspace) {
    may_only_reset(workspace);
    workspace.write("main.tf", "");
    workspace.init();
    let unchecked = "require_inactive_group = false\n  ";
    for (arguments, path, how_to_turn_off) in [
        ("position = \"earliest\"".to_owned(), "", "require_inactive_group = false"),
        (
            "position = \"earliest\"\n  require_inactive_group = true".to_owned(),
            "require_inactive_group = true",
            "require_inactive_group = false",
        ),
        (format!("{unchecked}position = \"earliest\""), "", "verify = false"),
        (format!("{unchecked}verify = true\n  position = \"earliest\""), "verify = true", "verify = false"),
        (format!("{unchecked}shift_by = 1"), "shift_by", "relative to the committed offsets"),
        (format!("{unchecked}position = \"current\""), "position", "relative to the committed offsets"),
        (format!("{unchecked}shift_by = 1\n  on_out_of_range = \"error\""), "shift_by", "relative to"),
        (
            format!("{unchecked}message_offset = 1\n  on_out_of_range = \"error\""),
            "on_out_of_range",
            "on_out_of_range = \"clamp\"",
        ),
    ] {
        let text = refused_before_sending(workspace, &reset_block(&arguments));
        for part in [path, how_to_turn_off, "dms:instance:get", "DMS.00403002"] {
            assert!(text.contains(part), "{arguments}: {part:?} is missing: {text}");
        }
    }
}

/// A reset that could not be verified afterwards is refused before anything is sent.
pub(crate) fn reset_by_time_needs_readable_messages(workspace: &Workspace) {
    let answer = FaultAnswer::new(400, "DMS.00400999", "Message query is disabled.");
    workspace.emulator.add_fault(Fault::new(Effect::Status(answer)).on(Endpoint::ShowLastMessage));
    workspace.write("main.tf", "");
    workspace.init();
    let by_time = "datetime = \"2024-01-01T00:02:00Z\"";
    let text = refused_before_sending(workspace, &reset_block(by_time));
    for part in ["Message query is disabled.", "timestamps of the topic's messages"] {
        assert!(text.contains(part), "{part:?} is missing: {text}");
    }
    workspace.write("main.tf", &reset_block(&format!("{by_time}\n  verify = false")));
    workspace.apply();
    assert_eq!(workspace.offsets(), [120, 120, 4_000_000_120]);
}

pub(crate) fn without_checks_nothing_is_read(workspace: &Workspace) {
    let block = reset_block("message_offset = 200\n  require_inactive_group = false\n  verify = false");
    workspace.write("main.tf", &block);
    workspace.init();
    workspace.apply();
    // The project's id, and the reset.
    assert_eq!(workspace.calls(), 2);
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
}

/// The group has been read twice, the topic once, and the reset was sent once.
pub(crate) fn group_is_read_once_for_all_checks(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.apply();
    let journal = workspace.emulator.journal();
    let calls: Vec<String> = journal
        .entries()
        .iter()
        .map(|it| format!("{} {}", it.method, it.path.rsplit('/').next().unwrap_or_default()))
        .collect();
    assert_eq!(calls, ["GET projects", "GET billing", "GET partitions", "PUT reset-message-offset", "GET billing"]);
}
