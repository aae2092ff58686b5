//! The check against a real account (`tests/live/`), with an emulator in place of the service.

#[path = "../live/check/mod.rs"]
mod check;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use dms_emulator::state::Permission;
use dms_emulator::{Effect, Emulator, Fault, FaultResponse, Operation, Seed, demo};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

use check::api::Side;
use check::choices::{choices, compare};
use check::probes::{NOT_PROBED, SECTIONS};
use check::scratch::Scratch;
use check::settings::Settings;

/// A topic of the demo's instance, with a partition that is empty.
const TOPIC: &str = "scratch-topic";
/// An inactive group with committed offsets on this topic only. Terraform would evaluate a part of its name.
const GROUP: &str = "scratch-${group}";
const OFFSETS: [i64; 4] = [140, 190, 4_000_000_500, 7];
/// A group with a member and the same offsets.
const ONLINE_GROUP: &str = "scratch-online";

/// Makes [`check_runs_only_in_a_child_process`] run the check.
const CHILD: &str = "CHECK_IN_THIS_PROCESS";

/// Starts an emulator in place of the service, with additional fields of the instance.
fn service(fields: &Value) -> Emulator {
    let emulator = Emulator::start_in_thread().unwrap();
    let log = |(start, end): (i64, i64)| {
        let range = json!({"from_offset": start, "first_timestamp": demo::FIRST_TIMESTAMP, "step_ms": 1_000});
        json!({"log_start": start, "log_end": end, "timestamps": [range]})
    };
    let logs = [(0, 300), (100, 250), (4_000_000_000, 4_000_001_000), (7, 7)].map(log);
    let member = json!({"member_id": "m", "client_id": "c", "host": "/192.0.2.1", "assignment": {}});
    let mut instance = json!({
        "id": demo::INSTANCE_ID,
        "project_id": demo::PROJECT_ID,
        "topics": [{"name": TOPIC, "partitions": logs}],
        "groups": [
            {"name": GROUP, "offsets": {TOPIC: OFFSETS}},
            {"name": ONLINE_GROUP, "offsets": {TOPIC: OFFSETS}, "members": [member]},
        ],
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
        topic: TOPIC.to_owned(),
        group: GROUP.to_owned(),
        online_group: Some(ONLINE_GROUP.to_owned()),
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
        ("HW_SCRATCH_TOPIC", TOPIC.to_owned()),
        ("HW_SCRATCH_GROUP", GROUP.to_owned()),
        ("HW_SCRATCH_ONLINE_GROUP", ONLINE_GROUP.to_owned()),
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
    for secret in [demo::ACCESS_KEY, demo::SECRET_KEY] {
        assert!(!text.contains(secret), "{secret} is in the output:\n{text}");
    }
    (text, child.wait().unwrap().code())
}

fn resets(emulator: &Emulator) -> usize {
    emulator.journal().count("PUT", "/reset-message-offset")
}

fn offsets(emulator: &Emulator) -> Vec<i64> {
    emulator.group_offsets(demo::INSTANCE_ID, GROUP, TOPIC).unwrap()
}

/// Compares the service with an emulator, after `prepare` has changed the service.
fn table(service: &Emulator, settings: &Settings, prepare: impl FnOnce(&Emulator)) -> String {
    let side = Side::new(settings).unwrap();
    let scratch = Scratch::read(&side).unwrap();
    let (_emulator, other) = scratch.emulate(&side, settings).unwrap();
    prepare(service);
    let mut table = String::new();
    compare(&side, &other, &scratch, |line| table.extend([line, "\n"])).unwrap();
    table
}

/// The rows with this verdict.
fn rows<'a>(table: &'a str, verdict: &str) -> Vec<&'a str> {
    table.lines().filter(|line| line.strip_prefix("| ").is_some_and(|row| row.starts_with(verdict))).collect()
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
    // All but the case that needs more than ten partitions.
    let same = SECTIONS.map(<[_]>::len).iter().sum::<usize>() - 1;
    let rest = choices().len() - same;
    assert!(text.contains(&format!(" cases: {same} same, 0 different, 0 failed, {rest} not probed. ")), "{text}");
    assert_eq!(rows(&text, "same |").len(), same, "{text}");
    assert!(text.contains("| default page size of partitions | the topic has at most 10 partitions |"), "{text}");
    assert!(text.contains("| same | `messages_count`, `total` | all offsets; all offsets |"), "{text}");
    let reset = "| same | which topics a reset of every topic covers | 204: log start in 3; topics with an offset";
    assert!(text.contains(reset), "{text}");
    assert_eq!(offsets(&emulator), OFFSETS, "{text}");
    assert_eq!(emulator.group_offsets(demo::INSTANCE_ID, ONLINE_GROUP, TOPIC).unwrap(), OFFSETS);
    let billing = emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::ORDERS).unwrap();
    assert_eq!(billing, [140, 190, 4_000_000_500]);
}

