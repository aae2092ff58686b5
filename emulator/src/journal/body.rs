//! Request bodies as the journal keeps them: bounded, and without tokens.

use serde_json::Value;

/// The maximum length of a body that is kept, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

const HIDDEN: &str = "(hidden)";

/// JSON pointers to the tokens in request bodies.
const TOKEN_POINTERS: [&str; 2] = ["/auth/id_token/id", "/auth/identity/token/id"];

/// JSON if the body is JSON and short, otherwise text; `None` if it is empty.
pub(super) fn recorded(body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    let kept = body.get(..MAX_LENGTH).unwrap_or(body);
    // Not parsed if it is long, because JSON of many small values takes many times the memory of its text.
    let Some(mut json) = serde_json::from_slice::<Value>(kept).ok().filter(|_| kept.len() == body.len()) else {
        return Some(Value::String(text(kept)));
    };
    for pointer in TOKEN_POINTERS {
        if let Some(token) = json.pointer_mut(pointer) {
            *token = Value::String(HIDDEN.to_owned());
        }
    }
    Some(json)
}

fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    // A token follows its name, which is `id_token` or `token`.
    if text.contains("token") { HIDDEN.to_owned() } else { text.into_owned() }
}

/// The approximate memory of a value, in bytes.
pub(super) fn memory(value: &Value) -> usize {
    // Includes the overhead of the allocator.
    const NODE: usize = 2 * size_of::<Value>();
    // A map allocates its fields in blocks of 11, of which about half are in use if there are several blocks.
    const BLOCK: usize = 11 * (size_of::<String>() + size_of::<Value>());
    const USED: usize = 6;
    let content = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(memory).sum(),
        Value::Object(fields) => {
            let fields_memory: usize = fields.iter().map(|(name, value)| name.len() + memory(value)).sum();
            fields.len().div_ceil(USED) * BLOCK + fields_memory
        }
    };
    NODE + content
}
