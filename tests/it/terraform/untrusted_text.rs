//! Untrusted text from the service and from clients of a group: what Terraform prints and stores of it is printable,
//! bounded and without secrets.

use dms_emulator::{Effect, Fault, FaultResponse, Operation, Seed, demo};
use serde_json::{Value, json};

use super::action::{action_block, invoke, progress};
use super::awaited_texts::{BACKGROUND_TASK, GROUP_ACTIVE};
use super::harness::{Output, Workspace, reset_block};
use crate::snapshot::{self, assert_snapshot};
use crate::unprintable::{HOSTILE, assert_printable};

/// The beginning of the hostile name as shown in a message without quotation marks.
const SHOWN: &str = "a\\u{202e}b\\u{200e}\\u{200f}\\u{61c}";

fn assert_output_printable(output: &Output) {
    assert_printable(&output.stdout);
    assert_printable(&output.stderr);
}

/// Replaces every response of the operation after the first `skip` responses.
fn replace_responses(workspace: &Workspace, operation: Operation, skip: u64, body: &Value) {
    let response = FaultResponse::raw(200, "application/json", &body.to_string());
    workspace.emulator.add_fault(Fault::new(Effect::Status(response)).on(operation).skip(skip));
}

/// Adds the group "hostile", whose member claims arbitrary names. Any Kafka client can do that.
fn add_hostile_group(workspace: &Workspace) {
    let member = json!({
        "member_id": HOSTILE, "client_id": HOSTILE, "host": HOSTILE, "assignment": { HOSTILE: [0], "orders": [1] },
    });
    let topic = json!({ "name": HOSTILE, "partitions": [{ "log_end": 10 }] });
    let group = json!({ "name": "hostile", "members": [member], "offsets": { HOSTILE: [1], "orders": [1] } });
    workspace.merge(&json!({ "topics": [topic], "groups": [group] }));
}

pub(crate) fn member_names_are_printable_in_errors(workspace: &Workspace) {
    add_hostile_group(workspace);
    let block = reset_block("position = \"earliest\"\n  wait_for_inactive = \"0s\"").replace("billing", "hostile");
    workspace.write("main.tf", &block);
    workspace.init();
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_output_printable(&apply);
    assert_eq!(workspace.resets(), 0);
    assert_snapshot!(apply.diagnostics());
}

/// The data source of a group, and an output with all of it.
fn group_shown(group: &str) -> String {
    format!(
        "data \"huaweicloud_kafka_consumer_group\" \"this\" {{\n  instance_id = \"{}\"\n  group = \"{group}\"\n}}\n\
         output \"group\" {{\n  value = data.huaweicloud_kafka_consumer_group.this\n}}\n",
        demo::INSTANCE_ID
    )
}

pub(crate) fn names_are_printable_in_the_data_source(workspace: &Workspace) {
    add_hostile_group(workspace);
    workspace.write("main.tf", &group_shown("hostile"));
    workspace.init();
    assert_output_printable(&workspace.apply());
    let outputs = workspace.run(&["output", "-json"]).succeeded();
    assert_output_printable(&outputs);
    let outputs: Value = serde_json::from_str(&outputs.stdout).unwrap();
    let member = &outputs["group"]["value"]["members"][0];
    for name in [&member["member_id"], &member["client_id"], &member["host"], &member["assignment"][0]["topic"]] {
        assert!(name.as_str().unwrap().starts_with(SHOWN), "{member}");
    }
    assert_printable(&workspace.state_text());
}

pub(crate) fn service_text_is_printable_in_errors(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    let projects = json!({ "projects": [{ "id": HOSTILE, "name": "x" }, { "id": "x", "name": HOSTILE }] });
    replace_responses(workspace, Operation::ListProjects, 0, &projects);
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_output_printable(&apply);
    assert!(apply.text().contains(SHOWN), "{apply}");

    workspace.emulator.clear_faults();
    for response in [
        FaultResponse::new(400, HOSTILE, HOSTILE),
        FaultResponse::raw(502, "text/html", &format!("<p>{HOSTILE}\r\n{HOSTILE}</p>")),
        FaultResponse::raw(200, "application/json", &json!([HOSTILE]).to_string()),
    ] {
        let fault = Fault::new(Effect::Status(response)).on(Operation::ShowGroupWithOffsets).times(6);
        workspace.emulator.add_fault(fault);
        let apply = workspace.run_with(&["apply", "-auto-approve"], &[("HW_MAX_RETRIES", "0")]).failed();
        assert_output_printable(&apply);
        workspace.emulator.clear_faults();
    }
}

/// Users may have copied paths and variables from elsewhere.
pub(crate) fn paths_and_variables_are_printable_in_errors(workspace: &Workspace) {
    workspace.write("main.tf", &reset_block("message_offset = 1"));
    workspace.init();
    let hostile: String = HOSTILE.chars().chain("\n-all-is-lost".chars()).collect();
    for variable in [
        "HW_SHARED_CONFIG_FILE",
        "HW_PROFILE",
        "HUAWEICLOUD_SDK_CREDENTIALS_FILE",
        "HW_REGION_NAME",
        "HW_PROJECT_ID",
        "HW_PROJECT_NAME",
        "HW_INSECURE",
        "HW_MAX_RETRIES",
        "HW_AUTH_URL",
        "HW_CLOUD",
        "HTTP_PROXY",
    ] {
        let mut variables = vec![(variable, &*hostile)];
        if !matches!(variable, "HW_REGION_NAME" | "HW_PROJECT_ID") {
            variables.extend([("HW_ACCESS_KEY", ""), ("HW_SECRET_KEY", "")]);
        }
        // JSON output does not wrap lines.
        let apply = workspace.run_with(&["apply", "-json", "-auto-approve"], &variables);
        assert_output_printable(&apply);
        for line in apply.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let detail = line["diagnostic"]["detail"].as_str().unwrap_or_default();
            assert!(!detail.contains("\n-all-is-lost"), "{variable}: {apply}");
        }
    }
}

