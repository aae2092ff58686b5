//! Edits that express the same reset in another notation do not reset again.

use std::fmt::Write as _;

use dms_emulator::demo;

use super::harness::{Output, Workspace, reset_block};

/// Pairs of arguments that request the same reset.
fn pairs() -> Vec<[String; 2]> {
    let project = format!("message_offset = 200\n  project_id = \"{}\"", demo::PROJECT_ID);
    let region = format!("message_offset = 200\n  region = \"{}\"", demo::REGION);
    let datetime = r#"datetime = "2024-01-01T00:02:00Z""#;
    let offset = "message_offset = 200";
    [
        [datetime, r#"datetime = "2024-01-01T08:02:00+08:00""#],
        [datetime, r#"datetime = "2024-01-01T00:02:00.000Z""#],
        [datetime, r#"datetime = "2024-01-01t00:02:00z""#],
        [r#"by_duration = "PT60M""#, r#"by_duration = "PT1H""#],
        [r#"by_duration = "PT60M""#, r#"by_duration = "1h""#],
        ["partition_offsets = { 0 = 140 }", "partition_offsets = { 0 = 140, 1 = null }"],
        [offset, &project],
        [offset, &region],
        [offset, "message_offset = 200\n  partition = -1"],
        [offset, "message_offset = 200\n  on_out_of_range = \"clamp\""],
        [offset, "message_offset = 200\n  require_inactive_group = true\n  verify = null"],
        [offset, "message_offset = 200\n  require_inactive_group = null\n  verify = true"],
        [offset, "message_offset = 200\n  wait_for_inactive = \"1m\""],
        [offset, "message_offset = 2e2"],
        [offset, "message_offset = \"200.0\""],
        ["timestamp = 1704067320000", "timestamp = 1.70406732e12"],
        [
            "message_offset = 200\n  timeouts {\n    create = \"30m\"\n  }",
            "message_offset = 200\n  timeouts {\n    create = \"1800s\"\n  }",
        ],
        ["message_offset = 200\n  triggers = { a = 1 }", "message_offset = 200\n  triggers = { a = \"1\", b = null }"],
    ]
    .map(|pair| pair.map(str::to_owned))
    .to_vec()
}

/// Writes a reset with each of these arguments, each with a separate group.
fn write(workspace: &Workspace, arguments: &[&str]) {
    let mut blocks = String::new();
    for (number, arguments) in arguments.iter().enumerate() {
        let block = reset_block(arguments).replace("\"this\"", &format!("\"number_{number}\""));
        writeln!(blocks, "{}", block.replace("billing", &format!("group-{number}"))).unwrap();
    }
    workspace.write("main.tf", &blocks);
}

fn add_groups(workspace: &Workspace, count: usize) {
    (0..count).for_each(|number| workspace.add_group(&format!("group-{number}")));
}

/// Applies one configuration and then the other. Returns the output of the second apply.
fn apply_one_then_other(workspace: &Workspace, one: &[&str], other: &[&str]) -> Output {
    workspace.forget_state();
    write(workspace, one);
    workspace.apply();
    write(workspace, other);
    workspace.apply()
}

pub(crate) fn equivalent_values_plan_no_change(workspace: &Workspace) {
    let pairs = pairs();
    add_groups(workspace, pairs.len());
    let [one, other] = [0, 1].map(|side| pairs.iter().map(|pair| pair[side].as_str()).collect::<Vec<_>>());
    write(workspace, &one);
    workspace.init();
    for (before, after) in [(&one, &other), (&other, &one)] {
        workspace.forget_state();
        write(workspace, before);
        workspace.apply();
        let resets = workspace.resets();
        write(workspace, after);
        workspace.assert_no_changes();
        assert_eq!(workspace.resets(), resets);
    }
}

/// Terraform plans null only as null, so these edits change the state.
pub(crate) fn null_and_its_equivalents_update_in_place(workspace: &Workspace) {
    add_groups(workspace, 2);
    let one = ["message_offset = 200", "message_offset = 200"];
    let other = ["message_offset = 200\n  triggers = {}", "message_offset = 200\n  triggers = { a = null }"];
    write(workspace, &one);
    workspace.init();
    for (before, after, resets) in [(one, other, 2), (other, one, 4)] {
        let apply = apply_one_then_other(workspace, &before, &after);
        assert!(apply.stdout.contains("0 added, 2 changed, 0 destroyed"), "{apply}");
        assert_eq!(workspace.resets(), resets);
        workspace.assert_no_changes();
    }
}

pub(crate) fn switching_between_timestamp_and_datetime_does_not_reset(workspace: &Workspace) {
    add_groups(workspace, 1);
    let [timestamp, datetime] = [["timestamp = 1704067320000"], [r#"datetime = "2024-01-01T08:02:00+08:00""#]];
    write(workspace, &timestamp);
    workspace.init();
    for (before, after, resets) in [(timestamp, datetime, 1), (datetime, timestamp, 2)] {
        let apply = apply_one_then_other(workspace, &before, &after);
        assert!(apply.stdout.contains("0 added, 1 changed, 0 destroyed"), "{apply}");
        assert_eq!(workspace.resets(), resets);
        workspace.assert_no_changes();
    }
}

pub(crate) fn different_values_replace(workspace: &Workspace) {
    let pairs = [
        [r#"datetime = "2024-01-01T00:02:00Z""#, r#"datetime = "2024-01-01T00:02:00+08:00""#],
        [r#"datetime = "2024-01-01T00:02:00Z""#, "timestamp = 1704067320001"],
        ["timestamp = 0", r#"position = "earliest""#],
        [r#"by_duration = "PT60M""#, r#"by_duration = "PT61M""#],
        ["partition_offsets = { 0 = 140 }", "partition_offsets = { 0 = 140, 1 = 150 }"],
        ["message_offset = 200", "message_offset = 200\n  partition = 0"],
        ["message_offset = 200", "message_offset = 200\n  triggers = { a = 1 }"],
    ];
    add_groups(workspace, pairs.len());
    let [one, other] = [0, 1].map(|side| pairs.map(|pair| pair[side]));
    write(workspace, &one);
    workspace.init();
    let apply = apply_one_then_other(workspace, &one, &other);
    assert!(apply.stdout.contains("7 added, 0 changed, 7 destroyed"), "{apply}");
    // One reset for each, and one more for the second partition.
    assert_eq!(workspace.resets(), 15);
}
