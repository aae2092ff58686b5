//! Mutual TLS with the Terraform that started us, and with nobody else.
//!
//! Terraform makes a key pair for each start, hands over its certificate by `PLUGIN_CLIENT_CERT` and expects ours in
//! the handshake line. Its certificate is an authority's (CA:TRUE) on curve P-521. A usual verifier refuses an
//! authority as a client, and without P-521 Terraform shows no certificate at all; so the check here is our own: the
//! client's certificate is, byte for byte, one that was handed over, and the handshake is signed with its key.

use std::sync::Arc;

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::client::danger::HandshakeSignatureValid;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use tokio_rustls::rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName as SubjectName, Error, PeerIncompatible, ServerConfig,
    SignatureScheme,
};

/// Our key pair of this start, and whom we talk to.
pub(super) struct ServerIdentity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    clients: Vec<CertificateDer<'static>>,
}

impl ServerIdentity {
    /// Makes a fresh key pair. Only a client that holds the key of one of `clients` gets through.
    pub(super) fn new(clients: Vec<CertificateDer<'static>>) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let certificate = certificate_parameters()?.self_signed(&key)?.der().clone();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(Self { certificate, key, clients })
    }

    /// What the handshake line tells Terraform to expect.
    pub(super) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Accepts connections under this identity.
    pub(super) fn into_acceptor(self) -> Result<TlsAcceptor, Error> {
        let crypto = Arc::new(aws_lc_rs::default_provider());
        let verifier = Arc::new(PinnedClientVerifier { clients: self.clients, crypto: Arc::clone(&crypto) });
        let mut config = ServerConfig::builder_with_provider(crypto)
            .with_protocol_versions(&[&TLS13])?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![self.certificate], self.key)?;
        // Terraform 1.12 and later refuse a connection on which HTTP/2 was not negotiated.
        config.alpn_protocols = vec![b"h2".to_vec()];
        // There is one connection in a process's life; nothing to resume.
        config.send_tls13_tickets = 0;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Terraform connects to the name `localhost` and wants a certificate that is good for a server.
fn certificate_parameters() -> Result<CertificateParams, rcgen::Error> {
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()])?;
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, "localhost");
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(parameters)
}

/// Accepts the certificates that were handed over, and no other.
#[derive(Debug)]
struct PinnedClientVerifier {
    clients: Vec<CertificateDer<'static>>,
    crypto: Arc<CryptoProvider>,
}

impl ClientCertVerifier for PinnedClientVerifier {
    /// Empty: a client that is told which authorities we like would compare them with its own and stay silent.
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
