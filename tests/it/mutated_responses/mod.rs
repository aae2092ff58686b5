//! Applies and reads against a service with mutated responses, from fixed seeds: nothing panics or hangs, no secret and
//! no unprintable character is printed or stored, every reset sent is the requested one, and success is reported only
//! if the reset was done.
//!
//! `MUTATIONS=30000 cargo test --test it mutated_responses` runs more cases; with `MUTATION=<number>` it runs only that
//! case and prints what was changed in it.

#![allow(clippy::print_stdout, reason = "a run of a single case prints its changes")]

mod mutation;
mod proxy;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use dms_emulator::seed::Secret;
use dms_emulator::{Emulator, Seed, demo};
use serde_json::json;
use terraform_provider_huaweicloud_kafka::tf_provider::value::{Type, Value, msgpack};
use testkit::plugin::pb::tfplugin5 as pb;
use testkit::plugin::{ClientIdentity, Plugin, ask_for_schema, block, field_types, shut_down, within};
use tokio::io::AsyncReadExt;
use tonic::transport::Channel;

use crate::BINARY;
use crate::provider_session::{GROUP, RESET};
use crate::unprintable::first_unprintable;
use mutation::TOKEN;
use proxy::{Case, Proxy};

/// The number of cases by default.
const CASES: u64 = 1_000;
/// The number of processes that run them.
const WORKERS: usize = 8;
/// The time limit of a reset with mutated responses. A task that never appears takes all of it.
const TIME_LIMIT: &str = "500ms";
/// How long any call may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest allowed detail of a diagnostic and text in a state, in characters.
const LONGEST_DETAIL: usize = 30_000;
const LONGEST_TEXT: usize = 4_500;

/// The time of message 120 of each partition of `orders`.
const TIME: i64 = demo::FIRST_TIMESTAMP + 120_000;
/// The time of message 20 of each partition of `ledger`.
const EARLY_TIME: i64 = demo::FIRST_TIMESTAMP + 20_000;
/// A topic whose first log ends with a transaction marker, and whose second log is compacted.
const LEDGER: &str = "ledger";

/// What a case does.
#[derive(Clone, Copy, Debug)]
enum Scenario {
    Offsets,
    OneOffset,
    Time,
    /// As `Time`, with a limit, so that verification relies on messages that were read before the reset.
    TimeWithLimit,
    /// As `Time`, on logs with gaps.
    TimeAmongGaps,
    EveryTopic,
    Read,
}

impl Scenario {
    /// Few cases reset every topic, because a task that never appears takes the whole time limit.
    fn of(case: u64) -> Self {
        match case % 20 {
            0..6 => Self::Offsets,
            6..10 => Self::OneOffset,
            10 => Self::Time,
            11 => Self::TimeWithLimit,
            12..15 => Self::TimeAmongGaps,
            15 => Self::EveryTopic,
            _ => Self::Read,
        }
    }

    fn arguments(self) -> Vec<(&'static str, Value)> {
        let orders = ("topic", Value::from(demo::ORDERS));
        match self {
            Self::Offsets => {
                let offsets = [("0", 150), ("2", 4_000_000_100_i64)];
                let offsets =
                    offsets.into_iter().map(|(partition, offset)| (partition.to_owned(), Value::from(offset)));
                vec![orders, ("partition_offsets", offsets.collect())]
            }
            Self::OneOffset => vec![orders, ("message_offset", 200.into())],
            Self::Time => vec![orders, ("timestamp", TIME.into())],
            Self::TimeWithLimit => {
                vec![orders, ("timestamp", TIME.into()), ("max_replayed_messages", 1_000.into())]
            }
            Self::TimeAmongGaps => vec![("topic", LEDGER.into()), ("timestamp", EARLY_TIME.into())],
            Self::EveryTopic => vec![("position", "earliest".into())],
            Self::Read => Vec::new(),
        }
    }

    /// The committed offsets of `orders`, `payments` and `ledger` after the scenario.
    fn expected(self) -> [Vec<i64>; 3] {
        let mut expected = [vec![140, 190, 4_000_000_500], vec![25], vec![100, 80]];
        match self {
            Self::Offsets => expected[0] = vec![150, 190, 4_000_000_100],
            Self::OneOffset => expected[0] = vec![200, 200, 4_000_000_000],
            Self::Time | Self::TimeWithLimit => expected[0] = vec![120, 120, 4_000_000_120],
            Self::TimeAmongGaps => expected[2] = vec![20, 20],
            Self::EveryTopic => expected = [vec![0, 100, 4_000_000_000], vec![0], vec![0, 0]],
            Self::Read => {}
        }
        expected
    }

