//! Fuzz targets for the values that Terraform sends and for the variables that it sets.

use super::plugin;
use super::value::{Type, Value, json, msgpack as packed};

/// Splits the input into a type, which the first byte selects, and the encoded value.
fn typed(bytes: &[u8]) -> Option<(Type, &[u8])> {
    let (selector, rest) = bytes.split_first()?;
    let position = || Type::object([("topic", Type::String), ("partition", Type::Number)]);
    let ty = match selector % 7 {
        0 => Type::String,
        1 => Type::Number,
        2 => Type::Bool,
        3 => Type::list(Type::String),
        4 => Type::list(Type::Number),
        5 => Type::map(Type::Bool),
        _ => Type::object([
            ("id", Type::String),
            ("offsets", Type::list(position())),
            ("timeouts", Type::object([("create", Type::String)])),
        ]),
    };
    Some((ty, rest))
}

/// A value that decodes survives a round trip.
pub fn msgpack(bytes: &[u8]) {
    let Some((ty, bytes)) = typed(bytes) else { return };
    match packed::decode(bytes, &ty) {
        Ok(value) => assert_round_trip(&value, &ty),
        Err(error) => drop(error.to_string()),
    }
}

/// A value that decodes from JSON survives a round trip through both formats.
pub fn json_state(bytes: &[u8]) {
    let Some((ty, bytes)) = typed(bytes) else { return };
    match json::decode(bytes, &ty) {
        Ok(value) => {
            assert_round_trip(&value, &ty);
            let decoded = json::encode(&value).and_then(|text| json::decode(text.as_bytes(), &ty).ok());
            assert_eq!(decoded.as_ref(), Some(&value), "the JSON decodes to another value");
        }
        Err(error) => drop(error.to_string()),
    }
}

fn assert_round_trip(value: &Value, ty: &Type) {
    let decoded = packed::encode(value, ty).ok().and_then(|bytes| packed::decode(&bytes, ty).ok());
    assert_eq!(decoded.as_ref(), Some(value), "the msgpack decodes to another value");
}

/// The handshake is one line of six or seven fields. The input is the variables of a start, separated by NUL.
pub fn handshake(bytes: &[u8]) {
    let mut values = bytes.split(|byte| *byte == 0);
    let names = ["PLUGIN_CLIENT_CERT", "PLUGIN_MULTIPLEX_GRPC"];
    let variables = names.map(|name| (name, values.next()));
    let environment = |wanted: &str| {
        let found = variables.iter().find(|(name, _)| *name == wanted);
        found.and_then(|(_, value)| value.map(plugin::variable))
    };
    if let Some(line) = plugin::handshake_line(&environment) {
        let fields = 6 + usize::from(line.ends_with("|false"));
        assert!(line.split('|').count() == fields && !line.contains('\n'), "{line:?}");
    }
}
