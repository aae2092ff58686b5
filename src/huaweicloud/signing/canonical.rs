//! The canonical request: the text that both the client and the service hash.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::escape::{canonical_path, canonical_query};
use super::{DATE_HEADER, SignableRequest, SigningError};

/// The value of this header replaces the hash of a non-empty body.
const CONTENT_HASH_HEADER: &str = "x-sdk-content-sha256";

/// The canonical request and the names of the headers in it.
pub(super) struct Canonical {
    /// Method, path, query, headers, header names and body hash, separated by line feeds.
    pub(super) text: String,
    /// Lower-case names of the signed headers, sorted, joined with `;`.
    pub(super) signed_headers: String,
}

impl Canonical {
    /// Builds the canonical form of `request`, with `stamp` as its date header.
    ///
    /// # Errors
    /// A header is reserved, repeated or malformed.
    pub(super) fn new(request: &SignableRequest<'_>, stamp: &str) -> Result<Self, SigningError> {
        let headers = headers(request, stamp)?;
        let body_hash = match headers.get(CONTENT_HASH_HEADER) {
            Some(given) if !request.body.is_empty() => (*given).to_owned(),
            _ => hex_sha256(request.body),
        };
        let (mut block, mut signed_headers) = (String::new(), String::new());
        for (name, value) in &headers {
            block.extend([name, ":", value, "\n"]);
            signed_headers.extend([if signed_headers.is_empty() { "" } else { ";" }, name]);
        }
        let text = [
            &*request.method.to_ascii_uppercase(),
            &*canonical_path(request.path),
            &*canonical_query(request.query),
            &*block,
            &*signed_headers,
            &*body_hash,
        ]
        .join("\n");
        Ok(Self { text, signed_headers })
    }
}

/// Lower-case names with trimmed values. The map keeps them in the order of the signature.
fn headers<'a>(request: &SignableRequest<'a>, stamp: &'a str) -> Result<BTreeMap<String, &'a str>, SigningError> {
    let mut sorted = BTreeMap::from([(DATE_HEADER.to_owned(), stamp)]);
    for (name, value) in request.headers {
        let name = name.to_ascii_lowercase();
        if name == DATE_HEADER || name == "authorization" {
            return Err(SigningError::ReservedHeader(name));
        }
        // With a line break, a value could imitate another header of the canonical request.
        if value.bytes().any(is_line_break) || name.bytes().any(|byte| is_line_break(byte) || b":;".contains(&byte)) {
            return Err(SigningError::HeaderText(name));
        }
        if sorted.contains_key(&name) {
            return Err(SigningError::RepeatedHeader(name));
        }
        sorted.insert(name, value.trim());
    }
    Ok(sorted)
}

fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Lower-case hexadecimal SHA-256.
pub(super) fn hex_sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
