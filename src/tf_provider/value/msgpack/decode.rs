//! msgpack bytes → value, under a type.

use std::collections::BTreeMap;

use rmp::Marker;

use super::reader::Reader;
use crate::tf_provider::attribute_path::Step;
use crate::tf_provider::value::error::{index_step, mismatch};
use crate::tf_provider::value::{DecodeError, MAX_DEPTH, Type, Value};

/// Reads a value that Terraform sent. No bytes at all mean null.
///
/// Objects must have exactly the attributes of `ty`. Memory stays in proportion to the bytes
/// that are there, whatever lengths they claim.
///
/// # Errors
///
/// When the bytes are not msgpack, do not fit `ty`, or go on after the value.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let mut reader = Reader::new(bytes);
    let value = value(&mut reader, ty, 0)?;
    if reader.is_empty() { Ok(value) } else { Err(DecodeError::at_root("there is more data after the value")) }
}

fn value(reader: &mut Reader<'_>, ty: &Type, depth: usize) -> Result<Value, DecodeError> {
    if depth >= MAX_DEPTH {
        return Err(DecodeError::at_root("the value is nested too deeply"));
    }
    match reader.peek()? {
        Marker::Null => return reader.nil().map(|()| Value::Null),
        Marker::FixExt1
        | Marker::FixExt2
        | Marker::FixExt4
        | Marker::FixExt8
        | Marker::FixExt16
        | Marker::Ext8
        | Marker::Ext16
        | Marker::Ext32 => return reader.extension().map(|()| Value::Unknown),
        _ => {}
    }
    match ty {
        Type::Bool => reader.bool().map(Value::Bool),
        Type::Number => reader.number().map(Value::Number),
        Type::String => reader.string(ty.kind()).map(Value::from),
        Type::List(element) => {
            let count = reader.array(ty.kind())?;
            elements(reader, count, |_| element, depth).map(Value::List)
        }
        Type::Set(element) => {
            let count = reader.array(ty.kind())?;
            let mut elements = elements(reader, count, |_| element, depth)?;
            elements.sort();
            Ok(Value::List(elements))
        }
        Type::Tuple(types) => {
            let count = reader.array(ty.kind())?;
            if count != types.len() {
                let required = format!("a tuple of {} elements", types.len());
                return Err(DecodeError::at_root(mismatch(&required, &format!("{count} elements"))));
            }
            elements(reader, count, |index| &types[index], depth).map(Value::List)
        }
        Type::Map(element) => {
            let count = reader.map(ty.kind())?;
            map(reader, count, element, depth)
        }
        Type::Object(attributes) => {
            let count = reader.map(ty.kind())?;
            object(reader, count, attributes, depth)
        }
        Type::Dynamic => dynamic(reader, depth),
    }
}

fn elements<'t>(
    reader: &mut Reader<'_>,
    count: usize,
    ty: impl Fn(usize) -> &'t Type,
    depth: usize,
) -> Result<Vec<Value>, DecodeError> {
    (0..count)
        .map(|index| value(reader, ty(index), depth + 1).map_err(|error| error.inside(index_step(index))))
        .collect()
}

fn map(reader: &mut Reader<'_>, count: usize, ty: &Type, depth: usize) -> Result<Value, DecodeError> {
    let mut map = BTreeMap::new();
    for _ in 0..count {
        let key = reader.string("a string as key")?;
        let step = || Step::Key(key.to_owned());
        if map.contains_key(key) {
            return Err(DecodeError::at_root("the key appears twice").inside(step()));
        }
        let element = value(reader, ty, depth + 1).map_err(|error| error.inside(step()))?;
        map.insert(key.to_owned(), element);
    }
    Ok(Value::Map(map))
}

fn object(
    reader: &mut Reader<'_>,
    count: usize,
    attributes: &BTreeMap<String, Type>,
    depth: usize,
) -> Result<Value, DecodeError> {
    let mut object = BTreeMap::new();
    for _ in 0..count {
        let name = reader.string("a string as attribute name")?;
        let step = || Step::Attribute(name.to_owned());
        let Some(ty) = attributes.get(name) else {
            return Err(DecodeError::at_root("there is no such attribute").inside(step()));
        };
        if object.contains_key(name) {
            return Err(DecodeError::at_root("the attribute appears twice").inside(step()));
        }
        let attribute = value(reader, ty, depth + 1).map_err(|error| error.inside(step()))?;
        object.insert(name.to_owned(), attribute);
    }
    match attributes.keys().find(|name| !object.contains_key(*name)) {
        None => Ok(Value::Map(object)),
        Some(name) => {
            let step = Step::Attribute(name.clone());
            Err(DecodeError::at_root("the attribute is missing").inside(step))
        }
    }
}

fn dynamic(reader: &mut Reader<'_>, depth: usize) -> Result<Value, DecodeError> {
    let kind = Type::Dynamic.kind();
    let count = reader.array(kind)?;
    if count != 2 {
        let required = format!("{kind} of two parts, its type and the value,");
        return Err(DecodeError::at_root(mismatch(&required, &format!("{count} parts"))));
    }
    let ty = Type::from_json(reader.bytes("the type of a value")?)
        .map_err(|error| DecodeError::at_root(format!("the value's type is not readable: {error}")))?;
    let inner = value(reader, &ty, depth + 1)?;
    Ok(Value::dynamic(ty, inner))
}
