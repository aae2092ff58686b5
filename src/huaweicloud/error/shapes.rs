//! Finds code and message in the error bodies of the cloud's services, which have no common shape.

use serde_json::{Map, Value};

/// Names of code and message that occur, in the order they are looked for:
/// the gateway and most services; camel case; CSS and DWS; IAM (inside `error`) and others.
const NAMES: [(&str, &str); 4] =
    [("error_code", "error_msg"), ("errorCode", "errorMsg"), ("errCode", "externalMessage"), ("code", "message")];

/// How deep an error may be nested. Known ones are at most one level down.
const DEPTH: usize = 4;

/// Code, message and request id of an error body, each if there.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Fields {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) request_id: Option<String>,
}

impl Fields {
    /// Looks at the object itself, then at the objects in it.
    pub(super) fn find(body: &Value) -> Self {
        let Value::Object(object) = body else {
            return Self::default();
        };
        let (code, message) = code_and_message(object, DEPTH).unwrap_or_default();
        Self { code, message, request_id: text(object.get("request_id")) }
    }
}

type CodeAndMessage = (Option<String>, Option<String>);

fn code_and_message(object: &Map<String, Value>, depth: usize) -> Option<CodeAndMessage> {
    let here = NAMES.iter().find_map(|(code, message)| {
        let found = (text(object.get(*code)), text(object.get(*message)));
        (found != (None, None)).then_some(found)
    });
    here.or_else(|| {
        let depth = depth.checked_sub(1)?;
        object.values().filter_map(Value::as_object).find_map(|inner| code_and_message(inner, depth))
    })
}

/// Strings that are not blank, and numbers: Keystone's code is the status as a number.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
