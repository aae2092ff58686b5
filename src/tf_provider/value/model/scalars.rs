//! Conversions of strings, bools and numbers.

use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::error::mismatch;
use crate::tf_provider::value::{Number, Type, Value, ValueError};

use super::{FromValue, ToValue};

/// The error for a value of another kind than `required`.
pub(super) fn wrong_kind(required: &str, found: &Value, path: &AttributePath) -> ValueError {
    ValueError::new(path.clone(), mismatch(required, found.kind()))
}

/// Implements the conversions of the type that a variant of [`Value`] holds.
macro_rules! scalar {
    ($type:ty, $variant:ident) => {
        impl FromValue for $type {
            fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ValueError> {
                match value {
                    Value::$variant(found) => Ok(found.clone()),
                    _ => Err(wrong_kind(Type::$variant.kind(), value, path)),
                }
            }
        }

        impl ToValue for $type {
            fn to_value(&self) -> Value {
                Value::$variant(self.clone())
            }

            fn value_type() -> Type {
                Type::$variant
            }
        }
    };
}

scalar!(String, String);
scalar!(bool, Bool);
scalar!(Number, Number);

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
integer!(u32, |number| number.to_i64()?.try_into().ok());
