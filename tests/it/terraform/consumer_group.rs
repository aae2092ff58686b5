//! The data source: what it shows of a group, its errors, and that it sends only reads.
//!
//! Expected numbers follow from the documentation of the emulator's demo: `orders` holds 0 to 300, 100 to 250 and
//! 4 000 000 000 to 4 000 001 000, `payments` 0 to 50.

use std::time::{Duration, Instant};

use dms_emulator::state::{GroupState, Member, MissingGroup, Permission};
use dms_emulator::{Effect, Fault, FaultResponse, Operation, demo};
use serde_json::{Value, json};

use super::harness::{Workspace, reset_block};
use crate::snapshot::{Transcript, assert_snapshot};

/// A data block with the demo's instance, and an output that shows all of it.
pub(crate) fn data_source_block(group: &str) -> String {
    format!(
        r#"data "huaweicloud_kafka_consumer_group" "this" {{
  instance_id = "{instance}"
  group       = {group}
}}

output "group" {{
  value = data.huaweicloud_kafka_consumer_group.this
}}
"#,
        instance = demo::INSTANCE_ID
    )
}

/// Applies the block, and returns the value of its output.
pub(crate) fn read(workspace: &Workspace, block: &str) -> Value {
    workspace.write("main.tf", block);
    workspace.apply();
    let outputs = workspace.run(&["output", "-json"]).succeeded();
    let mut outputs: Value = serde_json::from_str(&outputs.stdout).unwrap();
    outputs["group"]["value"].take()
}

fn assert_nothing_sent(workspace: &Workspace) {
    let journal = workspace.emulator.journal();
    assert!(journal.entries().iter().all(|entry| entry.method == "GET"), "{journal:?}");
}

fn offset(topic: &str, partition: i64, [current, log_start, log_end, lag]: [i64; 4]) -> Value {
    json!({
        "topic": topic,
        "partition": partition,
        "current": current,
        "log_start": log_start,
        "log_end": log_end,
        "lag": lag,
    })
}

pub(crate) fn data_source_shows_members_and_offsets(workspace: &Workspace) {
    workspace.write("main.tf", &data_source_block("\"billing\""));
    workspace.init();
    let expected = json!({
        "region": demo::REGION,
        "project_id": demo::PROJECT_ID,
        "instance_id": demo::INSTANCE_ID,
        "group": "billing",
        "topic": null,
        "state": "Empty",
        "coordinator_id": 1,
        "members": [],
        "offsets": [
            offset("orders", 0, [140, 0, 300, 160]),
            offset("orders", 1, [190, 100, 250, 60]),
            offset("orders", 2, [4_000_000_500, 4_000_000_000, 4_000_001_000, 500]),
            offset("payments", 0, [25, 0, 50, 25]),
        ],
        "lag": { "orders": 720, "payments": 25 },
        "total_lag": 745,
    });
    assert_eq!(read(workspace, &data_source_block("\"billing\"")), expected);

    let member = json!({
        "member_id": "shipping-1-00000000-0000-4000-8000-000000000001",
        "client_id": "shipping-1",
        "host": "/192.0.2.10",
        "assignment": [{ "topic": "orders", "partitions": [0, 1, 2] }],
    });
    let expected = json!({
        "region": demo::REGION,
        "project_id": demo::PROJECT_ID,
        "instance_id": demo::INSTANCE_ID,
        "group": "shipping",
        "topic": null,
        "state": "Stable",
        "coordinator_id": 1,
        "members": [member],
        "offsets": [
            offset("orders", 0, [290, 0, 300, 10]),
            offset("orders", 1, [240, 100, 250, 10]),
            offset("orders", 2, [4_000_000_990, 4_000_000_000, 4_000_001_000, 10]),
        ],
        "lag": { "orders": 30 },
        "total_lag": 30,
    });
    assert_eq!(read(workspace, &data_source_block("\"shipping\"")), expected);
    assert_nothing_sent(workspace);
}

fn with_topic(block: &str, topic: &str) -> String {
    block.replace("  group ", &format!("  topic = {topic:?}\n  group "))
}

pub(crate) fn topic_limits_offsets_and_lag(workspace: &Workspace) {
    let block = with_topic(&data_source_block("\"billing\""), "payments");
    workspace.write("main.tf", &block);
    workspace.init();
    let group = read(workspace, &block);
    assert_eq!(group["topic"], "payments");
    assert_eq!(group["offsets"], json!([offset("payments", 0, [25, 0, 50, 25])]));
    assert_eq!((&group["lag"], &group["total_lag"]), (&json!({ "payments": 25 }), &json!(25)));

    let lists = || workspace.emulator.journal().count("GET", "/partitions");
    assert_eq!(workspace.emulator.journal().count("GET", "/topics/payments/partitions"), lists());
    let lists_before = lists();
    // The members stay, although they consume another topic.
    let group = read(workspace, &with_topic(&data_source_block("\"shipping\""), "payments"));
    assert_eq!(group["members"][0]["assignment"][0]["topic"], "orders");
    assert_eq!((&group["offsets"], &group["lag"], &group["total_lag"]), (&json!([]), &json!({}), &json!(0)));
    assert_eq!(lists(), lists_before);
    assert_snapshot!(failed_plan(workspace, &with_topic(&data_source_block("\"billing\""), "")));
}

