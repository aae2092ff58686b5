//! Parses the JSON bodies of requests to DMS.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::message::ApiError;

/// Parses a body strictly: `T` decides which fields exist, and refuses `null` where it expects a value.
///
/// # Errors
///
/// The body is empty, not JSON, or not of the type `T`.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    if body.is_empty() {
        return Err(ApiError::new(400, "DMS.00400004", "The request body is empty."));
    }
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => invalid(error.to_string()),
        _ => ApiError::new(400, "DMS.00400005", format!("The request body is not JSON: {error}.")),
    })
}

/// A value in the body is not valid. `what` is a sentence without its full stop.
pub(super) fn invalid(what: impl AsRef<str>) -> ApiError {
    ApiError::new(400, "DMS.00400800", format!("Invalid request parameter. {}.", what.as_ref()))
}
