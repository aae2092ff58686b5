//! Tests the binary for Windows through the plugin protocol. `.ci/windows` builds it and runs these tests.
//!
//! `WINDOWS_PROVIDER` is the program to start: the binary on Windows, and a script that runs it in Wine elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

#[path = "it/provider_session.rs"]
#[allow(dead_code, reason = "not all of it is needed here")]
mod provider_session;

use std::ffi::OsString;
use std::process::Stdio;

use tempfile::TempDir;
use testkit::plugin::{ClientIdentity, Plugin, ask_for_schema, command, connect_plain_to, shut_down, within};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tonic::transport::{Channel, Error};

fn provider() -> OsString {
    std::env::var_os("WINDOWS_PROVIDER").expect("WINDOWS_PROVIDER, as .ci/windows sets it")
}

async fn start(client: &ClientIdentity) -> Plugin {
    Plugin::start(provider(), Some(client)).await
}

#[tokio::test]
async fn client_with_the_pinned_certificate_is_served_on_a_loopback_port() {
    let client = ClientIdentity::new();
    let mut plugin = start(&client).await;
    assert_eq!(plugin.line.fields.len(), 6);
    assert_eq!(plugin.line.fields[..3], ["1", "5", "tcp"]);
    assert_eq!(plugin.line.fields[4], "grpc");
    let port = plugin.line.fields[3].strip_prefix("127.0.0.1:").expect("a loopback address");
    // The range that Terraform allows.
    assert!((10_000..=25_000).contains(&port.parse::<u16>().unwrap()), "{port}");

    let channel = plugin.connect(Some(&client)).await.unwrap();
    let schema = ask_for_schema(channel.clone()).await.unwrap();
    assert!(schema.resource_schemas.contains_key(provider_session::RESET));
    shut_down(channel).await;
    assert_eq!(plugin.rest_of_stdout().await, "");
    assert_eq!(plugin.exit_code().await, Some(0));
    assert_eq!(plugin.left_behind(), Vec::<String>::new());
}

/// In TLS 1.3, a client may be connected before the server has checked its certificate, so either the connection or the
/// first request fails.
async fn refused(connection: Result<Channel, Error>) {
    if let Ok(channel) = connection {
        let response = ask_for_schema(channel).await;
        assert!(response.is_err(), "{response:?}");
    }
}

#[tokio::test]
async fn other_clients_are_refused_and_do_not_block_the_right_one() {
    let client = ClientIdentity::new();
    let plugin = start(&client).await;
    let silent = TcpStream::connect(&plugin.line.fields[3]).await.unwrap();
    refused(plugin.connect_plain().await).await;
    refused(plugin.connect(None).await).await;
    refused(plugin.connect(Some(&ClientIdentity::new())).await).await;
    let thief = ClientIdentity::new().with_certificate_of(&client);
    refused(plugin.connect(Some(&thief)).await).await;
    ask_for_schema(plugin.connect(Some(&client)).await.unwrap()).await.unwrap();
    drop(silent);
}

#[tokio::test]
async fn plain_mode_works_when_terraform_disables_tls() {
    let plugin = Plugin::start(provider(), None).await;
    assert_eq!(plugin.line.fields[5], "");
    // A program that looks for open ports does not end the process.
    drop(TcpStream::connect(&plugin.line.fields[3]).await.unwrap());
    ask_for_schema(plugin.connect_plain().await.unwrap()).await.unwrap();
}

/// As when Terraform is killed.
#[tokio::test]
async fn end_of_the_last_connection_ends_the_process() {
    let client = ClientIdentity::new();
    let mut plugin = start(&client).await;
    drop(plugin.connect(Some(&client)).await.unwrap());
    assert_eq!(plugin.exit_code().await, Some(0));
}

/// Terraform quotes the first line that is not a handshake line.
#[tokio::test]
async fn start_without_a_usable_port_prints_the_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = taken.local_addr().unwrap().port().to_string();
    let temporary = tempfile::tempdir().unwrap();
    for (first, last, reason) in [
        (&*taken, &*taken, "no port of 127.0.0.1 from "),
        ("2", "1", "PLUGIN_MIN_PORT=2 is greater than PLUGIN_MAX_PORT=1"),
        ("many", "1", "PLUGIN_MIN_PORT must be a port from 0 to 65535, not \"many\""),
    ] {
        let mut command = command(provider(), temporary.path());
        command.env("PLUGIN_MIN_PORT", first).env("PLUGIN_MAX_PORT", last);
        let output = within(command.output()).await.unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        assert!(line.starts_with(&format!("The provider could not start: {reason}")), "{line}");
        assert_eq!((line.matches('\n').count(), output.status.code()), (1, Some(1)), "{line}");
    }
}

