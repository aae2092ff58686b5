//! Values of answers that come in more than one notation.
//!
//! The service's own SDKs do not agree on which numbers are strings, so both are read everywhere.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::Value;

use super::TopicName;
use crate::huaweicloud::error::safe;

/// Most characters that are kept of a name, an id or a date which is only shown.
pub(super) const SHORT: usize = 200;

/// A whole number, as a number or in a string.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Whole(pub(super) i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.map(Self).ok_or_else(|| D::Error::custom(format!("{value} is not a whole number of 64 bits")))
    }
}

/// A text that is only shown: a string, or any other value as JSON; empty if it is missing or null.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Text(String);

impl Text {
    /// The text on one line of at most `limit` characters.
    pub(super) fn show(&self, limit: usize) -> String {
        safe(&self.0, limit)
    }

    /// As [`show`](Self::show); `None` if nothing is left of it.
    pub(super) fn shown(&self, limit: usize) -> Option<String> {
        Some(self.show(limit)).filter(|text| !text.is_empty())
    }

    /// The text as it came.
    pub(super) fn into_exact(self) -> String {
        self.0
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        }))
    }
}

/// For lists, which may be missing or null instead of empty.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A topic's name, exactly as it came.
pub(super) fn topic_name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TopicName, D::Error> {
    TopicName::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}
