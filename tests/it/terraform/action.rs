//! The action: each invocation resets and tells each step; mistakes are told before anything is sent. On Terraform 1.15
//! alone, since older ones know no actions.

use dms_emulator::demo;
use serde_json::{Value, json};

use super::harness::{Output, Workspace};

pub(super) const INVOKE: &str = "-invoke=action.huaweicloud_kafka_offset_reset.replay";

/// An action block with the demo's instance, group and topic, and further arguments.
pub(super) fn action_block(arguments: &str) -> String {
    format!(
        r#"action "huaweicloud_kafka_offset_reset" "replay" {{
  config {{
    instance_id = "{instance}"
    group       = "billing"
    topic       = "orders"
    {arguments}
  }}
}}
"#,
        instance = demo::INSTANCE_ID
    )
}

/// A resource that costs nothing and triggers actions.
fn trigger(input: &str, rules: &[(&str, &str)]) -> String {
    let rules = rules.iter().map(|(event, action)| {
        format!(
            "    action_trigger {{\n      events  = [{event}]\n      actions = \
             [action.huaweicloud_kafka_offset_reset.{action}]\n    }}\n"
        )
    });
    let rules = rules.collect::<String>();
    format!("resource \"terraform_data\" \"deploy\" {{\n  input = \"{input}\"\n  lifecycle {{\n{rules}  }}\n}}\n")
}

pub(super) fn invoke(workspace: &Workspace) -> Output {
    workspace.run(&["apply", "-auto-approve", INVOKE])
}

/// What the action told while it ran, line by line.
pub(super) fn progress(output: &Output) -> Vec<&str> {
    let prefix = "Action action.huaweicloud_kafka_offset_reset.replay (triggered by CLI): ";
    output.stdout.lines().filter_map(|line| line.strip_prefix(prefix)).collect()
}

/// Each of these begins a line, in this order; other lines may come between.
pub(super) fn assert_told_in_order(output: &Output, beginnings: &[&str]) {
    let mut lines = progress(output).into_iter();
    for beginning in beginnings {
        assert!(lines.any(|line| line.starts_with(beginning)), "{beginning:?} is missing or out of order:\n{output}");
    }
}

/// How long the line about the verification says that all took, in seconds.
pub(super) fn told_elapsed(output: &Output) -> f64 {
    let lines = progress(output);
    let verified = lines.iter().find(|line| line.starts_with("Verified")).expect("the last line");
    let words: Vec<&str> = verified.split_whitespace().collect();
    let number = |unit: usize| words[unit - 1].parse::<f64>().expect("a number");
    let unit = |name: &str| words.iter().position(|word| *word == name);
    unit("s").map(number).or_else(|| unit("ms").map(|unit| number(unit) / 1_000.0)).expect("a unit of time")
}

fn bodies(workspace: &Workspace) -> Vec<Value> {
    let journal = workspace.emulator.journal();
    journal.matching("PUT", "/reset-message-offset").map(|it| it.body.clone().expect("a body")).collect()
}

pub(crate) fn invocation_resets_and_tells_each_step(workspace: &Workspace) {
    // Two minutes after the first message of a log that has one each second.
    workspace.write("main.tf", &action_block("timestamp = 1704067320000"));
    workspace.init();
    let apply = invoke(workspace).succeeded();
    let body = json!({ "topic": "orders", "partition": -1, "timestamp": 1_704_067_320_000_i64 });
    assert_eq!(bodies(workspace), [body]);
    assert_eq!(workspace.offsets(), [120, 120, 4_000_000_120]);

    let journal = workspace.emulator.journal();
    let request = journal.matching("PUT", "/reset-message-offset").next().expect("a PUT");
    let accepted = format!("Reset accepted, request id {}", request.request_id);
    assert_told_in_order(
        &apply,
        &["Signed in", "Group inactive", "Partitions to move: 3", &accepted, "Verified 3 partitions"],
    );
    assert!((0.0..60.0).contains(&told_elapsed(&apply)), "{apply}");
    assert!(apply.stdout.contains("Actions: 1 invoked."), "{apply}");
    assert!(workspace.state_is_empty());
}

