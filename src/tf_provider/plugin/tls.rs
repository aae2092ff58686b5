//! Mutual TLS with the Terraform that started the process.
//!
//! Terraform creates a key pair for each start. It passes its certificate in `PLUGIN_CLIENT_CERT`, and reads the
//! server's from the handshake line.
//!
//! Terraform's certificate is a CA certificate on curve P-521. The usual verifier rejects a CA certificate of a client,
//! and without support for P-521, Terraform sends no certificate. This module therefore has its own verifier, which
//! accepts exactly the certificates in `PLUGIN_CLIENT_CERT`.

use std::sync::Arc;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName as SubjectName, Error, PeerIncompatible, ServerConfig,
    SignatureScheme,
};

/// Creates a key pair. Returns its certificate, for the handshake line, and an acceptor of connections. Only clients
/// with the key of one of the certificates `clients` can connect.
///
/// # Errors
///
/// If the certificate cannot be created, or the TLS library rejects the configuration.
pub(super) fn acceptor(
    clients: Vec<CertificateDer<'static>>,
) -> Result<(CertificateDer<'static>, TlsAcceptor), Box<dyn std::error::Error>> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let certificate = certificate_parameters()?.self_signed(&key)?.der().clone();
    let crypto = Arc::new(aws_lc_rs::default_provider());
    let verifier = Arc::new(PinnedClientVerifier { clients, crypto: Arc::clone(&crypto) });
    let mut config = ServerConfig::builder_with_provider(crypto)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())?;
    // Terraform 1.12 and later require that ALPN selects HTTP/2.
    config.alpn_protocols = vec![b"h2".to_vec()];
    // Terraform connects once, so it never resumes a session.
    config.send_tls13_tickets = 0;
    Ok((certificate, TlsAcceptor::from(Arc::new(config))))
}

/// Terraform requires a server certificate for the name `localhost`.
fn certificate_parameters() -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()])?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, "localhost");
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(parameters)
}

/// Accepts exactly these client certificates. The handshake must be signed with the key of the certificate.
#[derive(Debug)]
struct PinnedClientVerifier {
    clients: Vec<CertificateDer<'static>>,
    crypto: Arc<CryptoProvider>,
}

impl ClientCertVerifier for PinnedClientVerifier {
    /// Empty, because a client would compare these names with its certificate's issuer and might send no certificate.
    fn root_hint_subjects(&self) -> &[SubjectName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        true
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if self.clients.iter().any(|client| client == end_entity) {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.crypto.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.crypto.signature_verification_algorithms.supported_schemes()
    }
}
