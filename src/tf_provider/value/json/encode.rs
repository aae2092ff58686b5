//! Encodes a value as JSON, to test that decoding it returns the same value.

use serde_json::Value as Json;

use crate::tf_provider::value::Value;

/// Compact JSON. `None` if the value has unknown parts, which JSON cannot express.
pub(crate) fn encode(value: &Value) -> Option<String> {
    // `Display` of a JSON string escapes it.
    let quoted = |text: &str| Json::from(text).to_string();
    Some(match value {
        Value::Null => "null".to_owned(),
        Value::Unknown => return None,
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::List(elements) => {
            let elements: Option<Vec<_>> = elements.iter().map(encode).collect();
            format!("[{}]", elements?.join(","))
        }
        Value::Map(members) => {
            let member = |(name, value): (&String, _)| Some(format!("{}:{}", quoted(name), encode(value)?));
            let members: Option<Vec<_>> = members.iter().map(member).collect();
            format!("{{{}}}", members?.join(","))
        }
    })
}
