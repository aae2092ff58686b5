//! Certificates of authorities to trust, from text in PEM form.

use reqwest::Certificate;

use crate::huaweicloud::error::{Error, ErrorKind};

/// Certificates of authorities: at least one, and all valid.
#[derive(Clone, Debug)]
pub struct CaCertificates(Vec<Certificate>);

impl CaCertificates {
    /// Reads text in PEM form.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the text has no certificate, or one that is not valid.
    pub fn parse(pem: &[u8]) -> Result<Self, Error> {
        let unusable = |what: &str| Error::new(ErrorKind::Config, format!("the CA certificates {what}"));
        let unreadable = |error| unusable("cannot be read").with_source(error);
        let certificates = Certificate::from_pem_bundle(pem).map_err(unreadable)?;
        if certificates.is_empty() {
            return Err(unusable("contain no certificate in PEM form"));
        }
        // The library decodes a certificate only when it builds a client that trusts it.
        let client = reqwest::Client::builder().no_proxy().tls_certs_only(certificates.iter().cloned());
        client.build().map_err(unreadable)?;
        Ok(Self(certificates))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Certificate> {
        self.0.iter().cloned()
    }
}
