//! `doctor` against the emulator: what it says, how it ends, and that it changes and betrays nothing.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use dms_emulator::world::Permission;
use dms_emulator::{Effect, Emulator, Endpoint, Fault, FaultAnswer, Seed, demo};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::BINARY;
use crate::unprintable::{HOSTILE, assert_printable};

/// An emulator, and how the command is called.
struct Patient {
    emulator: Emulator,
    variables: Vec<(&'static str, String)>,
    arguments: Vec<String>,
}

struct Diagnosis {
    code: Option<i32>,
    lines: Vec<String>,
}

impl Patient {
    /// Good keys, region and addresses; nothing to look at yet.
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

    /// Whatever comes of it, nothing is changed and no secret told.
    fn examine(&self) -> Diagnosis {
        let output = self.command().output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        for secret in self.variables.iter().filter(|(name, _)| *name == "HW_SECRET_KEY") {
            assert!(!stdout.contains(&secret.1), "the secret key is in the output:\n{stdout}");
        }
        let journal = self.emulator.journal();
        assert!(journal.entries().iter().all(|entry| entry.method == "GET"), "{journal:?}");
        Diagnosis { code: output.status.code(), lines: stdout.lines().map(str::to_owned).collect() }
    }

    fn calls(&self) -> usize {
        self.emulator.journal().entries().len()
    }
}

impl Diagnosis {
    fn ends(&self, code: i32, last: &str) {
        assert_eq!(self.code, Some(code), "{:#?}", self.lines);
        let found = self.lines.last().unwrap();
        assert!(found.starts_with(last), "{:#?}", self.lines);
    }