pub(crate) fn every_invocation_resets_again(workspace: &Workspace) {
    workspace.write("main.tf", &action_block("timestamp = 1704067320000"));
    workspace.init();
    for resets in 1..=2 {
        invoke(workspace).succeeded();
        assert_eq!(workspace.resets(), resets);
    }
    assert!(workspace.state_is_empty());
}

/// Nobody asked for it.
pub(crate) fn action_that_nothing_triggers_is_not_invoked(workspace: &Workspace) {
    workspace.write("main.tf", &action_block("timestamp = 1704067320000"));
    workspace.init();
    workspace.apply();
    assert_eq!(workspace.calls(), 0);
}

pub(crate) fn trigger_invokes_at_its_event_and_not_without_a_change(workspace: &Workspace) {
    let replay = action_block("partition = 0\n    message_offset = 10");
    let again = replay.replace("\"replay\"", "\"again\"").replace("= 10", "= 20");
    let rules = [("after_create", "replay"), ("after_update", "again")];
    let write = |input: &str| workspace.write("main.tf", &format!("{}{replay}{again}", trigger(input, &rules)));
    let sent = |offset: i64| json!({ "topic": "orders", "partition": 0, "message_offset": offset });
    write("first");
    workspace.init();
    let apply = workspace.apply();
    assert!(apply.stdout.contains("triggered by terraform_data.deploy"), "{apply}");
    assert_eq!(bodies(workspace), [sent(10)]);
    workspace.apply();
    workspace.assert_no_changes();
    assert_eq!(workspace.resets(), 1);

    write("second");
    workspace.apply();
    assert_eq!(bodies(workspace), [sent(10), sent(20)]);
    workspace.apply();
    assert_eq!(workspace.resets(), 2);
    assert_eq!(workspace.offsets(), [20, 190, 4_000_000_500]);
}

/// The error said "apply again", which does nothing: the resource that triggered the action counts as done.
pub(crate) fn failed_action_was_said_to_run_again_by_the_next_apply(workspace: &Workspace) {
    let action = action_block("position = \"earliest\"\n    wait_for_inactive = \"0s\"").replace("billing", "shipping");
    workspace.write("main.tf", &format!("{action}{}", trigger("it", &[("after_create", "replay")])));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("refused: 1 member is active"), "{apply}");
    assert!(apply.text().contains("Terraform does not repeat an action"), "{apply}");
    assert!(apply.text().contains("-invoke=action.huaweicloud_kafka_offset_reset.<name>"), "{apply}");
    workspace.emulator.world(|world| world.group_mut(demo::INSTANCE_ID, demo::SHIPPING).unwrap().remove_members());
    workspace.apply();
    workspace.assert_no_changes();
    assert_eq!(workspace.resets(), 0);
    invoke(workspace).succeeded();
    assert_eq!(workspace.resets(), 1);
}

pub(crate) fn mistakes_are_told_before_the_invocation_with_their_lines(workspace: &Workspace) {
    workspace.write("main.tf", &action_block("message_offset = 1"));
    workspace.init();
    for (arguments, line, summary) in [
        (
            "message_offset = 1\n    timestamp = 1571812144000",
            "timestamp = 1571812144000",
            "More than one reset target",
        ),
        ("", "config {", "No reset target"),
        ("timestamp = 1571812144", "timestamp = 1571812144", "Invalid timestamp"),
        ("message_offset = 1\n    timeout = \"soon\"", "timeout = \"soon\"", "Invalid time limit"),
        ("message_offset = 1\n    timeout = \"0s\"", "timeout = \"0s\"", "Invalid time limit"),
    ] {
        let block = action_block(arguments);
        workspace.write("main.tf", &block);
        for command in [&["validate"][..], &["plan"], &["plan", INVOKE], &["apply", "-auto-approve", INVOKE]] {
            let output = workspace.run(command).failed();
            assert!(output.stderr.contains(summary), "{summary:?} is missing:\n{output}");
            let number = 1 + block.lines().position(|text| text.contains(line)).expect("the line");
            let place = format!("on main.tf line {number}");
            assert!(output.stderr.contains(&place), "{place:?} is missing:\n{output}");
        }
    }
    assert_eq!(workspace.calls(), 0);
}

