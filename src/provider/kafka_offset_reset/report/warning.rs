//! Warnings of a reset, kept by kind until they are shown.

use crate::huaweicloud::GroupName;
use crate::tf_provider::{AttributePath, Diagnostics};

use super::titles::WarningKind;

/// The warnings of one reset, in the order in which they came up.
#[derive(Debug, Default)]
pub(crate) struct Warnings(Vec<Warning>);

#[derive(Debug)]
struct Warning {
    kind: WarningKind,
    path: AttributePath,
    detail: String,
}

impl Warnings {
    /// Adds a warning about the block as a whole.
    pub(crate) fn push(&mut self, kind: WarningKind, detail: impl Into<String>) {
        self.push_at(AttributePath::root(), kind, detail);
    }

    pub(crate) fn push_at(&mut self, path: AttributePath, kind: WarningKind, detail: impl Into<String>) {
        self.0.push(Warning { kind, path, detail: detail.into() });
    }

    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    pub(crate) fn contains(&self, kind: WarningKind) -> bool {
        self.0.iter().any(|warning| warning.kind == kind)
    }

    pub(crate) fn into_diagnostics(self, group: &GroupName) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for Warning { kind, path, detail } in self.0 {
            diagnostics.warning(path, kind.title(group), detail);
        }
        diagnostics
    }
}

#[cfg(test)]
impl Warnings {
    /// Kind and detail of each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (WarningKind, &str)> {
        self.0.iter().map(|warning| (warning.kind, &*warning.detail))
    }
}
