//! Signs requests with `SDK-HMAC-SHA256`, the scheme of Huawei Cloud's API gateway.
//!
//! In: a request whose path and query are percent-encoded as they will be sent, the headers to
//! sign, the body, the keys, a time. Out: the headers to add, and the texts they come from. Nothing
//! here sends, reads the environment or asks the clock.
//!
//! Steps: canonical text (`canonical.rs`) → string to sign → HMAC → `Authorization` (here).
//! `escape.rs` holds the one percent-encoding rule.

use std::fmt;

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use reqwest::header::HeaderValue;

use super::credentials::Credentials;
use canonical::{Canonical, hex_sha256};

mod canonical;
mod escape;
#[cfg(test)]
mod tests;

pub use escape::{SegmentError, encode_query, encode_segment};

const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// Lower-case name of the header that carries [`Signed::date`].
pub const DATE_HEADER: &str = "x-sdk-date";

/// What a signature covers.
///
/// Every header named here must reach the service unchanged; a header that something on the way
/// may rewrite is better left out. The date header is added by [`sign`].
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Path exactly as on the request line, percent-encoded, without the query.
    pub path: &'a str,
    /// Query exactly as on the request line, percent-encoded, without `?`. Empty for none.
    pub query: &'a str,
    /// Names and values of the headers to sign, in any order and case, no name twice.
    pub headers: &'a [(&'a str, &'a str)],
    /// Body, byte for byte. Empty for none.
    pub body: &'a [u8],
}

/// A signature and how it came about.
///
/// `Debug` shows the date only: the canonical text holds the security token when that header is
/// signed.
pub struct Signed {
    /// Value of `X-Sdk-Date`: UTC, `YYYYMMDDTHHMMSSZ`.
    pub date: String,
    /// The text that describes the request.
    pub canonical_request: String,
    /// The text that was signed: algorithm, date and hash of the canonical text.
    pub string_to_sign: String,
    /// Lower-case hexadecimal HMAC.
    pub signature: String,
    /// Value of `Authorization`, marked sensitive.
    pub authorization: HeaderValue,
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed").field("date", &self.date).finish_non_exhaustive()
    }
}

/// Why a request cannot be signed. Always a mistake of the caller, never of the service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SigningError {
    /// The date and the authorization are made here, so they cannot be given.
    ReservedHeader(String),
    /// A header is named twice.
    RepeatedHeader(String),
    /// A name or a value has characters that a header cannot have.
    HeaderText(String),
    /// The access key has characters that a header cannot have.
    AccessKey,
}

impl fmt::Display for SigningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedHeader(name) => write!(f, "the signer sets the header {name:?} itself"),
            Self::RepeatedHeader(name) => write!(f, "the header {name:?} is given twice"),
            Self::HeaderText(name) => {
                write!(f, "the header {name:?} holds characters that are not allowed")
            }
            Self::AccessKey => f.write_str("the access key holds characters that are not allowed"),
        }
    }
}

impl std::error::Error for SigningError {}

/// Signs `request` with `credentials` as of `at`.
///
/// The security token is a header like any other: the caller puts it among the headers.
///
/// # Errors
/// A header is reserved, repeated or malformed; the access key does not fit into a header.
pub fn sign(request: &Request<'_>, credentials: &Credentials, at: Timestamp) -> Result<Signed, SigningError> {
    let date = stamp(at);
    let canonical = Canonical::new(request, &date)?;
    let string_to_sign = format!("{ALGORITHM}\n{date}\n{}", hex_sha256(canonical.text.as_bytes()));
    let signature = hex_hmac(credentials.secret_key().expose(), &string_to_sign);
    let mut authorization = HeaderValue::try_from(format!(
        "{ALGORITHM} Access={}, SignedHeaders={}, Signature={signature}",
        credentials.access_key(),
        canonical.signed_headers,
    ))
    .map_err(|_| SigningError::AccessKey)?;
    authorization.set_sensitive(true);
    Ok(Signed { date, canonical_request: canonical.text, string_to_sign, signature, authorization })
}

/// `YYYYMMDDTHHMMSSZ`, in UTC.
fn stamp(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn hex_hmac(key: &str, text: &str) -> String {
    HEXLOWER.encode(hmac::sign(&hmac::Key::new(HMAC_SHA256, key.as_bytes()), text.as_bytes()).as_ref())
}
