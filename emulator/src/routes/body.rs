//! Parses the JSON bodies of DMS strictly.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::message::ApiError;
use crate::object::Object;

/// Parses a body.
///
/// # Errors
///
/// The body is empty, is not JSON, or does not have the fields of `T`.
pub(super) fn parse_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    if body.is_empty() {
        return Err(ApiError::new(400, "DMS.00400004", ""));
    }
    let parsed = serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => invalid(error.to_string()),
        _ => ApiError::new(400, "DMS.00400005", format!("Details: {error}.")),
    });
    parsed.map(|Object(body)| body)
}

/// The error for a body whose fields are wrong.
pub(super) fn invalid(what: impl AsRef<str>) -> ApiError {
    ApiError::new(400, "DMS.00400800", format!("Details: {}.", what.as_ref()))
}
