//! Reads an object attribute by attribute, for the structs of [`model!`](crate::model!).

use std::collections::BTreeMap;

use super::FromValue;
use super::scalars::wrong_kind;
use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::{ModelError, Value};

/// An object that is known to have the attributes of a model and no other.
#[derive(Clone, Copy)]
pub struct ObjectReader<'a> {
    attributes: &'a BTreeMap<String, Value>,
    path: &'a AttributePath,
}

impl<'a> ObjectReader<'a> {
    /// The object `value`, found at `path`.
    ///
    /// # Errors
    ///
    /// When it is no object, or has an attribute that is not among `names`: then model and
    /// schema have come apart, and going on would lose the attribute.
    pub fn new(value: &'a Value, path: &'a AttributePath, names: &[&str]) -> Result<Self, ModelError> {
        let attributes = value.as_map().ok_or_else(|| wrong_kind("an object", value, path))?;
        match attributes.keys().find(|name| !names.contains(&name.as_str())) {
            None => Ok(Self { attributes, path }),
            Some(name) => {
                let path = path.child_attribute(name);
                Err(ModelError::new(path, "the schema has this attribute, its model has not"))
            }
        }
    }

    /// The attribute or nested block `name`.
    ///
    /// # Errors
    ///
    /// When there is none, or its value does not fit `T`.
    pub fn attribute<T: FromValue>(&self, name: &str) -> Result<T, ModelError> {
        let path = self.path.child_attribute(name);
        match self.attributes.get(name) {
            Some(value) => T::from_value(value, &path),
            None => Err(ModelError::new(path, "the model has this attribute, its schema has not")),
        }
    }
}

/// The attribute that a field stands for: its name, without the `r#` that lets a field be
/// called like a keyword of Rust.
#[must_use]
pub const fn attribute_name(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}
