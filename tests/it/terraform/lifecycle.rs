//! The life cycle of the resource: which steps send requests, and which do not.

use dms_emulator::demo;
use serde_json::json;

use super::harness::{Workspace, reset_block};
use crate::snapshot::{Transcript, assert_snapshot};

pub(crate) fn apply_sends_one_reset_and_the_next_plan_changes_nothing(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block(r#"message_offset = 200"#));
    workspace.init();
    let apply = workspace.apply();
    assert!(apply.stdout.contains("Apply complete! Resources: 1 added, 0 changed, 0 destroyed."), "{apply}");
    assert_eq!(workspace.resets(), 1);
    // The emulator's demo: partition 0 holds 0 to 300, partition 1 100 to 250, and partition 2 begins at four billion.
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
    workspace.assert_no_changes();
    assert_eq!(workspace.resets(), 1);

    let state = workspace.resource_state();
    assert_eq!(state["region"], "cn-north-4");
    assert_eq!(state["project_id"], demo::PROJECT_ID);
    assert_eq!(state["partition"].to_string(), "-1");
    assert_eq!(state["id"].as_str().map(str::len), Some(36));
    assert!(state["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{state}");
    assert!(state["reset_at"].as_str().is_some_and(|time| time.ends_with('Z')), "{state}");
}

pub(crate) fn request_is_what_the_api_documents(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("partition = 1\n  timestamp = 1704067320000"));
    workspace.init();
    workspace.apply();
    let journal = workspace.emulator.journal();
    let request = journal.matching("PUT", "").next().expect("a PUT");
    let (project, instance) = (demo::PROJECT_ID, demo::INSTANCE_ID);
    assert_eq!(request.path, format!("/v2/kafka/{project}/instances/{instance}/groups/billing/reset-message-offset"));
    assert_eq!(request.query, None);
    assert_eq!(request.status, Some(204));
    let body = json!({ "topic": "orders", "partition": 1, "timestamp": 1_704_067_320_000_i64 });
    assert_eq!(request.body, Some(body));
    // Message 120 was written 120 s after the first one. The other partitions do not move.
    assert_eq!(workspace.offsets(), [140, 120, 4_000_000_500]);
}

pub(crate) fn targets_beyond_the_log_go_to_its_ends(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 9223372036854775807"));
    workspace.init();
    workspace.apply();
    assert_eq!(workspace.offsets(), [300, 250, 4_000_001_000]);
    workspace.write("main.tf", &reset_block("timestamp = 0"));
    workspace.apply();
    assert_eq!(workspace.offsets(), [0, 100, 4_000_000_000]);
}

/// All arguments that do not change what is sent.
pub(crate) fn note_checks_and_limits_change_in_place_and_send_nothing(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.apply();
    let before = workspace.resource_state();
    let calls = workspace.calls();
    for argument in [
        "note = \"after the incident\"",
        "on_out_of_range = \"error\"",
        "require_inactive_group = false",
        "wait_for_inactive = \"5s\"",
        "verify = false",
        "preview = true",
        "max_replayed_messages = 0",
        "max_skipped_messages = 0",
        "timeouts {\n    create = \"5m\"\n  }",
    ] {
        workspace.write("main.tf", &reset_block(&format!("message_offset = 200\n  {argument}")));
        let apply = workspace.apply();
        assert!(apply.stdout.contains("0 added, 1 changed, 0 destroyed"), "{argument}: {apply}");
    }
    assert_eq!(workspace.calls(), calls);
    let after = workspace.resource_state();
    for kept in ["id", "reset_at", "request_id", "project_id"] {
        assert_eq!(before[kept], after[kept], "{kept}");
    }
    assert_eq!(after["timeouts"]["create"], "5m");
    workspace.assert_no_changes();
}

pub(crate) fn trigger_resets_again(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200\n  triggers = { run = \"1\" }"));
    workspace.init();
    workspace.apply();
    workspace.write("main.tf", &reset_block("message_offset = 200\n  triggers = { run = \"2\" }"));
    let apply = workspace.apply();
    assert!(apply.stdout.contains("1 added, 0 changed, 1 destroyed"), "{apply}");
    assert_eq!(workspace.resets(), 2);
    workspace.assert_no_changes();
}

pub(crate) fn destroy_sends_no_request(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.apply();
    let calls = workspace.calls();
    let destroy = workspace.run(&["destroy", "-auto-approve"]).succeeded();
    assert!(destroy.stdout.contains("1 destroyed"), "{destroy}");
    assert_eq!(workspace.calls(), calls);
}

pub(crate) fn refresh_sends_no_request(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.apply();
    let calls = workspace.calls();
    let before = workspace.resource_state();
    workspace.run(&["apply", "-refresh-only", "-auto-approve"]).succeeded();
    assert_eq!(workspace.calls(), calls);
    assert_eq!(workspace.resource_state(), before);
}

