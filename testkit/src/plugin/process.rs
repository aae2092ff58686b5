//! Starts a plugin as Terraform's plugin library does: reads its handshake line and connects over mutual TLS.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use terraform_provider_huaweicloud_kafka::tf_provider::pb;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, BufReader};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::sign::SingleCertAndKey;
use tonic::transport::{Channel, Endpoint};

use super::identity::ClientIdentity;
use super::verifier::PluginVerifier;

const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// The line in which a plugin announces its address and certificate.
pub struct HandshakeLine {
    /// The fields between the `|` characters, in order.
    pub fields: Vec<String>,
}

impl HandshakeLine {
    /// The path of the Unix socket.
    pub fn socket(&self) -> &Path {
        Path::new(&self.fields[3])
    }

    /// The network, `unix` or `tcp`, and the address in it.
    pub fn address(&self) -> [&str; 2] {
        [&self.fields[2], &self.fields[3]]
    }

    /// The certificate that the server presents.
    pub fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from(STANDARD_NO_PAD.decode(&self.fields[5]).unwrap())
    }
}

/// A running plugin.
pub struct Plugin {
    /// The process.
    pub child: Child,
    /// The parsed handshake line.
    pub line: HandshakeLine,
    /// Standard output after the handshake line. The plugin must not write to it.
    pub stdout: BufReader<ChildStdout>,
    /// The plugin's `TMPDIR`, which must be empty when the plugin has ended.
    pub temporary: tempfile::TempDir,
}

/// The command with which Terraform would start the plugin, without any inherited environment.
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
    // Windows needs it for sockets.
    command.envs(std::env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
    command
}

impl Plugin {
    /// Starts the plugin, with mutual TLS for `client` or in plain text.
    pub async fn start(program: impl AsRef<OsStr>, client: Option<&ClientIdentity>) -> Self {
        Self::start_with(program, client, |_| {}).await
    }

    /// Like [`Plugin::start`], after `prepare` has changed the command.
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
        within(stdout.read_line(&mut line)).await.unwrap();
        let line = line.strip_suffix('\n').expect("a complete handshake line");
        let fields = line.split('|').map(str::to_owned).collect();
        Self { child, line: HandshakeLine { fields }, stdout, temporary }
    }

    /// Connects in plain text.
    ///
    /// # Errors
    /// The connection fails.
    pub async fn connect_plain(&self) -> Result<Channel, tonic::transport::Error> {
        connect_plain_to(&self.line.address()).await
    }

    /// Connects over TLS with the certificate of `client`, and verifies the server by the certificate of the handshake
    /// line.
    ///
    /// # Errors
    /// The connection or the TLS handshake fails.
    pub async fn connect(&self, client: Option<&ClientIdentity>) -> Result<Channel, tonic::transport::Error> {
        let config = ClientConfig::builder_with_provider(Arc::new(crypto()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(PluginVerifier::new(self.line.certificate(), crypto()));
        let mut config = match client {
            None => config.with_no_client_auth(),
            Some(client) => config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(client.certified_key()))),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        let address = self.line.address().map(str::to_owned);
        let connect = tower::service_fn(move |_| tls_connection(connector.clone(), address.clone()));
        within(endpoint().connect_with_connector(connect)).await
    }

    /// Waits until standard output is closed, and returns what followed the handshake line.
    pub async fn rest_of_stdout(&mut self) -> String {
        let mut rest = String::new();
        within(self.stdout.read_to_string(&mut rest)).await.unwrap();
        rest
    }

    /// Waits for the plugin to end, and returns its exit code.
    pub async fn exit_code(&mut self) -> Option<i32> {
        within(self.child.wait()).await.unwrap().code()
    }

    /// Sends a signal to the plugin's process only.
    #[cfg(unix)]
    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.id(), signal).unwrap();
    }

    /// The process id. Panics if the process has ended.
    #[cfg(unix)]
    pub fn id(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_raw(self.child.id().unwrap().cast_signed()).unwrap()
    }

    /// The names of the files in the plugin's temporary directory.
    pub fn left_behind(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.temporary.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

/// Connects in plain text to a plugin that listens on this network and address.
///
/// # Errors
/// The connection fails.
pub async fn connect_plain_to(address: &[impl AsRef<str>; 2]) -> Result<Channel, tonic::transport::Error> {
    let address = address.each_ref().map(|it| it.as_ref().to_owned());
    let connect = tower::service_fn(move |_| {
        let address = address.clone();
        async move { Ok::<_, std::io::Error>(TokioIo::new(open(&address).await?)) }
    });
    within(endpoint().connect_with_connector(connect)).await
}

/// A connection of any network.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn open([network, address]: &[String; 2]) -> std::io::Result<Box<dyn Stream>> {
    match &**network {
        "tcp" => Ok(Box::new(TcpStream::connect(address).await?)),
        #[cfg(unix)]
        "unix" => Ok(Box::new(UnixStream::connect(address).await?)),
        _ => panic!("the network {network} is not supported"),
    }
}

/// The cipher suites in the order that Go prefers on processors with AES instructions; Terraform is written in Go.
fn crypto() -> CryptoProvider {
    use aws_lc_rs::cipher_suite::{TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256};
    CryptoProvider {
        cipher_suites: vec![TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256],
        ..aws_lc_rs::default_provider()
    }
}

/// Waits for a future. Panics after twenty seconds, so that a hang fails the test.
pub async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("nothing has happened for twenty seconds")
}

fn endpoint() -> Endpoint {
    Endpoint::from_static("http://localhost")
}

async fn tls_connection(
    connector: TlsConnector,
    address: [String; 2],
) -> std::io::Result<TokioIo<tokio_rustls::client::TlsStream<Box<dyn Stream>>>> {
    let stream = open(&address).await?;
    let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await?;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()), "Terraform 1.12 and later require this");
    Ok(TokioIo::new(stream))
}

/// Requests the schema, which only an accepted client receives.
///
/// # Errors
/// The call fails.
pub async fn ask_for_schema(channel: Channel) -> Result<pb::tfplugin5::get_provider_schema::Response, tonic::Status> {
    let mut provider = pb::tfplugin5::provider_client::ProviderClient::new(channel);
    Ok(within(provider.get_schema(pb::tfplugin5::get_provider_schema::Request {})).await?.into_inner())
}

/// Shuts the plugin down as Terraform does.
pub async fn shut_down(channel: Channel) {
    ask_to_shut_down(channel).await.unwrap();
}

/// Shuts the plugin down as Terraform does.
///
/// # Errors
/// The call fails. Plugins that are written in Go can close the connection without a response.
pub async fn ask_to_shut_down(channel: Channel) -> Result<(), tonic::Status> {
    let mut controller = pb::plugin::grpc_controller_client::GrpcControllerClient::new(channel);
    within(controller.shutdown(pb::plugin::Empty {})).await.map(drop)
}
