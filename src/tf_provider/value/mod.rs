//! Terraform's types and values, their two wire formats, and Rust structs made from them.
//!
//! | Part | What it does |
//! |---|---|
//! | [`Type`] | what a value may be, and its JSON description in schemas |
//! | [`Value`] | a value: known, null, or not known yet |
//! | [`Number`] | exact decimal numbers |
//! | [`msgpack`] | bytes ⇄ value; how Terraform sends configuration, plans and states |
//! | [`json`] | bytes ⇄ value; how Terraform stores states |
//! | [`Model`], [`FromValue`], [`ToValue`], [`Attr`], [`model!`](crate::model!) | value ⇄ struct |
//!
//! Both formats are read *under a type*: the same bytes mean different values for different
//! types, and bytes that do not fit are an error naming the place. No value ever shows up in
//! an error, since any of them may be a secret.

mod conformance;
mod error;
pub mod json;
mod model;
pub mod msgpack;
mod number;
#[cfg(test)]
mod tests;
mod types;

use std::collections::BTreeMap;

pub use self::error::{DecodeError, EncodeError, ModelError};
pub use self::model::{Attr, FromValue, Model, ObjectReader, ToValue, attribute_name};
pub use self::number::{Number, ParseNumberError};
pub use self::types::{Type, TypeError};
pub use crate::model;

/// How deep values and types may nest. Far beyond any real configuration, and shallow enough
/// that recursion cannot exhaust a thread's stack.
const MAX_DEPTH: usize = 128;

/// A value of any [`Type`].
///
/// Sets that were decoded hold their elements in sorted order, so `==` treats them as sets.
///
/// `Debug` shows everything inside, secrets too: keep it out of logs and messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// No value: the attribute is not set. A whole object that is null does not exist.
    Null,
    /// A value that will be known only after other changes were applied.
    Unknown,
    /// Of [`Type::Bool`].
    Bool(bool),
    /// Of [`Type::Number`].
    Number(Number),
    /// Of [`Type::String`].
    String(String),
    /// Elements of a list, set or tuple.
    List(Vec<Value>),
    /// Elements of a map, or attributes and nested blocks of an object or block.
    Map(BTreeMap<String, Value>),
    /// The value of an attribute of [`Type::Dynamic`] together with its actual type. The inner
    /// value may itself be null or unknown, with the type known already.
    Dynamic(Box<(Type, Value)>),
}

impl Value {
    /// The value without its dynamic wrapping, if it has one.
    #[must_use]
    pub fn plain(&self) -> &Self {
        let mut value = self;
        while let Self::Dynamic(inner) = value {
            value = &inner.1;
        }
        value
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.plain(), Self::Null)
    }

    /// Whether the value as a whole is not known yet. Parts of a known collection may be
    /// unknown all the same; see [`Value::is_wholly_known`].
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self.plain(), Self::Unknown)
    }

    /// Whether neither the value nor any part of it is unknown.
    #[must_use]
    pub fn is_wholly_known(&self) -> bool {
        match self.plain() {
            Self::Unknown => false,
            Self::List(elements) => elements.iter().all(Self::is_wholly_known),
            Self::Map(elements) => elements.values().all(Self::is_wholly_known),
            _ => true,
        }
    }

    /// The attribute, nested block or map element `name`. `None` if this is no object or map
    /// or has no such part.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_map()?.get(name)
    }

    /// The flag, if this is a known bool.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.plain() {
            Self::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The number, if this is a known number.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        match self.plain() {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text, if this is a known string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self.plain() {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if this is a known list, set or tuple.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self.plain() {
            Self::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The elements or attributes, if this is a known map or object.
    #[must_use]
    pub fn as_map(&self) -> Option<&BTreeMap<String, Self>> {
        match self.plain() {
            Self::Map(elements) => Some(elements),
            _ => None,
        }
    }

    /// A decoded dynamic value. A type of "dynamic" says nothing, so it adds no wrapping.
    fn dynamic(ty: Type, value: Self) -> Self {
        match ty {
            Type::Dynamic => value,
            ty => Self::Dynamic(Box::new((ty, value))),
        }
    }

    /// What kind of value this is, for messages: "a string", "null".
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown => "a value that is not known yet",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Dynamic(_) => "a dynamically typed value",
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

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
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
