//! Encodes a value of a type as msgpack.

use std::collections::BTreeMap;

use rmp::encode;

use crate::tf_provider::attribute_path::Step;
use crate::tf_provider::value::error::{index_step, mismatch};
use crate::tf_provider::value::{MAX_DEPTH, Number, Type, Value, ValueError};

/// An unknown value without refinements.
const UNKNOWN: [u8; 3] = [0xd4, 0, 0];

/// Writes a value for Terraform. Equal values give equal bytes.
///
/// # Errors
///
/// If the value does not conform to `ty`. Terraform would reject the bytes without the path of the value.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, ValueError> {
    let mut out = Vec::new();
    write(&mut out, value, ty, 0)?;
    Ok(out)
}

fn write(out: &mut Vec<u8>, value: &Value, ty: &Type, depth: usize) -> Result<(), ValueError> {
    if depth >= MAX_DEPTH {
        return Err(ValueError::at_root("the value is nested too deeply"));
    }
    match (ty, value) {
        (_, Value::Null) => written(encode::write_nil(out)),
        (_, Value::Unknown) => {
            out.extend_from_slice(&UNKNOWN);
            Ok(())
        }
        (Type::Bool, Value::Bool(flag)) => written(encode::write_bool(out, *flag)),
        (Type::Number, Value::Number(number)) => write_number(out, number),
        (Type::String, Value::String(text)) => write_text(out, text),
        (Type::List(element), Value::List(elements)) => write_array(out, elements, element, depth),
        (Type::Map(element), Value::Map(elements)) => {
            let entries = elements.iter().map(|(key, value)| (key, value, &**element));
            write_map(out, elements.len(), Step::Key, entries, depth)
        }
        (Type::Object(types), Value::Map(attributes)) => {
            check_object(types, attributes)?;
            let entries = attributes.iter().zip(types.values());
            let entries = entries.map(|((name, value), ty)| (name, value, ty));
            write_map(out, attributes.len(), Step::Attribute, entries, depth)
        }
        _ => Err(ValueError::at_root(mismatch(ty.kind(), value.kind()))),
    }
}

/// Checks that the value has exactly the attributes of the type.
fn check_object(types: &BTreeMap<String, Type>, attributes: &BTreeMap<String, Value>) -> Result<(), ValueError> {
    let error = |message: &str, name: &str| Err(ValueError::at_root(message).inside(Step::Attribute(name.to_owned())));
    if let Some(name) = types.keys().find(|name| !attributes.contains_key(*name)) {
        return error("the attribute is missing", name);
    }
    if let Some(name) = attributes.keys().find(|name| !types.contains_key(*name)) {
        return error("there is no such attribute", name);
    }
    Ok(())
}

/// Writes an integer if a machine integer can hold the number, and text otherwise: a float would lose digits.
fn write_number(out: &mut Vec<u8>, number: &Number) -> Result<(), ValueError> {
    match number.to_i64() {
        Some(integer) => written(encode::write_sint(out, integer)),
        None => write_text(out, &number.to_string()),
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) -> Result<(), ValueError> {
    length(text.len())?;
    written(encode::write_str(out, text))
}

fn write_array(out: &mut Vec<u8>, elements: &[Value], ty: &Type, depth: usize) -> Result<(), ValueError> {
    written(encode::write_array_len(out, length(elements.len())?))?;
    for (index, value) in elements.iter().enumerate() {
        write(out, value, ty, depth + 1).map_err(|error| error.inside(index_step(index)))?;
    }
    Ok(())
}

fn write_map<'v>(
    out: &mut Vec<u8>,
    count: usize,
    step: fn(String) -> Step,
    entries: impl Iterator<Item = (&'v String, &'v Value, &'v Type)>,
    depth: usize,
) -> Result<(), ValueError> {
    written(encode::write_map_len(out, length(count)?))?;
    for (name, value, ty) in entries {
        write_text(out, name)?;
        write(out, value, ty, depth + 1).map_err(|error| error.inside(step(name.clone())))?;
    }
    Ok(())
}

/// A length in the 32 bits that msgpack has for it.
fn length(length: usize) -> Result<u32, ValueError> {
    u32::try_from(length).map_err(|_| ValueError::at_root("the value is too large"))
}

/// The result of a write to memory, which does not fail in practice.
fn written<T, E>(result: Result<T, E>) -> Result<(), ValueError> {
    result.map(|_| ()).map_err(|_| ValueError::at_root("the value cannot be written"))
}
