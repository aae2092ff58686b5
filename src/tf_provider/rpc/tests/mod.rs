//! Calls a sample provider with protocol messages.

mod creating;
mod planning;
mod reading_and_acting;
mod stopping;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tonic::Request;

use crate::model;
use crate::tf_provider::pb::tfplugin5 as pb;
use crate::tf_provider::pb::tfplugin5::provider_server::Provider as _;
use crate::tf_provider::provider::Registry;
use crate::tf_provider::value::{Attr, Type, Value, msgpack};
use crate::tf_provider::{
    Action, ApplyResponse, Attribute, AttributePath, Block, Cancellation, ConfigureRequest, CreateRequest, DataSource,
    DataSourceRequest, Diagnostics, InvokeRequest, NestedBlock, PlanActionRequest, PlanRequest, PlanResponse, Provider,
    Resource, Schema, schema_document,
};

use super::ProviderServer;

model! {
    #[derive(Clone, Debug, Default)]
    struct Thing {
        name: Attr<String>,
        id: Attr<String>,
        size: Attr<i64>,
        rules: Vec<Rule>,
    }
}

model! {
    #[derive(Clone, Debug, Default)]
    struct Rule {
        pattern: Attr<String>,
        weight: Attr<i64>,
    }
}

model! {
    #[derive(Clone, Debug, Default)]
    struct ActionConfig {
        name: Attr<String>,
    }
}

model! {
    #[derive(Clone, Debug, Default)]
    struct SampleConfig {
        colour: Attr<String>,
    }
}

fn thing_schema() -> Schema {
    Schema::new(
        Block::new("A thing.")
            .attribute(Attribute::required("name", Type::String, "Its name.").requires_replace())
            .attribute(Attribute::computed("id", Type::String, "Its id."))
            .attribute(
                Attribute::optional("size", Type::Number, "How big.").or_default(Value::from(1)).requires_replace(),
            )
            .block(
                NestedBlock::list(
                    "rules",
                    Block::new("A rule.")
                        .attribute(Attribute::required("pattern", Type::String, "What it matches.").sensitive())
                        .attribute(Attribute::optional("weight", Type::Number, "How much.").or_default(Value::from(1))),
                )
                .at_most(3),
            ),
    )
}

/// Counts creates. The client also counts plans that wait. The name of a thing selects its behaviour.
#[derive(Default)]
struct Sample {
    creates: Arc<AtomicUsize>,
}

struct Things;

/// The error of a validation that rejects the name.
fn odd(name: &str) -> Diagnostics {
    Diagnostics::from_error(AttributePath::attribute("name"), "Odd name", format!("{name} is odd."))
}

/// The preview of a plan.
async fn preview(name: &Attr<String>, client: Option<Arc<AtomicUsize>>, cancellation: Cancellation) -> Diagnostics {
    match name.known().map(String::as_str) {
        Some("panics") => panic!("out of cheese"),
        Some("hangs") => std::future::pending().await,
        Some("waits") => {
            // Held until the preview ends.
            let client = client.expect("a configured provider");
            client.fetch_add(1, Ordering::Relaxed);
            cancellation.cancelled().await;
            let mut diagnostics = Diagnostics::new();
            diagnostics.warning(AttributePath::attribute("name"), "Not previewed", "As requested.");
            diagnostics
        }
        _ => check(name),
    }
}

fn check(name: &Attr<String>) -> Diagnostics {
    match name.known().map(String::as_str) {
        Some("odd") => odd("odd"),
        _ => Diagnostics::new(),
    }
}

impl Provider for Sample {
    type Config = SampleConfig;
    type Client = AtomicUsize;

    fn type_name(&self) -> &'static str {
        "sample"
    }

    fn schema(&self) -> Schema {
        Schema::new(Block::new("A sample.").attribute(Attribute::optional("colour", Type::String, "Of everything.")))
    }

    fn configure(&self, _: ConfigureRequest<SampleConfig>) -> Result<AtomicUsize, Diagnostics> {
        Ok(AtomicUsize::new(self.creates.load(Ordering::Relaxed)))
    }

    fn register(&self) -> Registry<AtomicUsize> {
        Registry::default().resource(Things).data_source(Things).action(Things)
    }
}

impl Resource for Things {
    type Model = Thing;
    type Client = AtomicUsize;

