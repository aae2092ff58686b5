//! The command-line program.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use dms_emulator::demo;
use jiff::Timestamp;
use testkit::process::Watchdog;

use crate::wire::{Client, INSTANCE, TIMEOUT};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dms-emulator"));
    command.args(arguments).env_clear();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running process, killed on drop.
struct Running {
    child: Child,
    output: BufReader<ChildStdout>,
    url: String,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let watchdog = Watchdog::new(&child, TIMEOUT);
        output.read_line(&mut line).unwrap();
        drop(watchdog);
        let url = line.strip_prefix("dms-emulator listening on ").unwrap().trim_end().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
        Self { child, output, url }
    }

    fn client(&self) -> Client {
        Client::at(self.url.strip_prefix("http://").unwrap().parse().unwrap())
    }

    /// Waits for the exit. Returns the rest of standard output, and standard error.
    fn end(&mut self) -> (ExitStatus, String, String) {
        let watchdog = Watchdog::new(&self.child, TIMEOUT);
        let status = self.child.wait().unwrap();
        drop(watchdog);
        let (mut output, mut errors) = (String::new(), String::new());
        self.output.read_to_string(&mut output).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (status, output, errors)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails if the process has already exited.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn address_demo_data_and_provider_block_are_printed_and_closed_stdin_stops_it() {
    let mut running = Running::start(&["--exit-with-stdin"]);
    assert_eq!(running.client().get(INSTANCE).status, 200);
    let url = running.url.clone();
    drop(running.child.stdin.take());
    let (status, output, log) = running.end();
    assert!(status.success(), "{status}");
    let block = "with this one:\n\nprovider \"huaweicloud\" {\n";
    for text in [demo::ACCESS_KEY, demo::SECRET_KEY, demo::PROJECT_ID, demo::INSTANCE_ID, block, "\nCtrl-C stops"] {
        assert!(output.contains(text), "{text}: {output}");
    }
    // Both providers read these arguments. Because the domain is not Huawei Cloud's, the official provider does not
    // send its check of the account to the public cloud.
    for service in ["dms", "iam", "sts"] {
        assert!(output.contains(&format!("{service} = \"{url}\"")), "{output}");
    }
    for argument in [format!("auth_url   = \"{url}/v3\""), "cloud      = \"localhost\"".to_owned()] {
        assert!(output.contains(&argument), "{output}");
    }
    assert_eq!(log.lines().count(), 1, "one line per request: {log}");
    assert!(log.contains(&format!("connection=1 GET {INSTANCE} 200 - ")), "{log}");
}

#[test]
fn demo_has_messages_of_the_last_two_hours() {
    let running = Running::start(&["--exit-with-stdin"]);
    let mut client = running.client();
    let since = Timestamp::now().as_millisecond() - 2 * 3_600_000;
    let body = format!(r#"{{"topic":"orders","partition":-1,"timestamp":{since}}}"#);
    assert_eq!(client.reset(demo::BILLING, &body).status, 204);
    let state = client.unsigned("GET", "/_emulator/state", "").json();
    let offsets = &state["instances"][demo::INSTANCE_ID]["groups"]["billing"]["offsets"]["orders"];
    assert_eq!(*offsets, serde_json::json!({"0": 120, "1": 120, "2": 4_000_000_120_i64}), "{state}");
}

#[test]
fn listen_without_a_value_uses_the_documented_port() {
    let mut child = command(&["--exit-with-stdin", "--listen"]).spawn().unwrap();
    drop(child.stdin.take());
    let ended = child.wait_with_output().unwrap();
    // Another program may be using the port. The error then contains it.
    let output = [ended.stdout, ended.stderr].concat();
    let output = String::from_utf8(output).unwrap();
    assert!(output.contains("127.0.0.1:8480"), "{output}");
}

#[test]
fn closed_stdout_does_not_end_it() {
    let (unread, closed) = std::io::pipe().unwrap();
    drop(unread);
    let mut child = command(&["--exit-with-stdin"]).stdout(closed).spawn().unwrap();
    drop(child.stdin.take());
    let watchdog = Watchdog::new(&child, TIMEOUT);
    let ended = child.wait_with_output().unwrap();
    drop(watchdog);
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success() && errors.is_empty(), "{}: {errors}", ended.status);
}

#[cfg(unix)]
#[test]
fn signals_stop_it_with_exit_code_0_while_a_request_is_in_flight() {
    for signal in ["TERM", "INT"] {
        let mut running = Running::start(&[]);
        let mut client = running.client();
        assert_eq!(client.unsigned("POST", "/_emulator/hold", "").status, 204);
        let reset = format!("{}/billing/reset-message-offset", crate::wire::GROUPS);
        client.send_signed("PUT", &reset, r#"{"topic":"","partition":-1,"timestamp":0}"#);
        let kill = format!("kill -{signal} {}", running.child.id());
        let sent = Command::new("/bin/sh").args(["-c", &kill]).env_clear().status().unwrap();
        assert!(sent.success());
        let (status, _, _) = running.end();
        assert_eq!(status.code(), Some(0), "{signal}: {status}");
    }
}

#[test]
fn connection_closed_by_a_fault_is_logged_as_unanswered() {
    let mut running = Running::start(&["--exit-with-stdin"]);
    let mut client = running.client();
    let faults = r#"[{"effect": "close_before"}]"#;
    assert_eq!(client.unsigned("POST", "/_emulator/faults", faults).status, 204);
    let reset = format!("{}/billing/reset-message-offset", crate::wire::GROUPS);
    client.send_signed("PUT", &reset, r#"{"topic":"","partition":-1,"timestamp":0}"#);
    assert!(client.is_closed());
    drop(running.child.stdin.take());
    let (status, _, log) = running.end();
    assert!(status.success(), "{status}");
    assert!(log.contains(&format!("PUT {reset} unanswered - ")), "{log}");
}

#[test]
fn seed_file_replaces_the_demo_data_and_its_secret_key_is_not_printed() {
    let path = format!("{}/seed.json", env!("CARGO_TARGET_TMPDIR"));
    let seed = r#"{"projects": [{"id": "p", "name": "r"}],
        "credentials": [{"access_key": "AK", "secret_key": "not-to-be-printed"}]}"#;
    std::fs::write(&path, seed).unwrap();
    let mut running = Running::start(&["--exit-with-stdin", "--seed", &path]);
    let mut client = running.client();
    (client.access_key, client.secret_key) = ("AK".to_owned(), "not-to-be-printed".to_owned());
    assert_eq!(client.get("/v3/projects").json()["projects"][0]["id"], "p");
    drop(running.child.stdin.take());
    let (status, output, log) = running.end();
    assert!(status.success(), "{status}");
    assert!(!format!("{output}{log}").contains("not-to-be-printed"), "{output}{log}");
}

#[test]
fn error_of_a_seed_file_contains_its_name_and_the_place() {
    let path = format!("{}/wrong.json", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, "{\n  \"projects\": 1}").unwrap();
    let ended = command(&["--seed", &path]).output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{errors}");
    assert!(errors.contains("wrong.json") && errors.contains("at projects: "), "{errors}");
    assert!(errors.contains("line 2"), "{errors}");
}

#[test]
fn addresses_that_other_machines_can_reach_must_be_allowed() {
    let ended = command(&["--listen", "0.0.0.0:0"]).output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{errors}");
    assert!(ended.stdout.is_empty() && errors.contains("--allow-remote"), "{errors}");
}

#[test]
fn unread_standard_error_blocks_no_request_and_dropped_lines_are_counted() {
    // A pipe holds 64 KiB, and the queue behind it 1000 lines of about 1 KB.
    const REQUESTS: usize = 1_500;
    let mut running = Running::start(&["--exit-with-stdin"]);
    let mut client = running.client();
    let target = format!("/v3/projects?name={}", "x".repeat(1_000));
    for _ in 0..REQUESTS {
        assert_eq!(client.unsigned("GET", &target, "").status, 401);
    }
    let mut log = BufReader::new(running.child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let written: Vec<String> = log.by_ref().take(1_000).collect();
    assert!(written.iter().all(|line| line.contains(" 401 ")), "{written:?}");
    assert_eq!(client.unsigned("GET", "/v3/projects?name=last", "").status, 401);
    drop(running.child.stdin.take());
    let rest: Vec<String> = log.collect();
    let dropped = rest.iter().find_map(|line| line.split_once(" lines dropped")).expect("a count").0;
    let dropped: usize = dropped.parse().unwrap();
    assert!(dropped > 0);
    assert_eq!(written.len() + rest.len() + dropped, REQUESTS + 2, "with the last request and the line of the count");
    assert!(rest.last().unwrap().contains("?name=last 401 "), "{rest:?}");
    assert!(running.child.wait().unwrap().success());
}

#[test]
fn quiet_program_writes_nothing_to_standard_error() {
    let mut running = Running::start(&["--exit-with-stdin", "--quiet"]);
    assert_eq!(running.client().get(INSTANCE).status, 200);
    drop(running.child.stdin.take());
    assert_eq!(running.end().2, "");
}

#[test]
fn options_set_the_limits() {
    let limits = ["--max-connections", "1", "--journal-entries", "2", "--journal-bytes", "1000000"];
    let running = Running::start(&[&["--exit-with-stdin"], &limits[..]].concat());
    let mut first = running.client();
    for _ in 0..3 {
        assert_eq!(first.get(INSTANCE).status, 200);
    }
    let journal = running.client().unsigned("GET", "/_emulator/journal", "").json();
    assert_eq!(journal.as_array().unwrap().len(), 2);
    assert!(first.is_closed());
}

#[test]
fn each_run_issues_other_request_ids() {
    let [first, second] = [(); 2].map(|()| {
        let running = Running::start(&["--exit-with-stdin"]);
        running.client().get(INSTANCE).header("x-request-id").map(str::to_owned)
    });
    assert_ne!(first.expect("a request id"), second.expect("a request id"));
}
