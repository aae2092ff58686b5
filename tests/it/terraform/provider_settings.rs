//! Settings and credentials of the provider from files and variables, and errors in them.

use dms_emulator::demo;

use super::harness::{Workspace, reset_block};
use crate::snapshot::{Transcript, assert_snapshot};

pub(crate) fn hcloud_profile_provides_credentials_and_region(workspace: &mut Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    let block = workspace.provider_block().replace(&format!("region    = \"{}\"", demo::REGION), "profile = \"demo\"");
    assert!(block.contains("profile"), "{block}");
    workspace.write("provider.tf", &block);
    // Outside the working directory, which is searched for secrets.
    workspace.write(
        "../hcloud.json",
        &format!(
            r#"{{"current":"other","profiles":[{{"name":"demo","mode":"AKSK","accessKeyId":"{}","secretAccessKey":"{}","region":"{}"}}]}}"#,
            demo::ACCESS_KEY,
            demo::SECRET_KEY,
            demo::REGION
        ),
    );
    workspace.forget_credentials();
    workspace.init();
    let named = [("HW_SHARED_CONFIG_FILE", "../hcloud.json")];
    let apply = workspace.run_with(&["apply", "-auto-approve"], &named).succeeded();
    assert!(!apply.text().contains(demo::SECRET_KEY), "{apply}");
    let journal = workspace.emulator.journal();
    assert_eq!(journal.matching("GET", "/v3/projects").count(), 1);
    assert_eq!(journal.matching("PUT", "/reset-message-offset").count(), 1);
}

pub(crate) fn invalid_credential_arguments_are_reported_with_their_lines(workspace: &mut Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    let valid = workspace.provider_block();
    let role = "assume_role {\n    agency_name = \"a\"\n    domain_name = \"b\"\n    duration = 60\n  }";
    let both = "assume_role_with_oidc {\n    id_token = \"hunter2\"\n    id_token_file = \"x\"\n  }";
    let mut transcript = Transcript::default();
    for (arguments, is_validated) in [
        (role, true),
        (both, true),
        ("max_retries = -1", true),
        ("max_requests_per_second = 0", true),
        ("domain_id = \"a b\"", true),
        // Variables may complete a role, and validation does not see them.
        ("assume_role {\n  }", false),
    ] {
        workspace.write("provider.tf", &valid.replace("endpoints =", &format!("{arguments}\n  endpoints =")));
        let plan = workspace.run(&["plan"]).failed().diagnostics();
        if is_validated {
            assert_eq!(workspace.run(&["validate"]).failed().diagnostics(), plan);
        }
        assert!(!plan.contains("hunter2"), "{plan}");
        transcript.add(arguments, plan);
    }
    assert_eq!(workspace.calls(), 0);
    assert_snapshot!(transcript);
}

/// A broken source of settings is an error only of the requests that need it.
pub(crate) fn broken_settings_fail_only_operations_that_send_requests(workspace: &mut Workspace) {
    let block = workspace.provider_block();
    let counted = |count: u32| reset_block(&format!("message_offset = 200\n  count = {count}"));
    workspace.write("main.tf", &counted(1));
    workspace.init();
    workspace.apply();
    let calls = workspace.calls();

    let with_certificates = block.replace("endpoints =", "cacert_file = \"../missing.pem\"\n  endpoints =");
    let broken = [
        ("HW_PROFILE", "missing"),
        ("HW_SECRET_KEY", ""),
        ("HW_INSECURE", "maybe"),
        ("HW_MAX_RETRIES", "many"),
        ("HW_ASSUME_ROLE_IDP_ID", "alone"),
        ("HTTPS_PROXY", "socks5://127.0.0.1:1"),
    ];
    workspace.write("provider.tf", &with_certificates);
    workspace.run_with(&["validate"], &broken).succeeded();
    workspace.run_with(&["plan", "-detailed-exitcode"], &broken).succeeded();
    workspace.write("main.tf", &counted(2));
    workspace.run_with(&["plan"], &broken).succeeded();
    workspace.write("main.tf", &counted(0));
    workspace.run_with(&["apply", "-auto-approve"], &broken).succeeded();
    assert!(workspace.state_is_empty());
    workspace.run_with(&["apply", "-auto-approve"], &broken).succeeded();
    workspace.run_with(&["destroy", "-auto-approve"], &broken).succeeded();
    assert_eq!(workspace.calls(), calls);

    workspace.write("main.tf", &counted(1));
    let mut transcript = Transcript::default();
    for (case, provider, variables) in [
        ("cacert_file", &with_certificates, &[][..]),
        ("HW_PROFILE", &block, &broken[..1]),
        ("HW_SECRET_KEY", &block, &broken[1..2]),
        ("HW_INSECURE", &block, &broken[2..3]),
    ] {
        workspace.write("provider.tf", provider);
        transcript.add(case, workspace.run_with(&["apply", "-auto-approve"], variables).failed().diagnostics());
    }
    assert_eq!(workspace.calls(), calls);
    assert_snapshot!(transcript);
}

/// Desktops set these variables, and Terraform itself does not use them for loopback addresses.
pub(crate) fn proxies_are_not_used_for_loopback_addresses(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let proxies = ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"].map(|name| (name, "socks5://127.0.0.1:1"));
    workspace.run_with(&["apply", "-auto-approve"], &proxies).succeeded();
    workspace.run_with(&["destroy", "-auto-approve"], &proxies).succeeded();
    assert_eq!(workspace.resets(), 1);
    workspace.write("provider.tf", &workspace.provider_block().replace("endpoints =", "project_id = \"p\"\n#"));
    let apply = workspace.run_with(&["apply", "-auto-approve"], &proxies).failed();
    assert_snapshot!(apply.diagnostics());
}

/// As with a pipe without a writer, or an unreachable network file system.
pub(crate) fn interrupt_ends_an_apply_that_blocks_on_reading_a_file(workspace: &Workspace) {
    let pipe = workspace.make_pipe("../certificates");
    let block = workspace.provider_block();
    workspace.write("provider.tf", &block.replace("endpoints =", "cacert_file = \"../certificates\"\n  endpoints ="));
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    workspace.run(&["plan"]).succeeded();
    let running = workspace.start(&["apply", "-auto-approve"]);
    // Returns when the provider has opened its end. Nothing is ever written, so the provider waits.
    let writer = std::fs::OpenOptions::new().write(true).open(pipe).unwrap();
    running.interrupt_group();
    let started = std::time::Instant::now();
    let apply = running.finish().failed();
    assert!(started.elapsed() < std::time::Duration::from_secs(8), "it waited for the file: {apply}");
    workspace.wait_for_end_of_providers();
    drop(writer);
    assert_eq!(workspace.calls(), 0);
    assert_snapshot!(apply.diagnostics());
}
