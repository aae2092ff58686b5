//! Decides whether a request was signed with `SDK-HMAC-SHA256` by a key pair that is known.
//!
//! In: the request as sent, the known key pairs, the time. Out: the key pair, or why not. In this order:
//! `Authorization` is readable; the access key is known; `X-Sdk-Date` is signed and not more than
//! 15 minutes away; signed headers were sent; the payload hash is right; the signature is right;
//! the security token is the key pair's, and its time is not over.

mod canonical;
mod claim;
mod denied;

pub(crate) use self::claim::claimed_access_key;
pub(crate) use self::denied::Denied;

use self::canonical::Canonical;
use self::claim::Claim;
use crate::message::Request;
use crate::state::Credential;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

const ALGORITHM: &str = "SDK-HMAC-SHA256";
const DATE_FORMAT: &str = "%Y%m%dT%H%M%SZ";
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
/// How far a signature's date may be from the service's clock.
const WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// Checks a request's signature; returns the key pair that made it.
pub(crate) fn check<'a>(
    request: &Request,
    credentials: &'a BTreeMap<String, Credential>,
    now: Timestamp,
) -> Result<&'a Credential, Denied> {
    let claim = Claim::of(request)?;
    let credential = credentials.get(claim.access_key).ok_or(Denied::UnknownAccessKey)?;
    let date = check_date(request, &claim, now)?;
    let headers = claim.headers(request)?;
    let payload_hash = payload_hash(request, &claim)?;
    let canonical = Canonical::of(request, &headers, &payload_hash);
    let to_sign = format!("{ALGORITHM}\n{date}\n{}", sha256(canonical.text.as_bytes()));
    let wrong = Denied::WrongSignature { canonical: canonical.shown };
    let Ok(mut hash) = Hmac::<Sha256>::new_from_slice(credential.secret_key.as_bytes()) else {
        return Err(wrong);
    };
    hash.update(to_sign.as_bytes());
    hash.verify_slice(&claim.signature).map_err(|_| wrong)?;
    check_token(request, credential)?;
    if credential.expires_at.is_some_and(|end| now >= end) {
        return Err(Denied::TokenExpired);
    }
    Ok(credential)
}

fn check_date<'a>(request: &'a Request, claim: &Claim<'_>, now: Timestamp) -> Result<&'a str, Denied> {
    if !claim.signed_headers.contains(&"x-sdk-date") {
        return Err(Denied::Malformed("SignedHeaders must hold x-sdk-date"));
    }
    let sent = request.header("x-sdk-date");
    let sent = sent.ok_or_else(|| Denied::SignedHeaderMissing("x-sdk-date".to_owned()))?;
    let date = parse_date(sent);
    let date = date.ok_or(Denied::Malformed("X-Sdk-Date must read YYYYMMDDTHHMMSSZ"))?;
    // Both sides in whole seconds: the header knows no finer ones.
    let apart = SignedDuration::from_secs(now.as_second() - date.as_second());
    if apart.abs() > WINDOW {
        let (signature_time, server_time) = (sent.to_owned(), write_date(now));
        return Err(Denied::Expired { signature_time, server_time });
    }
    Ok(sent)
}

fn parse_date(text: &str) -> Option<Timestamp> {
    let date = DateTime::strptime(DATE_FORMAT, text).ok()?;
    let date = TimeZone::UTC.to_timestamp(date).ok()?;
    // The parser is more lenient than the format: what is written must be what was read.
    (write_date(date) == text).then_some(date)
}

fn write_date(at: Timestamp) -> String {
    at.strftime(DATE_FORMAT).to_string()
}

/// The body's hash, or what `X-Sdk-Content-Sha256` says in its place.
fn payload_hash(request: &Request, claim: &Claim<'_>) -> Result<String, Denied> {
    let actual = sha256(&request.body);
    let Some(sent) = request.header("x-sdk-content-sha256") else {
        return Ok(actual);
    };
    if !claim.signed_headers.contains(&"x-sdk-content-sha256") {
        return Err(Denied::Malformed("X-Sdk-Content-Sha256 was sent, so it must be signed"));
    }
    if sent != UNSIGNED_PAYLOAD && sent != actual {
        return Err(Denied::Malformed("X-Sdk-Content-Sha256 is not the hash of the body"));
    }
    Ok(sent.to_owned())
}

fn check_token(request: &Request, credential: &Credential) -> Result<(), Denied> {
    match (request.header("x-security-token"), credential.security_token.as_deref()) {
        (None, None) => Ok(()),
        (Some(sent), Some(expected)) if sent == expected => Ok(()),
        (Some(_), Some(_)) => Err(Denied::Token("it is not the one of this access key")),
        (None, Some(_)) => Err(Denied::Token("this access key is temporary and needs one")),
        (Some(_), None) => Err(Denied::Token("this access key is permanent and has none")),
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests;
