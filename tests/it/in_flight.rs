//! A reset that hangs at the service, and what ends it: Terraform's Stop, and the signal that ends a whole job.

use dms_emulator::{Emulator, demo};
use rustix::process::Signal;
use terraform_provider_huaweicloud_kafka::tf_provider::pb::tfplugin5 as pb;
use terraform_provider_huaweicloud_kafka::tf_provider::value::Value;
use tonic::transport::Channel;

use crate::BINARY;
use plugin_client::{ClientIdentity, Plugin, ask_for_schema, block, within};

type Client = pb::provider_client::ProviderClient<Channel>;

#[tokio::test]
async fn stop_ends_a_reset_that_hangs() {
    let held = Held::start().await;
    held.client().stop(pb::stop::Request {}).await.unwrap();
    held.assert_interrupted().await;
}

#[tokio::test]
async fn termination_ends_a_reset_that_hangs() {
    let held = Held::start().await;
    held.plugin.signal(Signal::TERM);
    held.assert_interrupted().await;
}

/// A plugin in the middle of a create whose request the emulator holds back.
struct Held {
    emulator: Emulator,
    plugin: Plugin,
    channel: Channel,
    apply: tokio::task::JoinHandle<pb::apply_resource_change::Response>,
}

impl Held {
    async fn start() -> Self {
        let emulator = Emulator::start_in_thread().unwrap();
        emulator.hold();
        let identity = ClientIdentity::new();
        let plugin = Plugin::start(BINARY, Some(&identity)).await;
        let channel = plugin.connect(Some(&identity)).await.unwrap();
        let schema = ask_for_schema(channel.clone()).await.unwrap();
        let mut client = Client::new(channel.clone());

        let endpoints = [("dms", emulator.url()), ("iam", emulator.url())];
        let endpoints = endpoints.into_iter().map(|(service, url)| (service, Value::from(url))).collect();
        let config = block(
            &schema.provider.unwrap(),
            &[
                ("region", demo::REGION.into()),
                ("access_key", demo::ACCESS_KEY.into()),
                ("secret_key", demo::SECRET_KEY.into()),
                ("endpoints", endpoints),
            ],
        );
        let request = pb::configure::Request { config, ..pb::configure::Request::default() };
        assert_eq!(client.configure(request).await.unwrap().into_inner().diagnostics, []);

        let type_name = "huaweicloud_kafka_offset_reset";
        let written = [
            ("instance_id", demo::INSTANCE_ID.into()),
            ("group", demo::BILLING.into()),
            ("topic", demo::ORDERS.into()),
            ("message_offset", 200.into()),
        ];
        let schema = &schema.resource_schemas[type_name];
        let config = block(schema, &written);
        let planned_state = block(schema, &[&written[..], &[("id", Value::Unknown)]].concat());
        let request = pb::apply_resource_change::Request {
            type_name: type_name.to_owned(),
            planned_state,
            config,
            ..pb::apply_resource_change::Request::default()
        };
        let apply = tokio::spawn(async move { client.apply_resource_change(request).await.unwrap().into_inner() });
        within(emulator.wait_for("PUT", "/reset-message-offset")).await;
        Self { emulator, plugin, channel, apply }
    }

    fn client(&self) -> Client {
        Client::new(self.channel.clone())
    }

    async fn assert_interrupted(self) {
        let answer = within(self.apply).await.unwrap();
        let summaries: Vec<_> = answer.diagnostics.iter().map(|it| it.summary.as_str()).collect();
        assert_eq!(summaries, ["Kafka offset reset interrupted"]);
        assert!(answer.diagnostics[0].detail.contains("may have been carried out"), "{answer:?}");
        // The emulator sees the client leave; nothing was changed.
        within(self.emulator.wait_until(|entry| entry.abandoned)).await;
        let offsets = self.emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::ORDERS).unwrap();
        assert_eq!(offsets, [140, 190, 4_000_000_500]);
    }
}
