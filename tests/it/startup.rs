//! Starts in unusual environments: unusable directories and certificates, and an unread standard error.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rustix::process::{Resource, Rlimit, Signal, prlimit};
use terraform_provider_huaweicloud_kafka::tf_provider::pb::tfplugin5 as pb;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tonic::transport::Channel;

use crate::BINARY;
use crate::snapshot::{Transcript, assert_snapshot};
use crate::terraform::awaited_texts::{DROPPED_MESSAGES, FAILED_START, NO_USABLE_DIRECTORY};
use testkit::plugin::{ClientIdentity, Plugin, ask_for_schema, command, shut_down, within};

#[tokio::test]
async fn unusable_temporary_directory_does_not_fail_the_start() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let long = directory.path().join("d".repeat(120));
    std::fs::create_dir(&long).unwrap();
    let not_utf_8 = Path::new(OsStr::from_bytes(b"/tmp/\xff"));
    // No user can create a directory in /proc.
    for unusable in [Path::new("/nonexistent/here"), file.path(), Path::new("/proc"), &long, not_utf_8] {
        let client = ClientIdentity::new();
        let prepare = |command: &mut Command| {
            command.env("TMPDIR", unusable);
        };
        let mut plugin = Plugin::start_with(BINARY, Some(&client), prepare).await;
        assert!(!plugin.line.socket().starts_with(unusable), "{unusable:?}: {:?}", plugin.line.socket());
        let private = plugin.line.socket().parent().unwrap().to_owned();
        let channel = plugin.connect(Some(&client)).await.unwrap();
        ask_for_schema(channel.clone()).await.unwrap();
        shut_down(channel).await;
        assert_eq!(plugin.exit_code().await, Some(0));
        assert!(!private.exists());
    }
}

/// The first line on standard output and the exit code of a start that fails.
async fn refusal(command: &mut Command) -> (String, Option<i32>) {
    let output = within(command.output()).await.unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let line = stdout.strip_suffix('\n').expect("a line");
    assert!(!line.contains(['\n', '|']), "Terraform would not quote it: {line}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains(line), "{stderr}");
    (line.to_owned(), output.status.code())
}

/// Terraform quotes the first line that is not a handshake line. Each limit makes another step of the start fail.
#[tokio::test]
async fn failed_start_prints_the_reason_on_standard_output() {
    let temporary = tempfile::tempdir().unwrap();
    let mut reasons = Vec::new();
    for files in 4..32 {
        let plugin = command(BINARY, temporary.path());
        let mut shell = Command::new("/bin/sh");
        // Closes what the C library of Kafka has left open to child processes: the first files of the provider need it.
        let close = (3..10).map(|file| format!(" {file}>&-")).collect::<String>();
        shell.args(["-c", &format!("exec{close}; ulimit -n {files}; exec \"$0\""), BINARY]).env_clear();
        for (name, value) in plugin.as_std().get_envs() {
            shell.env(name, value.unwrap());
        }
        shell.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).kill_on_drop(true);
        shell.stderr(std::process::Stdio::piped()).env("PLUGIN_CLIENT_CERT", ClientIdentity::new().pem());
        let mut first = String::new();
        let mut child = shell.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        within(stdout.read_line(&mut first)).await.unwrap();
        if first.starts_with("1|5|unix|") {
            break;
        }
        drop(child);
        let (line, code) = refusal(&mut shell).await;
        assert_eq!((line.starts_with(FAILED_START), code), (true, Some(1)), "{line}");
        reasons.push(line);
    }
    let why = "Too many open files (os error 24)";
    assert_eq!(reasons[0], format!("{FAILED_START}{why}."));
    let tried = format!("{}: {why}; /tmp: {why}; /var/tmp: {why}", temporary.path().display());
    assert!(reasons.contains(&format!("{FAILED_START}{NO_USABLE_DIRECTORY} ({tried}).")), "{reasons:?}");
}

