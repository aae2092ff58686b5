//! Encodes a value of a type as JSON.

use std::fmt::Write as _;

use crate::tf_provider::attribute_path::Step;
use crate::tf_provider::value::conformance::check_object;
use crate::tf_provider::value::error::{index_step, mismatch};
use crate::tf_provider::value::{EncodeError, MAX_DEPTH, Type, Value};

/// Writes a value as compact JSON, as Terraform stores states.
///
/// # Errors
///
/// If the value does not conform to `ty`, or has unknown parts, which JSON cannot express.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, EncodeError> {
    let mut out = String::new();
    write(&mut out, value, ty, 0)?;
    Ok(out.into_bytes())
}

fn write(out: &mut String, value: &Value, ty: &Type, depth: usize) -> Result<(), EncodeError> {
    if depth >= MAX_DEPTH {
        return Err(EncodeError::at_root("the value is nested too deeply"));
    }
    match (ty, value) {
        (_, Value::Null) => out.push_str("null"),
        (_, Value::Unknown) => return Err(EncodeError::at_root("the value is not known yet")),
        (Type::Bool, Value::Bool(flag)) => out.push_str(if *flag { "true" } else { "false" }),
        (Type::Number, Value::Number(number)) => {
            // Writing to a String cannot fail.
            let _ = write!(out, "{number}");
        }
        (Type::String, Value::String(text)) => write_string(out, text),
        (Type::List(element) | Type::Set(element), Value::List(elements)) => {
            write_array(out, elements, element, depth)?;
        }
        (Type::Map(element), Value::Map(elements)) => {
            let members = elements.iter().map(|(key, value)| (key, value, &**element));
            write_object(out, Step::Key, members, depth)?;
        }
        (Type::Object(types), Value::Map(attributes)) => {
            check_object(types, attributes)?;
            let members = attributes.iter().zip(types.values());
            let members = members.map(|((name, value), ty)| (name, value, ty));
            write_object(out, Step::Attribute, members, depth)?;
        }
        _ => return Err(EncodeError::at_root(mismatch(ty.kind(), value.kind()))),
    }
    Ok(())
}

fn write_string(out: &mut String, text: &str) {
    // `Display` of a JSON string escapes it.
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn write_array(out: &mut String, elements: &[Value], ty: &Type, depth: usize) -> Result<(), EncodeError> {
    out.push('[');
    for (index, value) in elements.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write(out, value, ty, depth + 1).map_err(|error| error.inside(index_step(index)))?;
    }
    out.push(']');
    Ok(())
}

fn write_object<'v>(
    out: &mut String,
    step: fn(String) -> Step,
    members: impl Iterator<Item = (&'v String, &'v Value, &'v Type)>,
    depth: usize,
) -> Result<(), EncodeError> {
    out.push('{');
    for (index, (name, value, ty)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_string(out, name);
        out.push(':');
        write(out, value, ty, depth + 1).map_err(|error| error.inside(step(name.clone())))?;
    }
    out.push('}');
    Ok(())
}
