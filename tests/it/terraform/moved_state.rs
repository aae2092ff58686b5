//! Resets of the official provider that a `moved` block converts: nothing is reset again.
//!
//! The states have the form in which its SDK writes them (schema version 0): offset and time are text, an unset
//! argument is null or "", and the private bytes repeat the time limit. Terraform loads the schema of the old provider
//! while the state names it. Our provider takes its place in the mirror.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dms_emulator::demo;
use serde_json::{Value, json};

use testkit::terraform::Product;

use super::harness::{Output, Workspace, reset_block};
use crate::snapshot::{Transcript, assert_snapshot};

const OFFICIAL_TYPE: &str = "huaweicloud_dms_kafka_message_offset_reset";

/// The address of the official provider at the default registry.
pub(super) fn official(workspace: &Workspace) -> String {
    let registry = match workspace.terraform().product() {
        Product::Terraform => "registry.terraform.io",
        Product::OpenTofu => "registry.opentofu.org",
    };
    format!("{registry}/huaweicloud/huaweicloud")
}

/// Writes a state with a resource of the official provider: a reset of `billing` on `orders` with these differences.
fn write_state(workspace: &Workspace, different: &Value) {
    write_state_of(workspace, "old", OFFICIAL_TYPE, 0, &attributes(different));
}

/// The same for a resource with the name `replay`.
pub(super) fn write_state_of_replay(workspace: &Workspace, different: &Value) {
    write_state_of(workspace, "replay", OFFICIAL_TYPE, 0, &attributes(different));
}

fn attributes(different: &Value) -> Value {
    let mut attributes = json!({
        "id": "2e0d6a44-6f4c-4f53-8e3e-8d2f6a0d9e11",
        "region": demo::REGION,
        "instance_id": demo::INSTANCE_ID,
        "group": demo::BILLING,
        "topic": demo::ORDERS,
        "partition": -1,
        "message_offset": null,
        "timestamp": null,
        "timeouts": null,
    });
    let all = attributes.as_object_mut().unwrap();
    all.extend(different.as_object().unwrap().clone());
    attributes
}

fn write_state_of(workspace: &Workspace, name: &str, type_name: &str, schema_version: u32, attributes: &Value) {
    // The key under which the SDK keeps the time limits, in nanoseconds.
    let private = json!({ "e2bfb730-ecaa-11e6-8f88-34363bc7c4c0": { "create": 1_800_000_000_000_i64 } });
    let instance = json!({
        "schema_version": schema_version,
        "attributes": attributes,
        "sensitive_attributes": [],
        "private": STANDARD.encode(private.to_string()),
    });
    let resource = json!({
        "mode": "managed",
        "type": type_name,
        "name": name,
        "provider": format!("provider[\"{}\"]", official(workspace)),
        "instances": [instance],
    });
    let state = json!({
        "version": 4,
        "terraform_version": "1.8.0",
        "serial": 7,
        "lineage": "d7183944-5935-c8e9-e227-5adf97104971",
        "outputs": {},
        "resources": [resource],
        "check_results": null,
    });
    workspace.write("terraform.tfstate", &state.to_string());
}

/// Our block in place of the old one, with its `moved` block.
fn moved_block(arguments: &str) -> String {
    let statement =
        format!("moved {{\n  from = {OFFICIAL_TYPE}.old\n  to   = huaweicloud_kafka_offset_reset.this\n}}\n");
    format!("{}{statement}", reset_block(arguments))
}

fn every_topic(arguments: &str) -> String {
    moved_block(arguments).replace("topic       = \"orders\"\n", "")
}

fn init(workspace: &Workspace, block: &str) {
    workspace.add_stand_in(&official(workspace), "1.80.0");
    workspace.write("main.tf", block);
    workspace.init();
}

fn assert_moved_without_changes(workspace: &Workspace) -> Output {
    let plan = workspace.run(&["plan"]).succeeded();
    let moved = format!("{OFFICIAL_TYPE}.old has moved to huaweicloud_kafka_offset_reset.this");
    assert!(plan.text().contains(&moved), "{plan}");
    assert!(plan.stdout.contains("Plan: 0 to add, 0 to change, 0 to destroy."), "{plan}");
    let apply = workspace.apply();
    assert!(apply.stdout.contains("Resources: 0 added, 0 changed, 0 destroyed."), "{apply}");
    workspace.assert_no_changes();
    apply
}

pub(crate) fn official_reset_is_converted_without_another_reset(workspace: &Workspace) {
    write_state(workspace, &json!({ "timestamp": "1704067320000" }));
    init(workspace, &moved_block("timestamp = 1704067320000"));
    for (state, block, number) in [
        (
            json!({ "timestamp": "1704067320000" }),
            moved_block("timestamp = 1704067320000"),
            ("timestamp", "1704067320000"),
        ),
        (
            json!({ "partition": 2, "message_offset": "4000000200", "timestamp": "", "timeouts": { "create": "10m" } }),
            moved_block("partition = 2\n  message_offset = 4000000200\n  timeouts {\n    create = \"10m\"\n  }"),
            ("message_offset", "4000000200"),
        ),
        // There, an empty topic means every topic. The region is stored only if the block sets it.
        (
            json!({ "topic": "", "timestamp": "0", "message_offset": "", "region": null }),
            every_topic("timestamp = 0"),
            ("timestamp", "0"),
        ),
        (
            json!({ "topic": null, "timestamp": "0", "timeouts": { "create": null } }),
            every_topic("timestamp = 0\n  timeouts {}"),
            ("timestamp", "0"),
        ),
    ] {
        workspace.forget_state();
        write_state(workspace, &state);
        workspace.write("main.tf", &block);
        let apply = assert_moved_without_changes(workspace);
        assert_eq!(apply.diagnostics(), "", "no warning about every topic: {apply}");
        let after = workspace.resource_state();
        let (argument, value) = number;
        assert_eq!(after[argument].to_string(), value, "a number, not a text");
        assert_eq!(after["id"], "2e0d6a44-6f4c-4f53-8e3e-8d2f6a0d9e11");
        assert_eq!(after["region"], state.get("region").cloned().unwrap_or(json!(demo::REGION)));
        // The state holds neither the name nor the private bytes of the old provider.
        let text = workspace.state_text();
        assert!(!text.contains(&official(workspace)) && !text.contains("\"private\""), "{text}");
    }
    assert_eq!(workspace.calls(), 0);
}

