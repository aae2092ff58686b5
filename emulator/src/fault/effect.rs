//! The effect of a fault on a request.

use serde::{Deserialize, Deserializer, Serialize};

use crate::delivery::{Delivery, Outcome};
use crate::message::{ApiError, Body, Response};
use crate::signature::AuthError;
use crate::state::TaskStatus;

/// What happens to a request.
///
/// The effects before the service imitate a gateway or a network in front of it: they come before the signature is
/// checked, and nothing is changed. The other effects apply after the request was served, even if it was refused.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Effect {
    /// The request is served as usual. For rules that only delay.
    #[default]
    Pass,
    /// The request is served as usual, but [`Emulator::hold`](crate::Emulator::hold) holds it as it holds resets.
    Hold,
    /// Before the service: this response is sent.
    Status(FaultResponse),
    /// Before the service: a redirect is sent.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        #[serde(deserialize_with = "redirect_status")]
        status: u16,
        /// The `Location` header.
        location: String,
    },
    /// Before the service: the request is refused with 401 as if its security token had expired.
    ExpireToken,
    /// Before the service: the connection is reset (RST).
    ResetBefore,
    /// Before the service: the connection is closed (FIN) without a response.
    CloseBefore,
    /// Before the service: no response is sent; the connection stays open until the client gives up.
    Hang,
    /// After the service: the connection is reset (RST) without a response.
    ResetAfter,
    /// After the service: the connection is closed (FIN) without a response.
    CloseAfter,
    /// After the service: the head and half of the body are sent, then the connection is closed. If the response
    /// has no body, half of the head is sent.
    TruncatedResponse,
    /// After the service: the head is sent at once, the body in chunks. Does not change a response without a body.
    SlowBody {
        /// Milliseconds before each chunk.
        ms: u64,
        /// Bytes of a chunk. Default: 1.
        #[serde(default = "one")]
        bytes: usize,
    },
    /// After the service: `Content-Length` is wrong, the body is complete, then the connection is closed.
    WrongLength {
        /// Added to the true length, and can be negative. The announced length is at least 0.
        by: i64,
    },
    /// After the service: the body is padded with spaces, so that JSON stays valid. Does not change a response without
    /// a body.
    HugeBody {
        /// The length of the padded body.
        bytes: u64,
    },
    /// After the service: another task appears in the instance of the request. It has the name of the task of a reset
    /// of every topic, but belongs to no reset, and its status does not change.
    UnrelatedTask {
        /// Default: `FAILED`.
        #[serde(default = "failed")]
        status: TaskStatus,
    },
}

/// A response that replaces the one of the service.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FaultResponse {
    /// 200 to 599.
    #[serde(deserialize_with = "final_status")]
    pub status: u16,
    /// The error code in the body and in the journal.
    #[serde(default)]
    pub code: String,
    /// The error message in the body.
    #[serde(default)]
    pub message: String,
    /// The `Retry-After` header: seconds, a date, or an invalid value.
    #[serde(default)]
    pub retry_after: Option<String>,
    /// Sent instead of the JSON of the service with code and message.
    #[serde(default)]
    pub body: Option<RawBody>,
}

/// A body that is sent unchanged, such as plain text, an HTML page, truncated JSON, or nothing.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RawBody {
    /// The `Content-Type` header. Default: none.
    #[serde(default)]
    pub content_type: Option<String>,
    /// The `Content-Encoding` header, whatever the body contains. Default: none.
    #[serde(default)]
    pub content_encoding: Option<String>,
    /// The body; can be empty.
    pub text: String,
}

