//! The check against a real account (`tests/live/`), with an emulator in place of the service.

#[path = "../live/check/mod.rs"]
mod check;

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dms_emulator::{Effect, Emulator, Fault, FaultResponse, Operation, Seed, demo};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

use check::api::Side;
use check::choices::{choices, compare, known};
use check::scratch::Scratch;
use check::settings::Settings;

/// An inactive group of the demo's instance that has committed offsets on the topic `orders` only.
const GROUP: &str = "scratch";
const OFFSETS: [i64; 3] = [140, 190, 4_000_000_500];

/// Makes [`check_runs_only_in_a_child_process`] run the check.
const CHILD: &str = "CHECK_IN_THIS_PROCESS";

/// Starts an emulator in place of the service, with additional fields of the instance.
fn service(fields: &Value) -> Emulator {
    let emulator = Emulator::start_in_thread().unwrap();
    let mut instance = json!({
        "id": demo::INSTANCE_ID,
        "project_id": demo::PROJECT_ID,
        "groups": [{"name": GROUP, "offsets": {demo::ORDERS: OFFSETS}}],
    });
    instance.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let seed = Seed::from_json(&json!({ "instances": [instance] }).to_string()).unwrap();
    emulator.merge(&seed).unwrap();
    emulator
}

fn endpoints(emulator: &Emulator) -> [(String, String); 3] {
    ["dms", "iam", "sts"].map(|service| (service.to_owned(), emulator.url()))
}

fn settings(emulator: &Emulator) -> Settings {
    Settings {
        access_key: demo::ACCESS_KEY.to_owned(),
        secret_key: demo::SECRET_KEY.to_owned(),
        region: demo::REGION.to_owned(),
        endpoints: endpoints(emulator).into(),
        instance_id: demo::INSTANCE_ID.to_owned(),
        topic: demo::ORDERS.to_owned(),
        group: GROUP.to_owned(),
        online_group: Some(demo::SHIPPING.to_owned()),
        ..Settings::default()
    }
}

/// The variables of a check that has permission to write.
fn variables(emulator: &Emulator) -> Vec<(&'static str, String)> {
    let endpoints: Vec<String> = endpoints(emulator).iter().map(|(name, url)| format!("{name}={url}")).collect();
    vec![
        ("HW_ACCESS_KEY", demo::ACCESS_KEY.to_owned()),
        ("HW_SECRET_KEY", demo::SECRET_KEY.to_owned()),
        ("HW_REGION_NAME", demo::REGION.to_owned()),
        ("HW_SCRATCH_INSTANCE_ID", demo::INSTANCE_ID.to_owned()),
        ("HW_SCRATCH_TOPIC", demo::ORDERS.to_owned()),
        ("HW_SCRATCH_GROUP", GROUP.to_owned()),
        ("HW_SCRATCH_ONLINE_GROUP", demo::SHIPPING.to_owned()),
        ("HW_SCRATCH_CONFIRM", GROUP.to_owned()),
        ("HW_SCRATCH_ENDPOINTS", endpoints.join(",")),
    ]
}

/// Starts the check in a child process, which runs this test binary. Like a shell, gives it a new process group.
fn start(variables: &[(&str, String)]) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", "live::check_runs_only_in_a_child_process"]);
    let inherited = ["PATH", "TMPDIR", "TERRAFORM"];
    let inherited = inherited.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
    command.env_clear().envs(inherited).env(CHILD, "1").envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0).spawn().unwrap()
}

/// The output of a check and its exit code.
fn finish(mut child: Child) -> (String, Option<i32>) {
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(!text.contains(demo::SECRET_KEY), "the secret key is in the output:\n{text}");
    (text, child.wait().unwrap().code())
}

fn resets(emulator: &Emulator) -> usize {
    emulator.journal().count("PUT", "/reset-message-offset")
}

fn offsets(emulator: &Emulator) -> Vec<i64> {
    emulator.group_offsets(demo::INSTANCE_ID, GROUP, demo::ORDERS).unwrap()
}

#[test]
fn check_runs_only_in_a_child_process() {
    if std::env::var_os(CHILD).is_some() {
        std::process::exit(check::run().into());
    }
}

#[test]
fn identical_service_passes_the_check_without_a_difference() {
    let emulator = service(&json!({}));
    let (text, code) = finish(start(&variables(&emulator)));
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("ok      ")).count(), 11, "{text}");
    assert!(text.lines().filter(|line| line.starts_with("| same |")).count() > 25, "{text}");
    assert!(text.contains(" same, 0 different, "), "{text}");
    assert_eq!(offsets(&emulator), OFFSETS, "{text}");
    let others = [(demo::SHIPPING, [290, 240, 4_000_000_990]), (demo::BILLING, [140, 190, 4_000_000_500])];
    for (group, expected) in others {
        assert_eq!(emulator.group_offsets(demo::INSTANCE_ID, group, demo::ORDERS).unwrap(), expected);
    }
}

