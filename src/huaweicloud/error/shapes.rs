//! Finds code and message in the error bodies of the services, which have no common shape.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The names of code and message, in search order: of the gateway and most services; in camel case; of CSS and DWS; of
/// IAM (inside `error`) and others.
const NAMES: [(&str, &str); 4] =
    [("error_code", "error_msg"), ("errorCode", "errorMsg"), ("errCode", "externalMessage"), ("code", "message")];

/// How deep an error may be nested. Known errors are nested at most one level deep.
const DEPTH: usize = 4;

/// Code, message and request id of an error body.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Fields {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) request_id: Option<String>,
}

impl Fields {
    /// Searches the object itself, then the objects in it.
    pub(super) fn find(body: &Value) -> Self {
        let Value::Object(object) = body else {
            return Self::default();
        };
        let (code, message) = code_and_message(object, DEPTH).unwrap_or_default();
        Self { code, message, request_id: text(object.get("request_id")) }
    }
}

/// The members of a successful response that can report an error. Other members are skipped without a copy, because
/// they may be credentials. This is why a body is parsed once for its error and once for its type.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorMembers {
    error_code: Value,
    error_msg: Value,
    #[serde(rename = "errorCode")]
    camel_code: Value,
    #[serde(rename = "errorMsg")]
    camel_message: Value,
    #[serde(rename = "errCode")]
    short_code: Value,
    #[serde(rename = "externalMessage")]
    external_message: Value,
    code: Value,
    message: Value,
    error: Value,
    request_id: Value,
}

impl Fields {
    /// The error that a body reports despite a success status.
    pub(super) fn find_in_success(body: &[u8]) -> Option<Self> {
        // serde would read the items of a list as the members, in their order.
        let is_object = body.trim_ascii_start().starts_with(b"{");
        let members: ErrorMembers = is_object.then(|| serde_json::from_slice(body).ok())??;
        let pair = |code: &Value, message: &Value| (text(Some(code)), text(Some(message)));
        let flat = match pair(&members.code, &members.message) {
            flat @ (Some(_), Some(_)) => flat,
            // Each of these names alone can be part of an ordinary response.
            _ => (None, None),
        };
        let nested = match &members.error {
            Value::Object(error) => code_and_message(error, 0).unwrap_or_default(),
            other => (None, text(Some(other))),
        };
        let found = [
            pair(&members.error_code, &members.error_msg),
            pair(&members.camel_code, &members.camel_message),
            pair(&members.short_code, &members.external_message),
            flat,
            nested,
        ];
        let (code, message) = found.into_iter().find(reports_an_error)?;
        Some(Self { code, message, request_id: text(Some(&members.request_id)) })
    }
}

/// Some services write a code or message of success into every response.
fn reports_an_error((code, message): &CodeAndMessage) -> bool {
    const SUCCESS: [&str; 5] = ["0", "200", "ok", "success", "succeeded"];
    let decisive = code.as_ref().or(message.as_ref());
    decisive.is_some_and(|text| !SUCCESS.contains(&text.trim().to_ascii_lowercase().as_str()))
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

/// Strings that are not blank, and numbers: the code of Keystone is the status as a number.
fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
