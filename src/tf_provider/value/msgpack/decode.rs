//! Decodes msgpack to a value of a type.

use std::collections::BTreeMap;

use rmp::Marker;

use crate::tf_provider::attribute_path::Step;
use crate::tf_provider::value::error::index_step;
use crate::tf_provider::value::{MAX_DEPTH, Type, Value, ValueError};

use super::cursor::{Cursor, is_extension};

/// Reads a value that Terraform sent. Empty input is null.
///
/// Objects must have exactly the attributes of `ty`. Memory grows with the input, not with the lengths that the input
/// claims.
///
/// # Errors
///
/// If the bytes are not msgpack, do not conform to `ty`, or contain more than one value.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, ValueError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let mut cursor = Cursor::new(bytes);
    let value = value(&mut cursor, ty, 0)?;
    if cursor.is_empty() { Ok(value) } else { Err(ValueError::at_root("there is more data after the value")) }
}

fn value(cursor: &mut Cursor<'_>, ty: &Type, depth: usize) -> Result<Value, ValueError> {
    if depth >= MAX_DEPTH {
        return Err(ValueError::at_root("the value is nested too deeply"));
    }
    match cursor.peek()? {
        Marker::Null => return cursor.nil().map(|()| Value::Null),
        marker if is_extension(marker) => return cursor.extension().map(|()| Value::Unknown),
        _ => {}
    }
    match ty {
        Type::Bool => cursor.bool().map(Value::Bool),
        Type::Number => cursor.number().map(Value::Number),
        Type::String => cursor.string(ty.kind()).map(Value::from),
        Type::List(element) => {
            let count = cursor.array(ty.kind())?;
            elements(cursor, count, element, depth).map(Value::List)
        }
        Type::Map(element) => {
            let count = cursor.map(ty.kind())?;
            map(cursor, count, element, depth)
        }
        Type::Object(attributes) => {
            let count = cursor.map(ty.kind())?;
            object(cursor, count, attributes, depth)
        }
    }
}

fn elements(cursor: &mut Cursor<'_>, count: usize, ty: &Type, depth: usize) -> Result<Vec<Value>, ValueError> {
    let element = |index| value(cursor, ty, depth + 1).map_err(|error| error.inside(index_step(index)));
    (0..count).map(element).collect()
}

fn map(cursor: &mut Cursor<'_>, count: usize, ty: &Type, depth: usize) -> Result<Value, ValueError> {
    let mut map = BTreeMap::new();
    for _ in 0..count {
        let key = cursor.string("a string as key")?;
        let step = || Step::Key(key.to_owned());
        if map.contains_key(key) {
            return Err(ValueError::at_root("the key appears twice").inside(step()));
        }
        let element = value(cursor, ty, depth + 1).map_err(|error| error.inside(step()))?;
        map.insert(key.to_owned(), element);
    }
    Ok(Value::Map(map))
}

fn object(
    cursor: &mut Cursor<'_>,
    count: usize,
    attributes: &BTreeMap<String, Type>,
    depth: usize,
) -> Result<Value, ValueError> {
    let mut object = BTreeMap::new();
    for _ in 0..count {
        let name = cursor.string("a string as attribute name")?;
        let step = || Step::Attribute(name.to_owned());
        let Some(ty) = attributes.get(name) else {
            return Err(ValueError::at_root("there is no such attribute").inside(step()));
        };
        if object.contains_key(name) {
            return Err(ValueError::at_root("the attribute appears twice").inside(step()));
        }
        let attribute = value(cursor, ty, depth + 1).map_err(|error| error.inside(step()))?;
        object.insert(name.to_owned(), attribute);
    }
    match attributes.keys().find(|name| !object.contains_key(*name)) {
        None => Ok(Value::Map(object)),
        Some(name) => {
            let step = Step::Attribute(name.clone());
            Err(ValueError::at_root("the attribute is missing").inside(step))
        }
    }
}
