//! Decodes JSON to a value of a type.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::tf_provider::attribute_path::Step;
use crate::tf_provider::value::error::{index_step, mismatch};
use crate::tf_provider::value::{MAX_DEPTH, Number, Type, Value, ValueError};

use super::lazy::{self, LazyValue};

/// Reads a stored state or another value in JSON form. Empty input is null.
///
/// Another version of the schema may have written the state. Members that `ty` does not declare are therefore ignored,
/// and attributes without a member are null. This applies to nested blocks, too, even to those that are always a list
/// elsewhere.
///
/// # Errors
///
/// If the bytes are not JSON or do not conform to `ty`.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, ValueError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    value(lazy::document(bytes)?, ty, 0)
}

fn value(raw: &RawValue, ty: &Type, depth: usize) -> Result<Value, ValueError> {
    if depth >= MAX_DEPTH {
        return Err(ValueError::at_root("the value is nested too deeply"));
    }
    match (ty, lazy::parse(raw)?) {
        (_, LazyValue::Null) => Ok(Value::Null),
        (Type::Bool, LazyValue::Bool(flag)) => Ok(Value::Bool(flag)),
        (Type::String, LazyValue::String(text)) => Ok(Value::String(text)),
        (Type::Number, LazyValue::Number(text)) => match text.parse::<Number>() {
            Ok(number) => Ok(Value::Number(number)),
            Err(error) => Err(ValueError::at_root(error.to_string())),
        },
        (Type::List(element), LazyValue::Array(parts)) => elements(&parts, element, depth).map(Value::List),
        (Type::Map(element), LazyValue::Object(members)) => map(members, element, depth),
        (Type::Object(attributes), LazyValue::Object(members)) => object(members, attributes, depth),
        (_, found) => Err(ValueError::at_root(mismatch(ty.kind(), found.kind()))),
    }
}

fn elements(parts: &[&RawValue], ty: &Type, depth: usize) -> Result<Vec<Value>, ValueError> {
    let parts = parts.iter().enumerate();
    parts.map(|(index, raw)| value(raw, ty, depth + 1).map_err(|error| error.inside(index_step(index)))).collect()
}

fn map(members: Vec<(String, &RawValue)>, ty: &Type, depth: usize) -> Result<Value, ValueError> {
    let mut map = BTreeMap::new();
    for (key, raw) in members {
        let step = || Step::Key(key.clone());
        let element = value(raw, ty, depth + 1).map_err(|error| error.inside(step()))?;
        if map.contains_key(&key) {
            return Err(ValueError::at_root("the key appears twice").inside(step()));
        }
        map.insert(key, element);
    }
    Ok(Value::Map(map))
}

fn object(
    members: Vec<(String, &RawValue)>,
    attributes: &BTreeMap<String, Type>,
    depth: usize,
) -> Result<Value, ValueError> {
    let mut object = BTreeMap::new();
    for (name, raw) in members {
        let Some(ty) = attributes.get(&name) else {
            continue;
        };
        let step = || Step::Attribute(name.clone());
        let attribute = value(raw, ty, depth + 1).map_err(|error| error.inside(step()))?;
        if object.contains_key(&name) {
            return Err(ValueError::at_root("the attribute appears twice").inside(step()));
        }
        object.insert(name, attribute);
    }
    for name in attributes.keys() {
        if !object.contains_key(name) {
            object.insert(name.clone(), Value::Null);
        }
    }
    Ok(Value::Map(object))
}
