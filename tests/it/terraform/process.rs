//! The provider as a process of a real Terraform: mutual TLS, plain mode, unusual environments, interrupts.

use std::time::{Duration, Instant};

use dms_emulator::{Effect, Fault, demo};
use serde_json::json;

use super::awaited_texts::{BACKGROUND_TASK, CONNECTED_IN_PLAIN_TEXT, CONNECTED_OVER_TLS, GROUP_ACTIVE};
use super::harness::{Workspace, reset_block};
use crate::snapshot::{Transcript, assert_snapshot};

pub(crate) fn terraform_connects_over_mutual_tls(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let apply = workspace.run_with(&["apply", "-auto-approve"], &[("TF_LOG_PROVIDER", "debug")]).succeeded();
    assert!(apply.stderr.contains(CONNECTED_OVER_TLS), "{apply}");
    assert!(!apply.stderr.contains(CONNECTED_IN_PLAIN_TEXT), "{apply}");
    // Terraform logs it of a plugin that it has to kill.
    assert!(!apply.stderr.contains("failed to exit gracefully"), "{apply}");
    assert_eq!(workspace.left_by_plugins(), Vec::<String>::new());
}

pub(crate) fn terraform_connects_in_plain_text_if_tls_is_disabled(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let variables = [("TF_LOG_PROVIDER", "debug"), ("TF_DISABLE_PLUGIN_TLS", "1")];
    let apply = workspace.run_with(&["apply", "-auto-approve"], &variables).succeeded();
    assert!(apply.stderr.contains(CONNECTED_IN_PLAIN_TEXT), "{apply}");
    assert_eq!(workspace.resets(), 1);
}

