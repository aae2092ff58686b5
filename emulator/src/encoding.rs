//! Percent-decoding of path segments and of query parameters.

use std::fmt;

use percent_encoding::percent_decode_str;

use crate::message::ApiError;

/// Decodes one segment of a path, or a key or value of a query, exactly once. A `+` stays a plus sign, because the
/// service does not document it as a space.
///
/// # Errors
///
/// A `%` is not followed by two hexadecimal digits, or the result is not UTF-8.
pub(crate) fn decode(raw: &str) -> Result<String, DecodeError> {
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        let mut hex = || bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
        if byte == b'%' && !(hex() && hex()) {
            return Err(DecodeError::new(raw, "a % that is not followed by two hexadecimal digits"));
        }
    }
    let text = percent_decode_str(raw).decode_utf8();
    let text = text.map_err(|_| DecodeError::new(raw, "bytes that are not UTF-8"))?;
    Ok(text.into_owned())
}

/// The percent-encoding or the UTF-8 of a part of the target is invalid, which the gateway refuses.
#[derive(Debug)]
pub(crate) struct DecodeError(String);

impl DecodeError {
    fn new(raw: &str, what: &str) -> Self {
        Self(format!("{raw:?} contains {what}."))
    }
}

impl From<DecodeError> for ApiError {
    fn from(DecodeError(detail): DecodeError) -> Self {
        Self::new(400, "APIGW.0201", detail)
    }
}

/// The decoded parameters of a query.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Splits a raw query at `&` and `=` and decodes the parts.
    ///
    /// # Errors
    ///
    /// A parameter is not `known`, occurs twice, or is not encoded correctly. The real service may be more lenient, but
    /// a test should detect the mistake of the client.
    pub(crate) fn parse(raw: Option<&str>, known: &[&str]) -> Result<Self, QueryError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in raw.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let (key, value) = (decode(key)?, decode(value)?);
            if !known.contains(&key.as_str()) {
                return Err(QueryError::invalid(&key, format!("is unknown; this call accepts {known:?}")));
            }
            if pairs.iter().any(|(seen, _)| *seen == key) {
                return Err(QueryError::invalid(&key, "occurs twice"));
            }
            pairs.push((key, value));
        }
        Ok(Self(pairs))
    }

    /// The value of a parameter, if it is present.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(sent, _)| sent == key).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter as an integer, if it is present.
    ///
    /// # Errors
    ///
    /// The value is not an integer from `min` to `max`.
    pub(crate) fn number(&self, key: &str, min: i64, max: i64) -> Result<Option<i64>, QueryError> {
        let Some(text) = self.get(key) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| (min..=max).contains(number));
        let wrong = || QueryError::invalid(key, format!("must be an integer from {min} to {max}, not {text:?}"));
        number.map(Some).ok_or_else(wrong)
    }
}

/// The reason why a query is refused.
#[derive(Debug)]
pub(crate) enum QueryError {
    Encoding(DecodeError),
    Invalid {
        key: String,
        /// Completes a sentence that starts with the key.
        detail: String,
    },
}

impl From<DecodeError> for QueryError {
    fn from(error: DecodeError) -> Self {
        Self::Encoding(error)
    }
}

/// The error that DMS responds with.
impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Encoding(error) => error.into(),
            QueryError::Invalid { .. } => Self::new(400, "DMS.00400062", error.to_string()),
        }
    }
}

/// The detail without the text of an error code.
impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoding(DecodeError(detail)) => f.write_str(detail),
            Self::Invalid { key, detail } => write!(f, "The query parameter {key:?} {detail}."),
        }
    }
}

/// The error of DMS for a query parameter.
pub(crate) fn invalid_query(key: &str, detail: &str) -> ApiError {
    QueryError::invalid(key, detail).into()
}

impl QueryError {
    pub(crate) fn invalid(key: &str, detail: impl Into<String>) -> Self {
        Self::Invalid { key: key.to_owned(), detail: detail.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded_exactly_once() {
        let table = [("a%2Fb%20c%252F%23%3F%C3%A9", "a/b c%2F#?é"), ("a+b", "a+b"), ("%2f", "/")];
        for (raw, expected) in table {
            assert_eq!(decode(raw).unwrap(), expected);
        }
    }

    #[test]
    fn invalid_escapes_are_refused() {
        for raw in ["%", "a%2", "%zz", "%2%46", "%ff"] {
            assert_eq!(ApiError::from(decode(raw).unwrap_err()).status, 400, "{raw}");
        }
    }

    #[test]
    fn unknown_and_repeated_parameters_are_refused() {
        let query = Query::parse(Some("topic=a%26b&limit=5&"), &["topic", "limit"]).unwrap();
        assert_eq!(query.get("topic"), Some("a&b"));
        assert_eq!(query.number("limit", 1, 50).unwrap(), Some(5));
        assert!(query.number("limit", 1, 4).is_err());
        assert!(query.number("topic", 1, 4).is_err());
        assert!(Query::parse(Some("topics=a"), &["topic"]).is_err());
        assert!(Query::parse(Some("topic=a&topic=b"), &["topic"]).is_err());
    }
}
