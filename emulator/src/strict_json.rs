//! Parses JSON strictly; an error contains the path of the value that is wrong.

use std::fmt;

use serde::de::DeserializeOwned;

/// What is wrong with a document, and where.
#[derive(Debug)]
pub(crate) struct JsonError {
    /// A JSON path without the leading `$.`; `$` is the whole document.
    pub(crate) path: String,
    /// Contains the line and column.
    pub(crate) message: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {}", self.path, self.message)
    }
}

/// Parses one document.
///
/// # Errors
///
/// The text is not JSON, the JSON has another type than `T`, or something follows it.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, JsonError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let document = serde_path_to_error::deserialize(&mut json).map_err(with_path)?;
    json.end().map_err(|error| JsonError { path: "$".to_owned(), message: error.to_string() })?;
    Ok(document)
}

fn with_path(error: serde_path_to_error::Error<serde_json::Error>) -> JsonError {
    let path = error.path().to_string();
    // serde_path_to_error writes "." for the whole document, and "?" for a value whose key it does not know yet.
    let path = path.strip_suffix(".?").unwrap_or(&path);
    let path = if matches!(path, "." | "?") { "$" } else { path };
    JsonError { path: path.to_owned(), message: error.into_inner().to_string() }
}
