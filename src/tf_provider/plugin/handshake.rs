//! What Terraform says by environment variables when it starts a plugin, and the one line that answers it.
//! Pure: the environment is passed in, the line is passed out.
//!
//! The line is `1|5|unix|<socket>|grpc|<certificate>`: version of the handshake, version of the protocol, where to
//! connect, how to talk, and the certificate to expect (base64 of its DER without padding; empty without TLS).

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

const COOKIE_NAME: &str = "TF_PLUGIN_MAGIC_COOKIE";
/// Not a secret: it tells a user who runs the binary by hand from Terraform.
const COOKIE_VALUE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
const HANDSHAKE_VERSION: u32 = 1;
pub(super) const PROTOCOL_VERSION: u32 = 5;

/// Looks up an environment variable. Its value need not be UTF-8: treating such a value as unset would turn TLS off.
pub type Environment<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// What Terraform wants of this process.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Handshake {
    client_certificates: Option<Vec<CertificateDer<'static>>>,
    socket_directories: Vec<PathBuf>,
    /// Terraform asks whether connections can be multiplexed, which they can't.
    multiplexing_asked: bool,
}

/// Why this process can't serve.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum NotAPlugin {
    /// Started by hand.
    NoCookie,
    /// `PLUGIN_CLIENT_CERT` holds something that is not a certificate in PEM form.
    BadClientCertificate(String),
}

impl fmt::Display for NotAPlugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotAPlugin::NoCookie => f.write_str(
                "This is a Terraform provider. Terraform starts it by itself when a configuration needs it:\n\
                 name it under required_providers, then run terraform init and terraform apply.\n\
                 What it can do when it is started by hand is told by --help.",
            ),
            NotAPlugin::BadClientCertificate(reason) => {
                write!(
                    f,
                    "The provider could not start: PLUGIN_CLIENT_CERT must hold the client's certificate in PEM form \
                     ({reason})."
                )
            }
        }
    }
}

/// Whether Terraform started this process.
pub(super) fn has_cookie(environment: &Environment<'_>) -> bool {
    environment(COOKIE_NAME).is_some_and(|value| value == COOKIE_VALUE)
}

/// The cookie if `name` is its name.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn cookie(name: &str) -> Option<OsString> {
    (name == COOKIE_NAME).then(|| COOKIE_VALUE.into())
}

/// Where the socket's private directory may be created, in order of preference.
pub(super) fn socket_directories(environment: &Environment<'_>) -> Vec<PathBuf> {
    let set = |name: &str| set(environment, name).map(PathBuf::from);
    let named = [set("PLUGIN_UNIX_SOCKET_DIR"), set("TMPDIR")];
    let usual = [Some("/tmp".into()), Some("/var/tmp".into()), set("XDG_RUNTIME_DIR"), set("HOME")];
    named.into_iter().chain(usual).flatten().collect()
}

/// The value of a variable that is set and not empty; empty counts as unset, as in Terraform's own library.
fn set(environment: &Environment<'_>, name: &str) -> Option<OsString> {
    environment(name).filter(|value| !value.is_empty())
}