#[tokio::test]
async fn help_and_version_are_printed() {
    for (argument, expected) in
        [("--version", "terraform-provider-huaweicloud-kafka "), ("--help", "Resets the offsets")]
    {
        let mut command = command(provider(), tempfile::tempdir().unwrap().path());
        command.arg(argument).env_remove("TF_PLUGIN_MAGIC_COOKIE");
        let output = within(command.output()).await.unwrap();
        assert!(String::from_utf8_lossy(&output.stdout).starts_with(expected), "{output:?}");
        assert!(output.status.success());
    }
}

/// A process that was started for debugging, and the value for `TF_REATTACH_PROVIDERS` that it printed.
async fn start_for_debugging() -> (tokio::process::Child, serde_json::Value, TempDir) {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = command(provider(), temporary.path());
    command.arg("--debug").env_remove("TF_PLUGIN_MAGIC_COOKIE").stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    within(BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line)).await.unwrap();
    let value = line.strip_prefix("$env:TF_REATTACH_PROVIDERS='").and_then(|line| line.strip_suffix("'\n"));
    let value = serde_json::from_str(value.expect("a command of PowerShell")).unwrap();
    (child, value, temporary)
}

#[tokio::test]
async fn debug_process_prints_its_address_for_powershell() {
    let (_child, reattach, _temporary) = start_for_debugging().await;
    let address = &reattach["terraform.internal/huaweicloud/huaweicloud-kafka"]["Addr"];
    let address = ["Network", "String"].map(|field| address[field].as_str().unwrap().to_owned());
    assert_eq!(address[0], "tcp");
    ask_for_schema(connect_plain_to(&address).await.unwrap()).await.unwrap();
}

/// Wine translates SIGINT to Ctrl-C. On Windows, `.ci/windows` sends Ctrl-Break to Terraform and the provider.
#[cfg(unix)]
mod ctrl_c {
    use dms_emulator::{Effect, Emulator, Fault};
    use provider_session::Session;
    use rustix::process::{Pid, Signal, kill_process};

    use super::*;

    #[tokio::test]
    async fn ctrl_c_ends_reads_but_neither_a_reset_nor_the_process() {
        let emulator = Emulator::start_in_thread().unwrap();
        let client = ClientIdentity::new();
        let mut plugin = start(&client).await;
        let session = Session::begin(plugin.connect(Some(&client)).await.unwrap(), &emulator).await;
        emulator.hold();
        let apply = tokio::spawn({
            let session = session.clone();
            async move { session.apply().await }
        });
        within(emulator.wait_for("PUT", "/reset-message-offset")).await;
        let before = emulator.journal().count("GET", "/groups/billing");
        emulator.add_fault(Fault::new(Effect::Hang).request("GET", "/groups/billing"));
        let read = tokio::spawn({
            let session = session.clone();
            async move { session.read_group().await }
        });
        within(emulator.wait_for_nth("GET", "/groups/billing", before + 1)).await;

        plugin.signal(Signal::INT);
        assert_eq!(within(read).await.unwrap(), ["Consumer group \"billing\" cannot be read"]);
        assert!(!apply.is_finished());
        emulator.clear_faults();
        emulator.release();
        assert_eq!(provider_session::titles(&within(apply).await.unwrap().diagnostics), [""; 0]);
        shut_down(session.channel).await;
        assert_eq!(plugin.exit_code().await, Some(0));
    }

    #[tokio::test]
    async fn ctrl_c_ends_a_debug_process() {
        let (mut child, _, _temporary) = start_for_debugging().await;
        kill_process(Pid::from_raw(child.id().unwrap().cast_signed()).unwrap(), Signal::INT).unwrap();
        assert_eq!(within(child.wait()).await.unwrap().code(), Some(0));
    }
}
