//! One checked base address, and how a request's path is put behind it.

use std::fmt;

use url::{Host, Url};

use crate::huaweicloud::error::{Error, ErrorKind};

/// An `http` or `https` address without user, query or fragment. Its path, if any, is a prefix
/// without `/` at the end.
#[derive(Clone, Eq, PartialEq)]
pub struct Endpoint {
    /// Always parses; kept as text because `Url` would add a `/`.
    base: String,
}

impl Endpoint {
    /// Reads an address; `setting` names it in errors. Without a scheme it gets `https://`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: empty; not an address; has a user, a query or a fragment; a scheme
    /// other than `http` and `https`; `http` towards another computer without `insecure`.
    pub(super) fn parse(setting: &str, text: &str, insecure: bool) -> Result<Self, Error> {
        // The text is not quoted: it may hold a password, which is what one of the errors is about.
        let wrong = |what: &str| Error::new(ErrorKind::Config, format!("{setting}: {what}"));
        let text = text.trim();
        if text.is_empty() {
            return Err(wrong("the address is empty"));
        }
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&with_scheme).map_err(|error| wrong("the address cannot be read").with_source(error))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("the address must not hold a user or a password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("the address must not hold a query or a fragment"));
        }
        match url.scheme() {
            "https" => {}
            "http" if insecure || is_loopback(&url) => {}
            "http" => {
                return Err(wrong(
                    "plain http is for this computer (localhost, 127.0.0.0/8, ::1) only; use https, or set `insecure`",
                ));
            }
            _ => return Err(wrong("the scheme must be https or http")),
        }
        Ok(Self { base: url.as_str().trim_end_matches('/').to_owned() })
    }

    /// An address that is nobody's setting, where plain `http` is usual.
    pub(in crate::huaweicloud) fn link_local(name: &str, text: &str) -> Result<Self, Error> {
        Self::parse(name, text, true)
    }

    /// The address without `suffix` at the end of its path, if it is there.
    pub(super) fn without_suffix(mut self, suffix: &str) -> Self {
        if let Some(shorter) = self.base.strip_suffix(suffix) {
            self.base = shorter.trim_end_matches('/').to_owned();
        }
        self
    }

    /// The whole address of a request. `path` starts with `/`; `path` and `query` are
    /// percent-encoded, and arrive in the result byte for byte.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the URL library would send another path or query than asked for.
    pub(in crate::huaweicloud) fn join(&self, path: &str, query: &str) -> Result<Url, Error> {
        let mut text = format!("{}{path}", self.base);
        if !query.is_empty() {
            text.push('?');
            text.push_str(query);
        }
        let wrong = || Error::new(ErrorKind::Config, format!("{text:?} is not an address"));
        let url = Url::parse(&text).map_err(|error| wrong().with_source(error))?;
        // `Url` resolves dots and encodes stray characters. Encoded segments have neither, but a
        // request to another resource than the one meant is worth a second look.
        let cut_off = path.contains(['?', '#']) || query.contains('#');
        if url.as_str() == text && !cut_off { Ok(url) } else { Err(wrong()) }
    }
}

/// Whether the host is this computer, without asking the name service.
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