    /// Whether the scenario may send this body. Which partitions a topic has is up to the service.
    fn allows(self, body: &serde_json::Value) -> bool {
        let mut body = body.clone();
        let partition = body["partition"].take();
        let body = |expected: serde_json::Value| body == expected;
        match self {
            Self::Offsets if partition == 0 => {
                body(json!({ "topic": "orders", "partition": null, "message_offset": 150 }))
            }
            Self::Offsets if partition == 2 => {
                body(json!({ "topic": "orders", "partition": null, "message_offset": 4_000_000_100_i64 }))
            }
            Self::Offsets | Self::Read => false,
            Self::OneOffset => body(json!({ "topic": "orders", "partition": null, "message_offset": 200 })),
            Self::Time | Self::TimeWithLimit => {
                body(json!({ "topic": "orders", "partition": null, "timestamp": TIME }))
            }
            Self::TimeAmongGaps => body(json!({ "topic": LEDGER, "partition": null, "timestamp": EARLY_TIME })),
            Self::EveryTopic => partition == -1 && body(json!({ "topic": "", "partition": null, "timestamp": 0 })),
        }
    }
}

/// The outcome of a case.
struct Outcome {
    diagnostics: Vec<pb::Diagnostic>,
    state: Option<pb::DynamicValue>,
}

impl Outcome {
    fn has_error(&self) -> bool {
        self.diagnostics.iter().any(|it| it.severity() == pb::diagnostic::Severity::Error)
    }
}

/// A provider process with a separate service.
struct Worker {
    emulator: Emulator,
    proxy: Proxy,
    plugin: Plugin,
    channel: Channel,
    schema: pb::get_provider_schema::Response,
    log: Arc<Mutex<Vec<u8>>>,
}

impl Worker {
    async fn start() -> Self {
        let (mut seed, ledger) = (Seed::demo(), ledger());
        seed.instances[0].topics.extend(ledger.instances[0].topics.iter().cloned());
        seed.instances[0].groups[0].offsets.insert(LEDGER.to_owned(), vec![Some(100), Some(80)]);
        seed.credentials[0].security_token = Some(Secret::new(TOKEN));
        let emulator = Emulator::builder().seed(seed).start_in_thread().unwrap();
        let proxy = Proxy::start(emulator.address(), None);
        let identity = ClientIdentity::new();
        let prepare = |command: &mut tokio::process::Command| {
            command.env("TF_LOG", "trace");
        };
        let mut plugin = Plugin::start_with(BINARY, Some(&identity), prepare).await;
        let log = Arc::new(Mutex::new(Vec::new()));
        let (mut stderr, written) = (plugin.child.stderr.take().expect("piped"), Arc::clone(&log));
        tokio::spawn(async move {
            let mut buffer = [0; 16 * 1024];
            while let Ok(length @ 1..) = stderr.read(&mut buffer).await {
                written.lock().unwrap().extend_from_slice(&buffer[..length]);
            }
        });
        let channel = plugin.connect(Some(&identity)).await.unwrap();
        let schema = ask_for_schema(channel.clone()).await.unwrap();
        Self { emulator, proxy, plugin, channel, schema, log }
    }

    fn client(&self) -> pb::provider_client::ProviderClient<Channel> {
        pb::provider_client::ProviderClient::new(self.channel.clone())
    }

    /// Runs a case, after configuring again so that it does not depend on the previous one.
    async fn run(&mut self, scenario: Scenario, seed: Option<u64>) -> Outcome {
        self.proxy.end();
        self.emulator.reset();
        self.proxy = Proxy::start(self.emulator.address(), seed);
        let endpoints = ["dms", "iam"].map(|service| (service.to_owned(), Value::from(self.proxy.url())));
        let fields = [
            ("region", demo::REGION.into()),
            ("access_key", demo::ACCESS_KEY.into()),
            ("secret_key", demo::SECRET_KEY.into()),
            ("security_token", TOKEN.into()),
            ("endpoints", endpoints.into_iter().collect()),
            ("max_retries", 0.into()),
        ];
        let config = block(self.schema.provider.as_ref().unwrap(), &fields);
        let request = pb::configure::Request { config, ..pb::configure::Request::default() };
        assert_eq!(within(self.client().configure(request)).await.unwrap().into_inner().diagnostics, []);
        match scenario {
            Scenario::Read => self.read(seed).await,
            _ => self.apply(scenario, if seed.is_some() { TIME_LIMIT } else { "1m" }).await,
        }
    }

    async fn read(&self, seed: Option<u64>) -> Outcome {
        let group = if seed.is_some_and(|seed| seed % 2 == 0) { demo::BILLING } else { demo::SHIPPING };
        let fields = [("instance_id", demo::INSTANCE_ID.into()), ("group", group.into())];
        let config = block(&self.schema.data_source_schemas[GROUP], &fields);
        let type_name = GROUP.to_owned();
        let request = pb::read_data_source::Request { type_name, config, ..pb::read_data_source::Request::default() };
        let response = self.client().read_data_source(request).await.unwrap().into_inner();
        Outcome { diagnostics: response.diagnostics, state: response.state }
    }

