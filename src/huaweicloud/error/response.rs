//! What the service said, read from any of its error shapes and made fit to be shown.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::ErrorKind;
use super::redact::Redactor;
use super::shapes::Fields;
use super::text::{EXCERPT_LIMIT, MESSAGE_LIMIT};

/// Most characters of a code of the service itself. No secret of the cloud is this short.
const CODE_LIMIT: usize = 15;

/// An answer that reports an error by its status, or by its body despite a status of success. Holds nothing of the
/// request, and no secret even if the service quoted one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ErrorResponse {
    /// HTTP status.
    pub status: u16,
    /// The service's error code, such as `DMS.00404022`.
    pub code: Option<String>,
    /// The service's message, at most 4,000 characters.
    pub message: Option<String>,
    /// Identifies the request towards the service's support.
    pub request_id: Option<String>,
    /// The start of a body that is not a known error shape, at most 500 characters (4,000 of a
    /// 401, where it may be the service's canonical request).
    pub excerpt: Option<String>,
    /// The host that a redirect points at. Redirects are not followed.
    pub redirect_host: Option<String>,
    /// How long the service wants to be left alone (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// What the text says, read before it was redacted.
    pub(in crate::huaweicloud) meaning: Meaning,
}

/// What decides of a text that is else only shown.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::huaweicloud) struct Meaning {
    is_lock: bool,
    clock_skew: Option<ClockSkew>,
}

impl Meaning {
    fn read(text: &str) -> Self {
        let lower = text.to_ascii_lowercase();
        let times = || {
            Some(ClockSkew {
                signature_time: time_after(text, "signature time:")?,
                server_time: time_after(text, "server time:")?,
            })
        };
        Self {
            // The code is that of every refused signature, so the text decides: "AK access failed to reach the
            // limit,forbidden".
            is_lock: lower.contains("failed to reach the limit") || contains_word(&lower, "locked"),
            clock_skew: times(),
        }
    }
}

/// The two times in a message about an expired signature, as the service wrote them
/// (`YYYYMMDDTHHMMSSZ`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClockSkew {
    /// The time in the signature, by this computer's clock.
    pub signature_time: String,
    /// The time by the service's clock.
    pub server_time: String,
}

/// What is known of an answer before its body is looked at.
#[derive(Clone, Debug)]
pub(in crate::huaweicloud) struct ResponseHead {
    pub(in crate::huaweicloud) status: u16,
    pub(in crate::huaweicloud) request_id: Option<String>,
    pub(in crate::huaweicloud) redirect_host: Option<String>,
    pub(in crate::huaweicloud) retry_after: Option<Duration>,
    /// The compression of the body, which this client does not decode.
    pub(in crate::huaweicloud) coding: Option<String>,
}

impl ErrorResponse {
    /// Reads the start of a body; `redactor` knows what must not be repeated.
    pub(in crate::huaweicloud) fn read(head: ResponseHead, body: &[u8], redactor: &Redactor) -> Self {
        let parsed: Option<Value> = serde_json::from_slice(body).ok();
        let fields = parsed.as_ref().map(Fields::find).unwrap_or_default();
        let show = |text: String, limit| redactor.show(&text, limit);
        // JSON is serialized again, so that no escape hides a secret from `redactor`.
        let excerpt = (fields.message.is_none()).then(|| match (&parsed, &head.coding) {
            (Some(json), _) => json.to_string(),
            (None, Some(coding)) => format!("its body cannot be read, because it is compressed ({coding})"),
            (None, None) => String::from_utf8_lossy(body).into_owned(),
        });
        let meaning = fields.message.as_deref().or(excerpt.as_deref()).map(Meaning::read).unwrap_or_default();
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
            meaning,
        }
    }

    /// The error that a body reports despite a status of success. `None`: it reports none.
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
            meaning: message.as_deref().map(Meaning::read).unwrap_or_default(),
            message: message.map(|message| redactor.show(&message, MESSAGE_LIMIT)),
            request_id: request_id.map(str::to_owned).or(id_in_body).map(|id| redactor.show(&id, EXCERPT_LIMIT)),
            ..Self::default()
        })
    }

    /// The two clocks, when the message is about an expired signature.
    #[must_use]
    pub fn clock_skew(&self) -> Option<ClockSkew> {
        self.meaning.clock_skew.clone()
    }

    /// Whether an answer of this status says that nothing was done. These do not: a redirect that means "done, look
    /// there" (303) or "as it was" (304), and the words of a gateway that lost patience (408) or its client (460, 499).
    pub(super) fn is_refusal(&self) -> bool {
        (300..500).contains(&self.status) && !matches!(self.status, 303 | 304 | 408 | 460 | 499)
    }

    pub(super) fn kind(&self) -> ErrorKind {
        let code = self.code.as_deref().unwrap_or_default();
        match (self.status, code) {
            (429, _) | (_, "APIGW.0308" | "APIG.0308") => ErrorKind::Throttled,
            (401, _) if self.meaning.is_lock => ErrorKind::KeyLocked,
            (401, _) => ErrorKind::Credentials,
            (403, _) => ErrorKind::Forbidden,
            // The address itself is unknown, or something else than the service answers: a page of a gateway has no code.
            // That says nothing about what the address names.
            (404, "" | "APIGW.0101" | "APIG.0101" | "DMS.00404001") => ErrorKind::Refused,
            // "The consumer group does not exist" and "check that the topic exists" come as a 400.
            (404, _) | (200..=299 | 400, "DMS.111400864" | "DMS.00400975") => ErrorKind::NotFound,
            (200..=299, "DMS.00404022") => ErrorKind::NotFound,
            (408 | 500.., _) => ErrorKind::Unavailable,
            _ => ErrorKind::Refused,
        }
    }
}

impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the service answered {}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        if let Some(text) = self.message.as_ref().or(self.excerpt.as_ref()) {
            write!(f, ": {text}")?;
        }
        if let Some(host) = &self.redirect_host {
            write!(f, "; it points at {host}, and redirects are not followed")?;
        }
        if let Some(skew) = self.clock_skew() {
            write!(f, "; this computer's clock said {}, the service's {}", skew.signature_time, skew.server_time)?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request id {id})")?;
        }
        Ok(())
    }
}

/// A code in the service's own form, such as `DMS.00404022`, is shown unchanged: it cannot contain a secret by chance.
fn show_code(code: &str, redactor: &Redactor) -> String {
    let is_own = |(service, number): (&str, &str)| {
        service.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && code.len() <= CODE_LIMIT
    };
    if code.split_once('.').is_some_and(is_own) { code.to_owned() } else { redactor.show(code, EXCERPT_LIMIT) }
}

/// Whether `text` contains `word` as a whole word.
fn contains_word(text: &str, word: &str) -> bool {
    text.split(|it: char| !it.is_alphanumeric()).any(|it| it == word)
}

/// The `YYYYMMDDTHHMMSSZ` that follows `label`.
fn time_after(text: &str, label: &str) -> Option<String> {
    let (_, rest) = text.split_once(label)?;
    let time = rest.trim_start().get(..16)?;
    let sound = time.bytes().enumerate().all(|(at, byte)| match at {
        8 => byte == b'T',
        15 => byte == b'Z',
        _ => byte.is_ascii_digit(),
    });
    sound.then(|| time.to_owned())
}
