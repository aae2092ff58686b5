//! The provider as a process of a real Terraform: mutual TLS, plain mode, unusual environments, interrupts.

use std::time::{Duration, Instant};

use dms_emulator::{Effect, Fault, demo};
use serde_json::json;

use super::harness::{Workspace, reset_block};

pub(crate) fn terraform_connects_over_mutual_tls(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let apply = workspace.run_with(&["apply", "-auto-approve"], &[("TF_LOG_PROVIDER", "debug")]).succeeded();
    assert!(apply.stderr.contains("client accepted over mutual TLS"), "{apply}");
    assert!(!apply.stderr.contains("client accepted in plain text"), "{apply}");
    assert!(!apply.stderr.contains("failed to exit gracefully"), "{apply}");
    assert_eq!(workspace.left_by_plugins(), Vec::<String>::new());
}

pub(crate) fn terraform_connects_in_plain_text_when_told_to(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let variables = [("TF_LOG_PROVIDER", "debug"), ("TF_DISABLE_PLUGIN_TLS", "1")];
    let apply = workspace.run_with(&["apply", "-auto-approve"], &variables).succeeded();
    assert!(apply.stderr.contains("client accepted in plain text"), "{apply}");
    assert_eq!(workspace.resets(), 1);
}

pub(crate) fn interrupt_during_apply_ends_it_and_says_what_is_known(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.hold();
    let running = workspace.start(&["apply", "-auto-approve"]);
    let arrived = workspace.emulator.wait_for_blocking("PUT", "/reset-message-offset", Duration::from_secs(60));
    assert!(arrived.is_some(), "no reset arrived");
    // As a terminal does it: Terraform and the provider both get the signal.
    running.interrupt_group();
    let apply = running.finish().failed();
    workspace.emulator.release();
    assert!(apply.text().contains("Reset of consumer group \"billing\" interrupted"), "{apply}");
    assert!(apply.text().contains("may have been carried out"), "{apply}");
    assert!(!apply.text().contains("Plugin did not respond"), "{apply}");
    assert_eq!(workspace.left_by_plugins(), Vec::<String>::new());

    workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
    workspace.assert_no_changes();
}

pub(crate) fn time_limit_ends_a_reset_that_hangs(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200\n  timeouts {\n    create = \"300ms\"\n  }"));
    workspace.init();
    workspace.emulator.hold();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    workspace.emulator.release();
    assert!(apply.text().contains("Reset of consumer group \"billing\" timed out"), "{apply}");
    assert!(apply.text().contains("may have been carried out"), "{apply}");
}

pub(crate) fn interrupt_while_members_are_waited_for_sends_nothing(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("position = \"earliest\"").replace("billing", "shipping"));
    workspace.init();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_until(|entry| entry.is("GET", "/management/groups/shipping"));
    running.interrupt_group();
    let apply = running.finish().failed();
    assert!(apply.text().contains("Interrupted while"), "{apply}");
    assert!(apply.text().contains("The reset was not sent."), "{apply}");
    assert_eq!(workspace.resets(), 0);
    assert!(workspace.state_is_empty());
}

pub(crate) fn interrupt_while_a_task_runs_says_that_it_goes_on(workspace: &Workspace) {
    workspace.merge(&json!({ "all_topics_reset": { "delay_ms": 600_000 } }));
    let block = reset_block("position = \"earliest\"").replace("  topic       = \"orders\"\n", "");
    workspace.write("main.tf", &block);
    workspace.init();
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_until(|entry| entry.path.contains("/tasks/"));
    running.interrupt_group();
    let apply = running.finish().failed();
    assert!(apply.text().contains("Interrupted while following the service's background task"), "{apply}");
    assert!(apply.text().contains("the service accepted it"), "{apply}");
    assert!(workspace.resource_state()["offsets"][0]["before"].is_number(), "the way back is lost");
}

pub(crate) fn interrupt_among_many_resets_names_what_may_have_been_done(workspace: &Workspace) {
    let running = workspace.start_a_wide_shift(12);
    running.interrupt_group();
    let apply = running.finish().failed();
    assert!(apply.text().contains("May have been done: partitions 0, 1, 2, 3, 4, 5, 6, 7."), "{apply}");
    assert!(apply.text().contains("Not done: partitions 8, 9, 10, 11."), "{apply}");
    assert!(!apply.text().contains("again when you are ready"), "a second shift is advised: {apply}");
    workspace.emulator.release();
}

