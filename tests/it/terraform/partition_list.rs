//! Lists of a topic's partitions that are not whole: nothing that nobody named is moved.

use dms_emulator::{Effect, Endpoint, Fault, FaultAnswer};
use serde_json::{Value, json};

use super::harness::{Workspace, wide_reset_block};
use super::targets::bodies;

/// Partitions of the topic "wide", each with offsets 0 to 100.
const PARTITIONS: i64 = 120;

/// An answer to a request for the topic's partitions.
fn page(numbers: std::ops::Range<i64>, total: Option<i64>) -> Fault {
    let described =
        |number| json!({ "partition": number, "start_offset": 0, "last_offset": 100, "message_count": 100 });
    let mut body = json!({ "partitions": numbers.map(described).collect::<Vec<Value>>() });
    if let Some(total) = total {
        body["total"] = total.into();
    }
    let answer = FaultAnswer::raw(200, "application/json", &body.to_string());
    Fault::new(Effect::Status(answer)).on(Endpoint::ListPartitions)
}

/// Its group has committed 50 on every partition.
fn add_wide_topic(workspace: &Workspace) {
    workspace.add_topic("wide", PARTITIONS.try_into().unwrap());
    workspace.add_group_on("wide-reader", "wide", &vec![50; PARTITIONS.try_into().unwrap()]);
}

/// What the resets so far were for, by number.
fn partitions_sent(workspace: &Workspace) -> Vec<i64> {
    bodies(workspace).iter().map(|body| body["partition"].as_i64().unwrap()).collect()
}

/// One reset of partition -1 was sent for fifty that were named, and fifty of 120 were shifted.
pub(crate) fn list_that_ends_early_moved_partitions_that_nobody_named(workspace: &Workspace) {
    add_wide_topic(workspace);
    workspace.write("main.tf", &wide_reset_block("partition_offsets = { for i in range(50) : i => 7 }"));
    workspace.init();
    for (target, total, told) in [
        ("partition_offsets = { for i in range(50) : i => 7 }", Some(120), "the service repeats partition 0"),
        ("shift_by = -1", Some(120), "it has listed 50, with a total of 120"),
        ("shift_by = -1", Some(0), "it has listed 50, with a total of 0"),
        ("position = \"current\"", None, "it has listed 50, with no total"),
        ("shift_by = -1", Some(50), "the group has offsets on partitions 50, 51, 52"),
    ] {
        workspace.write("main.tf", &wide_reset_block(target));
        workspace.emulator.add_fault(page(0..50, total));
        let apply = workspace.run(&["apply", "-auto-approve"]).failed();
        for part in [told, "The reset was not sent."] {
            assert!(apply.text().contains(part), "{part:?} is missing of {target}, {total:?}: {apply}");
        }
        workspace.emulator.clear_faults();
    }
    assert_eq!(workspace.resets(), 0);
    // The whole list takes three pages.
    workspace.write("main.tf", &wide_reset_block("partition_offsets = { for i in range(50) : i => 7 }"));
    workspace.apply();
    assert_eq!(partitions_sent(workspace), (0..50).collect::<Vec<i64>>());
}

/// What looks whole was taken for every partition, and sent as partition -1.
pub(crate) fn list_without_a_total_moves_the_named_partitions_alone(workspace: &Workspace) {
    add_wide_topic(workspace);
    workspace.write("main.tf", &wide_reset_block("partition_offsets = { for i in range(120) : i => 7 }"));
    workspace.init();
    workspace.emulator.add_fault(page(0..120, None).times(1));
    workspace.emulator.add_fault(page(0..0, None));
    workspace.apply();
    assert_eq!(partitions_sent(workspace), (0..PARTITIONS).collect::<Vec<i64>>());
}
