//! Fuzzed: what Terraform sends, and what it prepares for a start.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use super::plugin;
use super::value::{Type, Value, json, msgpack as packed};

/// A type by number, and the bytes that follow the number.
fn typed(bytes: &[u8]) -> Option<(Type, &[u8])> {
    let (choice, rest) = bytes.split_first()?;
    let position = || Type::object([("topic", Type::String), ("partition", Type::Number)]);
    let ty = match choice % 9 {
        0 => Type::String,
        1 => Type::Number,
        2 => Type::Bool,
        3 => Type::Dynamic,
        4 => Type::list(Type::String),
        5 => Type::set(Type::Number),
        6 => Type::map(Type::Dynamic),
        7 => Type::object([
            ("id", Type::String),
            ("offsets", Type::list(position())),
            ("timeouts", Type::object([("create", Type::String)])),
        ]),
        _ => Type::Tuple(vec![Type::String, Type::Number]),
    };
    Some((ty, rest))
}

/// Whatever can be read is a value of the type: it can be written, and is the same when read again.
pub fn msgpack(bytes: &[u8]) {
    let Some((ty, bytes)) = typed(bytes) else { return };
    match packed::decode(bytes, &ty) {
        Ok(value) => same_after_a_round(&value, &ty),
        Err(error) => drop(error.to_string()),
    }
}

/// As [`msgpack`], from JSON.
pub fn json_state(bytes: &[u8]) {
    let Some((ty, bytes)) = typed(bytes) else { return };
    match json::decode(bytes, &ty) {
        Ok(value) => {
            same_after_a_round(&value, &ty);
            let again = json::encode(&value, &ty).ok().and_then(|bytes| json::decode(&bytes, &ty).ok());
            assert_eq!(again.as_ref(), Some(&value), "JSON that was written is another value");
        }
        Err(error) => drop(error.to_string()),
    }
}

fn same_after_a_round(value: &Value, ty: &Type) {
    let again = packed::encode(value, ty).ok().and_then(|bytes| packed::decode(&bytes, ty).ok());
    assert_eq!(again.as_ref(), Some(value), "msgpack that was written is another value");
}

/// A start's variables, separated by NUL: whatever they hold, the answer is one line of six or seven fields.
pub fn handshake(bytes: &[u8]) {
    let mut values = bytes.split(|byte| *byte == 0);
    let names = ["PLUGIN_CLIENT_CERT", "PLUGIN_UNIX_SOCKET_DIR", "TMPDIR", "PLUGIN_MULTIPLEX_GRPC"];
    let variables = names.map(|name| (name, values.next()));
    let environment = |wanted: &str| {
        let found = variables.iter().find(|(name, _)| *name == wanted);
        found.and_then(|(_, value)| value.map(|bytes| OsString::from_vec(bytes.to_vec())))
    };
    if let Some(line) = plugin::handshake_line(&environment, Path::new("/tmp/socket")) {
        let fields = 6 + usize::from(line.ends_with("|false"));
        assert!(line.split('|').count() == fields && !line.contains('\n'), "{line:?}");
    }
}
