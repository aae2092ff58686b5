//! A client of the plugin protocol, made the way Terraform's own library makes one: it starts the process, reads the
//! handshake line, and connects over mutual TLS with a P-521 certificate that is its own authority.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use terraform_provider_huaweicloud_kafka::tf_provider::pb;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::transport::{Channel, Endpoint};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_terraform-provider-huaweicloud-kafka");
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// The client's key pair of one start.
pub(crate) struct ClientIdentity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl ClientIdentity {
    /// As Terraform makes it: P-521, an authority, good for both ends.
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P521_SHA512).unwrap();
        let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.distinguished_name.push(DnType::OrganizationName, "HashiCorp");
        parameters.distinguished_name.push(DnType::CommonName, "localhost");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
            KeyUsagePurpose::KeyAgreement,
            KeyUsagePurpose::KeyCertSign,
        ];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        Self { certificate: parameters.self_signed(&key).unwrap(), key }
    }

    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// Another certificate for which this identity has no key: what a thief of the public part holds.
    pub(crate) fn with_certificate_of(self, other: &ClientIdentity) -> Self {
        Self { certificate: other.certificate.clone(), key: self.key }
    }
}

/// The parts of the line with which a plugin says how to reach it.
pub(crate) struct HandshakeLine {
    pub(crate) fields: Vec<String>,
}

impl HandshakeLine {
    pub(crate) fn socket(&self) -> &Path {
        Path::new(&self.fields[3])
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from(STANDARD_NO_PAD.decode(&self.fields[5]).unwrap())
    }
}

/// A running plugin.
pub(crate) struct Plugin {
    pub(crate) child: Child,
    pub(crate) line: HandshakeLine,
    pub(crate) stdout: BufReader<ChildStdout>,
    /// Its TMPDIR: what is in it is what the plugin left there.
    pub(crate) temporary: tempfile::TempDir,
}

/// How Terraform would start the plugin, with nothing inherited.
pub(crate) fn command(temporary: &Path) -> Command {
    let mut command = Command::new(BINARY);
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
    pub(crate) async fn start(client: Option<&ClientIdentity>) -> Self {
        Self::start_with(client, &[]).await
    }

    /// As [`Plugin::start`], with arguments that Terraform does not pass.
    pub(crate) async fn start_with(client: Option<&ClientIdentity>, arguments: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = command(temporary.path());
        command.args(arguments);
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
    pub(crate) async fn connect_plain(&self) -> Result<Channel, tonic::transport::Error> {
        let socket = self.line.socket().to_owned();
        endpoint()
            .connect_with_connector(tower::service_fn(move |_| {
                let socket = socket.clone();
                async move { Ok::<_, std::io::Error>(TokioIo::new(UnixStream::connect(socket).await?)) }
            }))
            .await
    }

    /// Connects over TLS, checks the server by the certificate of the handshake line, and shows `client`'s.
    pub(crate) async fn connect(&self, client: Option<&ClientIdentity>) -> Result<Channel, tonic::transport::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.line.certificate()).unwrap();
        let crypto = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&crypto))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match client {
            None => config.with_no_client_auth(),
            Some(client) => {
                // Not checked for belonging together: a thief's certificate and key do not.
                let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(client.key.serialize_der()));
                let key = crypto.key_provider.load_private_key(key).unwrap();
                let shown = CertifiedKey::new(vec![client.certificate.der().clone()], key);
                config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(shown)))
            }
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        let socket = self.line.socket().to_owned();
        endpoint()
            .connect_with_connector(tower::service_fn(move |_| tls_connection(connector.clone(), socket.clone())))
            .await
    }

    /// Everything that came on standard output after the handshake line; returns when it is closed.
    pub(crate) async fn rest_of_stdout(&mut self) -> String {
        let mut rest = String::new();
        within(self.stdout.read_to_string(&mut rest)).await.unwrap();
        rest
    }

    /// The code that the plugin ends with.
    pub(crate) async fn exit_code(&mut self) -> Option<i32> {
        within(self.child.wait()).await.unwrap().code()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_raw(self.child.id().unwrap().cast_signed()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// The names of what the plugin left in its temporary directory.
    pub(crate) fn left_behind(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.temporary.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

/// Fails where something would be waited for in vain.
pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
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
pub(crate) async fn ask_for_schema(
    channel: Channel,
) -> Result<pb::tfplugin5::get_provider_schema::Response, tonic::Status> {
    let mut provider = pb::tfplugin5::provider_client::ProviderClient::new(channel);
    Ok(provider.get_schema(pb::tfplugin5::get_provider_schema::Request {}).await?.into_inner())
}

/// Ends the plugin as Terraform does.
pub(crate) async fn shut_down(channel: Channel) {
    let mut controller = pb::plugin::grpc_controller_client::GrpcControllerClient::new(channel);
    controller.shutdown(pb::plugin::Empty {}).await.unwrap();
}
