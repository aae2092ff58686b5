//! What to ask: one request, complete but for the signature.

use std::fmt;

use reqwest::Method;
use serde::Serialize;
use url::Url;
use zeroize::Zeroizing;

use crate::huaweicloud::credentials::Secret;
use crate::huaweicloud::endpoint::Endpoint;
use crate::huaweicloud::error::{Error, ErrorKind, Redactor};
use crate::huaweicloud::iam::ProjectId;
use crate::huaweicloud::signing::{encode_query, encode_segment};

/// A request. Its address is exactly what will be signed and sent.
///
/// `Debug` shows method and host: bodies, headers and even names in the path may hold secrets.
pub(in crate::huaweicloud) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) project_id: Option<ProjectId>,
    /// Further headers, names in lower case.
    pub(super) headers: Vec<(&'static str, Secret)>,
    /// JSON. `None`: no body and no content type.
    pub(super) body: Option<Zeroizing<Vec<u8>>>,
    /// What an answer must not be quoted with, besides the keys.
    pub(super) secrets: Vec<Secret>,
    /// Never through a proxy.
    pub(super) direct: bool,
    /// Doing it twice does what doing it once does.
    pub(super) idempotent: bool,
}

impl Request {
    /// A request without a body to the path made of `segments` (not yet encoded) and the query made
    /// of `query` (not yet encoded, in any order).
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: a segment that no path can hold.
    pub(in crate::huaweicloud) fn new(
        method: Method,
        endpoint: &Endpoint,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Self, Error> {
        let mut path = String::new();
        for segment in segments {
            path.push('/');
            path.push_str(&encode_segment(segment).map_err(|error| {
                Error::new(ErrorKind::Config, format!("{segment:?} cannot be part of a path")).with_source(error)
            })?);
        }
        let idempotent = method == Method::GET;
        Ok(Self {
            method,
            url: endpoint.join(&path, &encode_query(query))?,
            project_id: None,
            headers: Vec::new(),
            body: None,
            secrets: Vec::new(),
            direct: false,
            idempotent,
        })
    }

    /// Adds the project, sent and signed as `X-Project-Id`.
    pub(in crate::huaweicloud) fn project(mut self, id: &ProjectId) -> Self {
        self.project_id = Some(id.clone());
        self
    }

    /// Says that doing it twice does what doing it once does, as it is for every read.
    pub(in crate::huaweicloud) fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Adds a JSON body.
    pub(in crate::huaweicloud) fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|error| {
            Error::new(ErrorKind::Config, "the request cannot be written as JSON").with_source(error)
        })?;
        self.body = Some(Zeroizing::new(body));
        Ok(self)
    }

    /// Adds a header (name in lower case). It is signed where the request is.
    pub(in crate::huaweicloud) fn header(mut self, name: &'static str, value: impl Into<Secret>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Names a secret that body or headers hold, so that no error shows it.
    pub(in crate::huaweicloud) fn secret(mut self, secret: &Secret) -> Self {
        self.secrets.push(secret.clone());
        self
    }

    /// Never through a proxy: for addresses that mean this computer's own surroundings.
    pub(in crate::huaweicloud) fn direct(mut self) -> Self {
        self.direct = true;
        self
    }

    /// Method and address without the query, for messages.
    pub(in crate::huaweicloud) fn describe(&self, redactor: &Redactor) -> String {
        format!("{} {}{}", self.method, self.url.authority(), redactor.redact_name(self.url.path()))
    }

    /// The value of `Host`, as the HTTP library would write it: the port only when it is not the
    /// scheme's own.
    pub(super) fn host(&self) -> &str {
        self.url.authority()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.method, self.url.authority())
    }
}
