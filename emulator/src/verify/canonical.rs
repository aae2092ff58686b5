//! The text that a signature is made over.
//!
//! ```text
//! METHOD LF path LF query LF (name:value LF)* LF names LF payload-hash
//! ```
//!
//! Written from the rules, not from a signer, so that a mistake in a signer shows here.

use crate::message::Request;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// All bytes but RFC 3986's unreserved ones.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A canonical request with what is needed to show it to people.
pub(super) struct Canonical {
    pub(super) text: String,
    /// On one line, `|` for each line feed, and without the security token.
    pub(super) shown: String,
}

impl Canonical {
    /// `names` are the signed headers, each with its trimmed value, in signing order.
    pub(super) fn of(request: &Request, names: &[(&str, &str)], payload_hash: &str) -> Self {
        let build = |show: bool| {
            let value = |name: &str, value: &str| match name {
                "x-security-token" if show => "(hidden)".to_owned(),
                _ => value.to_owned(),
            };
            let headers = names.iter().map(|(name, sent)| format!("{name}:{}\n", value(name, sent)));
            let signed: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
            [
                request.method.to_uppercase(),
                path(&request.path),
                query(request.query.as_deref().unwrap_or_default()),
                headers.collect::<String>(),
                signed.join(";"),
                payload_hash.to_owned(),
            ]
            .join("\n")
        };
        Self { text: build(false), shown: build(true).replace('\n', "|") }
    }
}

/// The path decoded once as a whole, cut at `/`, each part encoded again, with a `/` at the end.
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

/// Pairs decoded, sorted by key and then by value, encoded again. A value may be empty, its `=`
/// is always there.
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
