//! The validated base address of a service, and the URLs of requests.

use std::fmt;

use url::{Host, Url};

use crate::huaweicloud::error::{Error, ErrorKind};

/// An `http` or `https` address without user, query or fragment. Its path, if any, is a prefix without `/` at the end.
#[derive(Clone, Eq, PartialEq)]
pub struct Endpoint {
    /// A valid URL. Kept as text, because `Url` would append `/`.
    base: String,
}

impl Endpoint {
    /// Validates an address. `setting` names it in errors. The default scheme is `https`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the address is empty or not valid; it has a user, a query or a fragment; its scheme is
    /// not `http` or `https`; or it is `http` for another computer without `insecure`.
    pub(in crate::huaweicloud) fn parse(setting: &str, text: &str, insecure: bool) -> Result<Self, Error> {
        // The errors do not quote the text, because it may contain a password.
        let invalid = |what: &str| Error::new(ErrorKind::Config, format!("{setting}: {what}"));
        let text = text.trim();
        if text.is_empty() {
            return Err(invalid("the address is empty"));
        }
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&with_scheme).map_err(|error| invalid("the address cannot be read").with_source(error))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("the address must not contain a user or a password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("the address must not contain a query or a fragment"));
        }
        match url.scheme() {
            "https" => {}
            "http" if insecure || is_loopback(&url) => {}
            "http" => {
                return Err(invalid(
                    "plain http is allowed only for this computer (localhost, 127.0.0.0/8, ::1); use https, or set \
                     `insecure`",
                ));
            }
            _ => return Err(invalid("the scheme must be https or http")),
        }
        Ok(Self { base: url.as_str().trim_end_matches('/').to_owned() })
    }

    /// The address without `suffix` at the end of its path.
    pub(super) fn without_suffix(mut self, suffix: &str) -> Self {
        if let Some(shorter) = self.base.strip_suffix(suffix) {
            self.base = shorter.trim_end_matches('/').to_owned();
        }
        self
    }

    /// The URL of a request. `path` starts with `/`. `path` and `query` are percent-encoded, and are part of the URL
    /// byte for byte.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the URL library would change the path or the query.
    pub(in crate::huaweicloud) fn join(&self, path: &str, query: &str) -> Result<Url, Error> {
        let mut text = format!("{}{path}", self.base);
        if !query.is_empty() {
            text.push('?');
            text.push_str(query);
        }
        let invalid = || Error::new(ErrorKind::Config, format!("the path of a request cannot follow {self}"));
        let url = Url::parse(&text).map_err(|error| invalid().with_source(error))?;
        // `Url` resolves dots and encodes reserved characters. Encoded segments contain neither. This check makes sure
        // that no request reaches another resource.
        let cut_off = path.contains(['?', '#']) || query.contains('#');
        if url.as_str() == text && !cut_off { Ok(url) } else { Err(invalid()) }
    }
}

/// Whether the host is this computer. Does not resolve names.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.base)
    }
}