impl Handshake {
    /// Reads the environment that Terraform prepared.
    ///
    /// The protocol versions it offers are not looked at: when 5 is not among them, answering 5 makes Terraform
    /// tell its user in its own words.
    pub(super) fn from_environment(environment: &Environment<'_>) -> Result<Self, NotAPlugin> {
        if !has_cookie(environment) {
            return Err(NotAPlugin::NoCookie);
        }
        let client = set(environment, "PLUGIN_CLIENT_CERT");
        Ok(Self {
            client_certificates: client.map(|pem| certificates(pem.as_encoded_bytes())).transpose()?,
            socket_directories: socket_directories(environment),
            multiplexing_asked: set(environment, "PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }

    /// The certificates a client may show. None: the connection is not encrypted, as Terraform asks for when
    /// `TF_DISABLE_PLUGIN_TLS` is set.
    pub(super) fn client_certificates(&self) -> Option<Vec<CertificateDer<'static>>> {
        self.client_certificates.clone()
    }

    /// Where the socket's private directory may be created, in order of preference.
    pub(super) fn socket_directories(&self) -> &[PathBuf] {
        &self.socket_directories
    }

    /// The line that tells Terraform how to connect.
    pub(super) fn line(&self, socket: &Path, certificate: Option<&CertificateDer<'_>>) -> String {
        let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
        let multiplexing = if self.multiplexing_asked { "|false" } else { "" };
        let socket = socket.display();
        format!("{HANDSHAKE_VERSION}|{PROTOCOL_VERSION}|unix|{socket}|grpc|{certificate}{multiplexing}")
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, NotAPlugin> {
    let bad = |reason: String| NotAPlugin::BadClientCertificate(reason);
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(certificates) if certificates.is_empty() => Err(bad("no certificate in it".to_owned())),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(bad(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Handshake, NotAPlugin> {
        Handshake::from_environment(&|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.into())
        })
    }

    #[test]
    fn without_the_cookie_it_is_no_plugin() {
        assert_eq!(read(&[]), Err(NotAPlugin::NoCookie));
        assert_eq!(read(&[(COOKIE_NAME, "other")]), Err(NotAPlugin::NoCookie));
    }

    #[test]
    fn line_without_tls_has_an_empty_certificate() {
        let handshake = read(&[(COOKIE_NAME, COOKIE_VALUE)]).unwrap();
        assert!(handshake.client_certificates().is_none());
        assert_eq!(handshake.line(Path::new("/tmp/plugin1/s"), None), "1|5|unix|/tmp/plugin1/s|grpc|");
    }

    #[test]
    fn certificate_is_standard_base64_without_padding() {
        let handshake = read(&[(COOKIE_NAME, COOKIE_VALUE)]).unwrap();
        let certificate = CertificateDer::from(vec![0xfb, 0xef, 0xff, 0x01]);
        assert_eq!(handshake.line(Path::new("/s"), Some(&certificate)), "1|5|unix|/s|grpc|++//AQ");
    }

    #[test]
    fn socket_directories_come_from_the_environment_before_the_usual_ones() {
        let directories = |variables: &[(&str, &str)]| {
            let cookie = [(COOKIE_NAME, COOKIE_VALUE)];
            let handshake = read(&[&cookie, variables].concat()).unwrap();
            handshake.socket_directories().iter().map(|it| it.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (own, usual) = (("PLUGIN_UNIX_SOCKET_DIR", "/own"), ("TMPDIR", "/usual"));
        assert_eq!(directories(&[usual, own]), ["/own", "/usual", "/tmp", "/var/tmp"]);
        assert_eq!(directories(&[usual, ("PLUGIN_UNIX_SOCKET_DIR", "")]), ["/usual", "/tmp", "/var/tmp"]);
        let (runtime, home) = (("XDG_RUNTIME_DIR", "/run/user/7"), ("HOME", "/home/u"));
        assert_eq!(directories(&[home, runtime]), ["/tmp", "/var/tmp", "/run/user/7", "/home/u"]);
    }

    #[test]
    fn multiplexing_is_declined_only_when_asked_for() {
        let handshake = read(&[(COOKIE_NAME, COOKIE_VALUE), ("PLUGIN_MULTIPLEX_GRPC", "true")]).unwrap();
        assert_eq!(handshake.line(Path::new("/s"), None), "1|5|unix|/s|grpc||false");
    }

    #[test]
    fn something_else_than_a_certificate_is_refused() {
        let cut = b"-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----\n".as_slice();
        for text in [b"not a certificate", b" \n".as_slice(), cut, b"\xff", b"\xff-----BEGIN CERTIFICATE-----\n"] {
            let refused = Handshake::from_environment(&|name| match name {
                "PLUGIN_CLIENT_CERT" => Some(OsString::from_vec(text.to_vec())),
                _ => cookie(name),
            });
            assert!(matches!(refused, Err(NotAPlugin::BadClientCertificate(_))), "{text:?}: {refused:?}");
        }
    }

    /// Terraform's own library does the same.
    #[test]
    fn empty_client_certificate_counts_as_unset() {
        let handshake = read(&[(COOKIE_NAME, COOKIE_VALUE), ("PLUGIN_CLIENT_CERT", "")]).unwrap();
        assert!(handshake.client_certificates().is_none());
    }
}