pub(crate) fn given_project_is_not_looked_up(workspace: &Workspace) {
    let block = data_source_block("\"billing\"").replace("  group ", "  project_id = \"PROJECT\"\n  group ");
    let block = block.replace("PROJECT", demo::PROJECT_ID);
    workspace.write("main.tf", &block);
    workspace.init();
    assert_eq!(read(workspace, &block)["project_id"], demo::PROJECT_ID);
    assert_eq!(workspace.emulator.journal().count("GET", "/v3/projects"), 0);
}

pub(crate) fn precondition_prevents_the_reset_of_an_online_group(workspace: &Workspace) {
    let reset = reset_block(
        "position = \"earliest\"\n  require_inactive_group = false\n  lifecycle {\n    precondition {\n      condition     = \
         data.huaweicloud_kafka_consumer_group.this.state == \"Empty\"\n      error_message = \"Stop the clients \
         first.\"\n    }\n  }",
    );
    let blocks =
        |group: &str| format!("{}{}", data_source_block(&format!("\"{group}\"")), reset.replace("billing", group));
    workspace.write("main.tf", &blocks("shipping"));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_nothing_sent(workspace);

    workspace.write("main.tf", &blocks("billing"));
    workspace.apply();
    assert_eq!(workspace.resets(), 1);
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
    assert_snapshot!(apply.diagnostics());
}

fn check_block(group: &str) -> String {
    let data = data_source_block(group);
    let (data, _) = data.split_once("output").expect("an output");
    let state = "data.huaweicloud_kafka_consumer_group.this.state";
    format!(
        "check \"idle\" {{\n{data}\n  assert {{\n    condition     = {state} == \"Empty\"\n    error_message = \"It is \
         ${{{state}}}.\"\n  }}\n}}\n"
    )
}

pub(crate) fn check_block_warns_and_does_not_fail(workspace: &Workspace) {
    workspace.write("main.tf", &check_block("\"shipping\""));
    workspace.init();
    let mut transcript = Transcript::default();
    for group in ["shipping", "unknown", "billing"] {
        workspace.write("main.tf", &check_block(&format!("\"{group}\"")));
        transcript.add(group, workspace.apply().diagnostics());
    }
    assert_nothing_sent(workspace);
    assert_snapshot!(transcript);
}

/// Plans a block whose data source cannot be read.
fn failed_plan(workspace: &Workspace, block: &str) -> String {
    workspace.write("main.tf", block);
    workspace.run(&["plan"]).failed().diagnostics()
}

pub(crate) fn missing_group_is_reported_with_its_line(workspace: &Workspace) {
    workspace.write("main.tf", "");
    workspace.init();
    let dead = |state: &mut dms_emulator::State| {
        let group = state.group_mut(demo::INSTANCE_ID, demo::BILLING).unwrap();
        group.state = GroupState::Dead;
        group.offsets.clear();
    };
    workspace.emulator.with_state(dead);
    let mut transcript = Transcript::default();
    for (case, group) in [("unknown group", "unknown"), ("dead group without offsets", "billing"), ("no name", "")] {
        transcript.add(case, failed_plan(workspace, &data_source_block(&format!("{group:?}"))));
    }
    workspace.emulator.with_state(|state| {
        state.any_instance_mut(demo::INSTANCE_ID).unwrap().choices.missing_group = MissingGroup::Refused;
    });
    transcript.add("unknown group whose read is refused", failed_plan(workspace, &data_source_block("\"unknown\"")));
    assert_nothing_sent(workspace);
    assert_snapshot!(transcript);
}

pub(crate) fn unknown_instance_is_reported_by_the_data_source(workspace: &Workspace) {
    let block = data_source_block("\"billing\"").replace(demo::INSTANCE_ID, "no-such-instance");
    workspace.write("main.tf", &block);
    workspace.init();
    assert_snapshot!(failed_plan(workspace, &block));
}

/// The service asks for ten minutes, and a read has a time limit of five.
pub(crate) fn retry_after_beyond_the_time_limit_fails_a_read_at_once(workspace: &Workspace) {
    workspace.write("main.tf", &data_source_block("\"billing\""));
    workspace.init();
    let busy = FaultResponse::new(429, "APIGW.0308", "The throttling threshold has been reached.").retry_after("600");
    workspace.emulator.add_fault(Fault::new(Effect::Status(busy)).on(Operation::ShowGroupWithOffsets));
    let started = Instant::now();
    let plan = workspace.run(&["plan"]).failed();
    assert!(started.elapsed() < Duration::from_secs(60), "{plan}");
    assert_snapshot!(plan.diagnostics());
}

pub(crate) fn missing_permission_is_named(workspace: &Workspace) {
    workspace.write("main.tf", &data_source_block("\"billing\""));
    workspace.init();
    let only_resets = Some(vec![Permission::ModifyInstance]);
    workspace.emulator.with_state(|state| state.set_permissions(demo::ACCESS_KEY, only_resets)).unwrap();
    assert_snapshot!(failed_plan(workspace, &data_source_block("\"billing\"")));
}

