//! Errors that users read: invalid arguments with their lines, missing credentials, and refusals of the service.

use super::harness::{Output, Workspace, reset_block};
use crate::snapshot::{self, Transcript, assert_snapshot};

/// Plans a block with an invalid argument. Nothing may be sent.
fn refused_plan(workspace: &Workspace, block: &str) -> Output {
    workspace.write("main.tf", block);
    let plan = workspace.run(&["plan"]).failed();
    assert_eq!(workspace.calls(), 0);
    plan
}

pub(crate) fn plan_reports_invalid_arguments_with_their_lines(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    let mut transcript = Transcript::default();
    for arguments in [
        "message_offset = 1\n  timestamp = 1571812144000",
        "",
        "timestamp = 1571812144",
        "timestamp = -1",
        "message_offset = -5",
        "message_offset = 1.5",
        "message_offset = 1\n  partition = -2",
        "message_offset = 1\n  region = \"CN North\"",
        "message_offset = 1\n  region = \"eu-west-101\"",
        "message_offset = 1\n  timeouts {\n    create = \"soon\"\n  }",
    ] {
        let heading = if arguments.is_empty() { "no target" } else { arguments };
        transcript.add(heading, refused_plan(workspace, &reset_block(arguments)).diagnostics());
    }
    assert_snapshot!(transcript);
}

/// Terraform panics if an error is attached to the key of a map that is written without quotes, as the documentation
/// writes it. A crash during an apply loses the resets that have just been done.
pub(crate) fn invalid_offset_under_an_unquoted_key_does_not_crash_terraform(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    let mut transcript = Transcript::default();
    for offsets in ["{ 0 = -5 }", "{ (0) = -5 }", "{ \"0\" = -5 }", "{ 0 = 120, 1 = 1.5 }", "{ 0 = 120, x = 1 }"] {
        let argument = format!("partition_offsets = {offsets}");
        transcript.add(&argument, refused_plan(workspace, &reset_block(&argument)).diagnostics());
    }
    let number = "resource \"terraform_data\" \"number\" {\n  input = -5\n}\n";
    let block = reset_block("partition_offsets = { 0 = terraform_data.number.output }");
    workspace.write("main.tf", &format!("{number}{block}"));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    transcript.add("An offset that is known only in the apply", apply.diagnostics());
    assert_snapshot!(transcript);
}

/// Both the address of the service and the argument lack the region.
pub(crate) fn missing_region_is_reported_once(workspace: &Workspace) {
    let reset = reset_block("message_offset = 1");
    workspace.write("main.tf", &reset);
    let block = workspace.provider_block();
    let kept = |line: &&str| !line.contains("region    =") && !line.contains("endpoints =");
    workspace.write("provider.tf", &block.lines().filter(kept).collect::<Vec<_>>().join("\n"));
    workspace.init();
    assert_snapshot!(refused_plan(workspace, &reset).diagnostics());
}

pub(crate) fn invalid_provider_arguments_are_reported_with_their_lines(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    let valid = workspace.provider_block();
    let mut transcript = Transcript::default();
    for (argument, is_validated) in [
        ("access_key = \"alone\"", true),
        ("request_timeout = \"soon\"", true),
        ("cloud = \"not a domain\"", true),
        // HW_INSECURE may allow it, and validation does not see the environment.
        ("auth_url = \"http://iam.example\"", false),
    ] {
        workspace.write("provider.tf", &valid.replace("endpoints =", &format!("{argument}\n  endpoints =")));
        let plan = workspace.run(&["plan"]).failed().diagnostics();
        if is_validated {
            assert_eq!(workspace.run(&["validate"]).failed().diagnostics(), plan);
        }
        transcript.add(argument, plan);
    }
    assert_eq!(workspace.calls(), 0);
    assert_snapshot!(transcript);
}

pub(crate) fn missing_credentials_are_reported_with_the_sources_tried(workspace: &mut Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    workspace.forget_credentials();
    // A plan sends nothing, so it needs no credentials.
    workspace.run(&["plan"]).succeeded();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(workspace.calls(), 0);
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn wrong_secret_key_is_tried_once_and_never_shown(workspace: &mut Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    workspace.use_secret_key("the-wrong-secret-key");
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(!apply.text().contains("the-wrong-secret-key"), "{apply}");
    assert_eq!(workspace.calls(), 1);
    assert!(workspace.state_is_empty());
    assert_snapshot!(apply.diagnostics());
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
    assert!(workspace.state_is_empty());
    assert_snapshot!(snapshot::distinct(&apply.diagnostics()));
}

pub(crate) fn refusal_of_an_online_group_shows_the_service_error(workspace: &Workspace) {
    let unchecked = reset_block("message_offset = 1\n  require_inactive_group = false");
    workspace.write("main.tf", &unchecked.replace("billing", "shipping"));
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(workspace.state_is_empty());
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn unknown_instance_is_reported_with_advice(workspace: &Workspace) {
    let block = reset_block("message_offset = 1").replace(dms_emulator::demo::INSTANCE_ID, "no-such-instance");
    workspace.write("main.tf", &block);
    workspace.init();
    assert_snapshot!(workspace.run(&["apply", "-auto-approve"]).failed().diagnostics());
}

pub(crate) fn unreachable_service_is_reported_as_not_sent(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1\n  project_id = \"p\""));
    workspace.init();
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let block = workspace.provider_block().replace(&workspace.emulator.url(), &format!("http://{free}"));
    workspace.write("provider.tf", &block);
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert!(workspace.state_is_empty());
    assert_snapshot!(apply.diagnostics());
}

pub(crate) fn secrets_are_absent_from_output_log_and_state(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.init();
    let apply = workspace.run_with(&["apply", "-auto-approve"], &[("TF_LOG", "trace")]).succeeded();
    assert!(apply.stderr.contains("reset-message-offset"), "the log of the provider is missing:\n{apply}");
    // Every other command writes the log of the provider to a file, which is searched at the end of each test.
    workspace.run(&["apply", "-auto-approve", "-replace=huaweicloud_kafka_offset_reset.this"]).succeeded();
    assert!(workspace.log().contains("reset-message-offset"), "{}", workspace.log());
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
    let mut transcript = Transcript::default();
    transcript.add("plan", plan("\"2999-01-01T00:00:00Z\"").failed().diagnostics());
    plan("terraform_data.later.output").succeeded();
    transcript.add("apply", workspace.run(&["apply", "saved.plan"]).failed().diagnostics());
    assert_eq!(workspace.resets(), 0);

    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(50);
    workspace.write("main.tf", &reset_block(&format!("datetime = \"{soon}\"")));
    workspace.apply();
    assert_eq!(workspace.resets(), 1);
    assert_snapshot!(transcript);
}
