//! What a user is told: mistakes in the configuration with their lines, and the service's refusals.

use super::harness::{Workspace, reset_block};

/// Plans one block that holds a mistake; the error must show its line, and nothing may be called.
fn assert_reported_at_plan(workspace: &Workspace, block: &str, line: &str, summary: &str) {
    workspace.write("main.tf", block);
    let plan = workspace.run(&["plan"]).failed();
    assert!(plan.stderr.contains(summary), "{summary:?} is missing:\n{plan}");
    let number = 1 + block.lines().position(|text| text.contains(line)).expect("the line");
    let place = format!("on main.tf line {number}");
    assert!(plan.stderr.contains(&place), "{place:?} is missing:\n{plan}");
    assert!(plan.stderr.contains(line), "{line:?} is not shown:\n{plan}");
    assert_eq!(workspace.calls(), 0);
}

pub(crate) fn plan_reports_invalid_arguments_with_their_lines(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    for (arguments, line, summary) in [
        ("message_offset = 1\n  timestamp = 1571812144000", "timestamp = 1571812144000", "More than one reset target"),
        ("", "resource \"huaweicloud_kafka_offset_reset\"", "No reset target"),
        ("timestamp = 1571812144", "timestamp = 1571812144", "Invalid timestamp"),
        ("timestamp = -1", "timestamp = -1", "Invalid timestamp"),
        ("message_offset = -5", "message_offset = -5", "Invalid message_offset"),
        ("message_offset = 1.5", "message_offset = 1.5", "Invalid message_offset"),
        ("message_offset = 1\n  partition = -2", "partition = -2", "Invalid partition"),
        ("message_offset = 1\n  region = \"CN North\"", "region = \"CN North\"", "Invalid region"),
        ("message_offset = 1\n  region = \"eu-west-101\"", "region = \"eu-west-101\"", "Unreachable region"),
        ("message_offset = 1\n  timeouts {\n    create = \"soon\"\n  }", "create = \"soon\"", "Invalid time limit"),
    ] {
        assert_reported_at_plan(workspace, &reset_block(arguments), line, summary);
    }
    let seconds = reset_block("timestamp = 1571812144");
    workspace.write("main.tf", &seconds);
    let plan = workspace.run(&["plan"]).failed();
    assert!(plan.text().contains("Write 1571812144000 instead"), "{plan}");
}

/// Terraform panics where an error names the key of a map that is written as the documentation writes it, without
/// quotes. During an apply it then forgot the resets that had just been done.
pub(crate) fn invalid_offset_under_an_unquoted_key_does_not_crash_terraform(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    for (offsets, detail) in [
        ("{ 0 = -5 }", "Partition 0: -5 is no offset"),
        ("{ (0) = -5 }", "Partition 0: -5 is no offset"),
        ("{ \"0\" = -5 }", "Partition 0: -5 is no offset"),
        ("{ 0 = 120, 1 = 1.5 }", "Partition 1: 1.5 is no offset"),
        ("{ 0 = 120, x = 1 }", "\"x\" is no partition"),
    ] {
        let line = format!("partition_offsets = {offsets}");
        assert_reported_at_plan(workspace, &reset_block(&line), &line, "Invalid partition_offsets");
        let plan = workspace.run(&["plan"]).failed();
        assert!(plan.text().contains(detail), "{detail:?} is missing:\n{plan}");
    }
    // Known only in the apply.
    let number = "resource \"terraform_data\" \"number\" {\n  input = -5\n}\n";
    let block = reset_block("partition_offsets = { 0 = terraform_data.number.output }");
    workspace.write("main.tf", &format!("{number}{block}"));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("Partition 0: -5 is no offset"), "{apply}");
}

pub(crate) fn unreachable_region_is_reported_with_advice(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1\n  region = \"eu-west-101\""));
    workspace.init();
    let plan = workspace.run(&["plan"]).failed();
    assert!(plan.text().contains("use a provider block for that region"), "{plan}");
    assert_eq!(workspace.calls(), 0);
}

/// Once in the words of the address, once in those of the argument.
pub(crate) fn missing_region_is_reported_once(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    let block = workspace.provider_block();
    let kept = |line: &&str| !line.contains("region    =") && !line.contains("endpoints =");
    workspace.write("provider.tf", &block.lines().filter(kept).collect::<Vec<_>>().join("\n"));
    workspace.init();
    let plan = workspace.run(&["plan"]).failed();
    let told = "No region is set, and it is part of the service's address: set it here, in the provider block, or as \
                HW_REGION_NAME.";
    assert!(plan.text().contains(told), "{plan}");
    assert_eq!(plan.text().to_lowercase().matches("no region is set").count(), 1, "{plan}");
}

pub(crate) fn invalid_provider_arguments_are_reported_with_their_lines(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    let good = workspace.provider_block();
    for (arguments, line, summary, commands) in [
        ("access_key = \"alone\"", "access_key = \"alone\"", "Invalid access_key", &["validate", "plan"][..]),
        ("request_timeout = \"soon\"", "request_timeout = \"soon\"", "Invalid request_timeout", &["validate", "plan"]),
        ("cloud = \"not a domain\"", "cloud = \"not a domain\"", "Invalid cloud", &["validate", "plan"]),
        // HW_INSECURE may allow it, and validation does not see the environment.
        ("auth_url = \"http://iam.example\"", "auth_url = \"http://iam.example\"", "Invalid auth_url", &["plan"]),
    ] {
        let block = good.replace("endpoints =", &format!("{arguments}\n  endpoints ="));
        workspace.write("provider.tf", &block);
        let number = 1 + block.lines().position(|text| text.contains(line)).expect("the line");
        for command in commands {
            let output = workspace.run(&[command]).failed();
            assert!(output.stderr.contains(summary), "{output}");
            assert!(output.stderr.contains(&format!("on provider.tf line {number}")), "{output}");
        }
    }
    assert_eq!(workspace.calls(), 0);
}

