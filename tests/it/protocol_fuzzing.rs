//! Random calls over mutual TLS, from a fixed seed: typed values of every shape, valid and invalid, for every call. The
//! process must keep running, return diagnostics, and send only what was requested.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dms_emulator::seed::CredentialSeed;
use dms_emulator::{Emulator, Seed, demo};
use fastrand::Rng;
use prost::bytes::Bytes;
use terraform_provider_huaweicloud_kafka::tf_provider::pb::tfplugin5 as pb;
use terraform_provider_huaweicloud_kafka::tf_provider::value::{Number, Type, Value, msgpack};
use tonic::Status;

use crate::BINARY;
use crate::provider_session::{Client, GROUP, RESET, Session, completed};
use testkit::plugin::{ClientIdentity, Plugin, field_types, shut_down, within};

/// What calls may send: HTTP methods.
const NOTHING: &[&str] = &[];
const READS: &[&str] = &["GET"];
const ANY: &[&str] = &["GET", "PUT", "POST"];

const CALLS: usize = 4000;
/// Further calls after Stop, when nothing may be sent.
const CALLS_AFTER_STOP: usize = 1000;

/// Texts that have a meaning for some argument.
const TEXTS: [&str; 34] = [
    "",
    " ",
    "\u{0}",
    "none",
    "a/b?c#d%2f",
    "\u{feff}\u{202e}",
    "héllo 🦀",
    demo::INSTANCE_ID,
    demo::BILLING,
    demo::ORDERS,
    demo::PAYMENTS,
    demo::PROJECT_ID,
    demo::REGION,
    "earliest",
    "latest",
    "current",
    "clamp",
    "error",
    "0",
    "-1",
    "99999999999999999999999999",
    "2024-01-01T00:02:00Z",
    "2024-01-01T00:02:00+25:00",
    "9999-12-31T23:59:59.999999999Z",
    "PT2H30M",
    "2h30m",
    "0s",
    "-1s",
    "1ms",
    "P99999999999Y",
    "http://127.0.0.1:1",
    "/nonexistent",
    "[]",
    "{}",
];

const NUMBERS: [&str; 16] = [
    "0",
    "1",
    "-1",
    "2",
    "200",
    "0.1",
    "-0.5",
    "1e999",
    "1e-999",
    "2147483648",
    "1704067320000",
    "1704067320",
    "9007199254740991",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
];

fn pick<'a>(random: &mut Rng, texts: &'a [&str]) -> &'a str {
    texts[random.usize(0..texts.len())]
}

/// Values of the demo by argument name, so that some calls succeed.
fn known(name: &str) -> Option<Value> {
    Some(match name {
        "instance_id" => demo::INSTANCE_ID.into(),
        "group" => demo::BILLING.into(),
        "topic" => demo::ORDERS.into(),
        "message_offset" => 200.into(),
        _ => return None,
    })
}

/// The access key of a call. Each call has its own: if one of its concurrent reads fails, the call returns, and the
/// others can arrive later.
fn access_key(call: usize) -> String {
    format!("CALL{call:05}")
}

/// The demo with the access keys of all calls.
fn seed() -> Seed {
    let mut seed = Seed::demo();
    let demo = seed.credentials[0].clone();
    let keys = (0..CALLS + CALLS_AFTER_STOP).map(access_key);
    seed.credentials.extend(keys.map(|access_key| CredentialSeed { access_key, ..demo.clone() }));
    seed
}

/// A value of the type, or null, or unknown.
fn value(random: &mut Rng, ty: &Type, depth: usize) -> Value {
    match random.u8(0..10) {
        0 => return Value::Null,
        1 => return Value::Unknown,
        _ => {}
    }
    let many = |random: &mut Rng, element: &Type| -> Vec<Value> {
        let count = if depth > 3 { 0 } else { random.usize(0..4) };
        (0..count).map(|_| value(random, element, depth + 1)).collect()
    };
    match ty {
        Type::String => pick(random, &TEXTS).into(),
        Type::Number => Value::Number(pick(random, &NUMBERS).parse::<Number>().unwrap_or_else(|_| 7_i64.into())),
        Type::Bool => Value::Bool(random.bool()),
        Type::List(element) => Value::List(many(random, element)),
        Type::Map(element) => {
            let elements = many(random, element);
            Value::Map(elements.into_iter().map(|it| (pick(random, &TEXTS).to_owned(), it)).collect())
        }
        Type::Object(attributes) => Value::Map(object(random, attributes, depth)),
    }
}