#[test]
fn changed_assumption_is_reported_as_the_only_difference() {
    let emulator = service(&json!({ "tasks_order": "oldest_first" }));
    let table = table(&emulator, &settings(&emulator), |_| ());
    let different = ["| **differs** | order of tasks | oldest first | newest first |"];
    assert_eq!(rows(&table, "**"), different, "{table}");
}

/// With the course of a reset of every topic as the service may have it.
#[test]
fn large_topic_is_compared_while_tasks_take_time() {
    let partitions = vec![json!({"log_end": 20}); 60];
    let groups = json!([{"name": "large", "offsets": {"large": vec![5; 60]}}]);
    let task = json!({"delay_ms": 150, "appears_after_ms": 50});
    let topics = json!([{"name": "large", "partitions": partitions}]);
    let emulator = service(&json!({"topics": topics, "groups": groups, "all_topics_reset": task}));
    let settings =
        Settings { topic: "large".to_owned(), group: "large".to_owned(), online_group: None, ..settings(&emulator) };
    let table = table(&emulator, &settings, |_| ());
    assert_eq!(rows(&table, "**"), Vec::<&str>::new(), "{table}");
    for row in [
        "default page size of partitions | 10 of 60 |",
        "which topics a reset of every topic covers | 204: log start in 60; topics with an offset afterwards: 1 |",
    ] {
        assert!(table.contains(&format!("| same | {row}")), "{table}");
    }
}

#[test]
fn requests_are_repeated_while_the_service_is_busy() {
    let emulator = service(&json!({}));
    let busy = [(429, "APIGW.0308", Operation::ListTasks), (503, "DMS.111501025", Operation::ShowMessages)];
    let table = table(&emulator, &settings(&emulator), |service| {
        service.add_faults(busy.map(|(status, code, operation)| {
            Fault::new(Effect::Status(FaultResponse::new(status, code, "Busy."))).on(operation).times(2)
        }));
    });
    assert_eq!(rows(&table, "**"), Vec::<&str>::new(), "{table}");
    assert_eq!(emulator.faults(), []);
}

#[test]
fn failed_probes_are_counted_apart_and_show_no_ids() {
    let emulator = service(&json!({}));
    let table = table(&emulator, &settings(&emulator), |service| {
        let error = Effect::Status(FaultResponse::new(500, "DMS.00500000", demo::INSTANCE_ID));
        service.add_fault(Fault::new(error).on(Operation::ShowGroupWithOffsets).skip(1).times(1));
        service.add_fault(Fault::new(Effect::CloseBefore).on(Operation::ListGroupTopics));
        let permissions = vec![Permission::ModifyInstance, Permission::GetInstance, Permission::GetBackgroundTask];
        service.with_state(|state| {
            state.set_permissions(demo::ACCESS_KEY, Some(permissions)).unwrap();
            state.group_mut(demo::INSTANCE_ID, ONLINE_GROUP).unwrap().remove_members();
        });
    });
    assert_eq!(rows(&table, "**differs"), Vec::<&str>::new(), "{table}");
    let failed = rows(&table, "**failed");
    assert_eq!(failed.len(), 1, "{table}");
    assert!(failed[0].contains("the response for the group has no offsets: 500 `DMS.00500000`"), "{table}");
    assert!(table.contains(", 0 different, 1 failed, "), "{table}");
    for row in [
        "reset of a group that is online | the online group has no members |",
        "`topics` of a group | no response |",
        "list of instances without `engine` | possibly for lack of a permission: 403 `DMS.00403003` |",
    ] {
        assert!(table.contains(&format!("| not probed | {row}")), "{table}");
    }
    for name in [demo::PROJECT_ID, demo::INSTANCE_ID, TOPIC, GROUP, ONLINE_GROUP, demo::ACCESS_KEY, "127.0.0.1"] {
        assert!(!table.contains(name), "{name}: {table}");
    }
}