/// Users who need the official provider for other resources: it has the local name `huaweicloud`, and ours another one.
pub(crate) fn official_provider_may_stay_beside_ours(workspace: &Workspace) {
    let block = workspace.provider_block();
    let ours = block.replace("huaweicloud = {", "huaweicloud-kafka = {");
    let ours = ours.replace("provider \"huaweicloud\"", "provider \"huaweicloud-kafka\"");
    let official = "required_providers {\n    huaweicloud = {\n      source = \"huaweicloud/huaweicloud\"\n    }";
    let both = ours.replace("required_providers {", official);
    workspace.write("provider.tf", &format!("{both}\nprovider \"huaweicloud\" {{\n  region = \"cn-north-4\"\n}}\n"));
    write_state(workspace, &json!({ "message_offset": "200" }));
    init(workspace, &moved_block("message_offset = 200\n  provider = huaweicloud-kafka"));
    assert_moved_without_changes(workspace);
    assert_eq!(workspace.calls(), 0);
}

pub(crate) fn changes_made_with_a_move_have_their_usual_effect(workspace: &Workspace) {
    let state = json!({ "message_offset": "200", "timeouts": { "create": "10m" } });
    write_state(workspace, &state);
    init(workspace, &moved_block("message_offset = 200\n  note = \"taken over\""));
    // The new note and the removed time limit are updates in place.
    let apply = workspace.apply();
    assert!(apply.stdout.contains("Resources: 0 added, 1 changed, 0 destroyed."), "{apply}");
    assert_eq!(workspace.calls(), 0);
    let after = workspace.resource_state();
    assert_eq!((&after["note"], &after["timeouts"]), (&json!("taken over"), &Value::Null));
    workspace.assert_no_changes();

    workspace.forget_state();
    write_state(workspace, &state);
    workspace.write("main.tf", &moved_block("message_offset = 201"));
    let apply = workspace.apply();
    assert!(apply.stdout.contains("Resources: 1 added, 0 changed, 1 destroyed."), "{apply}");
    assert_eq!(workspace.resets(), 1);
    assert_eq!(workspace.offsets(), [201, 201, 4_000_000_000]);
    workspace.assert_no_changes();
}

/// The official state has no project, no `datetime`, and no region if the block does not set one.
pub(crate) fn attributes_missing_in_the_official_state_are_recorded_without_a_reset(workspace: &Workspace) {
    write_state(workspace, &json!({ "timestamp": "1704067320000", "region": null }));
    let (region, project) = (demo::REGION, demo::PROJECT_ID);
    let arguments = format!(
        "datetime = \"2024-01-01T00:02:00Z\"\n  region = \"{region}\"\n  project_id = \"{project}\"\n  triggers = {{}}"
    );
    init(workspace, &moved_block(&arguments));
    let apply = workspace.apply();
    assert!(apply.stdout.contains("Resources: 0 added, 1 changed, 0 destroyed."), "{apply}");
    assert_eq!(workspace.calls(), 0);
    assert_eq!(workspace.resource_state()["project_id"], project);
    workspace.assert_no_changes();
}

pub(crate) fn unsupported_states_are_reported_and_kept(workspace: &Workspace) {
    write_state(workspace, &json!({ "timestamp": "1704067320000" }));
    init(workspace, &moved_block("timestamp = 1704067320000"));
    let attributes =
        |time: &str| json!({ "id": "1", "instance_id": "i", "group": "g", "partition": 0, "timestamp": time });
    let topic = "huaweicloud_dms_kafka_topic";
    let mut transcript = Transcript::default();
    for (case, type_name, version, time) in [
        ("another type", topic, 0, "0"),
        ("unknown schema version", OFFICIAL_TYPE, 1, "0"),
        ("invalid timestamp", OFFICIAL_TYPE, 0, "soon"),
    ] {
        workspace.forget_state();
        write_state_of(workspace, "old", type_name, version, &attributes(time));
        let before = workspace.state_text();
        workspace.write("main.tf", &moved_block("timestamp = 0").replace(OFFICIAL_TYPE, type_name));
        let apply = workspace.run(&["apply", "-auto-approve"]).failed();
        transcript.add(case, apply.diagnostics().replace("registry.opentofu.org", "registry.terraform.io"));
        assert_eq!(workspace.state_text(), before);
    }
    assert_eq!(workspace.calls(), 0);
    assert_snapshot!(transcript);
}
