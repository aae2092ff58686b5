//! A request as it came over the wire, an answer before it goes out, a refusal.

use hyper::StatusCode;
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::borrow::Cow;

/// A request with nothing decoded: path and query are the bytes of the request line.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Percent-encoded, without the query.
    pub(crate) path: String,
    /// Percent-encoded, without the `?`.
    pub(crate) query: Option<String>,
    /// Names in lower case, in the order sent.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
    /// Counts the connections of this emulator from 1.
    pub(crate) connection: u64,
}

impl Request {
    /// The header's value without white space around it, if it was sent exactly once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(sent, _)| sent == name);
        let (_, value) = values.next()?;
        values.next().is_none().then(|| value.trim())
    }
}

/// What goes back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Besides those that every answer has.
    pub(crate) headers: Headers,
    pub(crate) body: Body,
    /// The service's error code, if this is a refusal.
    pub(crate) error_code: Option<Cow<'static, str>>,
}

pub(crate) type Headers = Vec<(&'static str, String)>;

/// The body of an answer.
pub(crate) enum Body {
    /// None, and no `Content-Type` either.
    Empty,
    Json(Value),
    /// Any text, sent as it is.
    Text {
        /// None: no such header.
        content_type: Option<String>,
        text: String,
    },
}

impl Body {
    pub(crate) fn content_type(&self) -> Option<&str> {
        match self {
            Self::Empty => None,
            Self::Json(_) => Some("application/json"),
            Self::Text { content_type, .. } => content_type.as_deref(),
        }
    }

    pub(crate) fn bytes(self) -> Bytes {
        match self {
            Self::Empty => Bytes::new(),
            Self::Json(value) => Bytes::from(value.to_string()),
            Self::Text { text, .. } => Bytes::from(text),
        }
    }
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self::new(200, Body::Json(body))
    }

    pub(crate) fn no_content() -> Self {
        Self::new(204, Body::Empty)
    }

    pub(crate) fn new(status: u16, body: Body) -> Self {
        Self { status, headers: Headers::new(), body, error_code: None }
    }
}

/// An error answer in the service's terms.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) headers: Headers,
    pub(crate) shape: Shape,
}

/// How an error is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Shape {
    /// `error_code`, `error_msg` and `request_id`: the gateway, DMS, the newer calls of IAM.
    Service,
    /// `code`, `message` and `title` inside of `error`: the older calls of IAM.
    Iam,
    /// The message as text, without a code.
    Text,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), headers: Headers::new(), shape: Shape::Service }
    }

    /// With another header, where there is a value for it.
    pub(crate) fn with_header(mut self, name: &'static str, value: Option<String>) -> Self {
        self.headers.extend(value.map(|value| (name, value)));
        self
    }

    pub(crate) fn answer(self, request_id: &str) -> Answer {
        let body = match self.shape {
            Shape::Service => Body::Json(json!({
                "error_code": self.code,
                "error_msg": self.message,
                "request_id": request_id,
            })),
            Shape::Iam => {
                let title = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
                Body::Json(json!({"error": {"code": self.code, "message": self.message, "title": title}}))
            }
            Shape::Text => Body::Text { content_type: Some("text/plain".to_owned()), text: self.message },
        };
        let error_code = Some(self.code).filter(|code| !code.is_empty());
        Answer { status: self.status, headers: self.headers, body, error_code }
    }
}
