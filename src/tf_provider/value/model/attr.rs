//! Attributes that can be null or unknown.

use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::{Type, Value, ValueError};

use super::{FromValue, ToValue};

/// An attribute that can be null or unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Attr<T> {
    /// Not set.
    #[default]
    Null,
    /// Set, but not known until other changes are applied or, in a plan, until this one is applied.
    Unknown,
    /// Set to this value.
    Known(T),
}

impl<T> Attr<T> {
    /// The value if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// Whether the attribute is not set.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether the attribute is set to an unknown value.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Whether the attribute is set to a known or unknown value.
    pub fn is_set(&self) -> bool {
        !self.is_null()
    }

    /// Converts a known value. Null and unknown stay the same.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Attr<U> {
        match self {
            Self::Null => Attr::Null,
            Self::Unknown => Attr::Unknown,
            Self::Known(value) => Attr::Known(change(value)),
        }
    }

    /// The same attribute with a reference to its value.
    pub fn as_ref(&self) -> Attr<&T> {
        match self {
            Self::Null => Attr::Null,
            Self::Unknown => Attr::Unknown,
            Self::Known(value) => Attr::Known(value),
        }
    }

    /// A known value, or null for `None`.
    pub fn from_option(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

impl<T: FromValue> FromValue for Attr<T> {
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ValueError> {
        match value {
            Value::Null => Ok(Self::Null),
            Value::Unknown => Ok(Self::Unknown),
            _ => T::from_value(value, path).map(Self::Known),
        }
    }
}

impl<T: ToValue> ToValue for Attr<T> {
    fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
            Self::Known(value) => value.to_value(),
        }
    }

    fn value_type() -> Type {
        T::value_type()
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ValueError> {
        if value.is_null() { Ok(None) } else { T::from_value(value, path).map(Some) }
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }

    fn value_type() -> Type {
        T::value_type()
    }
}
