//! The plugin process from the view of a client: handshake, TLS, the services of go-plugin, signals and shutdown.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use rustix::process::Signal;
use terraform_provider_huaweicloud_kafka::tf_provider::pb;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::BINARY;
use testkit::plugin::{ClientIdentity, Plugin, ask_for_schema, command, shut_down, within};

#[tokio::test]
async fn client_with_the_pinned_certificate_is_served() {
    let client = ClientIdentity::new();
    let plugin = Plugin::start(BINARY, Some(&client)).await;
    assert_eq!(plugin.line.fields.len(), 6);
    assert_eq!(plugin.line.fields[..3], ["1", "5", "unix"]);
    assert_eq!(plugin.line.fields[4], "grpc");
    let channel = plugin.connect(Some(&client)).await.unwrap();
    let schema = ask_for_schema(channel).await.unwrap();
    assert!(schema.provider.is_some());
    assert!(schema.resource_schemas.contains_key("huaweicloud_kafka_offset_reset"));
}

#[tokio::test]
async fn client_without_a_certificate_is_refused() {
    let plugin = Plugin::start(BINARY, Some(&ClientIdentity::new())).await;
    refused(plugin.connect(None).await).await;
}

#[tokio::test]
async fn client_with_another_certificate_is_refused() {
    let plugin = Plugin::start(BINARY, Some(&ClientIdentity::new())).await;
    refused(plugin.connect(Some(&ClientIdentity::new())).await).await;
}

#[tokio::test]
async fn client_without_the_key_of_its_certificate_is_refused() {
    let client = ClientIdentity::new();
    let plugin = Plugin::start(BINARY, Some(&client)).await;
    let thief = ClientIdentity::new().with_certificate_of(&client);
    refused(plugin.connect(Some(&thief)).await).await;
}

#[tokio::test]
async fn client_without_tls_is_refused_if_tls_is_required() {
    let plugin = Plugin::start(BINARY, Some(&ClientIdentity::new())).await;
    refused(plugin.connect_plain().await).await;
}

/// In TLS 1.3, a client may be connected before the server has checked its certificate, so either the connection or the
/// first request fails.
async fn refused(connection: Result<tonic::transport::Channel, tonic::transport::Error>) {
    if let Ok(channel) = connection {
        let response = ask_for_schema(channel).await;
        assert!(response.is_err(), "{response:?}");
    }
}

#[tokio::test]
async fn refused_client_does_not_block_others() {
    let client = ClientIdentity::new();
    let plugin = Plugin::start(BINARY, Some(&client)).await;
    let silent = tokio::net::UnixStream::connect(plugin.line.socket()).await.unwrap();
    refused(plugin.connect(None).await).await;
    ask_for_schema(plugin.connect(Some(&client)).await.unwrap()).await.unwrap();
    drop(silent);
}

#[tokio::test]
async fn plain_mode_works_when_terraform_disables_tls() {
    let plugin = Plugin::start(BINARY, None).await;
    assert_eq!(plugin.line.fields[5], "");
    ask_for_schema(plugin.connect_plain().await.unwrap()).await.unwrap();
}