pub(crate) fn missing_credentials_are_reported_with_the_sources_tried(workspace: &mut Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    workspace.forget_credentials();
    // A plan sends nothing, so it needs none.
    workspace.run(&["plan"]).succeeded();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    for source in ["HW_ACCESS_KEY", "HUAWEICLOUD_SDK_AK", "CLOUD_SDK_AK"] {
        assert!(apply.text().contains(source), "{source} is missing:\n{apply}");
    }
    assert!(apply.text().contains("The reset was not sent."), "{apply}");
    assert_eq!(workspace.calls(), 0);
}

pub(crate) fn wrong_secret_key_is_tried_once_and_never_shown(workspace: &mut Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    workspace.use_secret_key("the-wrong-secret-key");
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("401 APIGW.0301"), "{apply}");
    assert!(!apply.text().contains("the-wrong-secret-key"), "{apply}");
    assert_eq!(workspace.calls(), 1);
    assert!(workspace.state_is_empty());
}

/// The service locks an access key after about five refused requests in a row.
pub(crate) fn wrong_secret_key_is_tried_once_by_many_resets(workspace: &mut Workspace) {
    let many = "message_offset = 1\n  project_id = \"0d0e0f00000000000000000000000001\"\n  count = 10";
    workspace.write("main.tf", &reset_block(many));
    workspace.init();
    workspace.use_secret_key("the-wrong-secret-key");
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(workspace.calls(), 1);
    assert_eq!(apply.text().matches("401 APIGW.0301").count(), 10, "{apply}");
    assert_eq!(apply.text().matches("The reset was not sent.").count(), 10, "{apply}");
    assert!(workspace.state_is_empty());
}

pub(crate) fn refusal_of_an_online_group_shows_the_service_error(workspace: &Workspace) {
    let unchecked = reset_block("message_offset = 1\n  require_inactive_group = false");
    workspace.write("main.tf", &unchecked.replace("billing", "shipping"));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("The service refused the reset; no offset was changed."), "{apply}");
    let refusal = workspace.emulator.journal();
    let refusal = refusal.matching("PUT", "/reset-message-offset").next().expect("a PUT");
    let code = refusal.error_code.as_deref().expect("an error code");
    assert!(apply.text().contains(code), "{code} is missing:\n{apply}");
    assert!(apply.text().contains("request id"), "{apply}");
    assert!(workspace.state_is_empty());
}

pub(crate) fn unknown_instance_is_reported_with_advice(workspace: &Workspace) {
    let block = reset_block("message_offset = 1").replace(dms_emulator::demo::INSTANCE_ID, "no-such-instance");
    workspace.write("main.tf", &block);
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("404 DMS.00404022"), "{apply}");
    assert!(apply.text().contains("Check instance_id, region and project_id"), "{apply}");
}

pub(crate) fn unreachable_service_is_reported_as_not_sent(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1\n  project_id = \"p\""));
    workspace.init();
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let block = workspace.provider_block().replace(&workspace.emulator.url(), &format!("http://{free}"));
    workspace.write("provider.tf", &block);
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(apply.text().contains("The reset was not sent."), "{apply}");
    assert!(workspace.state_is_empty());
}

pub(crate) fn secrets_are_absent_from_output_log_and_state(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let apply = workspace.run_with(&["apply", "-auto-approve"], &[("TF_LOG", "trace")]).succeeded();
    assert!(apply.stderr.contains("reset accepted"), "the provider's log is missing:\n{apply}");
    // Every other command writes the provider's log to a file, which is searched at the end of each test.
    workspace.run(&["apply", "-auto-approve", "-replace=huaweicloud_kafka_offset_reset.this"]).succeeded();
    assert!(workspace.log().contains("reset accepted"), "{}", workspace.log());
    for (name, text) in [("output", apply.text()), ("state", workspace.state_text())] {
        assert!(!text.contains(dms_emulator::demo::SECRET_KEY), "the secret key is in the {name}");
        assert!(!text.contains("Signature="), "a signature is in the {name}");
    }
}

pub(crate) fn datetime_in_the_future_is_refused_by_plan_and_apply(workspace: &Workspace) {
    let plan = |datetime: &str| {
        let later = "resource \"terraform_data\" \"later\" {\n  input = \"2999-01-01T00:00:00Z\"\n}\n";
        workspace.write("main.tf", &format!("{}{later}", reset_block(&format!("datetime = {datetime}"))));
        workspace.run(&["plan", "-out", "saved.plan"])
    };
    workspace.write("main.tf", "resource \"terraform_data\" \"later\" {\n}\n");
    workspace.init();
    let planned = plan("\"2999-01-01T00:00:00Z\"").failed();
    for part in ["Error: Invalid datetime", "on main.tf line 5", "is in the future", "position = \"latest\""] {
        assert!(planned.text().contains(part), "{part:?} is missing: {planned}");
    }
    plan("terraform_data.later.output").succeeded();
    let applied = workspace.run(&["apply", "saved.plan"]).failed();
    assert!(applied.text().contains("is in the future"), "{applied}");
    assert_eq!(workspace.resets(), 0);

    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(50);
    workspace.write("main.tf", &reset_block(&format!("datetime = \"{soon}\"")));
    workspace.apply();
    assert_eq!(workspace.resets(), 1);
}
