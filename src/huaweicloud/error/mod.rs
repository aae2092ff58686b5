//! The one error of this layer: what the caller can do, what the service said, and whether the
//! service can have seen the request.
//!
//! An error never holds request headers or secrets. `Display` leaves out the cause, which is the
//! error's `source`; [`Error::report`] prints both.

use std::fmt;

mod redact;
mod response;
mod shapes;
#[cfg(test)]
mod tests;
mod text;

pub(super) use redact::Redactor;
pub(super) use response::ResponseHead;
pub use response::{ClockSkew, ErrorResponse};
pub(super) use text::{EXCERPT_LIMIT, MESSAGE_LIMIT, quoted, safe};

/// The cause of an error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Chosen by what the caller can do about it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is missing or impossible. Correct it.
    Config,
    /// There are no usable keys, or the service does not accept them (401). Correct the keys or
    /// the clock. Never repeat it as it is: a few failures in a row lock the access key.
    Credentials,
    /// The service has locked the access key for five minutes, after several failures in a row (401). Wait; requests
    /// with correct keys are refused as well.
    KeyLocked,
    /// Keys could not be had: an identity service refused the role or the token, or answered in a way that this client
    /// does not know. Correct the role, or who may take it on.
    SignIn,
    /// The keys are good but may not do this (403). Ask for the permission.
    Forbidden,
    /// What the request names does not exist. Correct the name.
    NotFound,
    /// Too many requests. RetryNotice, then repeat.
    Throttled,
    /// The service has trouble of its own (5xx, 408). Repeat later.
    Unavailable,
    /// The service refuses the request as it is, for any other reason. Its message says why.
    Refused,
    /// No connection came about. Check the network, the proxy and the endpoint.
    Connect,
    /// The connection broke before the answer was complete.
    Interrupted,
    /// No complete answer came in time.
    Timeout,
    /// The answer is not one that this client knows. The service may well have done its part.
    Decode,
}

impl ErrorKind {
    /// Whether an answer of this kind means that further requests with the same credentials will fail.
    pub(super) fn is_refusal_of_keys(self) -> bool {
        matches!(self, Self::Credentials | Self::KeyLocked)
    }
}

/// Whether the service can have seen, and so acted on, the request.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Delivery {
    /// No byte of the request left for the service.
    NotSent,
    /// Some of the request may have arrived, and no answer came.
    Unknown,
    /// The service, or something in front of it, answered.
    Responded,
}

/// Why something did not work.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    answer: Option<Box<ErrorResponse>>,
    delivery: Delivery,
    source: Option<BoxError>,
    /// It will be the same when it is tried again.
    permanent: bool,
    /// An earlier attempt at the same request may have been carried out.
    doubtful: bool,
}

impl Error {
    /// An error from before anything was sent.
    pub(super) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            answer: None,
            delivery: Delivery::NotSent,
            source: None,
            permanent: false,
            doubtful: false,
        }))
    }

    /// The service reported an error. `request` describes the request.
    pub(super) fn from_response(request: &str, answer: ErrorResponse) -> Self {
        Self::new(answer.kind(), format!("{request}: {answer}")).with_response(answer)
    }

    pub(super) fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.0.delivery = delivery;
        self
    }

    pub(super) fn with_response(mut self, answer: ErrorResponse) -> Self {
        self.0.answer = Some(Box::new(answer));
        self.with_delivery(Delivery::Responded)
    }

    pub(super) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error, met while signing in for a request, of which nothing was sent. `step` names the part.
    pub(super) fn during_sign_in(mut self, step: &str) -> Self {
        let inner = &mut self.0;
        inner.message = format!("sign-in, {step}: {}", inner.message);
        inner.delivery = Delivery::NotSent;
        inner.kind = match inner.kind {
            // What these mean for a request's own subject, they do not mean here.
            ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Decode => ErrorKind::SignIn,
            kind => kind,
        };
        self
    }

    /// A failure that no repetition mends.
    pub(super) fn permanent(mut self) -> Self {
        self.0.permanent = true;
        self
    }

    /// Adds to the message.
    pub(super) fn with_note(mut self, note: &str) -> Self {
        self.0.message.push_str(note);
        self
    }

    /// The last of several attempts. `doubtful`: one of them may have been carried out.
    pub(super) fn with_prior_attempts(mut self, doubtful: bool) -> Self {
        self.0.doubtful |= doubtful;
        self
    }

    /// Whether it will be the same when it is tried again.
    pub(super) fn is_permanent(&self) -> bool {
        self.0.permanent
    }

    /// Whether the request may have been carried out all the same, by this attempt or an earlier one. A server that
    /// fails may have done its part before it failed.
    #[must_use]
    pub fn may_have_taken_effect(&self) -> bool {
        self.0.doubtful
            || match self.delivery() {
                Delivery::NotSent => false,
                Delivery::Unknown => true,
                Delivery::Responded => !self.response().is_some_and(ErrorResponse::is_refusal),
            }
    }

    /// What the caller can do.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What the service said, when it answered.
    #[must_use]
    pub fn response(&self) -> Option<&ErrorResponse> {
        self.0.answer.as_deref()
    }

    /// Whether the service can have seen the request.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    /// The message followed by its causes, joined with `: `, on one line.
    #[must_use]
    pub fn report(&self) -> String {
        let mut report = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            report.push_str(": ");
            report.push_str(&safe(&error.to_string(), EXCERPT_LIMIT));
            cause = error.source();
        }
        report
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}