/// The read fails, because a missing start of a log could also mean that the topic was deleted.
pub(crate) fn forbidden_list_of_partitions_is_an_error(workspace: &Workspace) {
    workspace.write("main.tf", &data_source_block("\"billing\""));
    workspace.init();
    let message = "This role does not have the permissions to perform this operation.";
    let forbidden = FaultResponse::new(403, "DMS.00403003", message);
    workspace.emulator.add_fault(Fault::new(Effect::Status(forbidden)).request("GET", "/topics/payments/partitions"));
    assert_snapshot!(failed_plan(workspace, &data_source_block("\"billing\"")));
}

pub(crate) fn group_name_with_special_characters_reads_only_that_group(workspace: &Workspace) {
    let name = "a/b c%2F#?é+~:@";
    // A client that decodes, truncates or normalizes the name would read one of these groups.
    for other in ["a", "a/b", "a/b c/", "a/b c/#?é+~:@", "a/b c%2F", "a/b c%2F#?é ~:@"] {
        workspace.merge(&json!({ "groups": [{ "name": other, "offsets": { "orders": [1] } }] }));
    }
    workspace.merge(&json!({ "groups": [{ "name": name, "offsets": { "orders": [77] } }] }));
    let block = data_source_block(&format!("\"{name}\""));
    workspace.write("main.tf", &block);
    workspace.init();
    let group = read(workspace, &block);
    assert_eq!(group["group"], name);
    assert_eq!(group["offsets"], json!([offset("orders", 0, [77, 0, 300, 223])]));
    let journal = workspace.emulator.journal();
    let path = &journal.entries().iter().rfind(|entry| entry.path.contains("/groups/")).expect("a read").path;
    assert!(path.ends_with("/management/groups/a%2Fb%20c%252F%23%3F%C3%A9%2B~%3A%40"), "{path}");
}

fn member(number: u32, partitions: &[i32]) -> Member {
    Member {
        member_id: format!("worker-{number}"),
        client_id: "worker".to_owned(),
        host: "/192.0.2.12".to_owned(),
        assignment: [("orders".to_owned(), partitions.to_vec()), ("payments".to_owned(), vec![])].into(),
        leaves_after_ms: None,
    }
}

pub(crate) fn order_of_members_does_not_matter(workspace: &Workspace) {
    let members = |members: [Member; 3]| {
        let put = |state: &mut dms_emulator::State| {
            let group = state.group_mut(demo::INSTANCE_ID, demo::BILLING).unwrap();
            (group.state, group.members) = (GroupState::Stable, members.to_vec());
        };
        workspace.emulator.with_state(put);
    };
    members([member(1, &[0, 1]), member(2, &[2]), member(3, &[])]);
    workspace.write("main.tf", &data_source_block("\"billing\""));
    workspace.init();
    let group = read(workspace, &data_source_block("\"billing\""));
    assert_eq!(group["members"].as_array().map(Vec::len), Some(3));
    members([member(3, &[]), member(2, &[2]), member(1, &[1, 0])]);
    workspace.assert_no_changes();
    // Another assignment is a change.
    members([member(3, &[]), member(2, &[1]), member(1, &[2, 0])]);
    let plan = workspace.run(&["plan"]).succeeded();
    assert!(plan.stdout.contains("Changes to Outputs"), "{plan}");
}

pub(crate) fn group_known_only_at_apply_is_read_in_the_apply(workspace: &Workspace) {
    let source = "resource \"terraform_data\" \"name\" {\n  input = \"shipping\"\n}\n";
    let block = format!("{source}{}", data_source_block("terraform_data.name.output"));
    workspace.write("main.tf", &block);
    workspace.init();
    let plan = workspace.run(&["plan", "-out", "plan"]).succeeded();
    assert!(plan.stdout.contains("will be read during apply"), "{plan}");
    assert_eq!(workspace.calls(), 0);
    workspace.run(&["apply", "plan"]).succeeded();
    let group = read(workspace, &block);
    assert_eq!((&group["group"], &group["state"]), (&json!("shipping"), &json!("Stable")));
    assert_nothing_sent(workspace);
}

pub(crate) fn unknown_provider_arguments_are_reported_by_a_read(workspace: &Workspace) {
    let url = workspace.emulator.url();
    let block = workspace.provider_block().replace(&format!("\"{url}\""), "terraform_data.url.output");
    workspace.write("provider.tf", &block);
    let source = format!("resource \"terraform_data\" \"url\" {{\n  input = \"{url}\"\n}}\n");
    workspace.write("main.tf", &format!("{source}{}", data_source_block("\"billing\"")));
    workspace.init();
    let plan = workspace.run(&["plan"]).failed();
    assert_eq!(workspace.calls(), 0);
    workspace.run(&["apply", "-auto-approve", "-target", "terraform_data.url"]).succeeded();
    workspace.apply();
    assert_snapshot!(plan.diagnostics());
}
