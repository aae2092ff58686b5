//! Lists, sets and maps as values.

use std::collections::BTreeMap;

use super::scalars::wrong_kind;
use super::{FromValue, ToValue};
use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::error::index_step;
use crate::tf_provider::value::{ModelError, Value};

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ModelError> {
        let elements = value.as_list().ok_or_else(|| wrong_kind("a list", value, path))?;
        let each = elements.iter().enumerate();
        each.map(|(index, element)| T::from_value(element, &path.then(index_step(index)))).collect()
    }
}

impl<T: ToValue> ToValue for Vec<T> {
    fn to_value(&self) -> Value {
        self.iter().map(T::to_value).collect()
    }
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ModelError> {
        let elements = value.as_map().ok_or_else(|| wrong_kind("a map", value, path))?;
        let each = elements.iter();
        each.map(|(key, element)| Ok((key.clone(), T::from_value(element, &path.child_key(key))?))).collect()
    }
}

impl<T: ToValue> ToValue for BTreeMap<String, T> {
    fn to_value(&self) -> Value {
        self.iter().map(|(key, element)| (key, element.to_value())).collect()
    }
}