#[test]
fn project_is_sent_to_dms_only() {
    let emulator = service(&json!({}));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, heads) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let lines = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let head = lines.collect::<Vec<_>>().join("\n").to_lowercase();
            let length = head.split_once("content-length: ").map_or("0", |(_, rest)| rest.lines().next().unwrap());
            reader.by_ref().take(length.parse().unwrap()).read_to_end(&mut Vec::new()).unwrap();
            sender.send(head).unwrap();
            reader
                .get_mut()
                .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                .unwrap();
        }
    });
    let mut settings = Settings { project_id: Some(demo::PROJECT_ID.to_owned()), ..settings(&emulator) };
    settings.endpoints.extend(["iam", "sts"].map(|service| (service.to_owned(), address.clone())));
    let table = table(&emulator, &settings, |_| ());
    assert!(table.contains("| **differs** | unknown agency for"), "{table}");
    let heads: Vec<String> = heads.try_iter().collect();
    assert_eq!(heads.iter().filter(|head| head.starts_with("post /v5/agencies/assume")).count(), 3, "{heads:?}");
    assert!(heads.iter().all(|head| !head.contains("x-project-id")), "{heads:?}");
}

#[test]
fn single_outdated_read_does_not_count() {
    let emulator = service(&json!({}));
    let side = Side::new(&settings(&emulator)).unwrap();
    let row = |(partition, offset): (usize, &i64)| json!({"topic": TOPIC, "partition": partition, "message_current_offset": offset});
    let rows: Vec<Value> = [0, 100, 4_000_000_000, 7].iter().enumerate().map(row).collect();
    let outdated = json!({"group": {"group_message_offsets": rows}}).to_string();
    let outdated = Effect::Status(FaultResponse::raw(200, "application/json", &outdated));
    emulator.add_fault(Fault::new(outdated).on(Operation::ShowGroupWithOffsets).times(1));
    assert_eq!(side.offsets_after(&[150, 175, 4_000_000_500, 7]).unwrap(), OFFSETS);
}

#[test]
fn running_task_delays_results_and_the_restoration() {
    let emulator = service(&json!({ "all_topics_reset": {"delay_ms": 200, "appears_after_ms": 10} }));
    let side = Side::new(&settings(&emulator)).unwrap();
    let scratch = Scratch::read(&side).unwrap();
    side.reset(json!({"topic": "", "partition": -1, "timestamp": 0})).unwrap();
    scratch.restore(&side).unwrap();
    assert!(!side.is_task_running().unwrap());
    assert_eq!(offsets(&emulator), OFFSETS);

    let sent = resets(&emulator);
    let task = json!({"id": "endless", "name": "other", "status": "EXECUTING", "created_at": "2026-01-01T00:00:00Z"});
    let instance = json!({"id": demo::INSTANCE_ID, "project_id": demo::PROJECT_ID, "tasks": [task]});
    emulator.merge(&Seed::from_json(&json!({ "instances": [instance] }).to_string()).unwrap()).unwrap();
    assert_eq!(side.offsets_after(&[0; 4]).unwrap_err().to_string(), "the offsets did not settle in time");
    let error = scratch.restore(&side).unwrap_err().to_string();
    assert_eq!(error, "a background task of the instance is still running");
    assert_eq!(resets(&emulator), sent);
}

#[test]
fn every_choice_of_the_emulator_is_probed_or_has_a_reason() {
    let listed: BTreeSet<&str> = choices().iter().map(|choice| choice.case).collect();
    let probed = SECTIONS.iter().copied().flatten().map(|(case, _)| *case);
    let known: BTreeSet<&str> = probed.chain(NOT_PROBED.iter().flat_map(|(_, cases)| cases.iter().copied())).collect();
    let unknown: Vec<_> = listed.difference(&known).collect();
    assert!(unknown.is_empty(), "add a probe or a reason to tests/live/check/probes.rs: {unknown:?}");
    let stale: Vec<_> = known.difference(&listed).collect();
    assert!(stale.is_empty(), "emulator/README.md has no such case: {stale:?}");
}

