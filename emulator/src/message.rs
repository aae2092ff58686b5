//! Requests as received, responses before they are sent, and errors in the formats of the services.

use std::borrow::Cow;

use http_body_util::combinators::UnsyncBoxBody;
use hyper::StatusCode;
use hyper::body::Bytes;
use serde_json::{Value, json};

use crate::published_text::published_text;

/// A request in which nothing is decoded: path and query are the bytes of the request line.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Percent-encoded, without the query.
    pub(crate) path: String,
    /// Percent-encoded, without the `?`.
    pub(crate) query: Option<String>,
    /// Names in lower case, in the order received.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// The number of the connection, counted from 1.
    pub(crate) connection: u64,
}

impl Request {
    /// The value of the header without surrounding white space, if the request has the header exactly once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(sent, _)| sent == name);
        let (_, value) = values.next()?;
        values.next().is_none().then(|| value.trim())
    }
}

/// A response before it is sent.
pub(crate) struct Response {
    pub(crate) status: u16,
    /// In addition to the headers that all responses have.
    pub(crate) headers: Headers,
    pub(crate) body: Body,
    /// The error code of the service, if the response is an error.
    pub(crate) error_code: Option<Cow<'static, str>>,
    /// The request changed something that a test may want to see in the journal.
    pub(crate) side_effect: bool,
}

pub(crate) type Headers = Vec<(&'static str, String)>;

/// The body of a response.
pub(crate) enum Body {
    /// No body and no `Content-Type`.
    Empty,
    Json(Value),
    /// Long JSON, sent in pieces. Only a control route returns it, so no fault changes how it is sent.
    Streamed(UnsyncBoxBody<Bytes, serde_json::Error>),
    /// Any text, sent unchanged.
    Text {
        /// `None`: no such header.
        content_type: Option<String>,
        text: String,
    },
}

impl Body {
    pub(crate) fn content_type(&self) -> Option<&str> {
        match self {
            Self::Empty => None,
            Self::Json(_) | Self::Streamed(_) => Some("application/json"),
            Self::Text { content_type, .. } => content_type.as_deref(),
        }
    }

    /// The whole body. Empty for a streamed one.
    pub(crate) fn bytes(self) -> Bytes {
        match self {
            Self::Empty | Self::Streamed(_) => Bytes::new(),
            Self::Json(value) => Bytes::from(value.to_string()),
            Self::Text { text, .. } => Bytes::from(text),
        }
    }
}

impl Response {
    pub(crate) fn ok(body: Value) -> Self {
        Self::new(200, Body::Json(body))
    }

    pub(crate) fn no_content() -> Self {
        Self::new(204, Body::Empty)
    }

    pub(crate) fn new(status: u16, body: Body) -> Self {
        Self { status, headers: Headers::new(), body, error_code: None, side_effect: false }
    }

    /// Reports whether the request changed something.
    pub(crate) fn with_side_effect(self, side_effect: bool) -> Self {
        Self { side_effect, ..self }
    }
}

/// An error that becomes a response in the format of a service.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) headers: Headers,
    pub(crate) format: ErrorFormat,
}

/// The format of an error in the body of a response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ErrorFormat {
    /// `error_code`, `error_msg` and `request_id`: the gateway, DMS, and the newer calls of IAM.
    Service,
    /// `code`, `message` and `title` in an object `error`: the older calls of IAM.
    Iam,
    /// The message as text, without a code.
    Text,
}

impl ApiError {
    /// An error whose message is the published text of the code, if there is one, followed by the detail.
    pub(crate) fn new(status: u16, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        let (code, detail) = (code.into(), detail.into());
        let message = match published_text(status, &code) {
            Some(text) if detail.is_empty() => text.to_owned(),
            Some(text) => format!("{text} {detail}"),
            None => detail,
        };
        Self { message, ..Self::verbatim(status, code, "") }
    }

    /// An error with exactly this message.
    pub(crate) fn verbatim(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        Self { status, code, message, headers: Headers::new(), format: ErrorFormat::Service }
    }

    /// Adds a header if it has a value.
    pub(crate) fn with_header(mut self, name: &'static str, value: Option<String>) -> Self {
        self.headers.extend(value.map(|value| (name, value)));
        self
    }

    pub(crate) fn into_response(self, request_id: &str) -> Response {
        let body = match self.format {
            ErrorFormat::Service => Body::Json(json!({
                "error_code": self.code,
                "error_msg": self.message,
                "request_id": request_id,
            })),
            ErrorFormat::Iam => {
                let title = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
                Body::Json(json!({"error": {"code": self.code, "message": self.message, "title": title}}))
            }
            ErrorFormat::Text => Body::Text { content_type: Some("text/plain".to_owned()), text: self.message },
        };
        let error_code = Some(self.code).filter(|code| !code.is_empty());
        Response { headers: self.headers, error_code, ..Response::new(self.status, body) }
    }
}
