//! Measures single functions of the provider. `cargo xtask bench` measures processes.
//!
//! `cargo bench` measures, `cargo test --bench provider` only checks that each benchmark works.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "benchmarks fail by panicking, as tests do")]
#![allow(missing_docs, reason = "criterion's macros define public items")]

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use terraform_provider_huaweicloud_kafka::huaweicloud::{Credentials, signing};
use terraform_provider_huaweicloud_kafka::provider;
use terraform_provider_huaweicloud_kafka::tf_provider::ProviderServer;
use terraform_provider_huaweicloud_kafka::tf_provider::pb::tfplugin5 as pb;
use terraform_provider_huaweicloud_kafka::tf_provider::pb::tfplugin5::provider_server::Provider as _;
use terraform_provider_huaweicloud_kafka::tf_provider::value::{Type, Value, msgpack};
use testkit::plugin::{ClientIdentity, Plugin, ask_for_schema, block, field_types};
use tokio::runtime::Runtime;

const BINARY: &str = env!("CARGO_BIN_EXE_terraform-provider-huaweicloud-kafka");
const RESET: &str = "huaweicloud_kafka_offset_reset";
/// The number of partitions of a large topic. Each has an entry in the state.
const PARTITIONS: i64 = 10_000;

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Signs the request of a reset.
fn signature(criterion: &mut Criterion) {
    let credentials =
        Credentials::new("BENCHACCESSKEY000001", "not-a-secret-for-measurements-only-00001", None).unwrap();
    let project = "0d0e0f0000000000000000000000be7c";
    let path = format!(
        "/v2/kafka/{project}/instances/00000000-0000-4000-8000-00000000be7c/groups/billing/reset-message-offset"
    );
    let request = signing::SignableRequest {
        method: "PUT",
        path: &path,
        query: "",
        headers: &[
            ("host", "dms.cn-north-4.myhuaweicloud.com"),
            ("content-type", "application/json"),
            ("x-project-id", project),
        ],
        body: br#"{"topic":"orders","partition":-1,"message_offset":10}"#,
    };
    let now = Timestamp::from_second(1_704_067_200).unwrap();
    criterion.bench_function("sign one request", |bencher| {
        bencher.iter(|| signing::sign(black_box(&request), &credentials, now).unwrap());
    });
}

/// The state of a reset of a large topic, and its type.
fn large_state(schema: &pb::Schema) -> (Value, Type) {
    let types = field_types(schema.block.as_ref().unwrap());
    let offsets = |offset: i64| {
        let partitions = (0..PARTITIONS).map(|partition| (partition.to_string(), Value::from(offset)));
        Value::Map([("orders".to_owned(), Value::Map(partitions.collect()))].into())
    };
    let mut state: BTreeMap<_, _> = types.keys().map(|name| (name.clone(), Value::Null)).collect();
    state.insert("before".to_owned(), offsets(41));
    state.insert("after".to_owned(), offsets(10));
    (Value::Map(state), Type::Object(types))
}

fn schema(server: &impl pb::provider_server::Provider, runtime: &Runtime) -> pb::Schema {
    let request = tonic::Request::new(pb::get_provider_schema::Request {});
    let response = runtime.block_on(server.get_schema(request)).unwrap().into_inner();
    response.resource_schemas[RESET].clone()
}

/// Decodes and encodes the state of a reset.
fn values(criterion: &mut Criterion) {
    let runtime = runtime();
    let (state, ty) = large_state(&schema(&ProviderServer::new(provider::new()), &runtime));
    let bytes = msgpack::encode(&state, &ty).unwrap();
    assert_eq!(msgpack::decode(&bytes, &ty).unwrap(), state, "the state survives a round trip");
    let mut group = criterion.benchmark_group(format!("state of {PARTITIONS} partitions"));
    group.throughput(Throughput::Bytes(bytes.len() as u64));
    group.bench_function("decode", |bencher| bencher.iter(|| msgpack::decode(black_box(&bytes), &ty).unwrap()));
    group.bench_function("encode", |bencher| bencher.iter(|| msgpack::encode(black_box(&state), &ty).unwrap()));
    group.finish();
}

/// Plans a reset without a connection: decodes three values, plans, validates and encodes.
fn plan(criterion: &mut Criterion) {
    let runtime = runtime();
    let server = ProviderServer::new(provider::new());
    let schema = schema(&server, &runtime);
    let config = block(
        &schema,
        &[
            ("instance_id", "00000000-0000-4000-8000-00000000be7c".into()),
            ("group", "billing".into()),
            ("topic", "orders".into()),
            ("message_offset", 10.into()),
        ],
    );
    let null = Some(pb::DynamicValue { msgpack: b"\xc0".as_slice().into(), ..pb::DynamicValue::default() });
    let request = pb::plan_resource_change::Request {
        type_name: RESET.to_owned(),
        prior_state: null,
        proposed_new_state: config.clone(),
        config,
        ..pb::plan_resource_change::Request::default()
    };
    let planned = runtime.block_on(server.plan_resource_change(tonic::Request::new(request.clone()))).unwrap();
    assert_eq!(planned.into_inner().diagnostics, [], "the plan succeeds");
    criterion.bench_function("plan one reset", |bencher| {
        bencher.to_async(&runtime).iter_batched(
            || tonic::Request::new(request.clone()),
            |request| async { server.plan_resource_change(request).await.unwrap() },
            BatchSize::SmallInput,
        );
    });
}

/// Calls Stop, which does no work, in a separate process.
fn call(criterion: &mut Criterion) {
    let runtime = runtime();
    let identity = ClientIdentity::new();
    let (_plugin, channel) = runtime.block_on(async {
        let plugin = Plugin::start(BINARY, Some(&identity)).await;
        let channel = plugin.connect(Some(&identity)).await.unwrap();
        ask_for_schema(channel.clone()).await.unwrap();
        (plugin, channel)
    });
    let mut client = pb::provider_client::ProviderClient::new(channel);
    criterion.bench_function("one call over mutual TLS", |bencher| {
        bencher.iter(|| runtime.block_on(client.stop(pb::stop::Request {})).unwrap());
    });
}

criterion_group!(benches, signature, values, plan, call);
criterion_main!(benches);