pub(crate) fn progress_of_an_action_is_printable(workspace: &Workspace) {
    add_hostile_group(workspace);
    let block = action_block("position = \"earliest\"\n    wait_for_inactive = \"1s\"").replace("billing", "hostile");
    workspace.write("main.tf", &block);
    workspace.init();
    let apply = invoke(workspace).failed();
    assert_output_printable(&apply);
    assert!(progress(&apply).iter().any(|line| line.starts_with(GROUP_ACTIVE)), "{apply}");

    let every_topic = action_block("position = \"earliest\"").replace("    topic       = \"orders\"\n", "");
    workspace.write("main.tf", &every_topic);
    let task = json!({
        "id": HOSTILE, "name": "kafkaResetConsumerOffset", "status": "FAILED", "params": HOSTILE,
        "created_at": "2030-01-01T00:00:00.000Z",
    });
    replace_responses(workspace, Operation::ListTasks, 1, &json!({ "task_count": 1, "tasks": [task] }));
    // The offsets show whether the reset was done.
    let apply = invoke(workspace);
    assert_output_printable(&apply);
    let message = progress(&apply).into_iter().find(|line| line.starts_with(BACKGROUND_TASK)).expect("the task");
    assert!(message.contains(SHOWN), "{apply}");
}

/// The workspace searches all output for the whole key; this test also searches for its start and its encoded forms.
pub(crate) fn secrets_in_successful_responses_are_redacted(workspace: &Workspace) {
    use data_encoding::{BASE64, HEXLOWER};
    let key = demo::SECRET_KEY;
    let forms = [
        key[..20].to_owned(),
        BASE64.encode(format!("u:{key}").as_bytes()),
        HEXLOWER.encode(key.as_bytes()),
        key.replace('-', "%2D"),
    ];
    let member = json!({
        "member_id": forms[0], "client_id": forms[1], "host": forms[2],
        "assignment": [{ "topic": forms[3], "partitions": [0] }],
    });
    let group = json!({
        "group": {
            "state": key, "group_id": "billing", "coordinator_id": 1, "members": [member],
            "group_message_offsets": [{
                "topic": forms[0], "partition": 0, "message_current_offset": 1, "message_log_end_offset": 1, "lag": 0,
            }],
        }
    });
    workspace.write("main.tf", &group_shown("billing"));
    workspace.init();
    replace_responses(workspace, Operation::ShowGroupWithOffsets, 0, &group);
    let apply = workspace.apply();
    let state = workspace.state_text();
    assert!(state.matches("[redacted]").count() >= 4, "{state}");
    workspace.write("main.tf", &reset_block("message_offset = 1\n  wait_for_inactive = \"0s\""));
    let refused = workspace.run(&["apply", "-auto-approve"]).failed();
    for form in forms.iter().map(|form| &form[4..20]) {
        for text in [&apply.text(), &refused.text(), &state, &workspace.log()] {
            assert!(!text.contains(form), "{form:?} is in {text}");
        }
    }
}

/// Here the security token equals the name of a topic. A short proxy password could do so too.
pub(crate) fn topic_named_like_a_secret_is_reset_and_verified(workspace: &Workspace) {
    let (key, secret) = ("TOPICNAMEKEY", "topic-name-secret-key");
    let seed =
        json!({ "credentials": [{ "access_key": key, "secret_key": secret, "security_token": demo::PAYMENTS }] });
    workspace.emulator.merge(&Seed::from_json(&seed.to_string()).unwrap()).unwrap();
    let block = reset_block("position = \"earliest\"").replace("  topic       = \"orders\"\n", "");
    workspace.write("main.tf", &format!("{block}{}", group_shown("billing")));
    workspace.init();
    let variables = [("HW_ACCESS_KEY", key), ("HW_SECRET_KEY", secret), ("HW_SECURITY_TOKEN", demo::PAYMENTS)];
    workspace.run_with(&["apply", "-auto-approve"], &variables).succeeded();
    let verified = workspace.resource_state()["after"].clone();
    assert!(verified["orders"].is_object() && verified["payments"].is_object(), "{verified}");
    assert!(!workspace.state_text().contains("[redacted]"));
}

/// Another program with the same access key and a wrong secret key has locked it.
pub(crate) fn locked_key_is_reported_and_not_used_again(workspace: &Workspace) {
    let many = "message_offset = 1\n  project_id = \"0d0e0f00000000000000000000000001\"\n  count = 10";
    workspace.write("main.tf", &reset_block(many));
    workspace.init();
    let text = "Incorrect IAM authentication information: AK access failed to reach the limit,forbidden.";
    workspace.emulator.add_fault(Fault::new(Effect::Status(FaultResponse::new(401, "APIGW.0301", text))));
    let apply = workspace.run(&["apply", "-auto-approve"]).failed();
    assert_eq!(workspace.calls(), 1);
    assert_snapshot!(snapshot::distinct(&apply.diagnostics()));
}
