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
        // Files and variables are looked at when the provider is configured.
        ("profile = \"x\"", "profile = \"x\"", "Invalid profile", &["plan"]),
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
