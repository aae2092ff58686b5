//! Fuzzed: what a service, or somebody in its place, answers, and the files that keys are read from.

use jiff::Timestamp;

use super::client::read_retry_after;
use super::credentials::Secret;
pub use super::credentials::fuzzing::{profile, sdk_file};
use super::error::{ErrorResponse, Redactor, ResponseHead};

/// The secret in play; it has characters that are written with escapes.
const SECRET: &str = "not-a-secret/for+fuzzing";

/// The body of an error: what is shown of it is one bounded line without the secret.
pub fn error_body(bytes: &[u8]) {
    let redactor = Redactor::default();
    redactor.learn([&Secret::from(SECRET)]);
    let read = |status| {
        let head = ResponseHead { status, request_id: None, redirect_host: None, retry_after: None, coding: None };
        ErrorResponse::read(head, bytes, &redactor)
    };
    for answer in [read(400), read(401)].into_iter().chain(ErrorResponse::in_success(200, None, bytes, &redactor)) {
        let shown = answer.to_string();
        assert!(!shown.contains(SECRET), "the secret is shown: {shown}");
        assert!(!shown.contains(char::is_control), "more than a line: {shown:?}");
        // Code, message or excerpt, and id: 500, 4,000 and 500 characters, and what stands around them.
        assert!(shown.chars().count() < 5_500, "{} characters", shown.chars().count());
    }
}

/// The header `Retry-After`.
pub fn retry_after(bytes: &[u8]) {
    read_retry_after(bytes, Timestamp::UNIX_EPOCH);
}
