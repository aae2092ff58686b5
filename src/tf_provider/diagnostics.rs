//! Errors and warnings for the user, with the attribute that each is about.

use crate::printable::printable;

use super::attribute_path::AttributePath;

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation continues.
    Warning,
}

/// One message to the user.
///
/// Terraform prints the summary as a heading. It wraps the detail to the width of the terminal, except lines that start
/// with a space. It merges warnings with equal summaries, so a summary should name the object it is about.
///
/// A diagnostic must not contain secrets, because nothing is redacted here. Unprintable characters are escaped. Quotes
/// of external text should be on one line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// Whether this is an error or a warning.
    pub severity: Severity,
    /// The heading: one short line without a full stop.
    pub summary: String,
    /// What failed, what was changed, and what the user can do.
    pub detail: String,
    /// The attribute that the message is about, or the root for the whole block.
    pub path: AttributePath,
}

/// A list of diagnostics in the order in which they were added.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// An empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// A list with one error about `path`.
    pub fn from_error(path: AttributePath, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut diagnostics = Self::new();
        diagnostics.error(path, summary, detail);
        diagnostics
    }

    /// A list with one warning about `path`.
    pub fn from_warning(path: AttributePath, summary: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut diagnostics = Self::new();
        diagnostics.warning(path, summary, detail);
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

    /// Whether the list has an error.
    pub fn has_errors(&self) -> bool {
        self.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Iterates over the diagnostics.
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
