//! Lenient reading of values in responses.
//!
//! The official SDKs disagree on which numbers are strings, so both forms are read everywhere. A value that is not
//! needed must not make a whole response unreadable, so each field and each row is read separately.

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde_json::Value;

use crate::huaweicloud::redact::Redactor;

/// Most characters of a name, an id or a state that is only shown.
pub(super) const LABEL_LIMIT: usize = 200;

/// Most characters of the reason why a value cannot be read. It quotes the value.
pub(super) const REASON_LIMIT: usize = 150;

/// Beyond this, floating-point numbers cannot represent every whole number.
const EXACT_FLOATS: f64 = 9_007_199_254_740_992.0;

/// A whole number, as a number (also `50.0`) or as a string.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct LenientInt(pub(super) i64);

impl<'de> Deserialize<'de> for LenientInt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let number = match &value {
            Value::Number(number) => number.as_i64().or_else(|| whole_float(number.as_f64()?)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.map(Self).ok_or_else(|| D::Error::custom(format!("{value} is not a whole number of 64 bits")))
    }
}

/// The whole number that a floating-point number represents, if that is certain.
fn whole_float(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "whole, and below 2^53")]
    (number.fract() == 0.0 && number.abs() < EXACT_FLOATS).then_some(number as i64)
}

/// A field that may be missing, null or unreadable without affecting other fields. The reason why a value is unreadable
/// quotes the whole value, so it must be redacted and limited to [`REASON_LIMIT`] characters before it is shown.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Field<T>(Result<Option<T>, String>);

impl<T> Field<T> {
    /// The value. `None`: missing, null or unreadable.
    pub(super) fn lenient(self) -> Option<T> {
        self.0.ok().flatten()
    }

    /// The value. `None`: missing or null.
    ///
    /// # Errors
    /// The value is unreadable. The message starts with `name`.
    pub(super) fn optional(self, name: &str) -> Result<Option<T>, String> {
        self.0.map_err(|why| format!("{name}: {why}"))
    }

    /// The value.
    ///
    /// # Errors
    /// The value is missing or unreadable. The message starts with `name`.
    pub(super) fn required(self, name: &str) -> Result<T, String> {
        self.optional(name)?.ok_or_else(|| format!("{name} is missing"))
    }
}

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self(Ok(None))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Null => Ok(None),
            value => serde_json::from_value(value).map(Some).map_err(|error| error.to_string()),
        }))
    }
}

/// A text: a string, or any other value as JSON. Empty if it is missing or null.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct LenientText(String);

impl LenientText {
    /// The text without secrets, on one line of at most `limit` characters.
    pub(super) fn show(&self, redactor: &Redactor, limit: usize) -> String {
        redactor.show(&self.0, limit)
    }

    /// The unchanged text.
    pub(super) fn into_raw(self) -> String {
        self.0
    }
}

impl<'de> Deserialize<'de> for LenientText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        }))
    }
}

/// The rows of a list. A list that is missing, null, `""` or `{}` has no rows. No row is dropped: a row of another form
/// is read as `T::default()`, and any other value in place of a list is read as a single row.
///
/// # Errors
/// Only those of the format.
pub(super) fn rows<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let rows = match Value::deserialize(deserializer)? {
        Value::Null => Vec::new(),
        Value::Array(rows) => rows,
        Value::String(text) if text.trim().is_empty() => Vec::new(),
        Value::Object(members) if members.is_empty() => Vec::new(),
        other => vec![other],
    };
    let read = |row| match row {
        // serde would read the items as fields, by their order.
        Value::Array(_) => T::default(),
        row => serde_json::from_value(row).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(read).collect())
}
