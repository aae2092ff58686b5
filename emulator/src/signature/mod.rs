//! Verifies that a known key pair signed a request with `SDK-HMAC-SHA256`.
//!
//! The checks are made in this order: the `Authorization` header is well-formed; the access key is known; `X-Sdk-Date`
//! is signed and within 15 minutes of the current time; every signed header is present; the payload hash is correct;
//! the signature is correct; the security token belongs to the key pair; the key pair has not expired.

mod auth_error;
mod authorization;
mod canonical_request;

pub(crate) use self::auth_error::AuthError;
pub(crate) use self::authorization::claimed_access_key;

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use crate::digest::sha256_hex;
use crate::message::Request;
use crate::state::Credential;

use self::authorization::Authorization;
use self::canonical_request::CanonicalRequest;

const ALGORITHM: &str = "SDK-HMAC-SHA256";
const DATE_FORMAT: &str = "%Y%m%dT%H%M%SZ";
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
/// The maximum difference between the date of a signature and the current time.
const MAX_CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// Verifies the signature of a request and returns the key pair that signed it.
///
/// # Errors
///
/// The first check that failed.
pub(crate) fn verify<'a>(
    request: &Request,
    credentials: &'a BTreeMap<String, Credential>,
    now: Timestamp,
) -> Result<&'a Credential, AuthError> {
    let authorization = Authorization::parse(request)?;
    let credential = credentials.get(authorization.access_key).ok_or(AuthError::UnknownAccessKey)?;
    let date = check_date(request, &authorization, now)?;
    let headers = authorization.headers(request)?;
    let payload_hash = payload_hash(request, &authorization)?;
    let canonical = CanonicalRequest::new(request, &headers, &payload_hash);
    let to_sign = format!("{ALGORITHM}\n{date}\n{}", sha256_hex(canonical.text.as_bytes()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, credential.secret_key.as_bytes());
    hmac::verify(&key, to_sign.as_bytes(), &authorization.signature)
        .map_err(|_| AuthError::WrongSignature { canonical: canonical.redacted })?;
    check_token(request, credential)?;
    if credential.expires_at.is_some_and(|end| now >= end) {
        return Err(AuthError::TokenExpired);
    }
    Ok(credential)
}

fn check_date<'a>(
    request: &'a Request,
    authorization: &Authorization<'_>,
    now: Timestamp,
) -> Result<&'a str, AuthError> {
    if !authorization.signed_headers.contains(&"x-sdk-date") {
        return Err(AuthError::Malformed("SignedHeaders must contain x-sdk-date"));
    }
    let sent = request.header("x-sdk-date");
    let sent = sent.ok_or_else(|| AuthError::SignedHeaderMissing("x-sdk-date".to_owned()))?;
    let date = parse_date(sent);
    let date = date.ok_or(AuthError::Malformed("X-Sdk-Date must have the form YYYYMMDDTHHMMSSZ"))?;
    // In whole seconds, because the header has no fractions.
    let skew = SignedDuration::from_secs(now.as_second() - date.as_second());
    if skew.abs() > MAX_CLOCK_SKEW {
        let (signature_time, server_time) = (sent.to_owned(), format_date(now));
        return Err(AuthError::Expired { signature_time, server_time });
    }
    Ok(sent)
}

fn parse_date(text: &str) -> Option<Timestamp> {
    let date = DateTime::strptime(DATE_FORMAT, text).ok()?;
    let date = TimeZone::UTC.to_timestamp(date).ok()?;
    // `strptime` is more lenient than the format, so the text must also be the formatted date.
    (format_date(date) == text).then_some(date)
}

fn format_date(at: Timestamp) -> String {
    at.strftime(DATE_FORMAT).to_string()
}

/// The hash of the body, or the value of `X-Sdk-Content-Sha256` if the request has that header.
fn payload_hash(request: &Request, authorization: &Authorization<'_>) -> Result<String, AuthError> {
    let actual = sha256_hex(&request.body);
    let Some(sent) = request.header("x-sdk-content-sha256") else {
        return Ok(actual);
    };
    if !authorization.signed_headers.contains(&"x-sdk-content-sha256") {
        return Err(AuthError::Malformed("X-Sdk-Content-Sha256 was sent, so it must be signed"));
    }
    if sent != UNSIGNED_PAYLOAD && sent != actual {
        return Err(AuthError::Malformed("X-Sdk-Content-Sha256 is not the hash of the body"));
    }
    Ok(sent.to_owned())
}

fn check_token(request: &Request, credential: &Credential) -> Result<(), AuthError> {
    match (request.header("x-security-token"), credential.security_token.as_deref()) {
        (None, None) => Ok(()),
        (Some(sent), Some(expected)) if sent == expected => Ok(()),
        (Some(_), Some(_)) => Err(AuthError::Token("it does not belong to this access key")),
        (None, Some(_)) => Err(AuthError::Token("it is missing, and this access key is temporary")),
        (Some(_), None) => Err(AuthError::Token("it was sent, but this access key is permanent")),
    }
}

#[cfg(test)]
mod tests;
