//! A response that reports an error, read from any of the services' error shapes, redacted and bounded.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::codes::{ClockSkew, ErrorCode, is_key_locked};
use super::kind::ErrorKind;
use super::shapes::Fields;
use crate::huaweicloud::redact::Redactor;
use crate::huaweicloud::text::{EXCERPT_LIMIT, MESSAGE_LIMIT};

/// Most characters of a code in the services' own form. No secret of the cloud is this short.
const CODE_LIMIT: usize = 15;

/// A response that reports an error by its status, or in its body despite a success status. Contains nothing of the
/// request, and no secret even if the service quoted one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ErrorResponse {
    /// HTTP status.
    pub status: u16,
    /// The service's error code, such as `DMS.00404022`.
    pub code: Option<String>,
    /// The service's message, at most 4,000 characters.
    pub message: Option<String>,
    /// The id by which the service's support finds the request.
    pub request_id: Option<String>,
    /// The start of a body that is not a known error shape, at most 500 characters (4,000 of a 401, which may quote the
    /// service's canonical request).
    pub excerpt: Option<String>,
    /// The target host of a redirect. Redirects are not followed.
    pub redirect_host: Option<String>,
    /// How long the service asks clients to wait (`Retry-After`).
    pub retry_after: Option<Duration>,
    pub(in crate::huaweicloud) facts: MessageFacts,
}

/// Facts in the message, read before it was redacted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::huaweicloud) struct MessageFacts {
    is_key_locked: bool,
    clock_skew: Option<ClockSkew>,
}

impl MessageFacts {
    fn read(text: &str) -> Self {
        Self { is_key_locked: is_key_locked(text), clock_skew: ClockSkew::find(text) }
    }
}

/// The part of a response that is known before its body is read.
#[derive(Clone, Debug)]
pub(in crate::huaweicloud) struct ResponseHead {
    pub(in crate::huaweicloud) status: u16,
    pub(in crate::huaweicloud) request_id: Option<String>,
    pub(in crate::huaweicloud) redirect_host: Option<String>,
    pub(in crate::huaweicloud) retry_after: Option<Duration>,
    /// The compression of the body, which this client does not decode.
    pub(in crate::huaweicloud) content_encoding: Option<String>,
}

impl ErrorResponse {
    /// Reads the start of a body.
    pub(in crate::huaweicloud) fn read(head: ResponseHead, body: &[u8], redactor: &Redactor) -> Self {
        let parsed: Option<Value> = serde_json::from_slice(body).ok();
        let fields = parsed.as_ref().map(Fields::find).unwrap_or_default();
        let show = |text: String, limit| redactor.show(&text, limit);
        // JSON is serialized again, so that no escape hides a secret from `redactor`.
        let excerpt = (fields.message.is_none()).then(|| match (&parsed, &head.content_encoding) {
            (Some(json), _) => json.to_string(),
            (None, Some(coding)) => format!("its body cannot be read, because it is compressed ({coding})"),
            (None, None) => String::from_utf8_lossy(body).into_owned(),
        });
        let facts = fields.message.as_deref().or(excerpt.as_deref()).map(MessageFacts::read).unwrap_or_default();
        let excerpt = excerpt
            .map(|text| {
                let limit = if head.status == 401 { MESSAGE_LIMIT } else { EXCERPT_LIMIT };
                show(text, limit)
            })
            .filter(|text| !text.is_empty());
        Self {
            status: head.status,
            code: fields.code.map(|code| show_code(&code, redactor)),
            message: fields.message.map(|message| show(message, MESSAGE_LIMIT)),
            request_id: head.request_id.or(fields.request_id).map(|id| show(id, EXCERPT_LIMIT)),
            excerpt,
            redirect_host: head.redirect_host.map(|host| show(host, EXCERPT_LIMIT)),
            retry_after: head.retry_after,
            facts,
        }
    }

    /// The error that a body reports despite a success status.
    pub(in crate::huaweicloud) fn in_success(
        status: u16,
        request_id: Option<&str>,
        body: &[u8],
        redactor: &Redactor,
    ) -> Option<Self> {
        let Fields { code, message, request_id: id_in_body } = Fields::find_in_success(body)?;
        Some(Self {
            status,
            code: code.map(|code| show_code(&code, redactor)),
            facts: message.as_deref().map(MessageFacts::read).unwrap_or_default(),
            message: message.map(|message| redactor.show(&message, MESSAGE_LIMIT)),
            request_id: request_id.map(str::to_owned).or(id_in_body).map(|id| redactor.show(&id, EXCERPT_LIMIT)),
            ..Self::default()
        })
    }

    /// The two clocks, if the message is about an expired signature.
    #[must_use]
    pub fn clock_skew(&self) -> Option<&ClockSkew> {
        self.facts.clock_skew.as_ref()
    }

    /// The meaning of the code, if this layer knows it.
    pub(super) fn error_code(&self) -> Option<ErrorCode> {
        ErrorCode::parse(self.code.as_deref()?)
    }

    /// Whether this status means that the service did not carry out the request. Not certain: a redirect after a
    /// success (303, 304), and statuses with which a gateway reports its own timeout (408) or a closed connection (460,
    /// 499).
    pub(super) fn is_rejection(&self) -> bool {
        (300..500).contains(&self.status) && !matches!(self.status, 303 | 304 | 408 | 460 | 499)
    }

    pub(super) fn kind(&self) -> ErrorKind {
        match (self.status, self.error_code()) {
            (429, _) | (_, Some(ErrorCode::Throttled)) => ErrorKind::Throttled,
            (401, _) if self.facts.is_key_locked => ErrorKind::KeyLocked,
            (401, _) => ErrorKind::Credentials,
            (403, _) => ErrorKind::Forbidden,
            // Says nothing about the object: the URL is unknown, or a proxy responded, whose pages have no code.
            (404, Some(ErrorCode::UnknownUrl)) => ErrorKind::Refused,
            (404, _) if self.code.as_ref().is_none_or(String::is_empty) => ErrorKind::Refused,
            (404, _) | (200..=299 | 400, Some(ErrorCode::GroupNotFound | ErrorCode::TopicNotFound)) => {
                ErrorKind::NotFound
            }
            (200..=299, Some(ErrorCode::InstanceNotFound)) => ErrorKind::NotFound,
            (408 | 500.., _) => ErrorKind::Unavailable,
            _ => ErrorKind::Refused,
        }
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service responded with {}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if let Some(text) = self.message.as_ref().or(self.excerpt.as_ref()) {
            write!(f, ": {text}")?;
        }
        if let Some(host) = &self.redirect_host {
            write!(f, "; it redirects to {host}, and redirects are not followed")?;
        }
        if let Some(skew) = self.clock_skew() {
            write!(
                f,
                "; the time is {} by this computer's clock and {} by the service's",
                skew.signature_time, skew.server_time
            )?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request id {id})")?;
        }
        Ok(())
    }
}

/// A code in the services' own form, such as `DMS.00404022`, is shown unchanged: it cannot contain a secret by chance.
fn show_code(code: &str, redactor: &Redactor) -> String {
    let has_own_form = |(service, number): (&str, &str)| {
        service.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && code.len() <= CODE_LIMIT
    };
    if code.split_once('.').is_some_and(has_own_form) { code.to_owned() } else { redactor.show(code, EXCERPT_LIMIT) }
}