impl FaultResponse {
    /// An error in the format of the service.
    pub fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned(), retry_after: None, body: None }
    }

    /// A response with any body, for example `text/html` and the error page of a proxy.
    pub fn raw(status: u16, content_type: &str, text: &str) -> Self {
        let body = RawBody { content_type: Some(content_type.to_owned()), text: text.to_owned(), ..RawBody::default() };
        Self { body: Some(body), ..Self::new(status, "", "") }
    }

    /// A response without a body and without `Content-Type`.
    ///
    /// With 204 for a reset, it is the response to a successful reset, but the offsets do not change.
    pub fn empty(status: u16) -> Self {
        Self { body: Some(RawBody::default()), ..Self::new(status, "", "") }
    }

    /// Adds a `Content-Encoding` header to a response with a raw body.
    #[must_use]
    pub fn content_encoding(mut self, coding: &str) -> Self {
        self.body.get_or_insert_default().content_encoding = Some(coding.to_owned());
        self
    }

    /// Adds a `Retry-After` header.
    #[must_use]
    pub fn retry_after(mut self, value: &str) -> Self {
        self.retry_after = Some(value.to_owned());
        self
    }

    fn to_response(&self, request_id: &str) -> Response {
        let error = ApiError::verbatim(self.status, self.code.clone(), &self.message);
        let mut response = error.with_header("retry-after", self.retry_after.clone()).into_response(request_id);
        if let Some(RawBody { content_type, content_encoding, text }) = &self.body {
            response.headers.extend(content_encoding.clone().map(|coding| ("content-encoding", coding)));
            response.body = Body::Text { content_type: content_type.clone(), text: text.clone() };
        }
        response
    }
}

/// What an effect does before the service sees the request.
pub(crate) enum Interception {
    End(Outcome),
    Hang,
}

impl Effect {
    /// The name of the effect in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Hold => "hold",
            Self::Status(_) => "status",
            Self::Redirect { .. } => "redirect",
            Self::ExpireToken => "expire_token",
            Self::ResetBefore => "reset_before",
            Self::CloseBefore => "close_before",
            Self::Hang => "hang",
            Self::ResetAfter => "reset_after",
            Self::CloseAfter => "close_after",
            Self::TruncatedResponse => "truncated_response",
            Self::SlowBody { .. } => "slow_body",
            Self::WrongLength { .. } => "wrong_length",
            Self::HugeBody { .. } => "huge_body",
            Self::UnrelatedTask { .. } => "unrelated_task",
        }
    }

    /// `None` if the service serves the request.
    pub(crate) fn intercept(&self, request_id: &str) -> Option<Interception> {
        let outcome = match self {
            Self::Status(response) => Outcome::response(response.to_response(request_id)),
            Self::Redirect { status, location } => {
                let mut response = Response::new(*status, Body::Empty);
                response.headers.push(("location", location.clone()));
                Outcome::response(response)
            }
            Self::ExpireToken => Outcome::response(ApiError::from(AuthError::TokenExpired).into_response(request_id)),
            Self::ResetBefore => Outcome::no_response(Delivery::Reset),
            Self::CloseBefore => Outcome::no_response(Delivery::Close),
            Self::Hang => return Some(Interception::Hang),
            _ => return None,
        };
        Some(Interception::End(outcome))
    }

    /// How the response of the service is sent.
    pub(crate) fn delivery(&self) -> Delivery {
        match self {
            Self::ResetAfter => Delivery::Reset,
            Self::CloseAfter => Delivery::Close,
            Self::TruncatedResponse => Delivery::Truncated,
            Self::SlowBody { ms, bytes } => Delivery::Slow { milliseconds: *ms, bytes: *bytes },
            Self::WrongLength { by } => Delivery::WrongLength { by: *by },
            Self::HugeBody { bytes } => Delivery::Padded { bytes: *bytes },
            _ => Delivery::Normal,
        }
    }
}

fn failed() -> TaskStatus {
    TaskStatus::Failed
}

fn one() -> usize {
    1
}

fn final_status<'de, D: Deserializer<'de>>(value: D) -> Result<u16, D::Error> {
    status_where(value, "200 to 599", |status| (200..=599).contains(&status))
}

fn redirect_status<'de, D: Deserializer<'de>>(value: D) -> Result<u16, D::Error> {
    status_where(value, "301, 302, 303, 307 or 308", |status| matches!(status, 301..=303 | 307 | 308))
}

fn status_where<'de, D: Deserializer<'de>>(
    value: D,
    allowed: &str,
    is_allowed: impl Fn(u16) -> bool,
) -> Result<u16, D::Error> {
    let status = u16::deserialize(value)?;
    if is_allowed(status) {
        return Ok(status);
    }
    Err(serde::de::Error::custom(format!("the status must be {allowed}, not {status}")))
}