/// Most attributes are null, as in most configurations. Attributes known to the demo are often valid.
fn object(random: &mut Rng, attributes: &BTreeMap<String, Type>, depth: usize) -> BTreeMap<String, Value> {
    let mut attribute = |name: &String, ty: &Type| match (random.u8(0..20), known(name)) {
        (0..18, Some(known)) => known,
        (0..18, None) => match ty {
            Type::List(_) => Value::List(Vec::new()),
            _ => Value::Null,
        },
        _ => value(random, ty, depth + 1),
    };
    attributes.iter().map(|(name, ty)| (name.clone(), attribute(name, ty))).collect()
}

/// Any type, for values of a wrong type.
fn other_type(random: &mut Rng, depth: usize) -> Type {
    match random.u8(0..if depth > 3 { 3 } else { 6 }) {
        0 => Type::String,
        1 => Type::Number,
        2 => Type::Bool,
        3 => Type::list(other_type(random, depth + 1)),
        4 => Type::map(other_type(random, depth + 1)),
        _ => Type::object([("id", other_type(random, depth + 1)), ("name", other_type(random, depth + 1))]),
    }
}

fn as_msgpack(value: &Value, ty: &Type) -> Bytes {
    msgpack::encode(value, ty).expect("a value of its type").into()
}

/// A known value as in a stored state. A number that is too large for a float becomes text.
fn as_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Unknown => serde_json::Value::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Number(number) => {
            let text = number.to_string();
            serde_json::from_str(&text).unwrap_or_else(|_| text.into())
        }
        Value::String(text) => text.as_str().into(),
        Value::List(elements) => elements.iter().map(as_json).collect(),
        Value::Map(members) => members.iter().map(|(name, value)| (name.clone(), as_json(value))).collect(),
    }
}

/// A value on the wire: mostly of its type, sometimes of another type, truncated, changed, or in JSON.
fn on_the_wire(random: &mut Rng, ty: &Type) -> Option<pb::DynamicValue> {
    let whole = if random.u8(0..8) == 0 { value(random, ty, 0) } else { whole_object(random, ty) };
    let mut wire = pb::DynamicValue { msgpack: as_msgpack(&whole, ty), json: Bytes::new() };
    match random.u8(0..20) {
        0 => return None,
        1 => wire.msgpack = Bytes::new(),
        2 => {
            let ty = other_type(random, 0);
            wire.msgpack = as_msgpack(&value(random, &ty, 0), &ty);
        }
        3 => wire.msgpack.truncate(random.usize(0..=wire.msgpack.len())),
        4 => {
            let mut bytes = wire.msgpack.to_vec();
            let at = random.usize(0..bytes.len());
            bytes[at] ^= 1 << random.u8(0..8);
            wire.msgpack = bytes.into();
        }
        5 if whole.is_wholly_known() => {
            wire = pb::DynamicValue { msgpack: Bytes::new(), json: as_json(&whole).to_string().into() };
        }
        6 => wire.json = (0..random.usize(0..20)).map(|_| random.u8(..)).collect::<Vec<_>>().into(),
        _ => {}
    }
    Some(wire)
}

fn whole_object(random: &mut Rng, ty: &Type) -> Value {
    match ty {
        Type::Object(attributes) => Value::Map(object(random, attributes, 0)),
        _ => value(random, ty, 0),
    }
}

/// Null in most cases, as before a create.
fn mostly_null(random: &mut Rng, ty: &Type) -> Option<pb::DynamicValue> {
    if random.u8(0..3) > 0 {
        return Some(pb::DynamicValue { msgpack: as_msgpack(&Value::Null, ty), json: Bytes::new() });
    }
    on_the_wire(random, ty)
}

fn raw_state(random: &mut Rng, ty: &Type) -> Option<pb::RawState> {
    let state = on_the_wire(random, ty).unwrap_or_default();
    let json = match msgpack::decode(&state.msgpack, ty) {
        Ok(value) if value.is_wholly_known() => as_json(&value).to_string().into(),
        _ => state.msgpack,
    };
    Some(pb::RawState { json, ..pb::RawState::default() })
}

fn some_bytes(random: &mut Rng) -> Vec<u8> {
    (0..random.usize(0..8)).map(|_| random.u8(..)).collect()
}

/// The official provider's resource, whose state can be moved.
fn official_resource() -> Type {
    Type::object([
        ("id", Type::String),
        ("instance_id", Type::String),
        ("group", Type::String),
        ("topic", Type::String),
        ("partition", Type::Number),
        ("timestamp", Type::String),
    ])
}