pub(crate) fn plan_sends_no_request(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let plan = workspace.run(&["plan"]).succeeded();
    assert!(plan.stdout.contains("Plan: 1 to add, 0 to change, 0 to destroy."), "{plan}");
    // The plan shows the region of the provider.
    let line = plan.stdout.lines().find(|line| line.trim_start().starts_with("+ region ")).expect("the region");
    assert!(line.ends_with(r#"= "cn-north-4""#), "{plan}");
    assert_eq!(workspace.calls(), 0);
}

pub(crate) fn values_known_only_at_apply_are_used_in_the_apply(workspace: &Workspace) {
    let block = r#"
        resource "terraform_data" "names" {
          input = { group = "billing", region = "cn-north-4", offset = 150 }
        }

        resource "huaweicloud_kafka_offset_reset" "this" {
          region         = terraform_data.names.output.region
          instance_id    = "INSTANCE"
          group          = terraform_data.names.output.group
          topic          = "orders"
          message_offset = terraform_data.names.output.offset
        }
    "#;
    workspace.write("main.tf", &block.replace("INSTANCE", demo::INSTANCE_ID));
    workspace.init();
    workspace.apply();
    assert_eq!(workspace.offsets(), [150, 150, 4_000_000_000]);
    workspace.assert_no_changes();
}

pub(crate) fn group_name_with_special_characters_resets_only_that_group(workspace: &Workspace) {
    let name = "a/b c%2F#?é+~:@";
    workspace.add_group(name);
    workspace.write("main.tf", &reset_block("message_offset = 200").replace("billing", name));
    workspace.init();
    workspace.apply();
    assert_eq!(workspace.offsets_of(name), [200, 200, 4_000_000_000]);
    assert_eq!(workspace.offsets(), [140, 190, 4_000_000_500]);
    assert_eq!(workspace.resets(), 1);
}

pub(crate) fn reset_of_every_topic_is_announced_by_a_warning(workspace: &Workspace) {
    let block = reset_block("timestamp = 0").replace("topic       = \"orders\"\n", "");
    workspace.write("main.tf", &block);
    workspace.init();
    let plan = workspace.run(&["plan", "-out", "plan"]).succeeded();
    let mut transcript = Transcript::default();
    transcript.add("plan", plan.diagnostics());
    // Terraform plans once more for an apply, and the protocol does not distinguish the two plans.
    transcript.add("apply", workspace.run(&["apply", "plan"]).succeeded().diagnostics());
    let journal = workspace.emulator.journal();
    let request = journal.matching("PUT", "/reset-message-offset").next().expect("a PUT");
    assert_eq!(request.body, Some(json!({ "topic": "", "partition": -1, "timestamp": 0 })));
    assert_snapshot!(transcript);
}

pub(crate) fn many_resets_share_one_project_lookup_and_a_few_connections(workspace: &Workspace) {
    for number in 0..30 {
        workspace.add_group(&format!("group-{number}"));
    }
    let many = reset_block("count = 30\n  message_offset = count.index");
    workspace.write("main.tf", &many.replace("\"billing\"", "\"group-${count.index}\""));
    workspace.init();
    workspace.apply();
    assert_eq!(workspace.resets(), 30);
    let journal = workspace.emulator.journal();
    assert_eq!(journal.count("GET", "/v3/projects"), 1);
    // Terraform creates 10 resources at the same time, and each reset has at most two requests in flight here. The
    // lookup may have opened another connection.
    assert!(journal.connection_count() <= 22, "{} connections", journal.connection_count());
}

pub(crate) fn values_over_four_mebibytes_are_accepted(workspace: &Workspace) {
    // gRPC servers limit messages to 4 MiB by default.
    workspace.write("large.txt", &"0123456789abcdef".repeat(6 * 1024 * 1024 / 16));
    workspace.write("main.tf", &reset_block("message_offset = 200\n  triggers = { file = file(\"large.txt\") }"));
    workspace.init();
    workspace.apply();
    workspace.assert_no_changes();
}

pub(crate) fn import_is_refused_with_a_reason(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let import = workspace.run(&["import", "huaweicloud_kafka_offset_reset.this", "anything"]).failed();
    assert_eq!(workspace.calls(), 0);
    assert_snapshot!(import.diagnostics());
}

pub(crate) fn replaced_and_tainted_resources_reset_again(workspace: &Workspace) {
    let address = "huaweicloud_kafka_offset_reset.this";
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.apply();
    workspace.run(&["plan", "-out", "plan", "-replace", address]).succeeded();
    let apply = workspace.run(&["apply", "plan"]).succeeded();
    assert!(apply.stdout.contains("1 added, 0 changed, 1 destroyed"), "{apply}");
    assert_eq!(workspace.resets(), 2);
    workspace.run(&["taint", address]).succeeded();
    let apply = workspace.run(&["apply", "-auto-approve", "-refresh=false"]).succeeded();
    assert!(apply.stdout.contains("1 added, 0 changed, 1 destroyed"), "{apply}");
    assert_eq!(workspace.resets(), 3);
}

pub(crate) fn renamed_resource_is_not_reset_again(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.apply();
    let renamed = reset_block("message_offset = 200\n  for_each = toset([\"a\"])").replace("\"this\"", "\"that\"");
    let (from, to) = ("huaweicloud_kafka_offset_reset.this", "huaweicloud_kafka_offset_reset.that[\"a\"]");
    workspace.write("main.tf", &format!("{renamed}\nmoved {{\n  from = {from}\n  to = {to}\n}}\n"));
    let apply = workspace.apply();
    assert!(apply.stdout.contains("0 added, 0 changed, 0 destroyed"), "{apply}");
    assert_eq!(workspace.resets(), 1);
}

pub(crate) fn state_of_an_older_provider_is_not_reset_again(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.apply();
    let mut state: serde_json::Value = serde_json::from_str(&workspace.state_text()).unwrap();
    let attributes = state["resources"][0]["instances"][0]["attributes"].as_object_mut().unwrap();
    for newer in [
        "partition",
        "timestamp",
        "datetime",
        "partition_offsets",
        "on_out_of_range",
        "require_inactive_group",
        "wait_for_inactive",
        "verify",
        "triggers",
        "note",
        "request_id",
        "task_id",
        "before",
        "after",
        "clamped",
        "replayed_messages",
        "skipped_messages",
        "timeouts",
    ] {
        attributes.remove(newer).expect(newer);
    }
    attributes.insert("abandoned".to_owned(), json!("by a newer provider"));
    workspace.write("terraform.tfstate", &state.to_string());
    workspace.assert_no_changes();
    let plan = workspace.run(&["plan", "-detailed-exitcode", "-refresh=false"]).succeeded();
    assert!(plan.stdout.contains("No changes"), "{plan}");
}

pub(crate) fn provider_block_may_be_unknown_in_a_plan(workspace: &Workspace) {
    let addresses = |round: u32| {
        let url = workspace.emulator.url();
        format!("resource \"terraform_data\" \"url\" {{\n  input = \"{url}\"\n  triggers_replace = {round}\n}}\n")
    };
    let block =
        workspace.provider_block().replace(&format!("\"{}\"", workspace.emulator.url()), "terraform_data.url.output");
    workspace.write("provider.tf", &block);
    for (round, added) in [(1, "2 added, 0 changed, 0 destroyed"), (2, "2 added, 0 changed, 2 destroyed")] {
        workspace.write("url.tf", &addresses(round));
        workspace.write("main.tf", &reset_block(&format!("message_offset = 20{round}")));
        workspace.init();
        workspace.run(&["plan", "-out", "plan"]).succeeded();
        let apply = workspace.run(&["apply", "plan"]).succeeded();
        assert!(apply.stdout.contains(added), "{apply}");
        assert_eq!(workspace.resets(), round as usize);
    }
    workspace.assert_no_changes();
}

pub(crate) fn triggers_may_be_null_unknown_and_sensitive(workspace: &Workspace) {
    let block = reset_block(
        r#"message_offset = 200
  triggers = { null = null, unknown = terraform_data.it.output, sensitive = sensitive("hidden-value") }
  dynamic "timeouts" {
    for_each = [terraform_data.it.output]
    content {
      create = timeouts.value
    }
  }"#,
    );
    workspace.write("main.tf", &format!("resource \"terraform_data\" \"it\" {{\n  input = \"5m\"\n}}\n{block}"));
    workspace.init();
    let apply = workspace.apply();
    assert!(apply.stdout.contains("2 added"), "{apply}");
    assert!(!apply.text().contains("hidden-value"), "{apply}");
    workspace.assert_no_changes();
}

/// Users of both providers need it, because the official one has the local name `huaweicloud`.
pub(crate) fn provider_works_under_another_local_name(workspace: &Workspace) {
    let block = workspace.provider_block();
    let block = block.replace("huaweicloud = {", "huaweicloud-kafka = {");
    workspace.write("provider.tf", &block.replace("\"huaweicloud\"", "\"huaweicloud-kafka\""));
    workspace.write("main.tf", &reset_block("message_offset = 200\n  provider = huaweicloud-kafka"));
    workspace.init();
    workspace.apply();
    assert_eq!(workspace.resets(), 1);
    workspace.assert_no_changes();
}

/// partition_offsets names its own partitions, so -1 (every partition) would be wrong.
pub(crate) fn partition_is_null_if_partition_offsets_is_set(workspace: &Workspace) {
    let known_at_apply = r#"resource "terraform_data" "it" {
  input = { 0 = 130 }
}
"#;
    workspace.write("main.tf", known_at_apply);
    workspace.init();
    for (arguments, partition) in [
        ("partition_offsets = { 0 = 120 }", json!(null)),
        ("partition_offsets = terraform_data.it.output", json!(null)),
        ("partition_offsets = null\n  message_offset = 200", json!(-1)),
        ("partition_offsets = { 1 = 120 }\n  partition = -1", json!(-1)),
    ] {
        workspace.forget_state();
        workspace.write("main.tf", &format!("{known_at_apply}{}", reset_block(arguments)));
        let apply = workspace.apply();
        assert_eq!(workspace.resource_state()["partition"], partition, "{arguments}: {apply}");
        workspace.assert_no_changes();
    }
    assert_eq!(workspace.offsets()[..2], [200, 120]);
}
