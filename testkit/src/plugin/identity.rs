//! The client certificate that Terraform creates for each start of a plugin.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SigningKey};

/// A client certificate and its key, for one start.
pub struct ClientIdentity {
    certificate: rcgen::Certificate,
    /// Loaded once, as Terraform does before it starts a plugin.
    key: Arc<dyn SigningKey>,
}

impl ClientIdentity {
    /// Creates a certificate as Terraform does: a self-signed P-521 authority, valid for client and server.
    #[allow(clippy::new_without_default, reason = "each call creates a different identity")]
    pub fn new() -> Self {
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
        let certificate = parameters.self_signed(&key).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Self { certificate, key: aws_lc_rs::default_provider().key_provider.load_private_key(key).unwrap() }
    }

    /// The certificate in PEM form, as Terraform passes it to the plugin.
    pub fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// Combines this key with the certificate of another identity, as an attacker who holds only the public part would.
    #[must_use]
    pub fn with_certificate_of(self, other: &ClientIdentity) -> Self {
        Self { certificate: other.certificate.clone(), key: self.key }
    }

    /// The certificate and key for the TLS client. They are not checked to match, so that a mismatch can be tested.
    pub(crate) fn certified_key(&self) -> CertifiedKey {
        CertifiedKey::new(vec![self.certificate.der().clone()], Arc::clone(&self.key))
    }
}