pub(crate) fn action_without_a_config_block_is_told_what_it_lacks(workspace: &Workspace) {
    workspace.write("main.tf", "action \"huaweicloud_kafka_offset_reset\" \"replay\" {}\n");
    workspace.init();
    let plan = workspace.run(&["plan", INVOKE]).failed();
    for argument in ["\"instance_id\" is required", "\"group\" is required"] {
        assert!(plan.text().contains(argument), "{argument:?} is missing:\n{plan}");
    }
}

pub(crate) fn plan_warns_of_every_topic_and_unreachable_region_is_refused(workspace: &Workspace) {
    let every_topic = action_block("timestamp = 0").replace("topic       = \"orders\"", "");
    workspace.write("main.tf", &every_topic);
    workspace.init();
    let plan = workspace.run(&["plan", INVOKE]).succeeded();
    assert!(plan.text().contains("every topic of consumer group \"billing\" is reset"), "{plan}");
    workspace.write("main.tf", &format!("{every_topic}{}", trigger("it", &[("after_create", "replay")])));
    let plan = workspace.run(&["plan"]).succeeded();
    assert!(plan.text().contains("every topic of consumer group \"billing\" is reset"), "{plan}");

    workspace.write("main.tf", &action_block("timestamp = 0\n    region = \"eu-west-101\""));
    let plan = workspace.run(&["plan", INVOKE]).failed();
    assert!(plan.stderr.contains("Unreachable region"), "{plan}");
    assert!(plan.stderr.contains("region = \"eu-west-101\""), "{plan}");
    assert_eq!(workspace.calls(), 0);

    // Terraform plans an action once, so the invocation prints the plan's warning only once.
    workspace.write("main.tf", &every_topic);
    let invocation = workspace.run(&["apply", "-auto-approve", INVOKE]).succeeded();
    assert_eq!(
        invocation.text().matches("every topic of consumer group \"billing\" is reset").count(),
        1,
        "{invocation}"
    );
    assert!(!invocation.text().contains("similar warning"), "{invocation}");
}

/// Blocks whose arguments come from a resource that a plan has not created yet.
fn from_a_resource(offset: &str) -> String {
    let names = "resource \"terraform_data\" \"names\" {\n  input = { group = \"billing\", target = TARGET, limit = \
                 \"5m\" }\n}\n";
    let block = action_block("message_offset = terraform_data.names.output.target");
    let block = block.replace("\"billing\"", "terraform_data.names.output.group");
    let block = block.replace("message_offset", "timeout = terraform_data.names.output.limit\n    message_offset");
    format!("{}{block}{}", names.replace("TARGET", offset), trigger("it", &[("after_create", "replay")]))
}

pub(crate) fn values_known_only_at_the_invocation_are_used_then(workspace: &Workspace) {
    workspace.write("main.tf", &from_a_resource("150"));
    workspace.init();
    workspace.run(&["validate"]).succeeded();
    workspace.run(&["plan", "-out", "plan"]).succeeded();
    assert_eq!(workspace.calls(), 0);
    let apply = workspace.run(&["apply", "plan"]).succeeded();
    assert!(apply.stdout.contains("Actions: 1 invoked."), "{apply}");
    assert_eq!(bodies(workspace), [json!({ "topic": "orders", "partition": -1, "message_offset": 150 })]);
    workspace.assert_no_changes();
}