    async fn apply(&self, scenario: Scenario, time_limit: &str) -> Outcome {
        let timeouts = [("create".to_owned(), Value::from(time_limit))].into_iter().collect();
        let common = [
            ("instance_id", demo::INSTANCE_ID.into()),
            ("group", demo::BILLING.into()),
            ("wait_for_inactive", "0s".into()),
            ("timeouts", timeouts),
        ];
        let written = [&common[..], &scenario.arguments()].concat();
        let schema = &self.schema.resource_schemas[RESET];
        let request = pb::plan_resource_change::Request {
            type_name: RESET.to_owned(),
            prior_state: null(),
            proposed_new_state: block(schema, &written),
            config: block(schema, &written),
            ..pb::plan_resource_change::Request::default()
        };
        let planned = self.client().plan_resource_change(request).await.unwrap().into_inner();
        let request = pb::apply_resource_change::Request {
            type_name: RESET.to_owned(),
            prior_state: null(),
            planned_state: planned.planned_state,
            config: block(schema, &written),
            ..pb::apply_resource_change::Request::default()
        };
        let response = self.client().apply_resource_change(request).await.unwrap().into_inner();
        Outcome { diagnostics: response.diagnostics, state: response.new_state }
    }

    fn offsets(&self) -> [Vec<i64>; 3] {
        [demo::ORDERS, demo::PAYMENTS, LEDGER]
            .map(|topic| self.emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, topic).unwrap())
    }

    /// The faults in the outcome of a case.
    fn faults(&self, scenario: Scenario, outcome: &Outcome) -> Vec<String> {
        let mut faults = Vec::new();
        let case = self.proxy.case.lock().unwrap();
        let secrets = secrets(&case);
        for it in &outcome.diagnostics {
            let text = format!("{}\n{}", it.summary, it.detail);
            faults.extend(text_faults("a diagnostic", &text.replace('\n', " "), &secrets, LONGEST_DETAIL));
            if it.summary.contains("crashed") {
                faults.push(format!("it panics: {}", it.detail));
            }
        }
        let (schemas, name) = match scenario {
            Scenario::Read => (&self.schema.data_source_schemas, GROUP),
            _ => (&self.schema.resource_schemas, RESET),
        };
        let state_type = Type::Object(field_types(schemas[name].block.as_ref().unwrap()));
        if let Some(state) = outcome.state.as_ref().filter(|state| !state.msgpack.is_empty()) {
            let state = msgpack::decode(&state.msgpack, &state_type).unwrap();
            let mut texts = Vec::new();
            collect_strings(&state, &mut texts);
            faults.extend(
                texts
                    .iter()
                    .flat_map(|text| text_faults("the state", &text.replace('\n', "\r"), &secrets, LONGEST_TEXT)),
            );
        }
        let group = format!("/instances/{}/groups/{}/reset-message-offset", demo::INSTANCE_ID, demo::BILLING);
        for (path, body) in &case.resets {
            if !path.ends_with(&group) || !scenario.allows(body) {
                faults.push(format!("another reset was sent: {path} {body}"));
            }
        }
        let offsets = self.offsets();
        if !outcome.has_error() && offsets != scenario.expected() {
            faults.push(format!("it reports success, but the offsets are {offsets:?}"));
        }
        faults
    }
}

fn ledger() -> Seed {
    let ended_at = demo::FIRST_TIMESTAMP + 98_000;
    let seed = json!({ "instances": [{
        "id": demo::INSTANCE_ID,
        "project_id": demo::PROJECT_ID,
        "topics": [{ "name": LEDGER, "partitions": [
            { "log_end": 100, "gaps": [{ "from_offset": 99, "to_offset": 100, "transaction_ended_at": ended_at }] },
            { "log_end": 100, "gaps": [{ "from_offset": 30, "to_offset": 60 }] },
        ] }],
    }] });
    Seed::from_json(&seed.to_string()).unwrap()
}

fn null() -> Option<pb::DynamicValue> {
    Some(pb::DynamicValue { msgpack: b"\xc0".as_slice().into(), ..pb::DynamicValue::default() })
}

/// The beginnings of all secrets, in every form.
fn secrets(case: &Case) -> Vec<String> {
    let mut secrets = Vec::new();
    let signatures = case.signatures.iter().map(String::as_str).filter(|it| !it.is_empty());
    for secret in [demo::SECRET_KEY, TOKEN].into_iter().chain(signatures) {
        let mut forms = vec![
            secret.to_owned(),
            HEXLOWER.encode(secret.as_bytes()),
            HEXUPPER.encode(secret.as_bytes()),
            secret.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        ];
        for (before, first) in [("", 0), ("u", 2), ("us", 3)] {
            let text = format!("{before}{secret}");
            forms.extend([BASE64_NOPAD, BASE64URL_NOPAD].map(|it| it.encode(text.as_bytes())[first..].to_owned()));
        }
        secrets.extend(forms.into_iter().map(|form| form.chars().take(16).collect::<String>()));
    }
    secrets
}

