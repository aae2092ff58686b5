//! Reads the environment variables of a plugin's start, and formats the handshake line that is the response.
//!
//! The line is `1|5|unix|<socket>|grpc|<certificate>`. The fields are the version of the handshake, the version of the
//! protocol, the network and path of the socket, the kind of protocol, and the server's certificate. The certificate is
//! DER in base64 without padding, or empty without TLS.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;

const COOKIE_NAME: &str = "TF_PLUGIN_MAGIC_COOKIE";
/// Not a secret. It shows that Terraform started the process, and not a person.
const COOKIE_VALUE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";
const HANDSHAKE_VERSION: u32 = 1;
pub(super) const PROTOCOL_VERSION: u32 = 5;

/// Looks up an environment variable. The value can be invalid UTF-8: if such a value counted as unset, TLS would be
/// off.
pub type VariableLookup<'a> = dyn Fn(&str) -> Option<OsString> + 'a;

/// The settings that Terraform passes to the process.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Handshake {
    /// The accepted client certificates. `None`: no TLS, which Terraform requests if `TF_DISABLE_PLUGIN_TLS` is set.
    pub(super) client_certificates: Option<Vec<CertificateDer<'static>>>,
    /// The directories in which the private directory of the socket can be created, in order of preference.
    pub(super) socket_directories: Vec<PathBuf>,
    /// Whether Terraform asks for multiplexed connections, which are not supported.
    multiplexing_requested: bool,
}

/// Whether Terraform started the process.
pub fn is_started_by_terraform(environment: &VariableLookup<'_>) -> bool {
    environment(COOKIE_NAME).is_some_and(|value| value == COOKIE_VALUE)
}

/// The directories in which the private directory of the socket can be created, in order of preference.
pub(super) fn socket_directories(environment: &VariableLookup<'_>) -> Vec<PathBuf> {
    let set = |name: &str| set(environment, name).map(PathBuf::from);
    let configured = [set("PLUGIN_UNIX_SOCKET_DIR"), set("TMPDIR")];
    let defaults = [Some("/tmp".into()), Some("/var/tmp".into()), set("XDG_RUNTIME_DIR"), set("HOME")];
    configured.into_iter().chain(defaults).flatten().collect()
}

/// The value of a variable. An empty value counts as unset, as in go-plugin.
fn set(environment: &VariableLookup<'_>, name: &str) -> Option<OsString> {
    environment(name).filter(|value| !value.is_empty())
}

impl Handshake {
    /// Reads the environment variables that Terraform sets.
    ///
    /// Ignores the protocol versions that Terraform supports. If 5 is not one of them, Terraform reports an error when
    /// it reads the handshake line.
    ///
    /// # Errors
    ///
    /// If the client's certificate is not valid. The error is a sentence for the user.
    pub(super) fn from_environment(environment: &VariableLookup<'_>) -> Result<Self, String> {
        let client = set(environment, "PLUGIN_CLIENT_CERT");
        Ok(Self {
            client_certificates: client.map(|pem| certificates(pem.as_encoded_bytes())).transpose()?,
            socket_directories: socket_directories(environment),
            multiplexing_requested: set(environment, "PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }

    /// The handshake line.
    pub(super) fn line(&self, socket: &Path, certificate: Option<&CertificateDer<'_>>) -> String {
        let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
        let multiplexing = if self.multiplexing_requested { "|false" } else { "" };
        let socket = socket.display();
        format!("{HANDSHAKE_VERSION}|{PROTOCOL_VERSION}|unix|{socket}|grpc|{certificate}{multiplexing}")
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let bad = |reason: &str| {
        format!(
            "The provider could not start: PLUGIN_CLIENT_CERT must be the client's certificate in PEM form ({reason})."
        )
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(certificates) if certificates.is_empty() => Err(bad("it contains no certificate")),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(bad(&error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<OsString> {
        |name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.into())
        }
    }

    fn read(variables: &[(&str, &str)]) -> Handshake {
        Handshake::from_environment(&environment(variables)).unwrap()
    }

    #[test]
    fn only_the_cookie_shows_that_terraform_started_the_process() {
        assert!(is_started_by_terraform(&environment(&[(COOKIE_NAME, COOKIE_VALUE)])));
        assert!(!is_started_by_terraform(&environment(&[])));
        assert!(!is_started_by_terraform(&environment(&[(COOKIE_NAME, "other")])));
    }

    #[test]
    fn certificate_is_empty_without_tls() {
        let handshake = read(&[]);
        assert!(handshake.client_certificates.is_none());
        assert_eq!(handshake.line(Path::new("/tmp/plugin1/s"), None), "1|5|unix|/tmp/plugin1/s|grpc|");
    }

    #[test]
    fn certificate_is_standard_base64_without_padding() {
        let handshake = read(&[]);
        let certificate = CertificateDer::from(vec![0xfb, 0xef, 0xff, 0x01]);
        assert_eq!(handshake.line(Path::new("/s"), Some(&certificate)), "1|5|unix|/s|grpc|++//AQ");
    }

    #[test]
    fn configured_socket_directories_precede_the_defaults() {
        let directories = |variables: &[(&str, &str)]| {
            read(variables).socket_directories.iter().map(|it| it.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (plugin, temporary) = (("PLUGIN_UNIX_SOCKET_DIR", "/plugin"), ("TMPDIR", "/temporary"));
        assert_eq!(directories(&[temporary, plugin]), ["/plugin", "/temporary", "/tmp", "/var/tmp"]);
        assert_eq!(directories(&[temporary, ("PLUGIN_UNIX_SOCKET_DIR", "")]), ["/temporary", "/tmp", "/var/tmp"]);
        let (runtime, home) = (("XDG_RUNTIME_DIR", "/run/user/7"), ("HOME", "/home/u"));
        assert_eq!(directories(&[home, runtime]), ["/tmp", "/var/tmp", "/run/user/7", "/home/u"]);
    }

    #[test]
    fn multiplexing_is_declined_only_if_requested() {
        let handshake = read(&[("PLUGIN_MULTIPLEX_GRPC", "true")]);
        assert_eq!(handshake.line(Path::new("/s"), None), "1|5|unix|/s|grpc||false");
    }

    #[test]
    fn invalid_certificate_is_an_error() {
        let cut = b"-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----\n".as_slice();
        for text in [b"not a certificate", b" \n".as_slice(), cut, b"\xff", b"\xff-----BEGIN CERTIFICATE-----\n"] {
            let result = Handshake::from_environment(&|name| {
                (name == "PLUGIN_CLIENT_CERT").then(|| OsString::from_vec(text.to_vec()))
            });
            assert!(result.as_ref().is_err_and(|it| it.contains("PLUGIN_CLIENT_CERT")), "{text:?}: {result:?}");
        }
    }

    /// go-plugin does the same.
    #[test]
    fn empty_client_certificate_counts_as_unset() {
        let handshake = read(&[("PLUGIN_CLIENT_CERT", "")]);
        assert!(handshake.client_certificates.is_none());
    }
}
