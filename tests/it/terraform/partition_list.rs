//! Incomplete lists of a topic's partitions: only the partitions that the block names are moved.

use dms_emulator::{Effect, Fault, FaultResponse, Operation};
use serde_json::{Value, json};

use super::harness::{Workspace, wide_reset_block};
use super::targets::bodies;
use crate::snapshot::{Transcript, assert_snapshot};

/// Partitions of the topic "wide", each with offsets 0 to 100.
const PARTITIONS: i64 = 120;

/// A response to a request for the topic's partitions.
fn page(numbers: std::ops::Range<i64>, total: Option<i64>) -> Fault {
    let described =
        |number| json!({ "partition": number, "start_offset": 0, "last_offset": 100, "message_count": 100 });
    let mut body = json!({ "partitions": numbers.map(described).collect::<Vec<Value>>() });
    if let Some(total) = total {
        body["total"] = total.into();
    }
    let response = FaultResponse::raw(200, "application/json", &body.to_string());
    Fault::new(Effect::Status(response)).on(Operation::ListPartitions)
}

/// Adds the topic, and a group that has committed 50 on every partition.
fn add_wide_topic(workspace: &Workspace) {
    workspace.add_topic("wide", PARTITIONS.try_into().unwrap());
    workspace.add_group_on("wide-reader", "wide", &vec![50; PARTITIONS.try_into().unwrap()]);
}

/// The partitions in the resets that were sent, in order.
fn partitions_sent(workspace: &Workspace) -> Vec<i64> {
    bodies(workspace).iter().map(|body| body["partition"].as_i64().unwrap()).collect()
}

/// A provider that accepts such a list would reset every partition (-1) if the block names those in the list, or shift
/// only the partitions in the list.
pub(crate) fn truncated_list_of_partitions_is_an_error(workspace: &Workspace) {
    add_wide_topic(workspace);
    workspace.write("main.tf", &wide_reset_block("partition_offsets = { for i in range(50) : i => 7 }"));
    workspace.init();
    let mut transcript = Transcript::default();
    for (target, total) in [
        ("partition_offsets = { for i in range(50) : i => 7 }", Some(120)),
        ("shift_by = -1", Some(120)),
        ("shift_by = -1", Some(0)),
        ("position = \"current\"", None),
        ("shift_by = -1", Some(50)),
    ] {
        workspace.write("main.tf", &wide_reset_block(target));
        workspace.emulator.add_fault(page(0..50, total));
        let apply = workspace.run(&["apply", "-auto-approve"]).failed();
        transcript.add(format!("{target} with total {total:?}"), apply.diagnostics());
        workspace.emulator.clear_faults();
    }
    assert_eq!(workspace.resets(), 0);
    // The complete list has three pages.
    workspace.write("main.tf", &wide_reset_block("partition_offsets = { for i in range(50) : i => 7 }"));
    workspace.apply();
    assert_eq!(partitions_sent(workspace), (0..50).collect::<Vec<i64>>());
    assert_snapshot!(transcript);
}

/// Without a total, the list may be incomplete, so the request must not name partition -1 (every partition).
pub(crate) fn list_without_a_total_resets_only_the_named_partitions(workspace: &Workspace) {
    add_wide_topic(workspace);
    workspace.write("main.tf", &wide_reset_block("partition_offsets = { for i in range(120) : i => 7 }"));
    workspace.init();
    workspace.emulator.add_fault(page(0..120, None).times(1));
    workspace.emulator.add_fault(page(0..0, None));
    workspace.apply();
    assert_eq!(partitions_sent(workspace), (0..PARTITIONS).collect::<Vec<i64>>());
}