#[tokio::test]
async fn socket_is_in_a_private_directory() {
    let plugin = Plugin::start(BINARY, Some(&ClientIdentity::new())).await;
    let directory = plugin.line.socket().parent().unwrap();
    assert_eq!(directory.parent(), Some(plugin.temporary.path()));
    assert_eq!(directory.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn shutdown_ends_the_process_and_removes_its_files() {
    let client = ClientIdentity::new();
    let mut plugin = Plugin::start(BINARY, Some(&client)).await;
    let channel = plugin.connect(Some(&client)).await.unwrap();
    // An open stream must not delay the shutdown.
    let mut stdio = pb::plugin::grpc_stdio_client::GrpcStdioClient::new(channel.clone());
    let _open = within(stdio.stream_stdio(())).await.unwrap();
    shut_down(channel).await;
    assert_eq!(plugin.rest_of_stdout().await, "");
    assert_eq!(plugin.exit_code().await, Some(0));
    assert_eq!(plugin.left_behind(), Vec::<String>::new());
}

/// A killed process cannot remove its socket, so the socket is removed when the client is connected.
#[tokio::test]
async fn killed_plugin_leaves_no_socket_after_a_connection() {
    let client = ClientIdentity::new();
    let mut plugin = Plugin::start(BINARY, Some(&client)).await;
    let channel = plugin.connect(Some(&client)).await.unwrap();
    ask_for_schema(channel).await.unwrap();
    plugin.signal(Signal::KILL);
    assert_eq!(plugin.exit_code().await, None);
    assert_eq!(plugin.left_behind(), Vec::<String>::new());
}

#[tokio::test]
async fn plugin_keeps_serving_after_an_interrupt() {
    let client = ClientIdentity::new();
    let mut plugin = Plugin::start(BINARY, Some(&client)).await;
    let channel = plugin.connect(Some(&client)).await.unwrap();
    plugin.signal(Signal::INT);
    ask_for_schema(channel.clone()).await.unwrap();
    shut_down(channel).await;
    assert_eq!(plugin.exit_code().await, Some(0));
}

/// A closed terminal signals both processes. Terraform then shuts the plugin down, which removes its directory.
#[tokio::test]
async fn plugin_ignores_sighup() {
    let client = ClientIdentity::new();
    let mut plugin = Plugin::start(BINARY, Some(&client)).await;
    let channel = plugin.connect(Some(&client)).await.unwrap();
    plugin.signal(Signal::HUP);
    ask_for_schema(channel.clone()).await.unwrap();
    shut_down(channel).await;
    assert_eq!(plugin.exit_code().await, Some(0));
    assert_eq!(plugin.left_behind(), Vec::<String>::new());
}

#[tokio::test]
async fn plugin_ends_with_its_parent_and_removes_its_files() {
    let temporary = tempfile::tempdir().unwrap();
    let plugin = command(BINARY, temporary.path());
    // A shell starts the plugin and is killed after the handshake line. The plugin inherits our pipe as its standard
    // output, which closes when the plugin ends.
    let mut shell = tokio::process::Command::new("/bin/sh");
    shell.args(["-c", "\"$0\" & wait", BINARY]).env_clear();
    for (name, value) in plugin.as_std().get_envs() {
        shell.env(name, value.unwrap());
    }
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut shell = shell.spawn().unwrap();
    let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines();
    within(lines.next_line()).await.unwrap().expect("the handshake line");
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 1);
    shell.kill().await.unwrap();
    assert_eq!(within(lines.next_line()).await.unwrap(), None);
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn health_service_knows_only_the_plugin() {
    let client = ClientIdentity::new();
    let plugin = Plugin::start(BINARY, Some(&client)).await;
    let channel = plugin.connect(Some(&client)).await.unwrap();
    let mut health = pb::health::health_client::HealthClient::new(channel);
    let mut check = async |service: &str| {
        let request = pb::health::HealthCheckRequest { service: service.to_owned() };
        within(health.check(request)).await.map(|response| response.into_inner().status())
    };
    let serving = pb::health::health_check_response::ServingStatus::Serving;
    assert_eq!(check("plugin").await.unwrap(), serving);
    assert_eq!(check("other").await.unwrap_err().code(), tonic::Code::NotFound);
}

#[tokio::test]
async fn broker_stream_ends_when_the_client_closes_it() {
    let client = ClientIdentity::new();
    let plugin = Plugin::start(BINARY, Some(&client)).await;
    let channel = plugin.connect(Some(&client)).await.unwrap();
    let mut broker = pb::plugin::grpc_broker_client::GrpcBrokerClient::new(channel);
    let (ours, outgoing) = tokio::sync::mpsc::channel::<pb::plugin::ConnInfo>(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(outgoing);
    let mut incoming = within(broker.start_stream(stream)).await.unwrap().into_inner();
    drop(ours);
    assert_eq!(within(incoming.message()).await.unwrap(), None);
}
