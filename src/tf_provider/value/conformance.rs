//! Checks that both encoders make before they write a value under a type.

use std::collections::BTreeMap;

use super::error::mismatch;
use super::{EncodeError, Type, Value};
use crate::tf_provider::attribute_path::Step;

/// The value has every attribute of the type and no other.
pub(super) fn object(types: &BTreeMap<String, Type>, attributes: &BTreeMap<String, Value>) -> Result<(), EncodeError> {
    let at = |name: &String| Step::Attribute(name.clone());
    if let Some(name) = types.keys().find(|name| !attributes.contains_key(*name)) {
        return Err(EncodeError::at_root("the attribute is missing").inside(at(name)));
    }
    if let Some(name) = attributes.keys().find(|name| !types.contains_key(*name)) {
        return Err(EncodeError::at_root("there is no such attribute").inside(at(name)));
    }
    Ok(())
}

/// The value has as many elements as the type.
pub(super) fn tuple(types: &[Type], elements: &[Value]) -> Result<(), EncodeError> {
    if types.len() == elements.len() {
        return Ok(());
    }
    let required = format!("a tuple of {} elements", types.len());
    Err(EncodeError::at_root(mismatch(&required, &format!("{} elements", elements.len()))))
}

/// The type that a dynamic value names for itself is a real one.
pub(super) fn actual_type(ty: &Type) -> Result<(), EncodeError> {
    if *ty == Type::Dynamic {
        return Err(EncodeError::at_root("a dynamically typed value must name its actual type"));
    }
    Ok(())
}