#[test]
fn changed_assumption_is_reported_as_the_only_difference() {
    let emulator = service(&json!({ "tasks_order": "oldest_first" }));
    let settings = settings(&emulator);
    let service = Side::new(&settings).unwrap();
    let scratch = Scratch::read(&service).unwrap();
    let (_emulator, side) = scratch.emulate(&service, &settings).unwrap();
    let table = compare(&service, &side, &scratch).unwrap();
    let different: Vec<&str> = table.lines().filter(|line| line.starts_with("| **differs** |")).collect();
    assert_eq!(different, ["| **differs** | order of tasks | oldest first | newest first |"], "{table}");
}

#[test]
fn every_choice_of_the_emulator_is_probed_or_has_a_reason() {
    let listed: BTreeSet<&str> = choices().iter().map(|choice| choice.case).collect();
    assert!(listed.len() > 30, "{listed:?}");
    let known: BTreeSet<&str> = known().collect();
    let unknown: Vec<_> = listed.difference(&known).collect();
    assert!(unknown.is_empty(), "add a probe or a reason to tests/live/check/probes.rs: {unknown:?}");
    let stale: Vec<_> = known.difference(&listed).collect();
    assert!(stale.is_empty(), "emulator/README.md has no such case: {stale:?}");
}

/// The first reset fails, and Ctrl-C arrives during a later one.
#[test]
fn offsets_are_restored_after_a_failure_and_an_interrupt() {
    let emulator = service(&json!({}));
    let refused = Effect::Status(FaultResponse::empty(403));
    emulator.add_fault(Fault::new(refused).on(Operation::ResetOffsets).times(1));
    let child = start(&variables(&emulator));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let later = emulator.wait_for_nth("PUT", "/reset-message-offset", 8);
    let later = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(120), later).await });
    assert!(later.is_ok(), "{:?}", emulator.journal());
    kill_process_group(Pid::from_raw(child.id().cast_signed()).unwrap(), Signal::INT).unwrap();
    let (text, code) = finish(child);
    assert_eq!(code, Some(130), "{text}");
    assert!(text.contains("failed  README's configuration"), "{text}");
    assert!(text.contains("Restored: partition 0 = 140, partition 1 = 190, partition 2 = 4000000500"), "{text}");
    assert_eq!(offsets(&emulator), OFFSETS, "{text}");
}

#[test]
fn check_without_variables_fails_and_names_them() {
    let (text, code) = finish(start(&[]));
    assert_eq!(code, Some(1), "{text}");
    for name in [
        "HW_ACCESS_KEY",
        "HW_SECRET_KEY",
        "HW_REGION_NAME",
        "HW_SCRATCH_INSTANCE_ID",
        "HW_SCRATCH_TOPIC",
        "HW_SCRATCH_GROUP",
    ] {
        assert!(text.contains(&format!("  {name}: ")), "{text}");
    }
}

#[test]
fn check_sends_no_reset_without_permission_or_for_an_unsuitable_group() {
    let emulator = service(&json!({}));
    for (variable, value, reason) in [
        ("HW_SCRATCH_CONFIRM", "", "not confirmed. Without a terminal, set HW_SCRATCH_CONFIRM=scratch"),
        ("HW_SCRATCH_CONFIRM", "yes", "not confirmed, because \"yes\" is not the name of the consumer group"),
        ("HW_SCRATCH_GROUP", demo::SHIPPING, "consumer group \"shipping\" is Stable: stop its clients first"),
        ("HW_SCRATCH_GROUP", demo::BILLING, "must have committed offsets on topic \"orders\" only"),
        ("HW_SCRATCH_GROUP", "missing", "missing"),
        ("HW_SECRET_KEY", "not-the-secret-key-of-this-account", "responded with 401 APIGW.0301"),
    ] {
        let mut variables = variables(&emulator);
        variables.iter_mut().find(|(name, _)| *name == variable).unwrap().1 = value.to_owned();
        let (text, code) = finish(start(&variables));
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains(reason), "{variable}={value}: {text}");
        assert!(!text.contains("not-the-secret-key-of-this-account"), "{text}");
    }
    assert_eq!(resets(&emulator), 0);
}
