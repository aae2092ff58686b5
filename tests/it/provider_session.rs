//! A client of the plugin protocol with a configured provider, whose cloud is an emulator.

use std::collections::HashMap;

use dms_emulator::{Emulator, demo};
use terraform_provider_huaweicloud_kafka::tf_provider::pb::tfplugin5 as pb;
use terraform_provider_huaweicloud_kafka::tf_provider::value::Value;
use tonic::transport::Channel;

use testkit::plugin::{ask_for_schema, block, within};

pub(crate) const RESET: &str = "huaweicloud_kafka_offset_reset";
pub(crate) const GROUP: &str = "huaweicloud_kafka_consumer_group";

pub(crate) type Client = pb::provider_client::ProviderClient<Channel>;

/// A connection over which the provider was configured.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) channel: Channel,
    pub(crate) client: Client,
    pub(crate) provider: pb::Schema,
    pub(crate) resources: HashMap<String, pb::Schema>,
    pub(crate) data_sources: HashMap<String, pb::Schema>,
    pub(crate) actions: HashMap<String, pb::Schema>,
    url: String,
}

impl Session {
    /// Asks for the schemas and configures the provider for the demo of this emulator.
    pub(crate) async fn begin(channel: Channel, emulator: &Emulator) -> Self {
        let schema = ask_for_schema(channel.clone()).await.unwrap();
        let actions = schema.action_schemas.into_iter().map(|(name, action)| (name, action.schema.unwrap()));
        let session = Self {
            client: Client::new(channel.clone()),
            channel,
            provider: schema.provider.unwrap(),
            resources: schema.resource_schemas.into_iter().collect(),
            data_sources: schema.data_source_schemas.into_iter().collect(),
            actions: actions.collect(),
            url: emulator.url(),
        };
        assert_eq!(session.configure().await, [""; 0]);
        session
    }

    /// Configures the provider. Returns the titles of errors.
    pub(crate) async fn configure(&self) -> Vec<String> {
        self.configure_with(demo::ACCESS_KEY).await
    }

    /// Configures the provider with this access key, whose secret key is the demo's. Returns the titles of errors.
    pub(crate) async fn configure_with(&self, access_key: &str) -> Vec<String> {
        let endpoints = ["dms", "iam"].map(|service| (service.to_owned(), Value::from(&*self.url)));
        let written = [
            ("region", demo::REGION.into()),
            ("access_key", access_key.into()),
            ("secret_key", demo::SECRET_KEY.into()),
            ("endpoints", endpoints.into_iter().collect()),
        ];
        let config = block(&self.provider, &written);
        let request = pb::configure::Request { config, ..pb::configure::Request::default() };
        titles(&within(self.client.clone().configure(request)).await.unwrap().into_inner().diagnostics)
    }

    /// Creates a reset of the demo's group to offset 200.
    pub(crate) async fn apply(&self) -> pb::apply_resource_change::Response {
        self.apply_with(&reset()).await
    }

    /// Creates a reset with these arguments.
    pub(crate) async fn apply_with(&self, arguments: &[(&str, Value)]) -> pb::apply_resource_change::Response {
        let schema = &self.resources[RESET];
        let request = pb::apply_resource_change::Request {
            type_name: RESET.to_owned(),
            planned_state: block(schema, &[arguments, &[("id", Value::Unknown)]].concat()),
            config: block(schema, arguments),
            ..pb::apply_resource_change::Request::default()
        };
        within(self.client.clone().apply_resource_change(request)).await.unwrap().into_inner()
    }

    /// Plans that reset. Returns the titles of errors.
    pub(crate) async fn plan(&self) -> Vec<String> {
        let config = block(&self.resources[RESET], &reset());
        let request = pb::plan_resource_change::Request {
            type_name: RESET.to_owned(),
            proposed_new_state: config.clone(),
            config,
            ..pb::plan_resource_change::Request::default()
        };
        titles(&within(self.client.clone().plan_resource_change(request)).await.unwrap().into_inner().diagnostics)
    }

    /// Invokes the same reset as an action. Returns the titles of errors.
    pub(crate) async fn invoke(&self) -> Vec<String> {
        let config = block(&self.actions[RESET], &reset());
        let request = pb::invoke_action::Request { action_type: RESET.to_owned(), config, client_capabilities: None };
        titles(&within(completed(self.client.clone(), request)).await.unwrap())
    }

    /// Reads the demo's group as a data source. Returns the titles of errors.
    pub(crate) async fn read_group(&self) -> Vec<String> {
        let written = [("instance_id", demo::INSTANCE_ID.into()), ("group", demo::BILLING.into())];
        let request = pb::read_data_source::Request {
            type_name: GROUP.to_owned(),
            config: block(&self.data_sources[GROUP], &written),
            ..pb::read_data_source::Request::default()
        };
        titles(&within(self.client.clone().read_data_source(request)).await.unwrap().into_inner().diagnostics)
    }

    /// Sends Terraform's Stop.
    pub(crate) async fn stop(&self) {
        within(self.client.clone().stop(pb::stop::Request {})).await.unwrap();
    }
}

fn reset() -> [(&'static str, Value); 4] {
    [
        ("instance_id", demo::INSTANCE_ID.into()),
        ("group", demo::BILLING.into()),
        ("topic", demo::ORDERS.into()),
        ("message_offset", 200.into()),
    ]
}

/// The diagnostics of the action's last event, which must be Completed.
pub(crate) async fn completed(
    mut client: Client,
    request: pb::invoke_action::Request,
) -> Result<Vec<pb::Diagnostic>, tonic::Status> {
    let mut events = within(client.invoke_action(request)).await?.into_inner();
    let mut last = None;
    while let Some(event) = within(events.message()).await? {
        last = Some(event);
    }
    match last.and_then(|event| event.r#type) {
        Some(pb::invoke_action::event::Type::Completed(completed)) => Ok(completed.diagnostics),
        other => panic!("the last event is {other:?}"),
    }
}

/// The titles of the errors among the diagnostics.
pub(crate) fn titles(diagnostics: &[pb::Diagnostic]) -> Vec<String> {
    let errors = diagnostics.iter().filter(|it| it.severity() == pb::diagnostic::Severity::Error);
    errors.map(|it| it.summary.clone()).collect()
}
