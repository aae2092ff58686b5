//! The two ways in which a task does not reach its end.

use std::fmt;

use crate::process::Interruption;

/// Why a task stopped early.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Error {
    /// Somebody asked for it. Nothing went wrong.
    Interrupted(Interruption),
    /// A step failed. The text says what was tried, what happened, and what to do about it.
    Failed(String),
}

impl Error {
    /// A failure with this text.
    pub fn failed(text: impl Into<String>) -> Self {
        Self::Failed(text.into())
    }

    /// What the process should exit with: 1, or as a shell reports a process that a signal ended.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted(interruption) => interruption.exit_code(),
            Self::Failed(_) => 1,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted(interruption) => write!(f, "stopped by {interruption}"),
            Self::Failed(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}
