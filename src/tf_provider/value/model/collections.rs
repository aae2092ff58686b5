//! Conversions of lists and maps.

use std::collections::BTreeMap;

use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::error::index_step;
use crate::tf_provider::value::{Type, Value, ValueError};

use super::scalars::wrong_kind;
use super::{FromValue, ToValue};

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ValueError> {
        let elements = value.as_list().ok_or_else(|| wrong_kind("a list", value, path))?;
        let elements = elements.iter().enumerate();
        elements.map(|(index, element)| T::from_value(element, &path.then(index_step(index)))).collect()
    }
}

impl<T: ToValue> ToValue for Vec<T> {
    fn to_value(&self) -> Value {
        self.iter().map(T::to_value).collect()
    }

    fn value_type() -> Type {
        Type::list(T::value_type())
    }
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ValueError> {
        let elements = value.as_map().ok_or_else(|| wrong_kind("a map", value, path))?;
        let elements = elements.iter();
        elements.map(|(key, element)| Ok((key.clone(), T::from_value(element, &path.child_key(key))?))).collect()
    }
}

impl<T: ToValue> ToValue for BTreeMap<String, T> {
    fn to_value(&self) -> Value {
        self.iter().map(|(key, element)| (key, element.to_value())).collect()
    }

    fn value_type() -> Type {
        Type::map(T::value_type())
    }
}
