//! Conversions of strings, bools and numbers.

use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::error::mismatch;
use crate::tf_provider::value::{Number, Type, Value, ValueError};

use super::{FromValue, ToValue};

/// The error for a value of another kind than `required`.
pub(super) fn wrong_kind(required: &str, found: &Value, path: &AttributePath) -> ValueError {
    ValueError::new(path.clone(), mismatch(required, found.kind()))
}

impl FromValue for String {
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ValueError> {
        match value.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(wrong_kind("a string", value, path)),
        }
    }
}

impl ToValue for String {
    fn to_value(&self) -> Value {
        Value::String(self.clone())
    }

    fn value_type() -> Type {
        Type::String
    }
}

impl FromValue for bool {
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ValueError> {
        value.as_bool().ok_or_else(|| wrong_kind("a bool", value, path))
    }
}

impl ToValue for bool {
    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }

    fn value_type() -> Type {
        Type::Bool
    }
}

impl FromValue for Number {
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ValueError> {
        value.as_number().cloned().ok_or_else(|| wrong_kind("a number", value, path))
    }
}

impl ToValue for Number {
    fn to_value(&self) -> Value {
        Value::Number(self.clone())
    }

    fn value_type() -> Type {
        Type::Number
    }
}

/// Implements the conversions of one integer type. `$read` converts a [`Number`] that is in range.
macro_rules! integer {
    ($integer:ty, $read:expr) => {
        impl FromValue for $integer {
            fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ValueError> {
                let read: fn(&Number) -> Option<$integer> = $read;
                read(&Number::from_value(value, path)?).ok_or_else(|| {
                    let (min, max) = (<$integer>::MIN, <$integer>::MAX);
                    ValueError::new(path.clone(), format!("must be a whole number between {min} and {max}"))
                })
            }
        }

        impl ToValue for $integer {
            fn to_value(&self) -> Value {
                Value::Number(Number::from(*self))
            }

            fn value_type() -> Type {
                Type::Number
            }
        }
    };
}

integer!(i64, Number::to_i64);
integer!(u32, |number| number.to_u64()?.try_into().ok());
