//! Requests to move a resource state, in forms that the Terraforms of these tests do not send.

use dms_emulator::demo;
use serde_json::json;
use terraform_provider_huaweicloud_kafka::tf_provider::pb::tfplugin5 as pb;
use terraform_provider_huaweicloud_kafka::tf_provider::value::{Type, Value, msgpack};

use crate::BINARY;
use crate::snapshot::{Transcript, assert_snapshot};
use testkit::plugin::{ClientIdentity, Plugin, ask_for_schema, field_types, within};

const TARGET: &str = "huaweicloud_kafka_offset_reset";
const SOURCE: &str = "huaweicloud_dms_kafka_message_offset_reset";

/// Sends the request to an unconfigured plugin, as Terraform and OpenTofu may do. Returns the state as an object.
async fn move_from(address: &str, source_type: &str) -> (Option<Value>, Vec<pb::Diagnostic>) {
    let identity = ClientIdentity::new();
    let plugin = Plugin::start(BINARY, Some(&identity)).await;
    let channel = plugin.connect(Some(&identity)).await.unwrap();
    let schema = ask_for_schema(channel.clone()).await.unwrap();
    let state = json!({
        "id": "2e0d6a44-6f4c-4f53-8e3e-8d2f6a0d9e11",
        "region": demo::REGION,
        "instance_id": demo::INSTANCE_ID,
        "group": demo::BILLING,
        "topic": "",
        "partition": -1,
        "message_offset": "",
        "timestamp": "1704067320000",
        "timeouts": null,
    });
    let json = state.to_string().into_bytes().into();
    let request = pb::move_resource_state::Request {
        source_provider_address: address.to_owned(),
        source_type_name: source_type.to_owned(),
        source_state: Some(pb::RawState { json, ..pb::RawState::default() }),
        source_private: b"private bytes of another".to_vec(),
        target_type_name: TARGET.to_owned(),
        ..pb::move_resource_state::Request::default()
    };
    let mut client = pb::provider_client::ProviderClient::new(channel);
    let response = within(client.move_resource_state(request)).await.unwrap().into_inner();
    assert_eq!(response.target_private, b"", "private bytes of another provider");
    let target = Type::Object(field_types(schema.resource_schemas[TARGET].block.as_ref().unwrap()));
    let state = response.target_state.map(|state| msgpack::decode(&state.msgpack, &target).unwrap());
    (state, response.diagnostics)
}

/// OpenTofu 1.10, and in some cases 1.11 and 1.12, send only the last part of the address. Mirrors have other hosts.
#[tokio::test]
async fn official_provider_is_recognized_by_any_form_of_its_address() {
    for address in ["huaweicloud", "registry.opentofu.org/huaweicloud/huaweicloud", "mirror.example/a/huaweicloud"] {
        let (state, diagnostics) = move_from(address, SOURCE).await;
        assert_eq!(diagnostics, [], "{address}");
        let state = state.expect("a state");
        assert_eq!(state.get("timestamp"), Some(&Value::from(1_704_067_320_000_i64)), "{address}");
        let results = ["before", "after", "clamped", "replayed_messages", "skipped_messages"];
        for null in ["topic", "message_offset", "timeouts", "reset_at"].into_iter().chain(results) {
            assert_eq!(state.get(null), Some(&Value::Null), "{address}: {null}");
        }
        assert!(state.is_wholly_known(), "{address}: {state:?}");
    }
}

/// After an empty response, Terraform would treat the object as deleted, and create it again.
#[tokio::test]
async fn other_sources_are_refused_with_their_names() {
    let mut transcript = Transcript::default();
    for (address, source_type) in [
        ("registry.terraform.io/huaweicloud/huaweicloud", "huaweicloud_dms_kafka_topic"),
        ("registry.terraform.io/hashicorp/random", SOURCE),
        ("huaweicloud-kafka", SOURCE),
    ] {
        let (state, diagnostics) = move_from(address, source_type).await;
        assert_eq!(state, None, "{address}");
        let [diagnostic] = &diagnostics[..] else { panic!("{diagnostics:?}") };
        assert_eq!(diagnostic.severity(), pb::diagnostic::Severity::Error);
        let text = format!("{}\n\n{}", diagnostic.summary, diagnostic.detail);
        transcript.add(format!("{source_type} of {address}"), text);
    }
    assert_snapshot!(transcript);
}
