//! Tests of child processes and their output. `interruption` tests signals.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use xtask::process::Supervisor;

use crate::support::environment;

#[test]
fn outputs_and_exit_code_are_captured() {
    let mut command = environment().command("sh");
    command.args(["-c", "echo out; echo err >&2; exit 3"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = Supervisor::new().capture(&mut command).unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(output.stdout, b"out\n");
    assert_eq!(output.stderr, b"err\n");
}

#[test]
fn output_larger_than_a_pipe_does_not_block() {
    let mut command = environment().command("sh");
    let fill = "head -c 1000000 /dev/zero";
    command.args(["-c", &format!("{fill} >&2; {fill}")]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = Supervisor::new().capture(&mut command).unwrap();
    assert_eq!((output.stdout.len(), output.stderr.len()), (1_000_000, 1_000_000));
}

#[test]
fn missing_program_is_named() {
    let mut command = environment().command("/nowhere/at-all");
    let error = Supervisor::new().run(&mut command).unwrap_err();
    assert!(error.to_string().contains("/nowhere/at-all"), "{error}");
}

#[test]
fn dropping_a_background_child_closes_its_input_and_waits() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ended");
    let mut command = environment().command("sh");
    command.args(["-c", "echo ready; cat; echo ended > \"$0\""]);
    command.arg(&file).stdout(Stdio::piped());
    let mut child = Supervisor::new().start(&mut command).unwrap();
    let mut line = String::new();
    let stdout = child.take_stdout().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    assert!(!file.exists());
    drop(child);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "ended\n");
}

#[test]
fn background_child_that_ignores_its_input_is_killed_with_its_group() {
    let mut command = environment().command("sh");
    // The grandchild keeps the pipe open.
    command.args(["-c", "trap '' INT TERM HUP; sleep 1000 & echo ready; wait"]);
    command.stdout(Stdio::piped());
    let mut child = Supervisor::new().start(&mut command).unwrap();
    let mut stdout = BufReader::new(child.take_stdout().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    drop(child);
    // End of file: all writers have ended.
    assert_eq!(stdout.read_line(&mut line).unwrap(), 0);
}
