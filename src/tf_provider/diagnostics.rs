//! What a user is told: errors and warnings, each pointing at the line it is about.

use super::attribute_path::AttributePath;
use crate::printable::printable;

/// How grave a diagnostic is. Terraform stops at errors and goes on after warnings.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation goes on; the user should know.
    Warning,
}

/// One message to the user.
///
/// Terraform prints the summary as a heading and wraps the detail to the terminal, except lines that begin with a
/// space. Warnings with equal summaries are merged, so a summary names what it is about. Nothing here is redacted: a
/// diagnostic must never hold a secret. All unprintable characters are escaped. Quotes of external text are on one line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// One short line without a full stop.
    pub summary: String,
    /// What happened, what is known, and what the user can do.
    pub detail: String,
    /// The attribute at fault; the root where it is the block as a whole.
    pub path: AttributePath,
}

/// Diagnostics in the order in which they were found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// No diagnostics yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A single error about `path`.
    pub fn from_error(path: AttributePath, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut diagnostics = Self::new();
        diagnostics.error(path, summary, detail);
        diagnostics
    }

    /// Adds an error about `path`.
    pub fn error(&mut self, path: AttributePath, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Severity::Error, path, summary.into(), detail.into());
    }

    /// Adds a warning about `path`.
    pub fn warning(&mut self, path: AttributePath, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Severity::Warning, path, summary.into(), detail.into());
    }

    /// Adds all of `others` at the end.
    pub fn extend(&mut self, others: Diagnostics) {
        self.0.extend(others.0);
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each in turn.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }

    fn push(&mut self, severity: Severity, path: AttributePath, summary: String, detail: String) {
        let [summary, detail] = [summary, detail].map(|text| printable(&text).into_owned());
        self.0.push(Diagnostic { severity, summary, detail, path });
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