    fn type_name(&self) -> &'static str {
        "sample_thing"
    }

    fn schema(&self) -> Schema {
        thing_schema()
    }

    async fn plan(&self, request: PlanRequest<Thing, AtomicUsize>) -> PlanResponse<Thing> {
        let PlanRequest { planned, client, cancellation, .. } = request;
        let diagnostics = preview(&planned.name, client, cancellation).await;
        PlanResponse { planned, diagnostics }
    }

    async fn create(&self, request: CreateRequest<Thing, AtomicUsize>) -> ApplyResponse<Thing> {
        let CreateRequest { mut planned, config, client, cancellation } = request;
        client.fetch_add(1, Ordering::Relaxed);
        match planned.name.known().map(String::as_str) {
            Some("panics") => panic!("out of cheese"),
            Some("waits") => {
                cancellation.cancelled().await;
                ApplyResponse::failed(Diagnostics::from_error(
                    AttributePath::attribute("name"),
                    "Stopped",
                    "As requested.",
                ))
            }
            Some("forgets") => ApplyResponse::state(planned),
            Some("shows config") => {
                ApplyResponse::state(Thing { id: Attr::Known(format!("{:?}", config.size)), ..planned })
            }
            _ => {
                planned.id = Attr::Known("1".to_owned());
                ApplyResponse::state(planned)
            }
        }
    }
}

impl DataSource for Things {
    type Model = Thing;
    type Client = AtomicUsize;

    fn type_name(&self) -> &'static str {
        "sample_thing"
    }

    fn schema(&self) -> Schema {
        thing_schema()
    }

    fn validate(&self, config: Thing) -> Diagnostics {
        check(&config.name)
    }

    async fn read(&self, request: DataSourceRequest<Thing, AtomicUsize>) -> Result<(Thing, Diagnostics), Diagnostics> {
        match request.config.name.known().map(String::as_str) {
            Some("hangs") => std::future::pending().await,
            Some("waits") => {
                request.cancellation.cancelled().await;
                return Err(Diagnostics::from_error(AttributePath::root(), "Not read", "As requested."));
            }
            _ => {}
        }
        let mut diagnostics = Diagnostics::new();
        diagnostics.warning(AttributePath::attribute("name"), "Old name", "It still works.");
        Ok((Thing { id: Attr::Known("7".to_owned()), ..request.config }, diagnostics))
    }
}

impl Action for Things {
    type Model = ActionConfig;
    type Client = AtomicUsize;

    fn type_name(&self) -> &'static str {
        "sample_thing"
    }

    fn schema(&self) -> Schema {
        Schema::new(Block::new("Does a thing.").attribute(Attribute::optional("name", Type::String, "Which.")))
    }

    fn validate(&self, config: ActionConfig) -> Diagnostics {
        check(&config.name)
    }

    async fn plan(&self, request: PlanActionRequest<ActionConfig, AtomicUsize>) -> Diagnostics {
        let PlanActionRequest { config, client, cancellation } = request;
        preview(&config.name, client, cancellation).await
    }

    async fn invoke(&self, request: InvokeRequest<ActionConfig, AtomicUsize>) -> Diagnostics {
        request.progress.report("halfway");
        match request.config.name.known().map(String::as_str) {
            Some("panics") => panic!("out of cheese"),
            Some("fails") => Diagnostics::from_error(AttributePath::root(), "Failed", "It did not work."),
            Some("waits") => {
                request.cancellation.cancelled().await;
                request.progress.report("too late");
                Diagnostics::from_error(AttributePath::root(), "Stopped", "As requested.")
            }
            _ => Diagnostics::new(),
        }
    }
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

fn thing(name: Value, id: Value) -> Value {
    let fields = [("name", name), ("id", id), ("size", Value::from(1)), ("rules", Value::List(vec![]))];
    Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn wire(value: &Value) -> Option<pb::DynamicValue> {
    wire_as(value, &thing_schema().value_type())
}

fn wire_as(value: &Value, value_type: &Type) -> Option<pb::DynamicValue> {
    let msgpack = msgpack::encode(value, value_type).unwrap().into();
    Some(pb::DynamicValue { msgpack, ..pb::DynamicValue::default() })
}

fn value(wire: Option<pb::DynamicValue>) -> Value {
    msgpack::decode(&wire.unwrap_or_default().msgpack, &thing_schema().value_type()).unwrap()
}

fn summaries(diagnostics: &[pb::Diagnostic]) -> Vec<&str> {
    diagnostics.iter().map(|it| it.summary.as_str()).collect()
}

/// Fails the test if the work does not end in time.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("the work ends in time")
}

fn command(name: &str) -> Option<pb::DynamicValue> {
    let config = Value::Map([("name".to_owned(), text(name))].into());
    wire_as(&config, &Type::Object([("name".to_owned(), Type::String)].into()))
}

