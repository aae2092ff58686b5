//! JSON text → value, under a type.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::text::{self, SyntaxError, Text};
use crate::tf_provider::attribute_path::Step;
use crate::tf_provider::value::error::{index_step, mismatch};
use crate::tf_provider::value::{DecodeError, MAX_DEPTH, Number, Type, Value};

/// Reads a stored state, or any value in JSON form.
///
/// Made for states, which may have been written by another version of the schema: members that
/// `ty` does not declare are ignored, and attributes without a member are null (a nested block
/// too, even one that is always a list elsewhere). No bytes at all mean null.
///
/// # Errors
///
/// When the bytes are not JSON or do not fit `ty`.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    value(text::document(bytes)?, ty, 0)
}

fn value(raw: &RawValue, ty: &Type, depth: usize) -> Result<Value, DecodeError> {
    if depth >= MAX_DEPTH {
        return Err(DecodeError::at_root("the value is nested too deeply"));
    }
    match (ty, text::read(raw)?) {
        (_, Text::Null) => Ok(Value::Null),
        (Type::Bool, Text::Bool(flag)) => Ok(Value::Bool(flag)),
        (Type::String, Text::String(text)) => Ok(Value::String(text)),
        (Type::Number, Text::Number(text)) => match text.parse::<Number>() {
            Ok(number) => Ok(Value::Number(number)),
            Err(error) => Err(DecodeError::at_root(error.to_string())),
        },
        (Type::List(element), Text::Array(parts)) => elements(&parts, |_| element, depth).map(Value::List),
        (Type::Set(element), Text::Array(parts)) => {
            let mut elements = elements(&parts, |_| element, depth)?;
            elements.sort();
            Ok(Value::List(elements))
        }
        (Type::Tuple(types), Text::Array(parts)) => {
            if parts.len() != types.len() {
                let required = format!("a tuple of {} elements", types.len());
                let found = format!("{} elements", parts.len());
                return Err(DecodeError::at_root(mismatch(&required, &found)));
            }
            elements(&parts, |index| &types[index], depth).map(Value::List)
        }
        (Type::Map(element), Text::Object(members)) => map(members, element, depth),
        (Type::Object(attributes), Text::Object(members)) => object(members, attributes, depth),
        (Type::Dynamic, Text::Object(members)) => dynamic(members, depth),
        (_, found) => Err(DecodeError::at_root(mismatch(ty.kind(), found.kind()))),
    }
}

fn elements<'t>(parts: &[&RawValue], ty: impl Fn(usize) -> &'t Type, depth: usize) -> Result<Vec<Value>, DecodeError> {
    let each = parts.iter().enumerate();
    each.map(|(index, raw)| value(raw, ty(index), depth + 1).map_err(|error| error.inside(index_step(index)))).collect()
}

fn map(members: Vec<(String, &RawValue)>, ty: &Type, depth: usize) -> Result<Value, DecodeError> {
    let mut map = BTreeMap::new();
    for (key, raw) in members {
        let step = || Step::Key(key.clone());
        let element = value(raw, ty, depth + 1).map_err(|error| error.inside(step()))?;
        if map.contains_key(&key) {
            return Err(DecodeError::at_root("the key appears twice").inside(step()));
        }
        map.insert(key, element);
    }
    Ok(Value::Map(map))
}

fn object(
    members: Vec<(String, &RawValue)>,
    attributes: &BTreeMap<String, Type>,
    depth: usize,
) -> Result<Value, DecodeError> {
    let mut object = BTreeMap::new();
    for (name, raw) in members {
        let Some(ty) = attributes.get(&name) else {
            continue;
        };
        let step = || Step::Attribute(name.clone());
        let attribute = value(raw, ty, depth + 1).map_err(|error| error.inside(step()))?;
        if object.contains_key(&name) {
            return Err(DecodeError::at_root("the attribute appears twice").inside(step()));
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

/// Reads `{"type": …, "value": …}`.
fn dynamic(members: Vec<(String, &RawValue)>, depth: usize) -> Result<Value, DecodeError> {
    let (mut ty, mut raw) = (None, None);
    for (name, member) in members {
        let previous = match name.as_str() {
            "type" => ty.replace(member),
            "value" => raw.replace(member),
            _ => Some(member),
        };
        if previous.is_some() {
            return Err(DecodeError::at_root(DYNAMIC_FORM));
        }
    }
    let (Some(ty), Some(raw)) = (ty, raw) else {
        return Err(DecodeError::at_root(DYNAMIC_FORM));
    };
    let ty = Type::read(ty, 0)
        .map_err(|error| DecodeError::at_root(format!("the value's type is not readable: {error}")))?;
    let inner = value(raw, &ty, depth + 1)?;
    Ok(Value::dynamic(ty, inner))
}

const DYNAMIC_FORM: &str = "a dynamically typed value must have one \"type\" and one \"value\"";

impl From<SyntaxError> for DecodeError {
    fn from(error: SyntaxError) -> Self {
        Self::at_root(error.to_string())
    }
}
