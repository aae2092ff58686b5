//! Parses JSON one level at a time, and keeps numbers as text.
//!
//! `serde_json::Value` is not enough. With `arbitrary_precision`, it cannot distinguish a number from an object whose
//! only key is the name that serde_json uses internally.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::tf_provider::value::ValueError;

/// A JSON value whose elements or members are not parsed yet.
pub(super) enum LazyValue<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The text of a number.
    Number(&'a str),
    /// A string without escapes.
    String(String),
    /// The elements.
    Array(Vec<&'a RawValue>),
    /// The members in the order of the text. Names can repeat.
    Object(Vec<(String, &'a RawValue)>),
}

impl LazyValue<'_> {
    /// The name of the value in messages.
    pub(super) fn kind(&self) -> &'static str {
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

/// The text is not JSON. The message has the position, but not the text: it may be a secret.
impl From<serde_json::Error> for ValueError {
    fn from(error: serde_json::Error) -> Self {
        Self::at_root(format!("invalid JSON at line {}, column {}", error.line(), error.column()))
    }
}

/// Checks that the bytes are one JSON document. Does not recurse, so the nesting is not limited.
///
/// # Errors
///
/// If the bytes are not JSON.
pub(super) fn document(bytes: &[u8]) -> Result<&RawValue, ValueError> {
    Ok(serde_json::from_slice(bytes)?)
}

/// Parses one level.
///
/// # Errors
///
/// If a string has an invalid escape.
pub(super) fn parse(raw: &RawValue) -> Result<LazyValue<'_>, ValueError> {
    let text = raw.get();
    Ok(match text.as_bytes().first() {
        Some(b'n') => LazyValue::Null,
        Some(b't') => LazyValue::Bool(true),
        Some(b'f') => LazyValue::Bool(false),
        Some(b'"') => LazyValue::String(serde_json::from_str(text)?),
        Some(b'[') => LazyValue::Array(serde_json::from_str(text)?),
        Some(b'{') => LazyValue::Object(serde_json::from_str::<Members<'_>>(text)?.0),
        _ => LazyValue::Number(text),
    })
}

/// The members of a JSON object. Names can repeat.
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
