//! `doctor` against the emulator: its reports, its exit codes, and that it changes nothing and reveals no secret.

use std::fmt::{self, Display};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use dms_emulator::state::Permission;
use dms_emulator::{Effect, Emulator, Fault, FaultResponse, Operation, Seed, demo};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use testkit::process::Watchdog;

use crate::BINARY;
use crate::snapshot::{Transcript, assert_snapshot};
use crate::unprintable::{HOSTILE, assert_printable};

/// Only a failing test waits this long.
const HANG_TIMEOUT: Duration = Duration::from_secs(60);

/// An emulator, and the command line and environment of a `doctor` that uses it.
struct Doctor {
    emulator: Emulator,
    variables: Vec<(&'static str, String)>,
    arguments: Vec<String>,
}

/// The output of `doctor` and its exit code.
struct Report {
    code: Option<i32>,
    text: String,
}

impl Doctor {
    /// Has valid credentials, a region and endpoints, and no group.
    fn new() -> Self {
        let emulator = Emulator::start_in_thread().unwrap();
        let endpoint = |service: &str| format!("--endpoint={service}={}", emulator.url());
        Self {
            arguments: vec![format!("--region={}", demo::REGION), endpoint("dms"), endpoint("iam")],
            variables: vec![
                ("HW_ACCESS_KEY", demo::ACCESS_KEY.to_owned()),
                ("HW_SECRET_KEY", demo::SECRET_KEY.to_owned()),
            ],
            emulator,
        }
    }

    fn of_group(group: &str) -> Self {
        Self::new().with(&["--instance-id", demo::INSTANCE_ID, "--group", group])
    }

    fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(|it| (*it).to_owned()));
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("doctor").args(&self.arguments).env_clear().envs(self.variables.iter().map(|(k, v)| (k, v)));
        command.stdin(Stdio::null());
        command
    }

    /// Runs it, and checks that it changed nothing and printed no secret.
    fn run(&self) -> Report {
        let child = self.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let _watchdog = Watchdog::new(&child, HANG_TIMEOUT);
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        for secret in self.variables.iter().filter(|(name, _)| *name == "HW_SECRET_KEY") {
            assert!(!text.contains(&secret.1), "the secret key is in the output:\n{text}");
        }
        let journal = self.emulator.journal();
        assert!(journal.entries().iter().all(|entry| entry.method == "GET"), "{journal:?}");
        Report { code: output.status.code(), text }
    }

    fn calls(&self) -> usize {
        self.emulator.journal().entries().len()
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}exit code {}", self.text, self.code.expect("no signal"))
    }
}

#[test]
fn offline_group_is_ready() {
    let doctor = Doctor::of_group(demo::BILLING).with(&["--topic", demo::ORDERS]);
    let report = doctor.run();
    // The project, the group and the partitions.
    assert_eq!(doctor.calls(), 3);
    assert_snapshot!(report);
}

#[test]
fn doctor_without_a_group_checks_only_credentials() {
    let doctor = Doctor::new();
    let report = doctor.run();
    assert_eq!(doctor.calls(), 1);
    assert_snapshot!(report);
}

#[test]
fn untried_credentials_are_not_reported_as_valid() {
    let doctor = Doctor::new().with(&["--project-id", demo::PROJECT_ID]);
    let report = doctor.run();
    assert_eq!(doctor.calls(), 0);
    assert_snapshot!(report);
}

/// The service locks an access key after about five refusals in a row.
#[test]
fn wrong_secret_key_is_tried_once() {
    let mut doctor = Doctor::of_group(demo::BILLING);
    doctor.variables[1].1 = "the-wrong-secret-key".to_owned();
    let report = doctor.run();
    assert_eq!(doctor.calls(), 1);
    assert_snapshot!(report);
}

#[test]
fn missing_credentials_are_reported_with_every_source() {
    let mut doctor = Doctor::of_group(demo::BILLING);
    doctor.variables.clear();
    let report = doctor.run();
    assert_eq!(doctor.calls(), 0);
    assert_snapshot!(report);
}

#[test]
fn access_key_without_secret_key_is_reported() {
    let mut doctor = Doctor::of_group(demo::BILLING);
    doctor.variables.remove(0);
    assert_snapshot!(doctor.run());
}

/// The report shows the access key, which is a secret key here.
#[test]
fn swapped_keys_do_not_reveal_the_secret_key() {
    let mut doctor = Doctor::new();
    let secret = "not-a-secret".repeat(4);
    for (name, value) in [("HW_ACCESS_KEY", secret.as_str()), ("HW_SECRET_KEY", demo::ACCESS_KEY)] {
        let variable = doctor.variables.iter_mut().find(|(known, _)| *known == name).unwrap();
        value.clone_into(&mut variable.1);
    }
    let report = doctor.run();
    assert!(!report.text.contains(&secret), "{report}");
    assert_snapshot!(report);
}

#[test]
fn missing_region_is_reported_with_advice() {
    let mut doctor = Doctor::new();
    doctor.arguments.clear();
    assert_snapshot!(doctor.run());
}

#[test]
fn unknown_group_is_reported() {
    assert_snapshot!(Doctor::of_group("biling").run());
}

#[test]
fn unknown_instance_is_not_reported_as_a_missing_group() {
    let doctor = Doctor::new().with(&["--instance-id", "no-such-instance", "--group", demo::BILLING]);
    assert_snapshot!(doctor.run());
}

#[test]
fn unknown_topic_is_reported() {
    assert_snapshot!(Doctor::of_group(demo::BILLING).with(&["--topic", "order"]).run());
}

#[test]
fn online_group_is_reported_with_its_members() {
    assert_snapshot!(Doctor::of_group(demo::SHIPPING).run());
}

