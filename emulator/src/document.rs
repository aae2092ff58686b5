//! Reads a JSON document whole and strictly; errors name the place in it.

use serde::de::DeserializeOwned;
use std::fmt;

/// What is wrong with a document, and where.
#[derive(Debug)]
pub(crate) struct DocumentError {
    /// A JSON path without the leading `$.`; `$` is the whole document.
    pub(crate) path: String,
    /// With line and column.
    pub(crate) message: String,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}: {}", self.path, self.message)
    }
}

/// Reads one document and refuses anything after it.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, DocumentError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let document = serde_path_to_error::deserialize(&mut json).map_err(wrong)?;
    json.end().map_err(|error| DocumentError { path: "$".to_owned(), message: error.to_string() })?;
    Ok(document)
}

fn wrong(error: serde_path_to_error::Error<serde_json::Error>) -> DocumentError {
    let path = error.path().to_string();
    // "." is the whole document, "?" a place that was not yet clear when the JSON broke.
    let path = path.strip_suffix(".?").unwrap_or(&path);
    let path = if matches!(path, "." | "?") { "$" } else { path };
    DocumentError { path: path.to_owned(), message: error.into_inner().to_string() }
}
