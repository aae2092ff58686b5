//! Starts a provider and applies resets, as Terraform does, and prints the measurements as JSON.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "it fails by panicking, as its library does"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::process::Stdio;
use std::time::Instant;

use clap::Parser;
use terraform_provider_huaweicloud_kafka::tf_provider::value::Value;
use testkit::plugin::pb::tfplugin5 as pb;
use testkit::plugin::{ClientIdentity, Plugin, ask_for_schema, ask_to_shut_down, block};
use tonic::transport::Channel;

const RESET: &str = "huaweicloud_kafka_offset_reset";

type Client = pb::provider_client::ProviderClient<Channel>;

/// Starts a provider over mutual TLS, alternating with a program that does nothing, and applies resets. Prints JSON.
///
/// The provider inherits the environment variables whose names begin with HW_.
#[derive(Debug, Parser)]
struct Arguments {
    /// The number of starts.
    #[arg(long, default_value_t = 1)]
    starts: u32,
    /// The number of resets after each start, one after the other, of the groups `group-0`, `group-1`, …
    #[arg(long, default_value_t = 0)]
    resets: u32,
    /// The address of the emulator.
    #[arg(long, default_value = "")]
    url: String,
    /// The other arguments of the resets: `name=value`.
    arguments: Vec<String>,
    /// The provider, or a program that runs it, with the program's arguments.
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

/// The measurements by name, with one element for each start. Times are in seconds, and memory is in bytes.
type Measured = BTreeMap<&'static str, Vec<f64>>;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments = Arguments::parse();
    let mut measured = Measured::new();
    for _ in 0..arguments.starts {
        let started = Instant::now();
        let mut noop = tokio::process::Command::new("true");
        noop.stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .await
            .expect("the program `true`");
        add(&mut measured, "noop", started);
        run(&arguments, &mut measured).await;
    }
    let text = serde_json::to_string(&measured).unwrap();
    writeln!(std::io::stdout().lock(), "{text}").unwrap();
}

fn add(measured: &mut Measured, name: &'static str, started: Instant) {
    measured.entry(name).or_default().push(started.elapsed().as_secs_f64());
}

async fn run(arguments: &Arguments, measured: &mut Measured) {
    // Terraform creates its certificate before it starts the plugin.
    let identity = ClientIdentity::new();
    let [program, rest @ ..] = &*arguments.program else { panic!("clap requires a program") };
    let started = Instant::now();
    let mut plugin = Plugin::start_with(program, Some(&identity), |command| {
        let variables = std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"HW_"));
        // Inherited, because an unread pipe would fill up and block the plugin.
        command.args(rest).envs(variables).stderr(Stdio::inherit());
    })
    .await;
    add(measured, "handshake", started);
    let channel = plugin.connect(Some(&identity)).await.expect("a connection");
    let schema = ask_for_schema(channel.clone()).await.expect("a schema");
    add(measured, "schema", started);
    measured.entry("resident").or_default().push(resident(plugin.child.id().expect("a running process")));
    if arguments.resets > 0 {
        let mut client = Client::new(channel.clone());
        let endpoints = ["dms", "iam"].map(|service| (service.to_owned(), Value::from(&*arguments.url)));
        let config = block(&schema.provider.unwrap(), &[("endpoints", endpoints.into_iter().collect())]);
        let request = pb::configure::Request { config, ..pb::configure::Request::default() };
        let response = client.configure(request).await.expect("a response").into_inner();
        assert_eq!(response.diagnostics, []);
        let started = Instant::now();
        for number in 0..arguments.resets {
            reset(&mut client, &schema.resource_schemas[RESET], number, &arguments.arguments).await;
        }
        add(measured, "resets", started);
    }
    let _ = ask_to_shut_down(channel).await;
    assert_eq!(plugin.exit_code().await, Some(0), "the plugin failed");
}

/// The resident memory of a process.
fn resident(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let kibibytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix(" kB")?.trim().parse().ok());
    kibibytes.map_or(f64::NAN, |kibibytes: f64| kibibytes * 1024.0)
}

/// Plans and applies one reset.
async fn reset(client: &mut Client, schema: &pb::Schema, number: u32, arguments: &[String]) {
    let mut fields = vec![("group", Value::from(format!("group-{number}")))];
    for argument in arguments {
        let (name, value) = argument.split_once('=').expect("name=value");
        fields.push((name, value.parse::<i64>().map_or_else(|_| Value::from(value), Value::from)));
    }
    let config = block(schema, &fields);
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
