//! Checks before a reset: a reset that fails one of them is not sent.

use dms_emulator::state::Permission;
use dms_emulator::{Effect, Fault, FaultResponse, Operation, demo};
use serde_json::json;

use super::harness::{Workspace, reset_block, wide_reset_block};
use crate::snapshot::{Transcript, assert_snapshot};

/// Adds a group with one member, which stays, or leaves after this many milliseconds.
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

/// Applies a block that is refused. No reset is sent, and nothing is stored.
fn refused_before_sending(workspace: &Workspace, block: &str) -> String {
    workspace.write("main.tf", block);
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(workspace.resets(), 0, "{apply}");
    assert!(workspace.state_is_empty(), "{apply}");
    apply.diagnostics()
}

pub(crate) fn repeated_plans_and_refreshes_send_no_request(workspace: &Workspace) {
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

pub(crate) fn group_that_goes_offline_in_time_is_reset(workspace: &Workspace) {
    add_online_group(workspace, "leaving", Some(1_000));
    workspace.write("main.tf", &reset_block("position = \"earliest\"").replace("billing", "leaving"));
    workspace.init();
    workspace.apply();
    assert_eq!(workspace.offsets_of("leaving"), [0, 100, 4_000_000_000]);
    assert_eq!(workspace.resets(), 1);
    // The interval is 250 ms and grows by half. The fourth read, at 1.2 s, is the first one without members.
    let journal = workspace.emulator.journal();
    let before = journal.entries().iter().take_while(|entry| entry.method != "PUT");
    let reads = before.filter(|entry| entry.path.ends_with("/management/groups/leaving")).count();
    assert!((4..=6).contains(&reads), "{reads} reads before the reset");
}

pub(crate) fn online_group_is_refused_with_its_members(workspace: &Workspace) {
    add_online_group(workspace, "staying", None);
    workspace.write("main.tf", "");
    workspace.init();
    let mut transcript = Transcript::default();
    for wait in ["0s", "600ms"] {
        let block = reset_block(&format!("position = \"earliest\"\n  wait_for_inactive = \"{wait}\""));
        transcript.add(wait, refused_before_sending(workspace, &block.replace("billing", "staying")));
    }
    assert_snapshot!(transcript);
}

pub(crate) fn rebalancing_group_counts_as_online(workspace: &Workspace) {
    workspace.merge(&json!({ "groups": [{ "name": "joining", "state": "PreparingRebalance" }] }));
    workspace.write("main.tf", "");
    workspace.init();
    let block = reset_block("position = \"earliest\"\n  wait_for_inactive = \"0s\"").replace("billing", "joining");
    assert_snapshot!(refused_before_sending(workspace, &block));
}

pub(crate) fn unknown_names_are_reported_with_their_lines(workspace: &Workspace) {
    workspace.merge(&json!({ "groups": [{ "name": "dead", "state": "Dead" }] }));
    workspace.write("main.tf", "");
    workspace.init();
    let latest = reset_block("position = \"latest\"");
    let mut transcript = Transcript::default();
    for (case, block) in [
        ("misspelt group", latest.replace("billing", "biling")),
        ("dead group", latest.replace("billing", "dead")),
        ("topic", latest.replace("\"orders\"", "\"order\"")),
        ("instance", latest.replace(demo::INSTANCE_ID, "no-such-instance")),
        ("partition", reset_block("partition = 3\n  position = \"latest\"")),
        ("partition_offsets", reset_block("partition_offsets = { 0 = 1, 3 = 1 }")),
    ] {
        transcript.add(case, refused_before_sending(workspace, &block));
    }
    assert_snapshot!(transcript);
}

pub(crate) fn out_of_range_target_is_refused_if_it_must_not_be_clamped(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    let mut transcript = Transcript::default();
    // Partition 0 holds 0 to 300, and partition 1 holds 100 to 250. There is a message each second: message 0 was
    // written at 00:00:00, and message 100 at 00:01:40.
    for target in [
        "partition = 0\n  message_offset = 301",
        "partition = 1\n  message_offset = 99",
        "partition = 1\n  shift_by = -100",
        "partition_offsets = { 0 = 999, 1 = 5, 2 = 4000000007 }",
        "partition = 1\n  datetime = \"2024-01-01T00:01:39Z\"",
        "partition = 0\n  by_duration = \"PT1H\"",
    ] {
        let block = reset_block(&format!("{target}\n  on_out_of_range = \"error\""));
        transcript.add(target, refused_before_sending(workspace, &block));
    }
    assert_snapshot!(transcript);
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

/// With hints, each time takes three requests before the reset. Without hints, only the first eight partitions ask for
/// one. After the reset, two messages of each partition prove its offset.
pub(crate) fn times_in_many_partitions_take_few_requests(workspace: &Workspace) {
    const PARTITIONS: usize = 30;
    workspace.add_topic("wide", PARTITIONS);
    workspace.add_group_on("wide-reader", "wide", &[9; PARTITIONS]);
    workspace.write("main.tf", "");
    workspace.init();
    for (has_hints, offset, hints, single) in [(true, 50, PARTITIONS, 4 * PARTITIONS), (false, 70, 8, 6 * PARTITIONS)] {
        if !has_hints {
            let missing = FaultResponse::new(404, "APIGW.0101", "The API does not exist.");
            workspace.emulator.add_fault(Fault::new(Effect::Status(missing)).on(Operation::ShowMessages));
        }
        workspace.forget_state();
        workspace.emulator.clear_journal();
        let target = format!("timestamp = {}\n  on_out_of_range = \"error\"", 1_704_067_200_000_i64 + offset * 1_000);
        workspace.write("main.tf", &wide_reset_block(&target));
        workspace.apply();
        let offsets = workspace.emulator.group_offsets(demo::INSTANCE_ID, "wide-reader", "wide").unwrap();
        assert_eq!(offsets, [offset; PARTITIONS]);
        let journal = workspace.emulator.journal();
        assert!(journal.count("GET", "/messages") <= hints, "{}", journal.count("GET", "/messages"));
        let ends = journal.count("GET", "-message");
        assert!(journal.count("GET", "/message") + ends <= single, "{} {ends}", journal.count("GET", "/message"));
        for call in ["message", "messages"] {
            assert!(journal.max_in_flight("GET", call) <= 8, "{}", journal.max_in_flight("GET", call));
        }
    }
}

/// Messages that cannot be read for a reason that all partitions share are not requested for each one.
pub(crate) fn range_check_ends_at_the_first_shared_failure(workspace: &Workspace) {
    workspace.add_topic("wide", 30);
    workspace.add_group_on("wide-reader", "wide", &[9; 30]);
    workspace.write("main.tf", "");
    workspace.init();
    let unavailable = Effect::Status(FaultResponse::new(501, "APIGW.0605", "No backend."));
    for operation in [Operation::ShowMessage, Operation::ShowMessages, Operation::ShowFirstMessage] {
        workspace.emulator.add_fault(Fault::new(unavailable.clone()).on(operation));
    }
    let block = wide_reset_block("datetime = \"2024-01-01T00:00:50Z\"\n  on_out_of_range = \"error\"");
    let text = refused_before_sending(workspace, &block);
    assert!(text.contains("501"), "{text}");
    let journal = workspace.emulator.journal();
    let count = journal.count("GET", "message") + journal.count("GET", "messages");
    assert!(count <= 3 * 8, "{count}");
}

/// Credentials that are allowed to reset but not to read, as is common in CI.
fn deny_reads(workspace: &Workspace) {
    let only = Some(vec![Permission::ModifyInstance]);
    workspace.emulator.with_state(|state| state.set_permissions(demo::ACCESS_KEY, only)).unwrap();
}

pub(crate) fn reset_is_refused_if_credentials_do_not_allow_its_checks(workspace: &Workspace) {
    deny_reads(workspace);
    workspace.write("main.tf", "");
    workspace.init();
    let unchecked = "require_inactive_group = false\n  ";
    let mut transcript = Transcript::default();
    for arguments in [
        "position = \"earliest\"".to_owned(),
        "position = \"earliest\"\n  require_inactive_group = true".to_owned(),
        format!("{unchecked}position = \"earliest\""),
        format!("{unchecked}verify = true\n  position = \"earliest\""),
        format!("{unchecked}shift_by = 1"),
        format!("{unchecked}position = \"current\""),
        format!("{unchecked}shift_by = 1\n  on_out_of_range = \"error\""),
        format!("{unchecked}message_offset = 1\n  on_out_of_range = \"error\""),
    ] {
        transcript.add(&arguments, refused_before_sending(workspace, &reset_block(&arguments)));
    }
    assert_snapshot!(transcript);
}

/// A reset that could not be verified afterwards is refused before anything is sent.
pub(crate) fn reset_by_time_needs_readable_messages(workspace: &Workspace) {
    let response = FaultResponse::new(400, "DMS.00400999", "Message query is disabled.");
    workspace.emulator.add_fault(Fault::new(Effect::Status(response)).on(Operation::ShowLastMessage));
    workspace.write("main.tf", "");
    workspace.init();
    let by_time = "datetime = \"2024-01-01T00:02:00Z\"";
    let text = refused_before_sending(workspace, &reset_block(by_time));
    workspace.write("main.tf", &reset_block(&format!("{by_time}\n  verify = false")));
    workspace.apply();
    assert_eq!(workspace.offsets(), [120, 120, 4_000_000_120]);
    assert_snapshot!(text);
}

pub(crate) fn reset_without_checks_reads_nothing(workspace: &Workspace) {
    let block = reset_block("message_offset = 200\n  require_inactive_group = false\n  verify = false");
    workspace.write("main.tf", &block);
    workspace.init();
    workspace.apply();
    // The lookup of the project, and the reset.
    assert_eq!(workspace.calls(), 2);
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
}

/// The group is read before and after the reset.
pub(crate) fn group_is_read_once_for_all_checks(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.apply();
    let journal = workspace.emulator.journal();
    let mut calls: Vec<String> = journal
        .entries()
        .iter()
        .map(|it| format!("{} {}", it.method, it.path.rsplit('/').next().unwrap_or_default()))
        .collect();
    // The provider sends both reads before the reset at the same time, so they can arrive in any order.
    calls[1..3].sort_unstable();
    assert_eq!(calls, ["GET projects", "GET billing", "GET partitions", "PUT reset-message-offset", "GET billing"]);
}