#[test]
fn missing_permission_is_reported() {
    let doctor = Doctor::of_group(demo::BILLING);
    let only = Some(vec![Permission::ModifyInstance]);
    doctor.emulator.with_state(|state| state.set_permissions(demo::ACCESS_KEY, only)).unwrap();
    assert_snapshot!(doctor.run());
}

#[test]
fn unreachable_endpoint_is_reported_with_every_retry() {
    // A port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut doctor = Doctor::of_group(demo::BILLING);
    doctor.arguments[2] = format!("--endpoint=iam=http://{free}");
    doctor.variables.push(("HW_MAX_RETRIES", "2".to_owned()));
    assert_snapshot!(doctor.run());
}

/// `doctor` reads the token, although it does not exchange it.
#[test]
fn missing_token_file_is_reported() {
    let mut doctor = Doctor::new();
    doctor.variables = [
        ("HW_ASSUME_ROLE_AGENCY_NAME", "deploy"),
        ("HW_ASSUME_ROLE_DOMAIN_ID", "d1"),
        ("HW_ASSUME_ROLE_IDP_ID", "idp"),
        ("HW_ASSUME_ROLE_ID_TOKEN_FILE", "/missing"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    let report = doctor.run();
    assert_eq!(doctor.calls(), 0);
    assert_snapshot!(report);
}

#[test]
fn broken_sources_are_reported() {
    let mut transcript = Transcript::default();
    for (variable, value) in
        [("HW_PROFILE", "missing"), ("HW_INSECURE", "maybe"), ("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/missing")]
    {
        let mut doctor = Doctor::new();
        doctor.variables = vec![(variable, value.to_owned())];
        transcript.add(format!("{variable}={value}"), doctor.run());
    }
    assert_snapshot!(transcript);
}

/// The certificates of this computer are files too, and must not be read on the only thread.
#[test]
fn interrupt_ends_doctor_that_blocks_on_reading_certificates() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("certificates");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut doctor = Doctor::new();
    doctor.arguments[2] = "--endpoint=iam=https://127.0.0.1:1".to_owned();
    doctor.variables.push(("SSL_CERT_FILE", pipe.to_str().unwrap().to_owned()));
    let mut child = doctor.command().stdout(Stdio::piped()).spawn().unwrap();
    let _watchdog = Watchdog::new(&child, HANG_TIMEOUT);
    // Returns when doctor opens the pipe. Nothing is ever written to it.
    let _writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), Signal::INT).unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.last().unwrap().unwrap(), "interrupted");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn interrupt_ends_doctor() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut doctor = Doctor::new();
    doctor.arguments[2] = format!("--endpoint=iam=http://{}", silent.local_addr().unwrap());
    let mut child = doctor.command().stdout(Stdio::piped()).spawn().unwrap();
    let _watchdog = Watchdog::new(&child, HANG_TIMEOUT);
    // It waits for a response on this connection, and has printed the earlier checks.
    let _connection = silent.accept().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains(demo::ACCESS_KEY)));
    kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), Signal::INT).unwrap();
    assert_eq!(lines.last().unwrap().unwrap(), "interrupted");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// Any client of the group can choose such names, and a faulty service can return any text.
#[test]
fn external_text_is_printable_and_on_one_line() {
    let doctor = Doctor::of_group("hostile").with(&["--topic", demo::ORDERS]);
    let member = json!({ "member_id": HOSTILE, "client_id": HOSTILE, "host": HOSTILE, "assignment": { HOSTILE: [0] } });
    let seed = json!({ "instances": [{
        "id": demo::INSTANCE_ID,
        "project_id": demo::PROJECT_ID,
        "topics": [{ "name": HOSTILE, "partitions": [{ "log_end": 10 }] }],
        "groups": [{ "name": "hostile", "members": [member], "offsets": { HOSTILE: [1] } }],
    }] });
    doctor.emulator.merge(&Seed::from_json(&seed.to_string()).unwrap()).unwrap();
    let mut transcript = Transcript::default();
    let report = doctor.run();
    assert_printable(&report.text);
    transcript.add("names of the group", report);

    let error = FaultResponse::new(400, HOSTILE, &format!("{HOSTILE}\r\nok      project: all is well"));
    doctor.emulator.add_fault(Fault::new(Effect::Status(error)).on(Operation::ListProjects));
    let report = doctor.run();
    assert_printable(&report.text);
    assert!(!report.text.contains("\nok      project"), "{report}");
    transcript.add("error of the service", report);
    assert_snapshot!(transcript);
}

#[test]
fn locked_access_key_is_reported_with_the_time_to_wait() {
    let doctor = Doctor::of_group(demo::BILLING);
    let locked = FaultResponse::new(401, "APIGW.0301", "AK access failed to reach the limit,forbidden.");
    doctor.emulator.add_fault(Fault::new(Effect::Status(locked)));
    let report = doctor.run();
    assert_eq!(doctor.calls(), 1);
    assert_snapshot!(report);
}

#[test]
fn secret_in_a_successful_response_is_redacted() {
    let doctor = Doctor::of_group(demo::BILLING);
    let member = json!({ "member_id": "m", "client_id": &demo::SECRET_KEY[..20], "host": demo::SECRET_KEY });
    let group = json!({ "group": { "state": "STABLE", "members": [member], "group_message_offsets": [] } });
    let response = FaultResponse::raw(200, "application/json", &group.to_string());
    doctor.emulator.add_fault(Fault::new(Effect::Status(response)).on(Operation::ShowGroupWithOffsets));
    let report = doctor.run();
    assert!(!report.text.contains(&demo::SECRET_KEY[..16]), "{report}");
    assert_snapshot!(report);
}