/// The provider and the types of its blocks.
struct Target {
    session: Session,
    provider: Type,
    resource: Type,
    data_sources: [(&'static str, Type); 2],
    action: Type,
}

impl Target {
    fn new(session: Session) -> Self {
        let ty = |schema: &pb::Schema| Type::Object(field_types(schema.block.as_ref().unwrap()));
        let provider = ty(&session.provider);
        let resource = ty(&session.resources[RESET]);
        let data_sources = [GROUP, RESET].map(|name| (name, ty(&session.data_sources[name])));
        let action = ty(&session.actions[RESET]);
        Self { session, provider, resource, data_sources, action }
    }

    /// One random call: its name, the HTTP methods of the requests that it may send, and the resulting diagnostics.
    async fn call(
        &self,
        random: &mut Rng,
    ) -> (&'static str, &'static [&'static str], Result<Vec<pb::Diagnostic>, Status>) {
        let mut client: Client = self.session.client.clone();
        let type_name = |random: &mut Rng, name: &str| match random.u8(0..20) {
            0 => pick(random, &TEXTS).to_owned(),
            _ => name.to_owned(),
        };
        let (provider, resource) = (&self.provider, &self.resource);
        macro_rules! diagnostics {
            ($name:literal, $sends:expr, $response:expr) => {
                ($name, $sends, $response.await.map(|response| response.into_inner().diagnostics))
            };
        }
        match random.u8(0..16) {
            0 => {
                let request = pb::prepare_provider_config::Request { config: on_the_wire(random, provider) };
                diagnostics!("PrepareProviderConfig", NOTHING, client.prepare_provider_config(request))
            }
            1 => {
                let request = pb::configure::Request {
                    terraform_version: pick(random, &TEXTS).to_owned(),
                    config: on_the_wire(random, provider),
                    ..Default::default()
                };
                diagnostics!("Configure", NOTHING, client.configure(request))
            }
            2 => {
                let request = pb::validate_resource_type_config::Request {
                    type_name: type_name(random, RESET),
                    config: on_the_wire(random, resource),
                    ..Default::default()
                };
                diagnostics!("ValidateResourceTypeConfig", NOTHING, client.validate_resource_type_config(request))
            }
            3 => {
                let request = pb::upgrade_resource_state::Request {
                    type_name: type_name(random, RESET),
                    version: random.i64(-1..3),
                    raw_state: raw_state(random, resource),
                };
                diagnostics!("UpgradeResourceState", NOTHING, client.upgrade_resource_state(request))
            }
            4 => {
                let request = pb::read_resource::Request {
                    type_name: type_name(random, RESET),
                    current_state: on_the_wire(random, resource),
                    private: some_bytes(random),
                    ..Default::default()
                };
                diagnostics!("ReadResource", NOTHING, client.read_resource(request))
            }
            5 | 6 => {
                let request = pb::plan_resource_change::Request {
                    type_name: type_name(random, RESET),
                    prior_state: mostly_null(random, resource),
                    proposed_new_state: on_the_wire(random, resource),
                    config: on_the_wire(random, resource),
                    prior_private: some_bytes(random),
                    ..Default::default()
                };
                diagnostics!("PlanResourceChange", READS, client.plan_resource_change(request))
            }
            7 | 8 => {
                let request = pb::apply_resource_change::Request {
                    type_name: type_name(random, RESET),
                    prior_state: mostly_null(random, resource),
                    planned_state: on_the_wire(random, resource),
                    config: on_the_wire(random, resource),
                    planned_private: some_bytes(random),
                    ..Default::default()
                };
                diagnostics!("ApplyResourceChange", ANY, client.apply_resource_change(request))
            }
            9 => {
                let request = pb::apply_resource_change::Request {
                    type_name: RESET.to_owned(),
                    prior_state: Some(pb::DynamicValue {
                        msgpack: as_msgpack(&whole_object(random, resource), resource),
                        json: Bytes::new(),
                    }),
                    planned_state: on_the_wire(random, resource),
                    ..Default::default()
                };
                diagnostics!(
                    "ApplyResourceChange of an existing resource",
                    NOTHING,
                    client.apply_resource_change(request)
                )
            }
            10 => {
                let request = pb::import_resource_state::Request {
                    type_name: type_name(random, RESET),
                    id: pick(random, &TEXTS).to_owned(),
                    ..Default::default()
                };
                diagnostics!("ImportResourceState", NOTHING, client.import_resource_state(request))
            }
            11 => {
                let source = "huaweicloud_dms_kafka_message_offset_reset";
                let request = pb::move_resource_state::Request {
                    source_provider_address: "registry.terraform.io/huaweicloud/huaweicloud".to_owned(),
                    source_type_name: type_name(random, source),
                    source_schema_version: random.i64(-1..3),
                    source_state: raw_state(random, &official_resource()),
                    target_type_name: type_name(random, RESET),
                    source_private: some_bytes(random),
                };
                diagnostics!("MoveResourceState", NOTHING, client.move_resource_state(request))
            }
            12 => {
                let (name, ty) = &self.data_sources[random.usize(0..2)];
                let request = pb::validate_data_source_config::Request {
                    type_name: type_name(random, name),
                    config: on_the_wire(random, ty),
                };
                diagnostics!("ValidateDataSourceConfig", NOTHING, client.validate_data_source_config(request))
            }
            13 => {
                let (name, ty) = &self.data_sources[random.usize(0..2)];
                let request = pb::read_data_source::Request {
                    type_name: type_name(random, name),
                    config: on_the_wire(random, ty),
                    ..Default::default()
                };
                diagnostics!("ReadDataSource", READS, client.read_data_source(request))
            }
            14 => {
                let (action_type, config) = (type_name(random, RESET), on_the_wire(random, &self.action));
                if random.bool() {
                    let request = pb::validate_action_config::Request { type_name: action_type, config };
                    diagnostics!("ValidateActionConfig", NOTHING, client.validate_action_config(request))
                } else {
                    let request = pb::plan_action::Request { action_type, config, client_capabilities: None };
                    diagnostics!("PlanAction", READS, client.plan_action(request))
                }
            }
            _ => {
                let (action_type, config) = (type_name(random, RESET), on_the_wire(random, &self.action));
                let request = pb::invoke_action::Request { action_type, config, client_capabilities: None };
                ("InvokeAction", ANY, completed(client, request).await)
            }
        }
    }
}

#[tokio::test]
async fn random_calls_return_diagnostics_and_send_only_allowed_requests() {
    let emulator = Emulator::builder().seed(seed()).start_in_thread().unwrap();
    let identity = ClientIdentity::new();
    let mut plugin = Plugin::start(BINARY, Some(&identity)).await;
    let session = Session::begin(plugin.connect(Some(&identity)).await.unwrap(), &emulator).await;
    let target = Target::new(session);
    let mut random = Rng::with_seed(7);
    let (mut calls, mut clean, mut may_send) = (BTreeMap::new(), BTreeMap::new(), HashMap::new());
    for number in 0..CALLS + CALLS_AFTER_STOP {
        if number == CALLS {
            target.session.stop().await;
        }
        // Also undoes a random Configure, so that each call uses the emulator.
        assert_eq!(target.session.configure_with(&access_key(number)).await, [""; 0]);
        let (name, methods, response) = within(target.call(&mut random)).await;
        let diagnostics = response.unwrap_or_else(|status| panic!("call {number}, {name}: {status:?}"));
        for it in &diagnostics {
            assert!(!it.summary.contains("crashed"), "call {number}, {name}: {it:?}");
            assert!(matches!(it.severity, 1 | 2) && !it.summary.is_empty(), "call {number}, {name}: {it:?}");
        }
        may_send.insert(access_key(number), (name, if number < CALLS { methods } else { NOTHING }));
        *calls.entry(name).or_insert(0) += 1;
        if diagnostics.iter().all(|it| it.severity == 2) {
            *clean.entry(name).or_insert(0) += 1;
        }
    }
    // The test proves nothing if every call of a kind is refused immediately.
    for name in calls.keys().filter(|name| **name != "ImportResourceState") {
        assert!(clean.contains_key(name), "no {name} was successful: {clean:?} of {calls:?}");
    }
    shut_down(target.session.channel).await;
    assert_eq!(plugin.exit_code().await, Some(0));
    let journal = emulator.journal();
    let mut applied = BTreeSet::new();
    for entry in journal.entries() {
        let call = entry.access_key.as_ref().and_then(|key| may_send.get(key));
        let (name, methods) = call.unwrap_or_else(|| panic!("no call has sent {entry:?}"));
        assert!(methods.contains(&&*entry.method), "{name} sent {entry:?}");
        if entry.matches("PUT", "/reset-message-offset") {
            applied.insert(&entry.access_key);
        }
    }
    assert_eq!(journal.dropped(), 0);
    assert!(applied.len() > 20, "{clean:?} of {calls:?}");
}
