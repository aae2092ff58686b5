//! Why a seed was refused, and where in the document.

use std::fmt;

/// Names a place in a seed document, such as `instances[0].topics[1].name`, and what is wrong there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SeedError {
    path: String,
    message: String,
}

impl SeedError {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    pub(super) fn from_json(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        // "." is the whole document, "?" a place that was not yet clear when the JSON broke.
        let path = path.strip_suffix(".?").unwrap_or(&path);
        let path = if matches!(path, "." | "?") { "$" } else { path };
        Self::new(path, error.into_inner().to_string())
    }

    /// The place, as a JSON path without the leading `$.`; `$` is the whole document.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed, at {}: {}", self.path, self.message)
    }
}

impl std::error::Error for SeedError {}
