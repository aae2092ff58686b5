//! Percent-encoding of path segments and queries, by the same rule for the request and for its signature.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// All bytes but `A-Z a-z 0-9 - _ . ~`, the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Decoded bytes, borrowed if nothing was encoded.
type Decoded<'a> = Cow<'a, [u8]>;

/// A value that cannot be a segment of a path.
///
/// `.` and `..` cannot be encoded as `%2E` either: URL libraries decode it and normalize the path, so the request would
/// reach another resource than the signed one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SegmentError {
    /// The value is empty.
    Empty,
    /// The value is `.` or `..`.
    Dots,
}

impl fmt::Display for SegmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "it must not be empty",
            Self::Dots => "it must not be \".\" or \"..\", which a URL path cannot contain",
        })
    }
}

impl std::error::Error for SegmentError {}

/// Encodes one path segment: unreserved characters are kept, and every other byte of the UTF-8 text, including `/` and
/// `%`, becomes `%XX` in upper case.
///
/// # Errors
/// The value is empty, `.` or `..`.
pub fn encode_segment(segment: &str) -> Result<String, SegmentError> {
    match segment {
        "" => Err(SegmentError::Empty),
        "." | ".." => Err(SegmentError::Dots),
        _ => Ok(encode(segment.as_bytes()).into_owned()),
    }
}

/// Encodes query pairs in canonical form: sorted by key, then by value, each as `key=value`, joined with `&`. This form
/// is both sent and signed.
#[must_use]
pub fn encode_query<Key: AsRef<str>, Value: AsRef<str>>(pairs: &[(Key, Value)]) -> String {
    let bytes = |text| Cow::Borrowed(str::as_bytes(text));
    join_sorted(pairs.iter().map(|(key, value)| (bytes(key.as_ref()), bytes(value.as_ref()))).collect())
}

/// Converts the path of a request line to canonical form: decodes it once, splits it at `/`, encodes every segment
/// again and appends `/`. The appended `/` is signed, but not sent.
pub(super) fn canonical_path(path: &str) -> String {
    // The service decodes before it splits, so an encoded slash is a separator in the signature.
    let decoded = decode(path);
    let mut canonical = decoded.split(|byte| *byte == b'/').map(encode).collect::<Vec<_>>().join("/");
    if !canonical.ends_with('/') {
        canonical.push('/');
    }
    canonical
}

/// Converts the query of a request line (without `?`) to canonical form. `+` is a plus sign.
pub(super) fn canonical_query(query: &str) -> String {
    join_sorted(
        query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(key, value)| (decode(key), decode(value)))
            .collect(),
    )
}

fn join_sorted(mut pairs: Vec<(Decoded<'_>, Decoded<'_>)>) -> String {
    pairs.sort();
    pairs.iter().map(|(key, value)| [encode(key), encode(value)].join("=")).collect::<Vec<_>>().join("&")
}

fn decode(text: &str) -> Decoded<'_> {
    percent_decode_str(text).into()
}

fn encode(bytes: &[u8]) -> Cow<'_, str> {
    percent_encode(bytes, RESERVED).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodings from the official SDK's vectors (`tests/vectors/signing`), the others from RFC 3986, section 2.
    #[test]
    fn segments_are_encoded_once() {
        for (plain, encoded) in [
            ("test-group", "test-group"),
            ("a~b.c_d-e", "a~b.c_d-e"),
            ("my group", "my%20group"),
            ("100%", "100%25"),
            ("a%2Fb", "a%252Fb"),
            ("team/a", "team%2Fa"),
            ("消费组-1", "%E6%B6%88%E8%B4%B9%E7%BB%84-1"),
            ("ns:grp+1@x", "ns%3Agrp%2B1%40x"),
            ("é", "%C3%A9"),
            ("a#b?c", "a%23b%3Fc"),
            ("{}|'\"\\", "%7B%7D%7C%27%22%5C"),
            ("\0\n", "%00%0A"),
            ("...", "..."),
            ("%2e%2e", "%252e%252e"),
        ] {
            assert_eq!(encode_segment(plain).as_deref(), Ok(encoded), "{plain:?}");
        }
    }

    #[test]
    fn segments_that_would_change_the_path_are_errors() {
        assert_eq!(encode_segment(""), Err(SegmentError::Empty));
        assert_eq!(encode_segment("."), Err(SegmentError::Dots));
        assert_eq!(encode_segment(".."), Err(SegmentError::Dots));
    }

    #[test]
    fn invalid_escapes_in_a_path_are_literal() {
        assert_eq!(canonical_path("/a%zz/%4"), "/a%25zz/%254/");
    }

    #[test]
    fn empty_path_is_the_root() {
        assert_eq!(canonical_path(""), "/");
    }

    #[test]
    fn equals_sign_is_added_to_a_query_key() {
        assert_eq!(canonical_query("b&&a=1"), "a=1&b=");
    }
}
