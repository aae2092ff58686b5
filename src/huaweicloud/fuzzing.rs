//! Fuzz entry points: responses of a service or an attacker, and files with credentials.

use jiff::Timestamp;

pub use super::credentials::fuzzing::{profile, sdk_file};
use super::error::{ErrorResponse, ResponseHead};
use super::http::read_retry_after;
use super::redact::Redactor;
use super::secret::Secret;

/// A secret with characters that are escaped in several notations.
const SECRET: &str = "not-a-secret/for+fuzzing";

/// The body of an error response, which is shown on one bounded line without the secret.
pub fn error_body(bytes: &[u8]) {
    let redactor = Redactor::default();
    redactor.learn([&Secret::from(SECRET)]);
    let read = |status| {
        let head =
            ResponseHead { status, request_id: None, redirect_host: None, retry_after: None, content_encoding: None };
        ErrorResponse::read(head, bytes, &redactor)
    };
    for response in [read(400), read(401)].into_iter().chain(ErrorResponse::in_success(200, None, bytes, &redactor)) {
        let shown = response.to_string();
        assert!(!shown.contains(SECRET), "the secret is shown: {shown}");
        assert!(!shown.contains(char::is_control), "more than one line: {shown:?}");
        // Code (500 characters), message or excerpt (4,000) and request id (500), with the text between them.
        assert!(shown.chars().count() < 5_500, "{} characters", shown.chars().count());
    }
}

/// The header `Retry-After`.
pub fn retry_after(bytes: &[u8]) {
    read_retry_after(bytes, Timestamp::UNIX_EPOCH);
}