pub(crate) fn mistake_in_a_value_known_only_at_the_invocation_sends_nothing(workspace: &Workspace) {
    workspace.write("main.tf", &from_a_resource("-5"));
    workspace.init();
    workspace.run(&["plan"]).succeeded();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("Invalid message_offset"), "{apply}");
    assert_eq!(workspace.calls(), 0);
}

pub(crate) fn provider_block_may_be_unknown_when_an_action_is_planned(workspace: &Workspace) {
    let url = workspace.emulator.url();
    let block = workspace.provider_block().replace(&format!("\"{url}\""), "terraform_data.url.output");
    workspace.write("provider.tf", &block);
    let source = format!("resource \"terraform_data\" \"url\" {{\n  input = \"{url}\"\n}}\n");
    let action = action_block("message_offset = 150");
    workspace.write("main.tf", &format!("{source}{action}{}", trigger("it", &[("after_create", "replay")])));
    workspace.init();
    workspace.run(&["plan", "-out", "plan"]).succeeded();
    workspace.run(&["apply", "plan"]).succeeded();
    assert_eq!(workspace.resets(), 1);
}

pub(crate) fn secrets_stay_out_of_output_and_log_of_an_invocation(workspace: &Workspace) {
    workspace.write("main.tf", &action_block("message_offset = 200"));
    workspace.init();
    let arguments = ["apply", "-auto-approve", INVOKE];
    let apply = workspace.run_with(&arguments, &[("TF_LOG", "trace")]).succeeded();
    assert!(apply.stderr.contains("Reset accepted, request id"), "the provider's log is missing:\n{apply}");
    for secret in [demo::SECRET_KEY, "Signature="] {
        assert!(!apply.text().contains(secret), "{secret} is in the output");
    }
}

pub(crate) fn schema_lists_the_action_with_its_arguments(workspace: &Workspace) {
    workspace.init();
    let schemas = workspace.run(&["providers", "schema", "-json"]).succeeded();
    let schemas: Value = serde_json::from_str(&schemas.stdout).unwrap();
    let action =
        &schemas["provider_schemas"][xtask::mirror::SOURCE]["action_schemas"]["huaweicloud_kafka_offset_reset"];
    let attributes = action["block"]["attributes"].as_object().expect("arguments");
    // What the contract with users lists, the action's own `timeout` last.
    let (required, optional) = (
        ["instance_id", "group"],
        [
            "region",
            "project_id",
            "topic",
            "partition",
            "message_offset",
            "timestamp",
            "datetime",
            "by_duration",
            "position",
            "shift_by",
            "partition_offsets",
            "on_out_of_range",
            "require_inactive_group",
            "wait_for_inactive",
            "verify",
            "timeout",
        ],
    );
    for name in required {
        assert_eq!(attributes[name]["required"], true, "{name}");
    }
    for name in optional {
        assert_eq!(attributes[name]["optional"], true, "{name}");
    }
    assert_eq!(attributes.len(), required.len() + optional.len(), "{attributes:?}");
    // There is nowhere to put a result.
    assert!(attributes.values().all(|attribute| attribute.get("computed").is_none()), "{attributes:?}");
}

/// On every Terraform: older ones must not mind that the provider has an action.
pub(crate) fn provider_with_an_action_is_accepted_by_every_terraform(workspace: &Workspace) {
    workspace.write("main.tf", &super::harness::reset_block("message_offset = 200"));
    workspace.init();
    workspace.run(&["validate"]).succeeded();
    let schemas = workspace.run(&["providers", "schema", "-json"]).succeeded();
    let schemas: Value = serde_json::from_str(&schemas.stdout).unwrap();
    let provider = &schemas["provider_schemas"][xtask::mirror::SOURCE];
    assert!(provider["resource_schemas"]["huaweicloud_kafka_offset_reset"].is_object(), "{provider}");
    assert!(provider["data_source_schemas"]["huaweicloud_kafka_consumer_group"].is_object(), "{provider}");
    workspace.run(&["plan"]).succeeded();
    workspace.apply();
    assert_eq!(workspace.resets(), 1);
    workspace.assert_no_changes();
}