/// Terraform has read the handshake line and expects no other. With this little memory, no thread can be started, so
/// the main task panics when the client connects.
#[tokio::test]
async fn panic_after_the_handshake_line_is_not_reported_as_a_failed_start() {
    let mut plugin = Plugin::start(BINARY, None).await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", plugin.id().as_raw_pid())).unwrap();
    let used =
        status.lines().find_map(|line| line.strip_prefix("VmSize:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    let most = Some((used.unwrap() + 1024) * 1024);
    prlimit(Some(plugin.id()), Resource::As, Rlimit { current: most, maximum: most }).unwrap();
    drop(plugin.connect_plain().await);
    assert_eq!(plugin.exit_code().await, Some(1));
    assert_eq!(plugin.rest_of_stdout().await, "");
}

/// Falling back to plain text would let any local process in.
#[tokio::test]
async fn unusable_client_certificate_never_disables_tls() {
    let temporary = tempfile::tempdir().unwrap();
    let good = ClientIdentity::new().pem();
    let cut = &good[..good.len() / 2];
    let mut transcript = Transcript::default();
    for (case, value) in [
        ("text", b"rubbish".as_slice()),
        ("spaces", b" \n"),
        ("not UTF-8", b"\xff\xfe"),
        ("truncated and not UTF-8", &[cut.as_bytes(), b"\xff"].concat()),
        ("truncated", cut.as_bytes()),
    ] {
        let mut start = command(BINARY, temporary.path());
        let (line, code) = refusal(start.env("PLUGIN_CLIENT_CERT", OsStr::from_bytes(value))).await;
        assert!(!line.contains("rubbish"), "{line}");
        assert_eq!(code, Some(1));
        transcript.add(case, line);
    }
    assert_snapshot!(transcript);
}

/// A process that is killed before its client connects cannot remove its socket.
#[tokio::test]
async fn socket_of_a_killed_start_is_removed_by_a_later_one() {
    let mut killed = Plugin::start(BINARY, Some(&ClientIdentity::new())).await;
    let directory = killed.temporary.path().to_owned();
    let in_the_same_directory = |command: &mut Command| {
        command.env("TMPDIR", &directory);
    };
    let live = Plugin::start_with(BINARY, None, in_the_same_directory).await;
    let left = killed.line.socket().parent().unwrap().to_owned();
    let used = live.line.socket().parent().unwrap().to_owned();
    killed.signal(Signal::KILL);
    assert_eq!(killed.exit_code().await, None);
    for directory in [&left, &used] {
        let ten_minutes_ago = SystemTime::now() - Duration::from_secs(600);
        File::open(directory).unwrap().set_modified(ten_minutes_ago).unwrap();
    }
    let later = Plugin::start_with(BINARY, None, in_the_same_directory).await;
    let _channel = later.connect_plain().await.unwrap();
    within(async {
        while left.exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    assert!(used.join("socket").exists(), "it belongs to a process that is waiting for its client");
    ask_for_schema(live.connect_plain().await.unwrap()).await.unwrap();
}

async fn validate_unknown_type(channel: &Channel) {
    let request = pb::validate_resource_type_config::Request { type_name: "none".to_owned(), ..Default::default() };
    let mut client = pb::provider_client::ProviderClient::new(channel.clone());
    within(client.validate_resource_type_config(request)).await.unwrap();
}

/// A plugin with trace logging, and a connection to it. Nothing reads its standard error.
async fn start_traced() -> (Plugin, Channel) {
    let client = ClientIdentity::new();
    let prepare = |command: &mut Command| {
        command.env("TF_LOG", "trace");
    };
    let plugin = Plugin::start_with(BINARY, Some(&client), prepare).await;
    let channel = plugin.connect(Some(&client)).await.unwrap();
    (plugin, channel)
}

/// The pipe holds a few hundred lines, and the queue a few thousand.
#[tokio::test]
async fn unread_log_does_not_block_the_provider() {
    let (mut plugin, channel) = start_traced().await;
    for _ in 0..3000 {
        validate_unknown_type(&channel).await;
    }

    let mut lines = BufReader::new(plugin.child.stderr.take().unwrap()).lines();
    let mut log = Vec::new();
    let is_note = |line: &String| line.starts_with("[WARN] ") && line.contains(DROPPED_MESSAGES);
    while !log.iter().any(is_note) {
        // The number of dropped lines precedes the next line that fits.
        while let Ok(line) = tokio::time::timeout(Duration::from_millis(200), lines.next_line()).await {
            log.push(line.unwrap().expect("a log"));
        }
        ask_for_schema(channel.clone()).await.unwrap();
    }
    validate_unknown_type(&channel).await;
    shut_down(channel).await;
    let mut last = Vec::new();
    while let Some(line) = within(lines.next_line()).await.unwrap() {
        last.push(line);
    }
    let whole = |line: &String| is_note(line) || serde_json::from_str::<serde_json::Value>(line).is_ok();
    assert_eq!(log.iter().chain(&last).filter(|line| !whole(line)).collect::<Vec<_>>(), [""; 0]);
    assert!(
        last.iter().any(|line| line.contains("validate_resource_type_config")),
        "the last lines are lost: {last:?}"
    );
    assert_eq!(plugin.exit_code().await, Some(0));
}

#[tokio::test]
async fn shutdown_does_not_wait_for_an_unread_log() {
    let (mut plugin, channel) = start_traced().await;
    for _ in 0..800 {
        validate_unknown_type(&channel).await;
    }
    shut_down(channel).await;
    assert_eq!(plugin.exit_code().await, Some(0));
}