/// Runs the check until the nth reset, sends Ctrl-C, and returns its output. Changes the service before that.
fn interrupt(emulator: &Emulator, nth: usize, change: impl FnOnce()) -> String {
    let child = start(&variables(emulator));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let reset = emulator.wait_for_nth("PUT", "/reset-message-offset", nth);
    let reset = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(120), reset).await });
    assert!(reset.is_ok(), "{:?}", emulator.journal());
    change();
    kill_process_group(Pid::from_raw(child.id().cast_signed()).unwrap(), Signal::INT).unwrap();
    let (text, code) = finish(child);
    assert_eq!(code, Some(130), "{text}");
    text
}

/// The first reset fails. Later, the group gets an offset on another topic.
#[test]
fn offsets_are_restored_after_a_failure_and_an_interrupt() {
    let emulator = service(&json!({}));
    let refused = Effect::Status(FaultResponse::empty(403));
    emulator.add_fault(Fault::new(refused).on(Operation::ResetOffsets).times(1));
    let text = interrupt(&emulator, 8, || {
        emulator.with_state(|state| {
            state.group_mut(demo::INSTANCE_ID, GROUP).unwrap().commit(demo::PAYMENTS, 0, 25);
        });
    });
    assert!(text.contains("failed  README's configuration"), "{text}");
    let restored = "Restored: partition 0 = 140, partition 1 = 190, partition 2 = 4000000500, partition 3 = 7\n\
                    The group now also has offsets on these topics: payments\nRemove such offsets: ";
    assert!(text.contains(restored), "{text}");
    assert_eq!(offsets(&emulator), OFFSETS, "{text}");
}

#[test]
fn offsets_that_cannot_be_restored_are_printed() {
    let emulator = service(&json!({}));
    let refused = Effect::Status(FaultResponse::empty(403));
    emulator.add_fault(Fault::new(refused).on(Operation::ResetOffsets));
    let text = interrupt(&emulator, 1, || ());
    let manually = "Reset the group manually to these offsets: partition 0 = 140, partition 1 = 190, ";
    assert!(text.contains("NOT RESTORED: ") && text.contains(manually), "{text}");
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
    emulator.with_state(|state| {
        let instance = state.any_instance_mut(demo::INSTANCE_ID).unwrap();
        let mut group = instance.group(GROUP).unwrap().clone();
        group.commit(TOPIC, 0, 301);
        instance.groups.insert("too-far".to_owned(), group);
    });
    for (variable, value, reason) in [
        ("HW_SCRATCH_CONFIRM", "", "not confirmed. Without a terminal, set HW_SCRATCH_CONFIRM to \"scratch-${group}\""),
        ("HW_SCRATCH_CONFIRM", "yes", "not confirmed, because \"yes\" is not the name of the consumer group"),
        ("HW_SCRATCH_CONFIRM", demo::ACCESS_KEY, "not confirmed, because \"[redacted]\" is not the name"),
        ("HW_SCRATCH_GROUP", ONLINE_GROUP, "consumer group \"scratch-online\" is Stable: stop its clients first"),
        ("HW_SCRATCH_GROUP", demo::BILLING, "must have committed offsets on topic \"scratch-topic\" only"),
        ("HW_SCRATCH_GROUP", "missing", "missing"),
        ("HW_SCRATCH_GROUP", "too-far", "the offset 301 in partition 0 cannot be restored"),
        ("HW_SCRATCH_ENDPOINTS", "iam=https://iam.example, dms:https://a", "The entry \"dms:https://a\" of HW_SCR"),
        ("HW_SCRATCH_ENDPOINTS", "dms=", "The entry \"dms=\" of HW_SCRATCH_ENDPOINTS is not valid"),
        ("HW_SCRATCH_ENDPOINTS", "dmss=https://dms.example", "unknown service \"dmss\""),
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
