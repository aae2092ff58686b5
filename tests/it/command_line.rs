//! The binary as a command: help, version, invalid arguments and `--debug`. `doctor` and `schema` have separate tests.

use std::process::Stdio;

use rustix::process::Signal;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::BINARY;
use crate::snapshot::{Transcript, assert_snapshot};
use testkit::plugin::{Plugin, ask_for_schema, shut_down, within};

/// Exit code, standard output and standard error.
async fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let command = tokio::process::Command::new(BINARY).args(arguments).env_clear().stdin(Stdio::null()).output();
    let output = within(command).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn start_without_arguments_points_to_the_help() {
    let (code, stdout, stderr) = run(&[]).await;
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert_snapshot!(stderr);
}

#[tokio::test]
async fn version_matches_the_package() {
    let expected = format!("terraform-provider-huaweicloud-kafka {}\n", testkit::mirror::VERSION);
    assert_eq!(run(&["--version"]).await, (Some(0), expected, String::new()));
}

#[tokio::test]
async fn help_lists_every_command() {
    let (code, stdout, stderr) = run(&["--help"]).await;
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_snapshot!(stdout);
}

#[tokio::test]
async fn invalid_arguments_are_reported() {
    let mut transcript = Transcript::default();
    for arguments in [
        &["--nonsense"][..],
        &["nonsense"],
        &["doctor", "--group", "billing"],
        &["doctor", "--instance-id", "", "--group", "billing"],
        &["doctor", "--endpoint", "dms"],
    ] {
        let (code, stdout, stderr) = run(arguments).await;
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
        transcript.add(format!("{arguments:?}"), stderr.trim_end());
    }
    assert_snapshot!(transcript);
}

/// Terraform passes no arguments. A wrapper script that does must not break a run.
#[tokio::test]
async fn arguments_are_ignored_if_terraform_starts_the_process() {
    for arguments in [&["--debug"][..], &["--version"], &["nonsense"]] {
        let mut plugin = Plugin::start_with(BINARY, None, |command| _ = command.args(arguments)).await;
        assert_eq!(plugin.line.fields[..3], ["1", "5", "unix"], "{arguments:?}");
        let channel = plugin.connect_plain().await.unwrap();
        ask_for_schema(channel.clone()).await.unwrap();
        shut_down(channel).await;
        assert_eq!(plugin.exit_code().await, Some(0));
    }
}

#[tokio::test]
async fn debug_process_ends_on_a_signal_and_removes_its_files() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = tokio::process::Command::new(BINARY);
        command.arg("--debug").env_clear().env("TMPDIR", temporary.path()).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        within(stdout.read_line(&mut line)).await.unwrap();
        assert!(line.starts_with("export TF_REATTACH_PROVIDERS='{"), "{line}");
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 1);
        let id = rustix::process::Pid::from_raw(child.id().unwrap().cast_signed()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
        assert_eq!(within(child.wait()).await.unwrap().code(), Some(0), "{signal:?}");
        let mut rest = String::new();
        within(stdout.read_to_string(&mut rest)).await.unwrap();
        assert_eq!(rest, "");
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "{signal:?}");
    }
}