fn collect_strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::List(items) => items.iter().for_each(|it| collect_strings(it, found)),
        Value::Map(members) => members.iter().for_each(|(name, it)| {
            found.push(name.clone());
            collect_strings(it, found);
        }),
        _ => {}
    }
}

fn text_faults(place: &str, text: &str, secrets: &[String], longest: usize) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(secret) = secrets.iter().find(|secret| text.contains(&**secret)) {
        faults.push(format!("{place} holds the secret {secret:?}: {text:?}"));
    }
    if let Some(character) = first_unprintable(text) {
        faults.push(format!("{place} holds {character:?}: {text:?}"));
    }
    if text.chars().count() > longest {
        faults.push(format!("{place} has {} characters: {:?}…", text.chars().count(), &text[..200.min(text.len())]));
    }
    faults
}

/// Runs cases until none is left. Returns the faults and the number of successful cases.
async fn work(next: &AtomicU64, end: u64, verbose: bool) -> (Vec<String>, u64) {
    let mut worker = Worker::start().await;
    let (mut faults, mut successes) = (Vec::new(), 0);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= end {
            break;
        }
        let scenario = Scenario::of(number);
        match tokio::time::timeout(PATIENCE, worker.run(scenario, Some(number))).await {
            Err(_) => faults.push(format!("case {number}, {scenario:?}: it hangs")),
            Ok(outcome) => {
                successes += u64::from(!outcome.has_error());
                let found = worker.faults(scenario, &outcome);
                let changes = worker.proxy.case.lock().unwrap().changes.join("\n    ");
                if verbose {
                    println!("{scenario:?}: {:#?}\n    {changes}", outcome.diagnostics);
                }
                faults.extend(found.iter().map(|fault| format!("case {number}, {scenario:?}: {fault}\n    {changes}")));
            }
        }
    }
    shut_down(worker.channel.clone()).await;
    assert_eq!(worker.plugin.exit_code().await, Some(0));
    let log = String::from_utf8_lossy(&worker.log.lock().unwrap()).into_owned();
    let known = secrets(&Case::default());
    for line in log.lines() {
        if line.contains("panic") || known.iter().any(|secret| line.contains(&**secret)) {
            faults.push(format!("the log contains {line:?}"));
        }
    }
    assert!(!log.is_empty(), "nothing was logged");
    (faults, successes)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|number| number.parse().unwrap_or_else(|_| panic!("{variable} is not a number")))
}

#[tokio::test]
async fn mutated_responses_cause_no_crash_leak_or_false_success() {
    let only = number("MUTATION");
    let end = only.map_or_else(|| number("MUTATIONS").unwrap_or(CASES), |only| only + 1);
    let next = Arc::new(AtomicU64::new(only.unwrap_or(0)));
    let workers = if only.is_some() { 1 } else { WORKERS };
    let working: Vec<_> = (0..workers)
        .map(|_| {
            let next = Arc::clone(&next);
            tokio::spawn(async move { work(&next, end, only.is_some()).await })
        })
        .collect();
    let (mut faults, mut successes) = (Vec::new(), 0);
    for worker in working {
        let (found, well) = worker.await.unwrap();
        faults.extend(found);
        successes += well;
    }
    // Many mutations must be harmless, and many must not.
    if only.is_none() {
        assert!((end / 10..end * 9 / 10).contains(&successes), "{successes} of {end} cases were successful");
    }
    assert!(
        faults.is_empty(),
        "{} faults, the first of them:\n{}",
        faults.len(),
        faults[..faults.len().min(20)].join("\n")
    );
}

#[tokio::test]
async fn each_scenario_succeeds_with_unchanged_responses() {
    let mut worker = Worker::start().await;
    for scenario in [
        Scenario::Offsets,
        Scenario::OneOffset,
        Scenario::Time,
        Scenario::TimeWithLimit,
        Scenario::TimeAmongGaps,
        Scenario::EveryTopic,
        Scenario::Read,
    ] {
        let outcome = tokio::time::timeout(PATIENCE, worker.run(scenario, None)).await.unwrap();
        assert!(!outcome.has_error(), "{scenario:?}: {:#?}", outcome.diagnostics);
        assert_eq!(worker.faults(scenario, &outcome), Vec::<String>::new(), "{scenario:?}");
        assert_eq!(worker.offsets(), scenario.expected(), "{scenario:?}");
    }
}
