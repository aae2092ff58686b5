//! The error of a seed that is not valid.

use std::fmt;

use crate::strict_json::JsonError;

/// What is wrong in a seed document, and where, for example at `instances[0].topics[1].name`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SeedError {
    path: String,
    message: String,
}

impl SeedError {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
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

impl From<JsonError> for SeedError {
    fn from(error: JsonError) -> Self {
        Self::new(error.path, error.message)
    }
}
