//! Signs requests with `SDK-HMAC-SHA256`, the scheme of Huawei Cloud's API gateway.
//!
//! Input: a request whose path and query are percent-encoded as they will be sent, the headers to sign, the body, the
//! credentials and a time. Output: the headers to add, and the texts from which they are computed. This module sends
//! nothing, and reads neither the environment nor the clock.
//!
//! Steps: canonical request (`canonical.rs`) → string to sign → HMAC → `Authorization` (here). `escape.rs` has the one
//! rule for percent-encoding.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::header::HeaderValue;
use sha2::Sha256;

mod canonical;
mod credentials;
mod escape;
#[cfg(test)]
mod tests;

use canonical::{Canonical, hex_sha256};
pub use credentials::{Credentials, MalformedPart, Part};
pub use escape::{SegmentError, encode_query, encode_segment};

const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// Lower-case name of the header that carries [`Signed::date`].
pub const DATE_HEADER: &str = "x-sdk-date";

/// What a signature covers.
///
/// Every header listed here must reach the service unchanged. Do not list a header that a proxy may rewrite. [`sign`]
/// adds the date header.
#[derive(Clone, Copy)]
pub struct SignableRequest<'a> {
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

/// A signature and the texts from which it was computed.
///
/// `Debug` shows only the date, because the canonical request contains the security token if that header is signed.
pub struct Signed {
    /// Value of `X-Sdk-Date`: UTC, `YYYYMMDDTHHMMSSZ`.
    pub date: String,
    /// The canonical request.
    pub canonical_request: String,
    /// The text that was signed: algorithm, date and hash of the canonical request.
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

/// Why a request cannot be signed. This is always a mistake of the caller, never of the service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SigningError {
    /// The signer itself sets the date and the authorization.
    ReservedHeader(String),
    /// A header is listed twice.
    RepeatedHeader(String),
    /// A name or a value contains characters that a header cannot contain.
    HeaderText(String),
    /// The access key contains characters that a header cannot contain.
    AccessKey,
    /// The secret key is not an HMAC key. Not expected, because an HMAC key may have any length.
    SecretKey,
}

impl fmt::Display for SigningError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedHeader(name) => write!(f, "the signer sets the header {name:?} itself"),
            Self::RepeatedHeader(name) => write!(f, "the header {name:?} is listed twice"),
            Self::HeaderText(name) => {
                write!(f, "the header {name:?} contains characters that are not allowed")
            }
            Self::AccessKey => f.write_str("the access key contains characters that are not allowed"),
            Self::SecretKey => f.write_str("the secret key cannot be used as an HMAC key"),
        }
    }
}

impl std::error::Error for SigningError {}

/// Signs `request` with `credentials` and the time `at`.
///
/// The security token is a header like any other: the caller adds it to the headers.
///
/// # Errors
/// A header is reserved, repeated or malformed, or the access key cannot be sent in a header.
pub fn sign(request: &SignableRequest<'_>, credentials: &Credentials, at: Timestamp) -> Result<Signed, SigningError> {
    let date = stamp(at);
    let canonical = Canonical::new(request, &date)?;
    let string_to_sign = format!("{ALGORITHM}\n{date}\n{}", hex_sha256(canonical.text.as_bytes()));
    let signature = hex_hmac(credentials.secret_key().expose(), &string_to_sign)?;
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

fn hex_hmac(key: &str, text: &str) -> Result<String, SigningError> {
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_err(|_| SigningError::SecretKey)?;
    Ok(HEXLOWER.encode(&mac.chain_update(text).finalize().into_bytes()))
}
