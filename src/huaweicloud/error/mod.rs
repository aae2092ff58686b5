//! The error type of this layer: what failed, the response, and whether the service can have received the request.
//!
//! An error never contains request headers or secrets. `Display` omits the cause, which is the error's `source`.
//! [`Error::report`] prints both.

use std::fmt;

use super::text::EXCERPT_LIMIT;
use crate::printable::one_line;

mod attempts;
mod codes;
mod kind;
mod response;
mod shapes;
#[cfg(test)]
mod tests;

pub use attempts::{Attempts, NoRetryReason};
pub use codes::{ClockSkew, ErrorCode};
pub use kind::{Delivery, ErrorKind};
pub use response::ErrorResponse;
pub(super) use response::ResponseHead;

/// The cause of an error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An error of this layer.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    response: Option<Box<ErrorResponse>>,
    delivery: Delivery,
    source: Option<BoxError>,
    /// A retry would fail in the same way.
    permanent: bool,
    /// An earlier attempt at the same request may have been carried out.
    prior_attempt_uncertain: bool,
    attempts: Option<Attempts>,
}

impl Error {
    /// An error that occurred before anything was sent.
    pub(super) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            response: None,
            delivery: Delivery::NotSent,
            source: None,
            permanent: false,
            prior_attempt_uncertain: false,
            attempts: None,
        }))
    }

    /// The service reported an error. `request` describes the request.
    pub(super) fn from_response(request: &str, response: ErrorResponse) -> Self {
        Self::new(response.kind(), format!("{request}: {response}")).with_response(response)
    }

    pub(super) fn with_delivery(mut self, delivery: Delivery) -> Self {
        self.0.delivery = delivery;
        self
    }

    pub(super) fn with_response(mut self, response: ErrorResponse) -> Self {
        self.0.response = Some(Box::new(response));
        self.with_delivery(Delivery::Responded)
    }

    pub(super) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Marks an error as one of the sign-in before a request. The request itself was not sent. `step` names the part of
    /// the sign-in.
    pub(super) fn during_sign_in(mut self, step: &str) -> Self {
        let inner = &mut self.0;
        inner.message = format!("sign-in, {step}: {}", inner.message);
        inner.delivery = Delivery::NotSent;
        inner.kind = match inner.kind {
            // As an error of the request, these kinds would describe the object of the request.
            ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Decode => ErrorKind::SignIn,
            kind => kind,
        };
        self
    }

    /// Marks a failure that would be the same after a retry.
    pub(super) fn permanent(mut self) -> Self {
        self.0.permanent = true;
        self
    }

    pub(super) fn with_attempts(mut self, attempts: Attempts) -> Self {
        self.0.attempts = Some(attempts);
        self
    }

    /// The error of the last of several attempts. `uncertain`: an earlier one may have been carried out.
    pub(super) fn with_prior_attempts(mut self, uncertain: bool) -> Self {
        self.0.prior_attempt_uncertain |= uncertain;
        self
    }

    /// Whether a retry would fail in the same way.
    pub(super) fn is_permanent(&self) -> bool {
        self.0.permanent
    }

    /// Whether the service may have carried out the request despite the error, in this attempt or an earlier one. A
    /// server that fails may have done so before it failed.
    #[must_use]
    pub fn may_have_taken_effect(&self) -> bool {
        self.0.prior_attempt_uncertain
            || match self.delivery() {
                Delivery::NotSent => false,
                Delivery::Unknown => true,
                Delivery::Responded => !self.response().is_some_and(ErrorResponse::is_rejection),
            }
    }

    /// The kind of failure. Kinds differ in what the caller can do.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The response of the service, if it responded.
    #[must_use]
    pub fn response(&self) -> Option<&ErrorResponse> {
        self.0.response.as_deref()
    }

    /// The meaning of the code in the response, if this layer knows the code.
    #[must_use]
    pub fn error_code(&self) -> Option<ErrorCode> {
        self.response()?.error_code()
    }

    /// Whether the response states that the instance does not exist.
    #[must_use]
    pub fn is_missing_instance(&self) -> bool {
        self.error_code() == Some(ErrorCode::InstanceNotFound)
    }

    /// Whether the response states that the object, such as a group or a topic, does not exist on an existing instance.
    #[must_use]
    pub fn is_missing_on_instance(&self) -> bool {
        self.kind() == ErrorKind::NotFound && !self.is_missing_instance()
    }

    /// Whether the service can have received the request.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        self.0.delivery
    }

    /// The attempts at the request, and why there was no further one. `None`: the error does not come from a request.
    #[must_use]
    pub fn attempts(&self) -> Option<&Attempts> {
        self.0.attempts.as_ref()
    }

    /// The message followed by its causes, joined with `: `, on one line.
    #[must_use]
    pub fn report(&self) -> String {
        let mut report = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            report.push_str(": ");
            report.push_str(&one_line(&error.to_string(), EXCERPT_LIMIT));
            cause = error.source();
        }
        report
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        self.0.attempts.as_ref().map_or(Ok(()), |attempts| attempts.fmt(f))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.0.source.as_deref()?;
        Some(source)
    }
}
