//! The error about a value, with the path of the value it is about.

use std::fmt;

use crate::tf_provider::attribute_path::{AttributePath, Step};

/// The bytes are not a value of the expected type, the value does not conform to the type that it is written as, or a
/// Rust type cannot hold the value.
///
/// Displays as `timeouts.create: a string is required, found a number`, without the path if the error is about the whole
/// value. The message never contains a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    path: AttributePath,
    message: String,
}

impl ValueError {
    /// An error at `path`. The message starts in lower case and has no final full stop.
    pub fn new(path: AttributePath, message: impl Into<String>) -> Self {
        Self { path, message: message.into() }
    }

    /// The path from the root of the value.
    #[must_use]
    pub fn path(&self) -> &AttributePath {
        &self.path
    }

    /// An error about the value being read or written. Its callers add the path with `inside`.
    pub(super) fn at_root(message: impl Into<String>) -> Self {
        Self::new(AttributePath::root(), message)
    }

    /// The same error with a path that starts at the enclosing value.
    pub(super) fn inside(mut self, step: Step) -> Self {
        self.path.prepend(step);
        self
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_root() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ValueError {}

/// The list position `index` as a path step.
pub(super) fn index_step(index: usize) -> Step {
    // No list in memory has more than i64::MAX elements.
    Step::Index(i64::try_from(index).unwrap_or(i64::MAX))
}

/// "`required` is required, found `found`".
pub(super) fn mismatch(required: &str, found: &str) -> String {
    format!("{required} is required, found {found}")
}
