//! What went wrong with a value, and where in it.

use std::fmt;

use crate::tf_provider::attribute_path::{AttributePath, Step};

/// Defines one error type that carries a place and a message.
macro_rules! located_error {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        ///
        /// Displays as `timeouts.create: a string is required, found a number`; without the
        /// place when it concerns the whole value. The message never repeats a value.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            path: AttributePath,
            message: String,
        }

        impl $name {
            /// An error at `path`. The message starts in lower case and has no final stop.
            pub fn new(path: AttributePath, message: impl Into<String>) -> Self {
                Self { path, message: message.into() }
            }

            /// The place, seen from the root of the value.
            #[must_use]
            pub fn path(&self) -> &AttributePath {
                &self.path
            }

            /// What is wrong, without the place.
            #[must_use]
            pub fn message(&self) -> &str {
                &self.message
            }

            /// An error about the value at hand, whose place the callers add with `inside`.
            #[allow(dead_code, reason = "not every error type is raised without a place")]
            pub(super) fn at_root(message: impl Into<String>) -> Self {
                Self::new(AttributePath::root(), message)
            }

            /// The same error, seen from the value that holds the one at fault.
            #[allow(dead_code, reason = "not every error type is raised without a place")]
            pub(super) fn inside(mut self, step: Step) -> Self {
                self.path.prepend(step);
                self
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if !self.path.is_root() {
                    write!(f, "{}: ", self.path)?;
                }
                f.write_str(&self.message)
            }
        }

        impl std::error::Error for $name {}
    };
}

located_error! {
    /// Bytes that are not a value of the expected type.
    DecodeError
}

located_error! {
    /// A value that does not fit the type it is to be written as.
    EncodeError
}

located_error! {
    /// A value that a Rust type cannot hold.
    ModelError
}

/// The list position `index` as a path step.
pub(super) fn index_step(index: usize) -> Step {
    // No list in memory has more than i64::MAX elements.
    Step::Index(i64::try_from(index).unwrap_or(i64::MAX))
}

/// "`required` is required, found `found`".
pub(super) fn mismatch(required: &str, found: &str) -> String {
    format!("{required} is required, found {found}")
}