/// It was told as a slow service, without a word on who was there.
pub(crate) fn time_limit_while_members_are_waited_for_was_blamed_on_the_service(workspace: &Workspace) {
    let block = reset_block("position = \"earliest\"\n  timeouts {\n    create = \"600ms\"\n  }");
    workspace.write("main.tf", &block.replace("billing", "shipping"));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    for part in [
        "Reset of consumer group \"shipping\" timed out",
        "shipping-1",
        "/192.0.2.10",
        "it ends before wait_for_inactive does",
    ] {
        assert!(apply.text().contains(part), "{part:?} is missing: {apply}");
    }
    assert_eq!(workspace.resets(), 0);
}

pub(crate) fn killed_provider_leaves_nothing_and_the_next_apply_finishes(workspace: &Workspace) {
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

pub(crate) fn killed_terraform_leaves_no_provider_and_the_next_apply_finishes(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.hold();
    let mut running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_for_resets(1);
    assert!(!workspace.providers().is_empty());
    running.kill();
    // The provider hangs up on the service when it ends.
    workspace.wait_until(|entry| entry.abandoned);
    workspace.wait_for_end_of_providers();
    workspace.emulator.release();
    assert_eq!(workspace.left_by_plugins(), Vec::<String>::new());
    workspace.apply();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
}

/// Some calls reach the provider before Terraform's Stop, and others just after it.
pub(crate) fn interrupt_among_resets_that_wait_for_members_sends_none(workspace: &Workspace) {
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
    // The lookup of the project, with which the first call starts.
    workspace.wait_until(|_| true);
    running.interrupt_group();
    let apply = running.finish().failed();
    assert!(apply.text().contains("The reset was not sent."), "{apply}");
    assert_eq!(workspace.resets(), 0);
    assert!(!workspace.state_text().contains("\"instance_id\""), "{}", workspace.state_text());
}

/// The provider must not continue to the reset without Terraform.
pub(crate) fn killed_terraform_sends_nothing_more(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.emulator.add_fault(Fault::delay(100).request("GET", "/groups/billing"));
    let mut running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_until(|entry| entry.is("GET", "/groups/billing"));
    running.kill();
    workspace.wait_for_end_of_providers();
    assert_eq!(workspace.resets(), 0);
    assert_eq!(workspace.left_by_plugins(), Vec::<String>::new());
}

/// Terraform sends no Stop while it plans for an apply, and would wait for the answer.
pub(crate) fn interrupt_while_apply_plans_ends_a_read_that_hangs(workspace: &Workspace) {
    let data = format!(
        "data \"huaweicloud_kafka_consumer_group\" \"this\" {{\n  instance_id = \"{}\"\n  group = \"billing\"\n}}\n",
        demo::INSTANCE_ID
    );
    workspace.write("main.tf", &data);
    workspace.init();
    workspace.emulator.add_fault(Fault::new(Effect::Never).request("GET", "/groups/billing"));
    let running = workspace.start(&["apply", "-auto-approve"]);
    workspace.wait_until(|entry| entry.is("GET", "/groups/billing"));
    let started = Instant::now();
    running.interrupt_group();
    let apply = running.finish().failed();
    // Without the signal, the read would give up only after its retries.
    assert!(started.elapsed() < Duration::from_secs(20), "{apply}");
    assert!(apply.text().contains("Consumer group not read"), "{apply}");
    assert!(apply.text().contains("Interrupted. Nothing was changed."), "{apply}");
    assert!(!apply.text().contains("Plugin did not respond"), "{apply}");
}

pub(crate) fn unusable_directory_for_temporary_files_does_not_stop_a_run(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.run_with(&["apply", "-auto-approve"], &[("TMPDIR", "/nonexistent/here")]).succeeded();
    assert_eq!(workspace.resets(), 1);
}

pub(crate) fn terraform_quotes_the_reason_of_a_failed_start(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    for (commands, reason) in [
        ("export PLUGIN_CLIENT_CERT=rubbish", "PLUGIN_CLIENT_CERT must hold the client's certificate in PEM form"),
        ("export PLUGIN_CLIENT_CERT=\"$(printf '\\377')\"", "PLUGIN_CLIENT_CERT must hold the client's certificate"),
        ("ulimit -n 4", "Too many open files"),
    ] {
        workspace.start_provider_after(commands);
        workspace.run(&["init", "-upgrade"]).succeeded();
        let plan = workspace.run(&["plan"]).failed();
        assert!(plan.text().contains("The provider could not start: "), "{plan}");
        assert!(plan.text().contains(reason), "{plan}");
        workspace.forget_lock_file();
    }
}
