//! A plugin's process, treated the way Terraform's own library does: it is started, its handshake line read, and
//! connected to over mutual TLS.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use terraform_provider_huaweicloud_kafka::tf_provider::pb;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::sign::SingleCertAndKey;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::transport::{Channel, Endpoint};

use crate::ClientIdentity;

const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// The parts of the line with which a plugin says how to reach it.
pub struct HandshakeLine {
    /// What stands between its bars, in order.
    pub fields: Vec<String>,
}

impl HandshakeLine {
    /// Where to connect.
    pub fn socket(&self) -> &Path {
        Path::new(&self.fields[3])
    }

    /// What the server will show.
    pub fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from(STANDARD_NO_PAD.decode(&self.fields[5]).unwrap())
    }
}

/// A running plugin.
pub struct Plugin {
    /// Its process.
    pub child: Child,
    /// What it said first.
    pub line: HandshakeLine,
    /// What it says afterwards, which is nothing.
    pub stdout: BufReader<ChildStdout>,
    /// Its TMPDIR: what is in it is what the plugin left there.
    pub temporary: tempfile::TempDir,
}

/// How Terraform would start the plugin, with nothing inherited.
pub fn command(program: impl AsRef<OsStr>, temporary: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("TMPDIR", temporary)
        .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
        .env("PLUGIN_PROTOCOL_VERSIONS", "6,5")
        .env("PLUGIN_MIN_PORT", "10000")
        .env("PLUGIN_MAX_PORT", "25000")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

impl Plugin {
    /// Starts it with TLS for `client`, or in plain text.
    pub async fn start(program: impl AsRef<OsStr>, client: Option<&ClientIdentity>) -> Self {
        Self::start_with(program, client, |_| {}).await
    }

    /// As [`Plugin::start`], with what `prepare` adds to the command.
    pub async fn start_with(
        program: impl AsRef<OsStr>,
        client: Option<&ClientIdentity>,
        prepare: impl FnOnce(&mut Command),
    ) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = command(program, temporary.path());
        prepare(&mut command);
        if let Some(client) = client {
            command.env("PLUGIN_CLIENT_CERT", client.pem());
        }
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).await.unwrap();
        let fields = line.strip_suffix('\n').expect("a whole line").split('|').map(str::to_owned).collect();
        Self { child, line: HandshakeLine { fields }, stdout, temporary }
    }

    /// Connects in plain text.
    pub async fn connect_plain(&self) -> Result<Channel, tonic::transport::Error> {
        connect_plain_to(self.line.socket()).await
    }

    /// Connects over TLS, checks the server by the certificate of the handshake line, and shows `client`'s.
    pub async fn connect(&self, client: Option<&ClientIdentity>) -> Result<Channel, tonic::transport::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.line.certificate()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(crypto()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match client {
            None => config.with_no_client_auth(),
            Some(client) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(client.certified_key()))),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        let socket = self.line.socket().to_owned();
        endpoint()
            .connect_with_connector(tower::service_fn(move |_| tls_connection(connector.clone(), socket.clone())))
            .await
    }

    /// Everything that came on standard output after the handshake line; returns when it is closed.
    pub async fn rest_of_stdout(&mut self) -> String {
        let mut rest = String::new();
        within(self.stdout.read_to_string(&mut rest)).await.unwrap();
        rest
    }

    /// The code that the plugin ends with.
    pub async fn exit_code(&mut self) -> Option<i32> {
        within(self.child.wait()).await.unwrap().code()
    }

    /// Sends a signal to it, and to nobody else.
    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.id(), signal).unwrap();
    }

    /// The id of its process, which has not ended.
    pub fn id(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_raw(self.child.id().unwrap().cast_signed()).unwrap()
    }

    /// The names of what the plugin left in its temporary directory.
    pub fn left_behind(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.temporary.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

/// Connects in plain text to a plugin that listens on this socket.
pub async fn connect_plain_to(socket: &Path) -> Result<Channel, tonic::transport::Error> {
    let socket = socket.to_owned();
    endpoint()
        .connect_with_connector(tower::service_fn(move |_| {
            let socket = socket.clone();
            async move { Ok::<_, std::io::Error>(TokioIo::new(UnixStream::connect(socket).await?)) }
        }))
        .await
}

/// Ciphers in the order of Go, in which Terraform is written, on a processor that encrypts AES by itself.
fn crypto() -> CryptoProvider {
    use aws_lc_rs::cipher_suite::{TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256};
    CryptoProvider {
        cipher_suites: vec![TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256],
        ..aws_lc_rs::default_provider()
    }
}

/// Fails where something would be waited for in vain.
pub async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), what).await.expect("a minute is enough")
}

fn endpoint() -> Endpoint {
    Endpoint::from_static("http://localhost")
}

async fn tls_connection(
    connector: TlsConnector,
    socket: PathBuf,
) -> std::io::Result<TokioIo<tokio_rustls::client::TlsStream<UnixStream>>> {
    let stream = UnixStream::connect(socket).await?;
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await?;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()), "Terraform 1.12 and later insist on this");
    Ok(TokioIo::new(stream))
}

/// One question that only an accepted client gets an answer to.
pub async fn ask_for_schema(channel: Channel) -> Result<pb::tfplugin5::get_provider_schema::Response, tonic::Status> {
    let mut provider = pb::tfplugin5::provider_client::ProviderClient::new(channel);
    Ok(provider.get_schema(pb::tfplugin5::get_provider_schema::Request {}).await?.into_inner())
}

/// Ends the plugin as Terraform does.
pub async fn shut_down(channel: Channel) {
    let mut controller = pb::plugin::grpc_controller_client::GrpcControllerClient::new(channel);
    controller.shutdown(pb::plugin::Empty {}).await.unwrap();
}