pub(crate) fn interrupt_during_a_reset_reports_that_it_may_have_happened(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    let arrived = workspace.emulator.wait_for_blocking("PUT", "/reset-message-offset", Duration::from_secs(60));
    assert!(arrived.is_some(), "no reset arrived");
    // Like a terminal, this signals both Terraform and the provider.
    running.interrupt_group();
    let apply = running.finish().failed();
    workspace.emulator.release();
    assert_eq!(workspace.left_by_plugins(), Vec::<String>::new());

    workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
    workspace.assert_no_changes();
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn time_limit_ends_a_hanging_reset(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200\n  timeouts {\n    create = \"2s\"\n  }"));
    workspace.init();
    workspace.emulator.hold();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    workspace.emulator.release();
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn interrupt_while_waiting_for_members_sends_no_reset(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("position = \"earliest\"").replace("billing", "shipping"));
    workspace.init();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_log(GROUP_ACTIVE);
    running.interrupt_group();
    let apply = running.finish().failed();
    assert_eq!(workspace.resets(), 0);
    assert!(workspace.state_is_empty());
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn interrupt_while_a_task_runs_reports_an_accepted_reset(workspace: &Workspace) {
    workspace.merge(&json!({ "all_topics_reset": { "delay_ms": 600_000 } }));
    let block = reset_block("position = \"earliest\"").replace("  topic       = \"orders\"\n", "");
    workspace.write("main.tf", &block);
    workspace.init();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_log(BACKGROUND_TASK);
    running.interrupt_group();
    let apply = running.finish().failed();
    assert!(workspace.resource_state()["before"]["orders"]["0"].is_number(), "the old offsets are lost");
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn interrupt_among_many_requests_lists_the_affected_partitions(workspace: &Workspace) {
    let running = workspace.start_wide_shift(12);
    running.interrupt_group();
    let apply = running.finish().failed();
    workspace.emulator.release();
    assert_snapshot!(apply.diagnostics());
}

/// The error must not blame the service.
pub(crate) fn time_limit_while_waiting_for_members_names_the_members(workspace: &Workspace) {
    let block = reset_block("position = \"earliest\"\n  timeouts {\n    create = \"1s\"\n  }");
    workspace.write("main.tf", &block.replace("billing", "shipping"));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(workspace.resets(), 0);
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn apply_after_a_killed_provider_completes_the_reset(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    for provider in workspace.providers() {
        rustix::process::kill_process(provider, rustix::process::Signal::KILL).unwrap();
    }
    running.finish().failed();
    workspace.emulator.release();
    assert_eq!(workspace.left_by_plugins(), Vec::<String>::new());
    workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
}

pub(crate) fn apply_after_a_killed_terraform_completes_the_reset(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.hold();
    let mut running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    assert!(!workspace.providers().is_empty());
    running.kill();
    // The provider disconnects from the service when it ends.
    workspace.wait_until(|entry| entry.abandoned);
    workspace.wait_for_end_of_providers();
    workspace.emulator.release();
    assert_eq!(workspace.left_by_plugins(), Vec::<String>::new());
    workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
}

/// Some calls reach the provider before Terraform's Stop, and others just after it.
pub(crate) fn interrupt_among_resets_waiting_for_members_sends_none(workspace: &Workspace) {
    let blocks: Vec<String> = (0..40)
        .map(|number| {
            let name = format!("leaving-{number}");
            let member = json!({
                "member_id": "m", "client_id": "c", "host": "/192.0.2.9", "assignment": { "orders": [0] },
                "leaves_after_ms": 6000,
            });
            workspace
                .merge(&json!({ "groups": [{ "name": name, "members": [member], "offsets": { "orders": [1] } }] }));
            reset_block("position = \"earliest\"")
                .replace("billing", &name)
                .replace("\"this\"", &format!("\"r{number}\""))
        })
        .collect();
    workspace.write("main.tf", &blocks.join("\n"));
    workspace.init();
    let running = workspace.start(&["apply", "-auto-approve", "-parallelism=40"]);
    // The first call begins with a lookup of the project.
    workspace.wait_until(|_| true);
    running.interrupt_group();
    running.finish().failed();
    assert_eq!(workspace.resets(), 0);
    assert!(!workspace.state_text().contains("\"instance_id\""), "{}", workspace.state_text());
}

/// The provider must not continue to the reset without Terraform.
pub(crate) fn provider_sends_no_reset_after_terraform_is_killed(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.add_fault(Fault::delay(100).request("GET", "/groups/billing"));
    let mut running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_until(|entry| entry.matches("GET", "/groups/billing"));
    running.kill();
    workspace.wait_for_end_of_providers();
    assert_eq!(workspace.resets(), 0);
    assert_eq!(workspace.left_by_plugins(), Vec::<String>::new());
}

/// Terraform sends no Stop while it plans for an apply, and would wait for the response.
pub(crate) fn interrupt_ends_a_hanging_read_while_apply_plans(workspace: &Workspace) {
    let data = format!(
        "data \"huaweicloud_kafka_consumer_group\" \"this\" {{\n  instance_id = \"{}\"\n  group = \"billing\"\n}}\n",
        demo::INSTANCE_ID
    );
    workspace.write("main.tf", &data);
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::Hang).request("GET", "/groups/billing"));
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_until(|entry| entry.matches("GET", "/groups/billing"));
    let started = Instant::now();
    running.interrupt_group();
    let apply = running.finish().failed();
    // Without the signal, the read would give up only after its retries.
    assert!(started.elapsed() < Duration::from_secs(20), "{apply}");
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn unusable_temporary_directory_does_not_fail_an_apply(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.run_with(&["apply", "-auto-approve"], &[("TMPDIR", "/nonexistent/here")]).succeeded();
    assert_eq!(workspace.resets(), 1);
}

pub(crate) fn terraform_quotes_the_reason_for_a_failed_start(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    let mut transcript = Transcript::default();
    for commands in
        ["export PLUGIN_CLIENT_CERT=rubbish", "export PLUGIN_CLIENT_CERT=\"$(printf '\\377')\"", "ulimit -n 4"]
    {
        workspace.start_provider_with(commands);
        workspace.run(&["init", "-upgrade"]).succeeded();
        let plan = workspace.run(&["plan"]).failed();
        transcript.add(commands, plan.diagnostics());
        workspace.forget_lock_file();
    }
    assert_snapshot!(transcript);
}
