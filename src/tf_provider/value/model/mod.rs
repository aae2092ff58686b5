//! Rust types as Terraform values, and back.
//!
//! A block or object is a struct defined with [`model!`](crate::model!). Its fields are of
//! types that say what may happen to an attribute:
//!
//! | Field type | null | unknown | otherwise |
//! |---|---|---|---|
//! | `T` | error | error | `T` |
//! | `Option<T>` | `None` | error | `Some` |
//! | [`Attr<T>`] | [`Attr::Null`] | [`Attr::Unknown`] | [`Attr::Known`] |
//! | [`Value`] | as it is | as it is | as it is |
//!
//! where `T` is a `String`, `bool`, integer, [`Number`](super::Number), another model, or a
//! `Vec` or `BTreeMap` of any of the above. Secrets get a type of their own that implements
//! both traits and shows nothing in `Debug`.

mod attr;
mod collections;
mod define;
mod object;
mod scalars;

use super::{ModelError, Value};
use crate::tf_provider::attribute_path::AttributePath;

pub use self::attr::Attr;
pub use self::object::{ObjectReader, attribute_name};

/// A type that can be made from a value.
pub trait FromValue: Sized {
    /// Makes one from `value`, which was found at `path`.
    ///
    /// # Errors
    ///
    /// When the value is of another kind, out of range, or null or unknown where this type
    /// cannot be. The error carries `path` or a path below it.
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ModelError>;
}

/// A type that can be turned into a value.
pub trait ToValue {
    /// The value that [`FromValue::from_value`] makes an equal Rust value from.
    fn to_value(&self) -> Value;
}

/// A block or object as a Rust struct; defined with [`model!`](crate::model!).
pub trait Model: FromValue + ToValue + Clone + Send + Sync + 'static {
    /// The names of all attributes and nested blocks, in the order of the fields.
    fn attribute_names() -> &'static [&'static str];
}

impl FromValue for Value {
    fn from_value(value: &Value, _: &AttributePath) -> Result<Self, ModelError> {
        Ok(value.clone())
    }
}

impl ToValue for Value {
    fn to_value(&self) -> Value {
        self.clone()
    }
}
