//! Reads the environment variables of a plugin's start, and formats the handshake line that is the response.
//!
//! The line is `1|5|<network>|<address>|grpc|<certificate>`. The fields are the versions of the handshake and of the
//! protocol, the network (`unix` or `tcp`), the address in it, the kind of protocol, and the server's certificate. The
//! certificate is DER in base64 without padding, or empty without TLS.

use std::ffi::OsString;

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

/// The value of an environment variable. Only Unix has values of any bytes.
#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::tf_provider) fn variable(bytes: &[u8]) -> OsString {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec());
    #[cfg(not(unix))]
    return String::from_utf8_lossy(bytes).into_owned().into();
}

/// The settings that Terraform passes to the process.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Handshake {
    /// The accepted client certificates. `None`: no TLS, which Terraform requests if `TF_DISABLE_PLUGIN_TLS` is set.
    pub(super) client_certificates: Option<Vec<CertificateDer<'static>>>,
    /// Whether Terraform asks for multiplexed connections, which are not supported.
    multiplexing_requested: bool,
}

/// Where the process listens, in the form that Terraform reads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Address {
    /// `unix` or `tcp`.
    pub(super) network: &'static str,
    /// The path of a socket, or an IP address and a port.
    pub(super) text: String,
}

/// Whether Terraform started the process.
pub fn is_started_by_terraform(environment: &VariableLookup<'_>) -> bool {
    environment(COOKIE_NAME).is_some_and(|value| value == COOKIE_VALUE)
}

/// The value of a variable. An empty value counts as unset, as in go-plugin.
pub(super) fn set(environment: &VariableLookup<'_>, name: &str) -> Option<OsString> {
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
            multiplexing_requested: set(environment, "PLUGIN_MULTIPLEX_GRPC").is_some(),
        })
    }

    /// The handshake line.
    pub(super) fn line(&self, address: &Address, certificate: Option<&CertificateDer<'_>>) -> String {
        let certificate = certificate.map(|der| STANDARD_NO_PAD.encode(der)).unwrap_or_default();
        let multiplexing = if self.multiplexing_requested { "|false" } else { "" };
        let Address { network, text } = address;
        format!("{HANDSHAKE_VERSION}|{PROTOCOL_VERSION}|{network}|{text}|grpc|{certificate}{multiplexing}")
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
    use super::*;

    fn line(handshake: &Handshake, certificate: Option<&CertificateDer<'_>>) -> String {
        handshake.line(&Address { network: "unix", text: "/tmp/plugin1/s".to_owned() }, certificate)
    }

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
        assert_eq!(line(&handshake, None), "1|5|unix|/tmp/plugin1/s|grpc|");
    }

    #[test]
    fn line_names_the_network_of_the_address() {
        let address = Address { network: "tcp", text: "127.0.0.1:10000".to_owned() };
        assert_eq!(read(&[]).line(&address, None), "1|5|tcp|127.0.0.1:10000|grpc|");
    }

    #[test]
    fn certificate_is_standard_base64_without_padding() {
        let handshake = read(&[]);
        let certificate = CertificateDer::from(vec![0xfb, 0xef, 0xff, 0x01]);
        assert_eq!(line(&handshake, Some(&certificate)), "1|5|unix|/tmp/plugin1/s|grpc|++//AQ");
    }

    #[test]
    fn multiplexing_is_declined_only_if_requested() {
        let handshake = read(&[("PLUGIN_MULTIPLEX_GRPC", "true")]);
        assert_eq!(line(&handshake, None), "1|5|unix|/tmp/plugin1/s|grpc||false");
    }

    #[test]
    fn invalid_certificate_is_an_error() {
        let cut = b"-----BEGIN CERTIFICATE-----\n???\n-----END CERTIFICATE-----\n".as_slice();
        for text in [b"not a certificate", b" \n".as_slice(), cut, b"\xff", b"\xff-----BEGIN CERTIFICATE-----\n"] {
            let text = variable(text);
            let result = Handshake::from_environment(&|name| (name == "PLUGIN_CLIENT_CERT").then(|| text.clone()));
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
