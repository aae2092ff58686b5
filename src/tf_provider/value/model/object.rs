//! Reads the attributes of an object for the structs of [`model!`](crate::model!).

use std::collections::BTreeMap;

use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::{Value, ValueError};

use super::FromValue;
use super::scalars::wrong_kind;

/// An object whose attributes all belong to a model.
#[derive(Clone, Copy)]
pub struct ObjectReader<'a> {
    attributes: &'a BTreeMap<String, Value>,
    path: &'a AttributePath,
}

impl<'a> ObjectReader<'a> {
    /// The object `value`, which is at `path`.
    ///
    /// # Errors
    ///
    /// If the value is not an object, or has an attribute that is not in `names`. The latter means that the model and
    /// the schema differ, and the attribute would be lost.
    pub fn new(value: &'a Value, path: &'a AttributePath, names: &[&str]) -> Result<Self, ValueError> {
        let attributes = value.as_map().ok_or_else(|| wrong_kind("an object", value, path))?;
        match attributes.keys().find(|name| !names.contains(&name.as_str())) {
            None => Ok(Self { attributes, path }),
            Some(name) => {
                let path = path.child_attribute(name);
                Err(ValueError::new(path, "the schema has this attribute, but its model does not"))
            }
        }
    }

    /// The attribute or nested block `name`.
    ///
    /// # Errors
    ///
    /// If the attribute is missing or `T` cannot hold its value.
    pub fn attribute<T: FromValue>(&self, name: &str) -> Result<T, ValueError> {
        let path = self.path.child_attribute(name);
        match self.attributes.get(name) {
            Some(value) => T::from_value(value, &path),
            None => Err(ValueError::new(path, "the model has this attribute, but its schema does not")),
        }
    }
}

/// The attribute name of a field: the field's name without the `r#` that allows Rust keywords as names.
#[must_use]
pub const fn attribute_name(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}