    /// The line that begins like this, which holds these parts.
    fn tells(&self, start: &str, parts: &[&str]) {
        let fits = |line: &&String| line.starts_with(start) && parts.iter().all(|part| line.contains(part));
        assert!(self.lines.iter().any(|line| fits(&line)), "no {start:?} with {parts:?}: {:#?}", self.lines);
    }
}

#[test]
fn group_that_can_be_reset_is_ready() {
    let patient = Patient::of_group(demo::BILLING).with(&["--topic", demo::ORDERS]);
    let diagnosis = patient.examine();
    diagnosis.tells("ok      settings: ", &[demo::REGION]);
    diagnosis.tells("ok      endpoints: ", &[&patient.emulator.url()]);
    diagnosis.tells("ok      keys: ", &["the environment (HW_*)", demo::ACCESS_KEY]);
    diagnosis.tells("ok      project: ", &[demo::PROJECT_ID, "IAM, which accepted the keys"]);
    diagnosis.tells("ok      group: ", &["\"billing\"", "Empty", "no member"]);
    diagnosis.tells("ok      offsets: ", &["\"orders\"", "{ 0 = 140, 1 = 190, 2 = 4000000500 }"]);
    diagnosis.tells("ok      topic: ", &["\"orders\"", "partitions 0, 1, 2", "span 1450 offsets"]);
    diagnosis.ends(0, "ready: a reset would be accepted now");
    // Project, group, partitions.
    assert_eq!(patient.calls(), 3);
}

#[test]
fn without_a_group_it_stops_after_sign_in() {
    let patient = Patient::new();
    let diagnosis = patient.examine();
    diagnosis.tells("ok      project: ", &[demo::PROJECT_ID]);
    diagnosis.ends(0, "signed in.");
    assert_eq!(patient.calls(), 1);
}

#[test]
fn keys_that_were_not_tried_are_not_told_to_be_good() {
    let patient = Patient::new().with(&["--project-id", demo::PROJECT_ID]);
    let diagnosis = patient.examine();
    diagnosis.tells("ok      project: ", &[demo::PROJECT_ID, "IAM was not asked"]);
    diagnosis.ends(0, "not signed in: ");
    assert_eq!(patient.calls(), 0);
}

/// The service locks an access key after about five refusals in a row.
#[test]
fn wrong_secret_is_tried_once() {
    let mut patient = Patient::of_group(demo::BILLING);
    patient.variables[1].1 = "the-wrong-secret-key".to_owned();
    let diagnosis = patient.examine();
    diagnosis.tells("failed  project: ", &["401 APIGW.0301"]);
    diagnosis.ends(1, "not ready: Check the keys");
    assert_eq!(patient.calls(), 1);
}

#[test]
fn missing_keys_are_told_with_every_source() {
    let mut patient = Patient::of_group(demo::BILLING);
    patient.variables.clear();
    let diagnosis = patient.examine();
    diagnosis.tells("failed  keys: ", &["HW_ACCESS_KEY", "HUAWEICLOUD_SDK_AK", "CLOUD_SDK_AK"]);
    diagnosis.ends(1, "not ready: Set HW_ACCESS_KEY");
    assert_eq!(patient.calls(), 0);
}

#[test]
fn half_a_pair_of_keys_is_told() {
    let mut patient = Patient::of_group(demo::BILLING);
    patient.variables.remove(0);
    let diagnosis = patient.examine();
    diagnosis.tells("failed  settings: ", &["HW_SECRET_KEY is set, but HW_ACCESS_KEY is not"]);
    diagnosis.ends(1, "not ready: ");
}

/// It was printed in the place of the access key.
#[test]
fn secret_key_was_shown_where_the_keys_are_swapped() {
    let mut patient = Patient::new();
    let secret = "not-a-secret".repeat(4);
    for (name, value) in [("HW_ACCESS_KEY", secret.as_str()), ("HW_SECRET_KEY", demo::ACCESS_KEY)] {
        let variable = patient.variables.iter_mut().find(|(known, _)| *known == name).unwrap();
        value.clone_into(&mut variable.1);
    }
    let diagnosis = patient.examine();
    diagnosis.tells("ok      keys: ", &["access key of 48 characters, which may be a secret key"]);
    assert!(!diagnosis.lines.iter().any(|line| line.contains(&secret)), "{:?}", diagnosis.lines);
}

#[test]
fn missing_region_is_told_with_how_to_set_it() {
    let mut patient = Patient::new();
    patient.arguments.clear();
    let diagnosis = patient.examine();
    diagnosis.tells("failed  endpoints: ", &["no region is set"]);
    diagnosis.ends(1, "not ready: Set HW_REGION_NAME");
}

#[test]
fn unknown_group_is_told() {
    let diagnosis = Patient::of_group("biling").examine();
    diagnosis.tells("failed  group: ", &["no group \"biling\""]);
    diagnosis.ends(1, "not ready: Check the group's name");
}

#[test]
fn unknown_instance_is_not_told_to_be_a_missing_group() {
    let patient = Patient::new().with(&["--instance-id", "no-such-instance", "--group", demo::BILLING]);
    let diagnosis = patient.examine();
    diagnosis.tells("failed  group: ", &["404 DMS.00404022"]);
    diagnosis.ends(1, "not ready: Check instance_id");
}

#[test]
fn unknown_topic_is_told() {
    let diagnosis = Patient::of_group(demo::BILLING).with(&["--topic", "order"]).examine();
    diagnosis.tells("failed  topic: ", &["no topic \"order\""]);
    diagnosis.ends(1, "not ready: Check the topic's name");
}

#[test]
fn members_of_an_online_group_are_named() {
    let diagnosis = Patient::of_group(demo::SHIPPING).examine();
    diagnosis.tells("failed  group: ", &["\"shipping\" is online", "shipping-1", "/192.0.2.10", "partitions 0, 1, 2"]);
    diagnosis.tells("ok      offsets: ", &["{ 0 = 290, 1 = 240, 2 = 4000000990 }"]);
    diagnosis.ends(1, "not ready: Stop these clients");
}

#[test]
fn keys_that_may_not_read_are_told_with_the_permission() {
    let patient = Patient::of_group(demo::BILLING);
    let only = Some(vec![Permission::ModifyInstance]);
    patient.emulator.world(|world| world.set_permissions(demo::ACCESS_KEY, only)).unwrap();
    let diagnosis = patient.examine();
    diagnosis.tells("failed  group: ", &["403"]);
    diagnosis.ends(1, "not ready: The keys are good");
    diagnosis.tells("not ready: ", &["dms:instance:get"]);
}

#[test]
fn endpoint_that_nobody_listens_at_is_told_with_every_wait() {
    // A port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut patient = Patient::of_group(demo::BILLING);
    patient.arguments[2] = format!("--endpoint=iam=http://{free}");
    let diagnosis = patient.examine();
    diagnosis.tells("wait    ", &["could not be reached; attempt 2 of "]);
    diagnosis.tells("failed  project: ", &[&free.to_string()]);
    diagnosis.ends(1, "not ready: Check the network");
}

/// `doctor` reads the token, though it does not exchange it.
#[test]
fn missing_token_file_is_reported() {
    let mut patient = Patient::new();
    patient.variables = [
        ("HW_ASSUME_ROLE_AGENCY_NAME", "deploy"),
        ("HW_ASSUME_ROLE_DOMAIN_ID", "d1"),
        ("HW_ASSUME_ROLE_IDP_ID", "idp"),
        ("HW_ASSUME_ROLE_ID_TOKEN_FILE", "/missing"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into();
    let diagnosis = patient.examine();
    diagnosis.tells("failed  keys: ", &["id_token_file: /missing cannot be read"]);
    assert_eq!(diagnosis.code, Some(1));
    assert_eq!(patient.calls(), 0);
}

#[test]
fn broken_sources_are_reported() {
    for (variable, value, part) in [
        ("HW_PROFILE", "missing", "Invalid credentials: credentials from the hcloud profile \"missing\""),
        ("HW_INSECURE", "maybe", "Invalid insecure: HW_INSECURE is \"maybe\""),
        ("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/missing", "/missing (HUAWEICLOUD_SDK_CREDENTIALS_FILE)"),
    ] {
        let mut patient = Patient::new();
        patient.variables = vec![(variable, value.to_owned())];
        let diagnosis = patient.examine();
        diagnosis.tells("failed  settings: ", &[part]);
        diagnosis.ends(1, "not ready: Correct what is named above");
    }
}

/// The certificates of this computer are files too, and must not be read on the only thread.
#[test]
fn interrupt_ends_it_while_reading_certificates_blocks() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("certificates");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut patient = Patient::new();
    patient.arguments[2] = "--endpoint=iam=https://127.0.0.1:1".to_owned();
    patient.variables.push(("SSL_CERT_FILE", pipe.to_str().unwrap().to_owned()));
    let mut child = patient.command().stdout(Stdio::piped()).spawn().unwrap();
    // Returns when doctor opens the pipe. Nothing is ever written to it.
    let _writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), Signal::INT).unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.last().unwrap().unwrap(), "interrupted");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn interrupt_ends_it() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut patient = Patient::new();
    patient.arguments[2] = format!("--endpoint=iam=http://{}", silent.local_addr().unwrap());
    let mut child = patient.command().stdout(Stdio::piped()).spawn().unwrap();
    // The steps before are told while it waits, and it waits for an answer.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("ok      keys: ")));
    let _connection = silent.accept().unwrap();
    kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), Signal::INT).unwrap();
    assert_eq!(lines.last().unwrap().unwrap(), "interrupted");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// Any client of the group can claim such names, and a wrong service can answer anything.