async fn configured() -> ProviderServer<Sample> {
    let server = ProviderServer::new(Sample::default());
    let schema = Provider::schema(&Sample::default());
    let config = wire_as(&schema.block.empty_value(), &schema.value_type());
    let request = pb::configure::Request { config, ..pb::configure::Request::default() };
    let response = server.configure(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(response.diagnostics, vec![]);
    server
}

fn creates(server: &ProviderServer<Sample>) -> usize {
    server.0.client().map_or(0, |client| client.load(Ordering::Relaxed))
}

async fn apply(server: &ProviderServer<Sample>, prior: Value, planned: Value) -> pb::apply_resource_change::Response {
    apply_as(server, prior, planned.clone(), planned).await
}

async fn apply_as(
    server: &ProviderServer<Sample>,
    prior: Value,
    planned: Value,
    config: Value,
) -> pb::apply_resource_change::Response {
    let request = pb::apply_resource_change::Request {
        type_name: "sample_thing".to_owned(),
        prior_state: wire(&prior),
        config: wire(&config),
        planned_state: wire(&planned),
        planned_private: b"private".to_vec(),
        provider_meta: None,
    };
    server.apply_resource_change(Request::new(request)).await.unwrap().into_inner()
}

#[tokio::test]
async fn create_returns_the_state_and_keeps_private_bytes() {
    let server = configured().await;
    let response = apply(&server, Value::Null, thing(text("a"), Value::Unknown)).await;
    assert_eq!(value(response.new_state), thing(text("a"), text("1")));
    assert_eq!(response.private, b"private");
    assert_eq!(creates(&server), 1);
}

#[tokio::test]
async fn update_stores_the_plan_and_creates_nothing() {
    let server = configured().await;
    let response = apply(&server, thing(text("a"), text("1")), thing(text("b"), text("1"))).await;
    assert_eq!(value(response.new_state), thing(text("b"), text("1")));
    assert_eq!(creates(&server), 0);
}

#[tokio::test]
async fn plan_has_the_replacing_attributes_and_keeps_private_bytes() {
    let server = configured().await;
    let (prior, after) = (thing(text("a"), text("1")), thing(text("b"), text("1")));
    let request = pb::plan_resource_change::Request {
        type_name: "sample_thing".to_owned(),
        prior_state: wire(&prior),
        proposed_new_state: wire(&after),
        config: wire(&thing(text("b"), Value::Null)),
        prior_private: b"private".to_vec(),
        ..pb::plan_resource_change::Request::default()
    };
    let response = server.plan_resource_change(Request::new(request)).await.unwrap().into_inner();
    assert_eq!((value(response.planned_state), response.planned_private), (after, b"private".to_vec()));
    assert_eq!(response.requires_replace, vec![super::wire::path(&AttributePath::attribute("name"))]);
}

#[tokio::test]
async fn delete_removes_the_state() {
    let server = configured().await;
    let response = apply(&server, thing(text("a"), text("1")), Value::Null).await;
    assert_eq!((value(response.new_state), response.diagnostics), (Value::Null, vec![]));
}

#[tokio::test]
async fn panic_in_a_call_becomes_a_diagnostic_and_the_next_call_works() {
    let server = configured().await;
    let response = apply(&server, Value::Null, thing(text("panics"), Value::Unknown)).await;
    assert_eq!(summaries(&response.diagnostics), ["The provider crashed"]);
    insta::assert_snapshot!(response.diagnostics[0].detail, @"A bug in the provider ended this operation: out of cheese. Parts of it may be done already: check before you run it again. Please report this with the log that TF_LOG=debug writes.");
    assert_eq!(response.diagnostics[0].severity(), pb::diagnostic::Severity::Error);
    let response = apply(&server, Value::Null, thing(text("a"), Value::Unknown)).await;
    assert_eq!(response.diagnostics, vec![]);
}

#[tokio::test]
async fn value_left_unknown_is_reported_and_the_other_values_are_saved() {
    let server = configured().await;
    let response = apply(&server, Value::Null, thing(text("forgets"), Value::Unknown)).await;
    assert_eq!(summaries(&response.diagnostics), ["Value still unknown after apply"]);
    assert_eq!(value(response.new_state), thing(text("forgets"), Value::Null));
}

#[tokio::test]
async fn create_without_configuration_is_rejected() {
    let server = ProviderServer::new(Sample::default());
    let response = apply(&server, Value::Null, thing(text("a"), Value::Unknown)).await;
    assert_eq!(summaries(&response.diagnostics), ["Provider not configured"]);
}

#[tokio::test]
async fn read_keeps_state_and_private_bytes() {
    let server = configured().await;
    let state = thing(text("a"), text("1"));
    let request = pb::read_resource::Request {
        type_name: "sample_thing".to_owned(),
        current_state: wire(&state),
        private: b"private".to_vec(),
        ..pb::read_resource::Request::default()
    };
    let response = server.read_resource(Request::new(request)).await.unwrap().into_inner();
    assert_eq!((value(response.new_state), response.private), (state, b"private".to_vec()));
}

#[tokio::test]
async fn value_in_json_is_decoded() {
    let json = br#"{ "name": "a", "id": "1", "size": 1, "rules": [] }"#.as_slice().into();
    let request = pb::read_resource::Request {
        type_name: "sample_thing".to_owned(),
        current_state: Some(pb::DynamicValue { json, ..pb::DynamicValue::default() }),
        ..pb::read_resource::Request::default()
    };
    let response = configured().await.read_resource(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(value(response.new_state), thing(text("a"), text("1")));
}

#[tokio::test]
async fn stored_state_is_completed_to_the_current_schema() {
    let server = configured().await;
    // The state of an older version, which had `colour`, but neither `size` nor `weight`. If `size` stayed null, each
    // plan would replace the thing.
    let json = br#"{ "name": "a", "id": "1", "colour": "red", "rules": [{ "pattern": "p" }] }"#.to_vec();
    let request = pb::upgrade_resource_state::Request {
        type_name: "sample_thing".to_owned(),
        version: 0,
        raw_state: Some(pb::RawState { json: json.into(), ..pb::RawState::default() }),
    };
    let response = server.upgrade_resource_state(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(response.diagnostics, vec![]);
    let rule = Value::Map([("pattern".to_owned(), text("p")), ("weight".to_owned(), Value::from(1))].into());
    let upgraded = value(response.upgraded_state);
    assert_eq!(upgraded.get("size"), Some(&Value::from(1)));
    assert_eq!(upgraded.get("rules"), Some(&Value::List(vec![rule])));
}

#[tokio::test]
async fn import_and_move_are_rejected_with_a_reason() {
    let server = configured().await;
    let request = pb::import_resource_state::Request { type_name: "sample_thing".to_owned(), ..Default::default() };
    let response = server.import_resource_state(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(summaries(&response.diagnostics), ["Import not supported"]);
    let request = pb::move_resource_state::Request {
        target_type_name: "sample_thing".to_owned(),
        source_type_name: "other_thing".to_owned(),
        source_provider_address: "registry.example/other/other".to_owned(),
        ..Default::default()
    };
    let response = server.move_resource_state(Request::new(request)).await.unwrap().into_inner();
    insta::assert_snapshot!(response.diagnostics[0].detail, @"sample_thing cannot take over the state of other_thing from provider registry.example/other/other.");
    assert_eq!(response.target_state, None);
}

#[tokio::test]
async fn error_has_the_unknown_type() {
    let server = configured().await;
    let request = pb::validate_resource_type_config::Request {
        type_name: "sample_other".to_owned(),
        ..pb::validate_resource_type_config::Request::default()
    };
    let response = server.validate_resource_type_config(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(response.diagnostics[0].detail, "This provider has no resource of type sample_other.");
}

#[tokio::test]
async fn schema_has_everything_that_the_provider_registers() {
    let server = ProviderServer::new(Sample::default());
    let response = server.get_schema(Request::new(pb::get_provider_schema::Request {})).await.unwrap().into_inner();
    assert!(response.provider.unwrap().block.is_some());
    let resource = response.resource_schemas["sample_thing"].block.clone().unwrap();
    let name = resource.attributes.iter().find(|it| it.name == "name").unwrap();
    assert_eq!((name.r#type.as_slice(), name.required, name.computed), (br#""string""#.as_slice(), true, false));
    assert_eq!(resource.block_types[0].nesting(), pb::schema::nested_block::NestingMode::List);
    assert!(response.data_source_schemas.contains_key("sample_thing"));
    assert!(response.action_schemas["sample_thing"].schema.is_some());
    assert_eq!(resource.block_types[0].max_items, 3);
    let rule = resource.block_types[0].block.clone().unwrap();
    assert_eq!(rule.attributes.iter().map(|it| it.sensitive).collect::<Vec<_>>(), [true, false]);
    let capabilities = response.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy && capabilities.move_resource_state);
}

#[test]
fn schema_document_has_a_type_that_is_resource_data_source_and_action() {
    let document = schema_document(&Sample::default(), "registry.example/acme/sample");
    let schemas = &document["provider_schemas"]["registry.example/acme/sample"];
    let attribute = |kind: &str, name: &str| &schemas[kind]["sample_thing"]["block"]["attributes"][name]["type"];
    assert_eq!(attribute("resource_schemas", "id"), "string");
    assert_eq!(attribute("data_source_schemas", "id"), "string");
    assert_eq!(attribute("action_schemas", "name"), "string");
}
