//! JSON text taken apart one level at a time, without interpreting numbers.
//!
//! A generic JSON tree would not do: it reads numbers through its own types, and serde_json's
//! cannot tell an exact number from an object with one oddly named key.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// One level of a JSON document.
pub(in crate::tf_provider::value) enum Text<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number as it was written.
    Number(&'a str),
    /// A string, unescaped.
    String(String),
    /// The elements, not taken apart yet.
    Array(Vec<&'a RawValue>),
    /// The members in the order of the text, not taken apart yet. Names may repeat.
    Object(Vec<(String, &'a RawValue)>),
}

impl Text<'_> {
    /// What this is called in messages.
    pub(in crate::tf_provider::value) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Text that is not JSON. Says where, not what was found there.
#[derive(Debug)]
pub(in crate::tf_provider::value) struct SyntaxError {
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for SyntaxError {
    fn from(error: serde_json::Error) -> Self {
        Self { line: error.line(), column: error.column() }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid JSON at line {}, column {}", self.line, self.column)
    }
}

/// Checks that the bytes are one JSON document. Does not recurse, however deep it is.
pub(in crate::tf_provider::value) fn document(bytes: &[u8]) -> Result<&RawValue, SyntaxError> {
    Ok(serde_json::from_slice(bytes)?)
}

/// Takes one level apart.
pub(in crate::tf_provider::value) fn read(raw: &RawValue) -> Result<Text<'_>, SyntaxError> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'n') => Text::Null,
        Some(b't') => Text::Bool(true),
        Some(b'f') => Text::Bool(false),
        Some(b'"') => Text::String(serde_json::from_str(text)?),
        Some(b'[') => Text::Array(serde_json::from_str(text)?),
        Some(b'{') => Text::Object(serde_json::from_str::<Members<'_>>(text)?.0),
        _ => Text::Number(text),
    })
}

/// Appends `text` as a JSON string.
pub(in crate::tf_provider::value) fn write_string(out: &mut String, text: &str) {
    // Display of a JSON string is its escaped form.
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// The members of a JSON object, with repetitions.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}
