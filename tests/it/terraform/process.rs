//! The provider as a process of a real Terraform: mutual TLS, plain mode, interrupts.

use std::time::Duration;

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
    assert!(apply.text().contains("Kafka offset reset interrupted"), "{apply}");
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
    assert!(apply.text().contains("Kafka offset reset timed out"), "{apply}");
    assert!(apply.text().contains("may have been carried out"), "{apply}");
}
