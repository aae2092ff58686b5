//! Verifies the certificate of a plugin as Go does.

use std::sync::Arc;

use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Accepts only the certificate of the handshake line. In plugins that are written in Go, it is that of an authority,
/// which rustls does not accept from a server.
#[derive(Debug)]
pub(super) struct PluginVerifier {
    certificate: CertificateDer<'static>,
    standard: Arc<WebPkiServerVerifier>,
}

impl PluginVerifier {
    pub(super) fn new(certificate: CertificateDer<'static>, crypto: CryptoProvider) -> Arc<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let standard = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(crypto)).build().unwrap();
        Arc::new(Self { certificate, standard })
    }
}

impl ServerCertVerifier for PluginVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.standard.verify_server_cert(end_entity, intermediates, name, ocsp_response, now) {
            Err(Error::InvalidCertificate(CertificateError::Other(reason)))
                if reason.to_string() == "CaUsedAsEndEntity" && *end_entity == self.certificate =>
            {
                Ok(ServerCertVerified::assertion())
            }
            result => result,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.standard.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.standard.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.standard.supported_verify_schemes()
    }
}
