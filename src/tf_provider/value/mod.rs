//! Terraform's types and values, their two wire formats, and their conversion to Rust structs.
//!
//! | Item | Purpose |
//! |---|---|
//! | [`Type`] | the type of a value, and its JSON description in schemas |
//! | [`Value`] | a value: known, null or unknown |
//! | [`Number`] | exact decimal numbers |
//! | [`msgpack`] | the format of configurations, plans and states in calls |
//! | [`json`] | the format of stored states |
//! | [`Model`], [`FromValue`], [`ToValue`], [`Attr`], [`model!`](crate::model!) | conversion to and from structs |
//!
//! Both formats need the type to read a value, because the same bytes mean different values for different types. Bytes
//! that do not conform to the type are an error with the path of the value. Errors never contain a value, because it
//! may be a secret.

mod error;
pub mod json;
mod model;
pub mod msgpack;
mod number;
#[cfg(test)]
mod tests;
mod types;

use std::collections::BTreeMap;

pub use crate::model;

pub use self::error::ValueError;
pub use self::model::{Attr, FromValue, Model, ObjectReader, ToValue, attribute_name};
pub use self::number::{Number, ParseNumberError};
pub use self::types::Type;

/// The maximum nesting depth of a value. Real configurations are far below it, and recursion to this depth cannot
/// exhaust the stack of a thread.
const MAX_DEPTH: usize = 128;

/// A value of any [`Type`].
///
/// `Debug` prints everything, including secrets. Do not use it in logs or messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// The attribute is not set, or the object does not exist.
    Null,
    /// The value is not known until other changes are applied.
    Unknown,
    /// A value of [`Type::Bool`].
    Bool(bool),
    /// A value of [`Type::Number`].
    Number(Number),
    /// A value of [`Type::String`].
    String(String),
    /// The elements of a list.
    List(Vec<Value>),
    /// The elements of a map, or the attributes and nested blocks of an object or block.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// Whether the value is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether the value as a whole is unknown. A known collection can still have unknown parts; see
    /// [`Value::is_wholly_known`].
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Whether neither the value nor any part of it is unknown.
    #[must_use]
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::List(elements) => elements.iter().all(Self::is_wholly_known),
            Self::Map(elements) => elements.values().all(Self::is_wholly_known),
            _ => true,
        }
    }

    /// The attribute, nested block or map element `name`. `None` if the value is not an object or map, or has no such
    /// part.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_map()?.get(name)
    }

    /// The text if this is a known string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements if this is a known list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The elements or attributes if this is a known map or object.
    #[must_use]
    pub fn as_map(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Map(elements) => Some(elements),
            _ => None,
        }
    }

    /// The kind of the value in messages: "a string", "null".
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown => "a value that is not known yet",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Self>>(elements: I) -> Self {
        Self::List(elements.into_iter().collect())
    }
}

impl<N: Into<String>> FromIterator<(N, Value)> for Value {
    fn from_iter<I: IntoIterator<Item = (N, Self)>>(elements: I) -> Self {
        Self::Map(elements.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}
