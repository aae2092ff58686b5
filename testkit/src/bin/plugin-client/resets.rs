//! Plans and applies many resets in one process, as Terraform would, and measures what each costs the provider.

use std::time::Instant;

use serde::Serialize;
use terraform_provider_huaweicloud_kafka::tf_provider::value::Value;
use testkit::plugin::pb::tfplugin5 as pb;
use testkit::plugin::{ClientIdentity, ask_for_schema, block, shut_down};
use testkit::usage::Usage;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::Program;

const RESET: &str = "huaweicloud_kafka_offset_reset";

type Client = pb::provider_client::ProviderClient<Channel>;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The number of resets. Each is of a different group: `<group prefix>0`, `<group prefix>1`, …
    #[arg(long)]
    count: u32,
    /// The number of concurrent resets.
    #[arg(long, default_value_t = 10)]
    parallelism: u32,
    /// The address of the cloud or of the emulator.
    #[arg(long)]
    url: String,
    #[arg(long)]
    region: String,
    #[arg(long)]
    instance: String,
    #[arg(long)]
    group_prefix: String,
    /// Default: every topic.
    #[arg(long)]
    topic: Option<String>,
    #[arg(long)]
    offset: Option<i64>,
    #[arg(long)]
    datetime: Option<String>,
    #[command(flatten)]
    program: Program,
}

/// Times in seconds, memory in bytes.
#[derive(Serialize)]
pub(crate) struct Measured {
    /// From the first plan to the last response.
    elapsed: f64,
    /// CPU time of the provider during the resets.
    cpu_time: f64,
    /// Resident memory before the first reset.
    resident_before: u64,
    /// Peak resident memory.
    peak: u64,
}

pub(crate) async fn run(arguments: Arguments) -> Measured {
    let identity = ClientIdentity::new();
    let credentials = ["HW_ACCESS_KEY", "HW_SECRET_KEY"];
    let credentials =
        credentials.map(|name| (name, std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"))));
    let mut plugin = arguments.program.start(Some(&identity), &credentials).await;
    let channel = plugin.connect(Some(&identity)).await.expect("a connection");
    let schema = ask_for_schema(channel.clone()).await.expect("a schema");
    let mut client = Client::new(channel.clone());
    configure(&mut client, &schema.provider.expect("a provider block"), &arguments).await;

    let process = plugin.child.id().expect("a running process");
    let before = Usage::of_process(process).expect("a running process");
    let started = Instant::now();
    run_all(&client, &schema.resource_schemas[RESET], &arguments).await;
    let elapsed = started.elapsed().as_secs_f64();
    let after = Usage::of_process(process).expect("a running process");
    shut_down(channel).await;
    assert_eq!(plugin.exit_code().await, Some(0), "the plugin failed");
    Measured {
        elapsed,
        cpu_time: after.cpu_time.saturating_sub(before.cpu_time).as_secs_f64(),
        resident_before: before.resident,
        peak: after.peak,
    }
}

async fn configure(client: &mut Client, schema: &pb::Schema, arguments: &Arguments) {
    let endpoints = ["dms", "iam"].map(|service| (service.to_owned(), Value::from(&*arguments.url)));
    let fields = [("region", Value::from(&*arguments.region)), ("endpoints", endpoints.into_iter().collect())];
    let request = pb::configure::Request { config: block(schema, &fields), ..pb::configure::Request::default() };
    let response = client.configure(request).await.expect("a response").into_inner();
    assert_eq!(response.diagnostics, []);
}

/// Runs resets concurrently up to a limit, and starts the next one as soon as one ends, as Terraform does.
async fn run_all(client: &Client, schema: &pb::Schema, arguments: &Arguments) {
    let mut running = JoinSet::new();
    for number in 0..arguments.count {
        if running.len() >= arguments.parallelism as usize {
            running.join_next().await.expect("one is running").expect("a reset");
        }
        let fields = [
            ("instance_id", Value::from(&*arguments.instance)),
            ("group", Value::from(format!("{}{number}", arguments.group_prefix))),
            ("topic", arguments.topic.as_deref().map_or(Value::Null, Value::from)),
            ("message_offset", arguments.offset.map_or(Value::Null, Value::from)),
            ("datetime", arguments.datetime.as_deref().map_or(Value::Null, Value::from)),
        ];
        running.spawn(plan_and_apply(client.clone(), block(schema, &fields)));
    }
    while let Some(done) = running.join_next().await {
        done.expect("a reset");
    }
}

async fn plan_and_apply(mut client: Client, config: Option<pb::DynamicValue>) {
    let null = Some(pb::DynamicValue { msgpack: b"\xc0".as_slice().into(), ..pb::DynamicValue::default() });
    let request = pb::plan_resource_change::Request {
        type_name: RESET.to_owned(),
        prior_state: null.clone(),
        proposed_new_state: config.clone(),
        config: config.clone(),
        ..pb::plan_resource_change::Request::default()
    };
    let planned = client.plan_resource_change(request).await.expect("a response").into_inner();
    assert_no_errors(&planned.diagnostics);
    let request = pb::apply_resource_change::Request {
        type_name: RESET.to_owned(),
        prior_state: null,
        planned_state: planned.planned_state,
        config,
        ..pb::apply_resource_change::Request::default()
    };
    let applied = client.apply_resource_change(request).await.expect("a response").into_inner();
    assert_no_errors(&applied.diagnostics);
    assert!(applied.new_state.is_some(), "no state");
}

/// A reset of every topic produces a warning.
fn assert_no_errors(diagnostics: &[pb::Diagnostic]) {
    let error = diagnostics.iter().find(|it| it.severity() == pb::diagnostic::Severity::Error);
    assert_eq!(error, None);
}
