//! Conversions between Rust types and Terraform values.
//!
//! [`model!`](crate::model!) defines a block or object as a struct. The type of each field determines which values the
//! attribute can have:
//!
//! | Field type | null | unknown | otherwise |
//! |---|---|---|---|
//! | `T` | error | error | `T` |
//! | `Option<T>` | `None` | error | `Some` |
//! | [`Attr<T>`] | [`Attr::Null`] | [`Attr::Unknown`] | [`Attr::Known`] |
//!
//! `T` is a `String`, `bool`, integer, [`Number`](super::Number), another model, or a `Vec` or `BTreeMap` of these. A
//! secret should have its own type, which implements both traits and hides the secret in `Debug`.

mod attr;
mod collections;
mod define;
mod object;
mod scalars;

use crate::tf_provider::attribute_path::AttributePath;

pub use self::attr::Attr;
pub use self::object::{ObjectReader, attribute_name};
use super::{Type, Value, ValueError};

/// Conversion from a value.
pub trait FromValue: Sized {
    /// Converts `value`, which is at `path`.
    ///
    /// # Errors
    ///
    /// If this type cannot hold the value. The error has `path` or a path below it.
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ValueError>;
}

/// Conversion to a value.
pub trait ToValue {
    /// The value. [`FromValue::from_value`] converts it back to an equal Rust value.
    fn to_value(&self) -> Value;

    /// The Terraform type of the value.
    fn value_type() -> Type;
}

/// A block or object as a Rust struct. [`model!`](crate::model!) defines it.
///
/// Its [`value_type`](ToValue::value_type) is the object type with one attribute for each field, so that a schema need
/// not list the fields again.
pub trait Model: FromValue + ToValue + Clone + Send + Sync + 'static {}
