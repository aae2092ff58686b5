//! Signing in with other things than keys of the environment, and mistakes in it.

use dms_emulator::demo;

use super::harness::{Workspace, reset_block};

pub(crate) fn profile_of_hcloud_has_keys_and_region(workspace: &mut Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    let block = workspace.provider_block().replace(&format!("region    = \"{}\"", demo::REGION), "profile = \"demo\"");
    assert!(block.contains("profile"), "{block}");
    workspace.write("provider.tf", &block);
    // Beside the working directory, which is searched for secrets.
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

pub(crate) fn mistakes_in_the_sign_in_are_told_with_their_lines(workspace: &mut Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    let good = workspace.provider_block();
    let role = "assume_role {\n    agency_name = \"a\"\n    domain_name = \"b\"\n    duration = 60\n  }";
    let both = "assume_role_with_oidc {\n    id_token = \"hunter2\"\n    id_token_file = \"x\"\n  }";
    for (arguments, line, summary, commands) in [
        (role, "duration = 60", "Invalid duration", &["validate", "plan"][..]),
        (both, "id_token_file =", "Invalid id_token_file", &["validate", "plan"]),
        ("max_retries = -1", "max_retries = -1", "must be a whole number between 0 and", &["validate", "plan"]),
        ("max_requests_per_second = 0", "max_requests_per_second = 0", "Invalid max_requests", &["validate", "plan"]),
        ("domain_id = \"a b\"", "domain_id = \"a b\"", "Invalid domain_id", &["validate", "plan"]),
        // Variables may complete a role, and validation does not see them.
        ("assume_role {\n  }", "assume_role {", "agency_name is missing", &["plan"]),
    ] {
        let block = good.replace("endpoints =", &format!("{arguments}\n  endpoints ="));
        workspace.write("provider.tf", &block);
        let number = 1 + block.lines().position(|text| text.contains(line)).expect("the line");
        for command in commands {
            let output = workspace.run(&[command]).failed();
            assert!(output.text().contains(summary), "{summary}: {output}");
            assert!(output.stderr.contains(&format!("on provider.tf line {number}")), "{output}");
            assert!(!output.text().contains("hunter2"), "{output}");
        }
    }
    assert_eq!(workspace.calls(), 0);
}

/// A broken source of settings is an error only of the requests that need it.
pub(crate) fn broken_settings_stop_only_requests(workspace: &mut Workspace) {
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
    for (provider, variable, summary, named) in [
        (&with_certificates, ("", ""), "Invalid cacert_file", "../missing.pem cannot be read"),
        (&block, broken[0], "Invalid credentials", "the hcloud profile \"missing\""),
        (&block, broken[1], "Invalid credentials", "HW_ACCESS_KEY is set, but HW_SECRET_KEY is not"),
        (&block, broken[2], "Invalid insecure", "HW_INSECURE is \"maybe\""),
    ] {
        workspace.write("provider.tf", provider);
        let variables: Vec<_> = [variable].into_iter().filter(|(name, _)| !name.is_empty()).collect();
        let apply = workspace.run_with(&["apply", "-auto-approve"], &variables).failed();
        for part in [summary, named, "Nothing was sent."] {
            assert!(apply.text().contains(part), "{part:?} is missing: {apply}");
        }
    }
    assert_eq!(workspace.calls(), calls);
}

/// Desktops set these variables, and Terraform itself does not use them for this computer.
pub(crate) fn proxies_are_not_used_for_this_computer(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let proxies = ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY"].map(|name| (name, "socks5://127.0.0.1:1"));
    workspace.run_with(&["apply", "-auto-approve"], &proxies).succeeded();
    workspace.run_with(&["destroy", "-auto-approve"], &proxies).succeeded();
    assert_eq!(workspace.resets(), 1);
    workspace.write("provider.tf", &workspace.provider_block().replace("endpoints =", "project_id = \"p\"\n#"));
    let apply = workspace.run_with(&["apply", "-auto-approve"], &proxies).failed();
    assert!(apply.text().contains("HTTPS_PROXY must contain an http or https address"), "{apply}");
    assert!(apply.text().contains("The reset was not sent."), "{apply}");
}

/// As with a pipe without a writer, or an unreachable network file system.
pub(crate) fn interrupt_while_reading_a_file_blocks_ends_the_apply(workspace: &Workspace) {
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
    assert!(apply.text().contains("Interrupted while reading the provider's settings"), "{apply}");
    assert!(apply.text().contains("The reset was not sent."), "{apply}");
    assert!(!apply.text().contains("Plugin did not respond"), "{apply}");
    workspace.wait_for_end_of_providers();
    drop(writer);
    assert_eq!(workspace.calls(), 0);
}
