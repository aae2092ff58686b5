//! Certificates to trust, read once: text in PEM form in, something that can be trusted out.

use reqwest::Certificate;

use crate::huaweicloud::error::{Error, ErrorKind};

/// Certificates of authorities, at least one, each readable.
#[derive(Clone, Debug)]
pub struct CaCertificates(Vec<Certificate>);

impl CaCertificates {
    /// Reads text in PEM form.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: says why it can't be used.
    pub fn parse(pem: &[u8]) -> Result<Self, Error> {
        let unusable = |what: &str| Error::new(ErrorKind::Config, format!("the CA certificates {what}"));
        let unreadable = |error| unusable("cannot be read").with_source(error);
        let certificates = Certificate::from_pem_bundle(pem).map_err(unreadable)?;
        if certificates.is_empty() {
            return Err(unusable("hold no certificate in PEM form"));
        }
        // What is inside is looked at only when somebody is to trust it.
        let trusting = reqwest::Client::builder().no_proxy().tls_certs_only(certificates.iter().cloned());
        trusting.build().map_err(unreadable)?;
        Ok(Self(certificates))
    }

    /// Each in turn, for the HTTP library.
    pub(super) fn iter(&self) -> impl Iterator<Item = Certificate> {
        self.0.iter().cloned()
    }
}