#[test]
fn external_text_is_printable_and_on_one_line() {
    let patient = Patient::of_group("hostile").with(&["--topic", demo::ORDERS]);
    let member = json!({ "member_id": HOSTILE, "client_id": HOSTILE, "host": HOSTILE, "assignment": { HOSTILE: [0] } });
    let seed = json!({ "instances": [{
        "id": demo::INSTANCE_ID,
        "project_id": demo::PROJECT_ID,
        "topics": [{ "name": HOSTILE, "partitions": [{ "log_end": 10 }] }],
        "groups": [{ "name": "hostile", "members": [member], "offsets": { HOSTILE: [1] } }],
    }] });
    patient.emulator.merge(&Seed::from_json(&seed.to_string()).unwrap()).unwrap();
    let found = patient.examine();
    assert_printable(&found.lines.join("\n"));
    found.tells("failed  group: \"hostile\" is online", &["u{202e}"]);
    found.tells("ok      offsets: topic", &["u{202e}"]);

    let answer = FaultAnswer::new(400, HOSTILE, &format!("{HOSTILE}\r\nok      project: all is well"));
    patient.emulator.add_fault(Fault::new(Effect::Status(answer)).on(Endpoint::ListProjects));
    let found = patient.examine();
    assert_printable(&found.lines.join("\n"));
    assert!(!found.lines.iter().any(|line| line.starts_with("ok      project")), "{:#?}", found.lines);
}

#[test]
fn locked_key_is_reported_with_the_time_to_wait() {
    let patient = Patient::of_group(demo::BILLING);
    let locked = FaultAnswer::new(401, "APIGW.0301", "AK access failed to reach the limit,forbidden.");
    patient.emulator.add_fault(Fault::new(Effect::Status(locked)));
    let found = patient.examine();
    found.ends(1, "not ready: The service has locked the access key for five minutes");
    assert_eq!(patient.calls(), 1);
}

#[test]
fn secret_in_a_successful_answer_is_redacted() {
    let patient = Patient::of_group(demo::BILLING);
    let member = json!({ "member_id": "m", "client_id": &demo::SECRET_KEY[..20], "host": demo::SECRET_KEY });
    let group = json!({ "group": { "state": "STABLE", "members": [member], "group_message_offsets": [] } });
    let answer = FaultAnswer::raw(200, "application/json", &group.to_string());
    patient.emulator.add_fault(Fault::new(Effect::Status(answer)).on(Endpoint::ShowGroupWithOffsets));
    let found = patient.examine();
    found.tells("failed  group:", &["client \"[redacted]\" at \"[redacted]\""]);
    assert!(!found.lines.join("").contains(&demo::SECRET_KEY[..16]));
}
