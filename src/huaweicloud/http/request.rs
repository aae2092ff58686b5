//! A request, complete except for the signature.

use std::borrow::Cow;

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
    /// The path of the URL as [`Segment::shown`].
    shown_path: String,
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

/// A segment of a path, not yet encoded.
///
/// A name can contain a secret of an earlier attempt, if a response quoted it. Only the name knows that, so it also
/// provides the text to show.
pub(in crate::huaweicloud) trait Segment: Sync {
    /// The text to send.
    fn sent(&self) -> &str;
    /// The text for messages, without secrets. Not sanitized.
    fn shown(&self) -> &str {
        self.sent()
    }
}

impl Segment for str {
    fn sent(&self) -> &str {
        self
    }
}

impl Segment for String {
    fn sent(&self) -> &str {
        self
    }
}

impl<T: Segment + ?Sized> Segment for &T {
    fn sent(&self) -> &str {
        (**self).sent()
    }

    fn shown(&self) -> &str {
        (**self).shown()
    }
}

impl Request {
    /// A request without a body. `segments` of the path and `query` are not yet encoded; `query` has any order.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: a segment cannot be part of a path.
    pub(in crate::huaweicloud) fn new(
        method: Method,
        endpoint: &Endpoint,
        segments: &[impl Segment],
        query: &[(&str, &str)],
    ) -> Result<Self, Error> {
        let (mut path, mut shown) = (String::new(), String::new());
        for segment in segments {
            let encoded = encode_segment(segment.sent()).map_err(|error| {
                let message = format!("{:?} cannot be part of a path", segment.shown());
                Error::new(ErrorKind::Config, message).with_source(error)
            })?;
            path.extend(["/", &encoded]);
            shown.extend(["/", if segment.shown() == segment.sent() { &encoded } else { segment.shown() }]);
        }
        let url = endpoint.join(&path, &encode_query(query))?;
        let shown_path = format!("{}{shown}", url.path().strip_suffix(&path).unwrap_or_default());
        let idempotent = method == Method::GET;
        Ok(Self {
            method,
            url,
            shown_path,
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
        format!("{} {}{}", self.method, self.url.authority(), self.shown_path(redactor))
    }

    /// The path, for messages.
    pub(super) fn shown_path(&self, redactor: &Redactor) -> Cow<'_, str> {
        redactor.redact_name(&self.shown_path)
    }

    /// The value of `Host` as the HTTP library would write it: without the default port of the scheme.
    pub(super) fn host(&self) -> &str {
        self.url.authority()
    }
}
