//! A request, complete except for the signature.

use reqwest::Method;
use serde::Serialize;
use url::Url;
use zeroize::Zeroizing;

use crate::huaweicloud::endpoint::Endpoint;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::ids::ProjectId;
use crate::huaweicloud::redact::Redactor;
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::signing::{encode_query, encode_segment};

/// A request. Its URL is signed and sent unchanged. Does not implement `Debug`, because bodies, headers and even names
/// in the path may contain secrets.
pub(in crate::huaweicloud) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) project_id: Option<ProjectId>,
    /// Additional headers, with names in lower case.
    pub(super) headers: Vec<(&'static str, Secret)>,
    /// JSON. `None`: no body and no content type.
    pub(super) body: Option<Zeroizing<Vec<u8>>>,
    /// The secrets of the request besides the credentials that sign it.
    pub(super) secrets: Vec<Secret>,
    /// Bypasses every proxy.
    pub(super) direct: bool,
    /// Safe to send again.
    pub(in crate::huaweicloud) idempotent: bool,
}

impl Request {
    /// A request without a body. `segments` of the path and `query` are not yet encoded; `query` has any order.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: a segment cannot be part of a path.
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

    /// Sets whether the request is safe to send again. By default, only GET requests are.
    pub(in crate::huaweicloud) fn with_idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Adds a JSON body.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the value cannot be written as JSON.
    pub(in crate::huaweicloud) fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|error| {
            Error::new(ErrorKind::Config, "the request cannot be written as JSON").with_source(error)
        })?;
        self.body = Some(Zeroizing::new(body));
        Ok(self)
    }

    /// Adds a header, with its name in lower case. It is signed if the request is.
    pub(in crate::huaweicloud) fn header(mut self, name: &'static str, value: impl Into<Secret>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a secret of the body or headers, which errors must not show.
    pub(in crate::huaweicloud) fn secret(mut self, secret: &Secret) -> Self {
        self.secrets.push(secret.clone());
        self
    }

    /// Bypasses every proxy: for link-local addresses.
    pub(in crate::huaweicloud) fn direct(mut self) -> Self {
        self.direct = true;
        self
    }

    /// Method and URL without the query, for messages.
    pub(in crate::huaweicloud) fn describe(&self, redactor: &Redactor) -> String {
        format!("{} {}{}", self.method, self.url.authority(), redactor.redact_name(self.url.path()))
    }

    /// The value of `Host` as the HTTP library would write it: without the default port of the scheme.
    pub(super) fn host(&self) -> &str {
        self.url.authority()
    }
}
