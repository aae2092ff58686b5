//! What a fault does to a request that it hits.

use crate::message::{Answer, Body, Refusal};
use crate::reply::{Delivery, Reply};
use crate::verify::Denied;
use serde::{Deserialize, Deserializer, Serialize};

/// What happens to a request. Those of a gateway or a network before the service come before the
/// signature is checked, and nothing is changed; the others let the request be served first,
/// whatever comes of it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Effect {
    /// Served as usual. For rules that only delay.
    #[default]
    Pass,
    /// Before: this answer.
    Status(FaultResponse),
    /// Before: sent elsewhere.
    Redirect {
        /// 301, 302, 303, 307 or 308.
        #[serde(deserialize_with = "redirect_status")]
        status: u16,
        /// The `Location` header.
        location: String,
    },
    /// Before: refused with 401 as if its security token had expired, whether it sent one or not.
    ExpireToken,
    /// Before: the connection is reset (RST).
    ResetBefore,
    /// Before: the connection is closed in order (FIN), without an answer.
    CloseBefore,
    /// Before: no answer ever; the connection stays open until the client gives up.
    Hang,
    /// Served, then the connection is reset (RST) without an answer.
    ResetAfter,
    /// Served, then the connection is closed in order (FIN) without an answer.
    CloseAfter,
    /// Served; head and half of the body are sent, then the connection is closed. Of an answer
    /// without a body, half of the head.
    TruncatedResponse,
    /// Served; the head is sent at once, the body in pieces. An answer without one goes as usual.
    SlowBody {
        /// Milliseconds before each piece.
        ms: u64,
        /// Bytes of a piece. Default: 1.
        #[serde(default = "one")]
        bytes: usize,
    },
    /// Served; `Content-Length` is wrong, the body is whole, then the connection is closed.
    WrongLength {
        /// What is added to the true length; negative announces less than is sent, 0 at least.
        by: i64,
    },
    /// Served; the body is followed by spaces until it is so long. JSON stays JSON. An answer
    /// without a body goes as usual.
    HugeBody {
        /// Length of the body.
        bytes: u64,
    },
}

/// An answer instead of the service's.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FaultResponse {
    /// 200 to 599.
    #[serde(deserialize_with = "final_status")]
    pub status: u16,
    /// The error code in the body, and in the journal.
    #[serde(default)]
    pub code: String,
    /// The text in the body.
    #[serde(default)]
    pub message: String,
    /// The `Retry-After` header: seconds, a date, or nonsense.
    #[serde(default)]
    pub retry_after: Option<String>,
    /// Instead of the service's JSON with code and message.
    #[serde(default)]
    pub body: Option<RawBody>,
}

/// A body sent as it is: text, a proxy's HTML, JSON that breaks off, nothing.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RawBody {
    /// The `Content-Type` header. Default: none.
    #[serde(default)]
    pub content_type: Option<String>,
    /// The `Content-Encoding` header, regardless of the body. Default: none.
    #[serde(default)]
    pub content_encoding: Option<String>,
    /// The body; may be empty.
    pub text: String,
}

impl FaultResponse {
    /// An error in the service's shape.
    pub fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned(), retry_after: None, body: None }
    }

    /// Any body, for example `text/html` and a proxy's error page.
    pub fn raw(status: u16, content_type: &str, text: &str) -> Self {
        let body = RawBody { content_type: Some(content_type.to_owned()), text: text.to_owned(), ..RawBody::default() };
        Self { body: Some(body), ..Self::new(status, "", "") }
    }

    /// No body, and no `Content-Type`.
    pub fn empty(status: u16) -> Self {
        Self { body: Some(RawBody::default()), ..Self::new(status, "", "") }
    }

    /// Adds a `Content-Encoding` header to an answer with a raw body.
    #[must_use]
    pub fn content_encoding(mut self, coding: &str) -> Self {
        self.body.get_or_insert_default().content_encoding = Some(coding.to_owned());
        self
    }

    /// With a `Retry-After` header.
    #[must_use]
    pub fn retry_after(mut self, value: &str) -> Self {
        self.retry_after = Some(value.to_owned());
        self
    }

    fn answer(&self, request_id: &str) -> Answer {
        let refusal = Refusal::new(self.status, self.code.clone(), &self.message);
        let mut answer = refusal.with_header("retry-after", self.retry_after.clone()).answer(request_id);
        if let Some(RawBody { content_type, content_encoding, text }) = &self.body {
            answer.headers.extend(content_encoding.clone().map(|coding| ("content-encoding", coding)));
            answer.body = Body::Text { content_type: content_type.clone(), text: text.clone() };
        }
        answer
    }
}

/// What comes before the service.
pub(crate) enum Before {
    Nothing,
    Reply(Reply),
    Silence,
}

impl Effect {
    /// As it is called in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
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
        }
    }

    pub(crate) fn before(&self, request_id: &str) -> Before {
        Before::Reply(match self {
            Self::Status(answer) => Reply::of(answer.answer(request_id)),
            Self::Redirect { status, location } => {
                let mut answer = Answer::new(*status, Body::Empty);
                answer.headers.push(("location", location.clone()));
                Reply::of(answer)
            }
            Self::ExpireToken => Reply::of(Refusal::from(Denied::TokenExpired).answer(request_id)),
            Self::ResetBefore => Reply::none(Delivery::Reset),
            Self::CloseBefore => Reply::none(Delivery::Closed),
            Self::Hang => return Before::Silence,
            _ => return Before::Nothing,
        })
    }

    /// How the service's answer goes out, where it came to one.
    pub(crate) fn delivery(&self) -> Delivery {
        match self {
            Self::ResetAfter => Delivery::Reset,
            Self::CloseAfter => Delivery::Closed,
            Self::TruncatedResponse => Delivery::Half,
            Self::SlowBody { ms, bytes } => Delivery::Slow { milliseconds: *ms, bytes: *bytes },
            Self::WrongLength { by } => Delivery::WrongLength { by: *by },
            Self::HugeBody { bytes } => Delivery::Padded { bytes: *bytes },
            _ => Delivery::Whole,
        }
    }
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
    Err(serde::de::Error::custom(format!("this status is {allowed}, not {status}")))
}
