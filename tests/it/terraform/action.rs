//! The action: each invocation resets and reports each step, and invalid arguments are reported before anything is
//! sent. Only on Terraform 1.15, because older versions have no actions.

use dms_emulator::demo;
use serde_json::{Value, json};

use super::awaited_texts::VERIFIED;
use super::harness::{Output, Workspace};
use crate::snapshot::{self, Transcript, assert_snapshot};

pub(super) const INVOKE: &str = "-invoke=action.huaweicloud_kafka_offset_reset.replay";

/// An action block without a preview, with the demo's instance, group and topic, and further arguments.
pub(super) fn action_block(arguments: &str) -> String {
    previewed_action_block(&format!("{arguments}\n    preview = false"))
}

/// The same with a preview, which is the default.
fn previewed_action_block(arguments: &str) -> String {
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

/// A resource that triggers actions and sends no request.
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

/// The lines that the action reported while it ran.
pub(super) fn progress(output: &Output) -> Vec<&str> {
    let prefix = "Action action.huaweicloud_kafka_offset_reset.replay (triggered by CLI): ";
    output.stdout.lines().filter_map(|line| line.strip_prefix(prefix)).collect()
}

/// The progress and the diagnostics of an invocation, for a snapshot.
pub(super) fn messages(output: &Output) -> String {
    let diagnostics = output.diagnostics();
    let separator = if diagnostics.is_empty() { "" } else { "\n\n" };
    format!("{}{separator}{diagnostics}", progress(output).join("\n"))
}

/// The duration of the whole reset in the line about the verification, in seconds.
pub(super) fn reported_duration(output: &Output) -> f64 {
    let lines = progress(output);
    let verified = lines.iter().find(|line| line.starts_with(VERIFIED)).expect("the last line");
    let words: Vec<&str> = verified.split_whitespace().collect();
    let number = |unit: usize| words[unit - 1].parse::<f64>().expect("a number");
    let unit = |name: &str| words.iter().position(|word| *word == name);
    unit("s").map(number).or_else(|| unit("ms").map(|unit| number(unit) / 1_000.0)).expect("a unit of time")
}

fn bodies(workspace: &Workspace) -> Vec<Value> {
    let journal = workspace.emulator.journal();
    journal.matching("PUT", "/reset-message-offset").map(|it| it.body.clone().expect("a body")).collect()
}

pub(crate) fn invocation_resets_and_reports_each_step(workspace: &Workspace) {
    // Two minutes after the first message of a log that has one each second.
    workspace.write("main.tf", &action_block("timestamp = 1704067320000"));
    workspace.init();
    let apply = invoke(workspace).succeeded();
    let body = json!({ "topic": "orders", "partition": -1, "timestamp": 1_704_067_320_000_i64 });
    assert_eq!(bodies(workspace), [body]);
    assert_eq!(workspace.offsets(), [120, 120, 4_000_000_120]);

    let journal = workspace.emulator.journal();
    let request = journal.matching("PUT", "/reset-message-offset").next().expect("a PUT");
    assert!(apply.text().contains(&request.request_id), "{apply}");
    assert!((0.0..60.0).contains(&reported_duration(&apply)), "{apply}");
    assert!(apply.stdout.contains("Actions: 1 invoked."), "{apply}");
    assert!(workspace.state_is_empty());
    assert_snapshot!(messages(&apply));
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

pub(crate) fn action_without_a_trigger_is_not_invoked(workspace: &Workspace) {
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

/// The error must not advise to apply again, because the resource that triggered the action counts as created.
pub(crate) fn failed_action_is_not_repeated_by_the_next_apply(workspace: &Workspace) {
    let action = action_block("position = \"earliest\"\n    wait_for_inactive = \"0s\"").replace("billing", "shipping");
    workspace.write("main.tf", &format!("{action}{}", trigger("it", &[("after_create", "replay")])));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    workspace.emulator.with_state(|state| state.group_mut(demo::INSTANCE_ID, demo::SHIPPING).unwrap().remove_members());
    workspace.apply();
    workspace.assert_no_changes();
    assert_eq!(workspace.resets(), 0);
    invoke(workspace).succeeded();
    assert_eq!(workspace.resets(), 1);
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn invalid_arguments_are_reported_before_the_invocation(workspace: &Workspace) {
    workspace.write("main.tf", &action_block("message_offset = 1"));
    workspace.init();
    let mut transcript = Transcript::default();
    for (case, arguments) in [
        ("two targets", "message_offset = 1\n    timestamp = 1571812144000"),
        ("no target", ""),
        ("seconds", "timestamp = 1571812144"),
        ("invalid time limit", "message_offset = 1\n    timeout = \"soon\""),
        ("empty time limit", "message_offset = 1\n    timeout = \"0s\""),
    ] {
        workspace.write("main.tf", &action_block(arguments));
        let validate = workspace.run(&["validate"]).failed().diagnostics();
        for command in [&["plan"][..], &["plan", INVOKE], &["apply", "-auto-approve", INVOKE]] {
            assert_eq!(workspace.run(command).failed().diagnostics(), validate, "{command:?}");
        }
        transcript.add(case, validate);
    }
    assert_eq!(workspace.calls(), 0);
    assert_snapshot!(transcript);
}

pub(crate) fn action_without_a_config_block_is_an_error(workspace: &Workspace) {
    workspace.write("main.tf", "action \"huaweicloud_kafka_offset_reset\" \"replay\" {}\n");
    workspace.init();
    let plan = workspace.run(&["plan", INVOKE]).failed();
    // Their order varies.
    assert_snapshot!(snapshot::distinct(&plan.diagnostics()));
}

pub(crate) fn plan_warns_of_every_topic_and_refuses_an_unreachable_region(workspace: &Workspace) {
    let every_topic = action_block("timestamp = 0").replace("topic       = \"orders\"", "");
    workspace.write("main.tf", &every_topic);
    workspace.init();
    let mut transcript = Transcript::default();
    transcript.add("plan of an invocation", workspace.run(&["plan", INVOKE]).succeeded().diagnostics());
    workspace.write("main.tf", &format!("{every_topic}{}", trigger("it", &[("after_create", "replay")])));
    transcript.add("plan of a trigger", workspace.run(&["plan"]).succeeded().diagnostics());

    workspace.write("main.tf", &action_block("timestamp = 0\n    region = \"eu-west-101\""));
    transcript.add("unreachable region", workspace.run(&["plan", INVOKE]).failed().diagnostics());
    assert_eq!(workspace.calls(), 0);

    // Terraform plans an action once, so the invocation prints the plan's warning only once.
    workspace.write("main.tf", &every_topic);
    transcript.add("invocation", workspace.run(&["apply", "-auto-approve", INVOKE]).succeeded().diagnostics());
    assert_snapshot!(transcript);
}

/// Blocks whose arguments come from a resource that is not created yet when they are planned.
fn blocks_with_unknown_values(offset: &str) -> String {
    let names = "resource \"terraform_data\" \"names\" {\n  input = { group = \"billing\", target = TARGET, limit = \
                 \"5m\" }\n}\n";
    let block = action_block("message_offset = terraform_data.names.output.target");
    let block = block.replace("\"billing\"", "terraform_data.names.output.group");
    let block = block.replace("message_offset", "timeout = terraform_data.names.output.limit\n    message_offset");
    format!("{}{block}{}", names.replace("TARGET", offset), trigger("it", &[("after_create", "replay")]))
}

pub(crate) fn plan_previews_an_action_unless_it_is_turned_off(workspace: &Workspace) {
    let trigger = trigger("first", &[("after_create", "replay")]);
    let target = "datetime = \"2024-01-01T00:02:00Z\"";
    workspace.write("main.tf", &format!("{trigger}{}", previewed_action_block(target)));
    workspace.init();
    let plan = workspace.run(&["plan"]).succeeded();
    assert_eq!(workspace.resets(), 0);
    let calls = workspace.calls();
    workspace.write("main.tf", &format!("{trigger}{}", action_block(target)));
    workspace.run(&["plan"]).succeeded();
    assert_eq!(workspace.calls(), calls);
    assert_snapshot!(plan.diagnostics());
}

pub(crate) fn values_known_only_at_the_invocation_are_used(workspace: &Workspace) {
    workspace.write("main.tf", &blocks_with_unknown_values("150"));
    workspace.init();
    workspace.run(&["validate"]).succeeded();
    workspace.run(&["plan", "-out", "plan"]).succeeded();
    assert_eq!(workspace.calls(), 0);
    let apply = workspace.run(&["apply", "plan"]).succeeded();
    assert!(apply.stdout.contains("Actions: 1 invoked."), "{apply}");
    assert_eq!(bodies(workspace), [json!({ "topic": "orders", "partition": -1, "message_offset": 150 })]);
    workspace.assert_no_changes();
}

pub(crate) fn invalid_value_known_only_at_the_invocation_sends_no_reset(workspace: &Workspace) {
    workspace.write("main.tf", &blocks_with_unknown_values("-5"));
    workspace.init();
    workspace.run(&["plan"]).succeeded();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(workspace.calls(), 0);
    assert_snapshot!(apply.diagnostics());
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

pub(crate) fn secrets_are_absent_from_output_and_log_of_an_invocation(workspace: &Workspace) {
    workspace.write("main.tf", &action_block("message_offset = 200"));
    workspace.init();
    let arguments = ["apply", "-auto-approve", INVOKE];
    let apply = workspace.run_with(&arguments, &[("TF_LOG", "trace")]).succeeded();
    assert!(apply.stderr.contains("reset-message-offset"), "the log of the provider is missing:\n{apply}");
    for secret in [demo::SECRET_KEY, "Signature="] {
        assert!(!apply.text().contains(secret), "{secret} is in the output");
    }
}

pub(crate) fn schema_lists_the_action_with_its_arguments(workspace: &Workspace) {
    workspace.init();
    let schemas = workspace.run(&["providers", "schema", "-json"]).succeeded();
    let schemas: Value = serde_json::from_str(&schemas.stdout).unwrap();
    let action =
        &schemas["provider_schemas"][testkit::mirror::SOURCE]["action_schemas"]["huaweicloud_kafka_offset_reset"];
    let attributes = action["block"]["attributes"].as_object().expect("arguments");
    // The documented arguments. Only the action has `timeout`.
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
            "max_replayed_messages",
            "max_skipped_messages",
            "preview",
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
    // An action has no results.
    assert!(attributes.values().all(|attribute| attribute.get("computed").is_none()), "{attributes:?}");
}

/// Versions of Terraform without actions must accept the provider too.
pub(crate) fn provider_with_an_action_is_accepted_by_every_terraform(workspace: &Workspace) {
    workspace.write("main.tf", &super::harness::reset_block("message_offset = 200"));
    workspace.init();
    workspace.run(&["validate"]).succeeded();
    let schemas = workspace.run(&["providers", "schema", "-json"]).succeeded();
    let schemas: Value = serde_json::from_str(&schemas.stdout).unwrap();
    let provider = &schemas["provider_schemas"][testkit::mirror::SOURCE];
    assert!(provider["resource_schemas"]["huaweicloud_kafka_offset_reset"].is_object(), "{provider}");
    assert!(provider["data_source_schemas"]["huaweicloud_kafka_consumer_group"].is_object(), "{provider}");
    workspace.run(&["plan"]).succeeded();
    workspace.apply();
    assert_eq!(workspace.resets(), 1);
    workspace.assert_no_changes();
}
