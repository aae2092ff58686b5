//! The error of a task: interrupted or failed.

use std::fmt;

use signal_hook::consts::{SIGHUP, SIGTERM};

/// Why a task stopped early.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Error {
    /// A signal interrupted the task.
    Interrupted(Interruption),
    /// A step failed. The text says what was attempted, what happened, and what to do.
    Failed(String),
}

impl Error {
    /// Creates a failure with this text.
    pub fn failed(text: impl Into<String>) -> Self {
        Self::Failed(text.into())
    }

    /// The exit code of the process: 1, or 128 plus the number of the signal.
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

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(format!("{error:#}"))
    }
}

/// The signal that interrupted this process.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Interruption {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
    /// SIGHUP: the terminal was closed.
    HangUp,
}

impl Interruption {
    pub(crate) fn from_signal(signal: i32) -> Self {
        match signal {
            SIGTERM => Self::Terminate,
            SIGHUP => Self::HangUp,
            _ => Self::Interrupt,
        }
    }

    /// The exit code that shells use: 128 plus the number of the signal.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
            Self::HangUp => 129,
        }
    }
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "SIGINT (Ctrl-C)",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
        })
    }
}
