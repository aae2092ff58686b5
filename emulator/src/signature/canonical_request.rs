//! The canonical request: the text that is signed.
//!
//! ```text
//! METHOD LF path LF query LF (name:value LF)* LF names LF payload-hash
//! ```
//!
//! Written from the documented rules and without the code of any signer, so that it detects the errors of a signer.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::message::Request;

/// All bytes except the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A canonical request, and a form of it for error messages.
pub(super) struct CanonicalRequest {
    pub(super) text: String,
    /// On one line, with `|` for each line feed, and without the security token.
    pub(super) redacted: String,
}

impl CanonicalRequest {
    /// `headers` are the signed headers with their trimmed values, in the order of `SignedHeaders`.
    pub(super) fn new(request: &Request, headers: &[(&str, &str)], payload_hash: &str) -> Self {
        let build = |redact: bool| {
            let value = |name: &str, value: &str| match name {
                "x-security-token" if redact => "(hidden)".to_owned(),
                _ => value.to_owned(),
            };
            let lines = headers.iter().map(|(name, sent)| format!("{name}:{}\n", value(name, sent)));
            let signed: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
            [
                request.method.to_uppercase(),
                path(&request.path),
                query(request.query.as_deref().unwrap_or_default()),
                lines.collect::<String>(),
                signed.join(";"),
                payload_hash.to_owned(),
            ]
            .join("\n")
        };
        Self { text: build(false), redacted: build(true).replace('\n', "|") }
    }
}

/// The path, decoded once, split at `/`, encoded again per segment, and with a trailing `/`.
fn path(raw: &str) -> String {
    let decoded: Vec<u8> = percent_decode_str(raw).collect();
    let segments = decoded.split(|byte| *byte == b'/');
    let encoded: Vec<String> = segments.map(encode).collect();
    let mut path = encoded.join("/");
    if !path.ends_with('/') {
        path.push('/');
    }
    path
}

/// The pairs of the query, decoded, sorted by key and then by value, and encoded again. A pair without a value still
/// has an `=`.
fn query(raw: &str) -> String {
    let parts = raw.split('&').filter(|part| !part.is_empty());
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(key, value)| (percent_decode_str(key).collect(), percent_decode_str(value).collect()))
        .collect();
    pairs.sort();
    let written = pairs.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value)));
    written.collect::<Vec<_>>().join("&")
}

fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}
