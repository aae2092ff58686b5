//! A request as it came over the wire, an answer before it goes out, a refusal.

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
    pub(crate) body: Option<Value>,
    /// The service's error code, if this is a refusal.
    pub(crate) error_code: Option<Cow<'static, str>>,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body), error_code: None }
    }

    pub(crate) fn no_content() -> Self {
        Self { status: 204, body: None, error_code: None }
    }
}

/// An error answer in the service's terms.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    pub(crate) fn answer(self, request_id: &str) -> Answer {
        let body = json!({
            "error_code": self.code,
            "error_msg": self.message,
            "request_id": request_id,
        });
        Answer { status: self.status, body: Some(body), error_code: Some(self.code) }
    }
}
