//! The check that both encoders make before they write an object.

use std::collections::BTreeMap;

use crate::tf_provider::attribute_path::Step;

use super::{EncodeError, Type, Value};

/// Checks that the value has exactly the attributes of the type.
///
/// # Errors
///
/// If an attribute is missing or undeclared.
pub(super) fn check_object(
    types: &BTreeMap<String, Type>,
    attributes: &BTreeMap<String, Value>,
) -> Result<(), EncodeError> {
    let error = |message: &str, name: &str| Err(EncodeError::at_root(message).inside(Step::Attribute(name.to_owned())));
    if let Some(name) = types.keys().find(|name| !attributes.contains_key(*name)) {
        return error("the attribute is missing", name);
    }
    if let Some(name) = attributes.keys().find(|name| !types.contains_key(*name)) {
        return error("there is no such attribute", name);
    }
    Ok(())
}
