//! Reads arguments one by one, and records a diagnostic for each invalid one.

use std::fmt::Display;

use crate::huaweicloud::TopicName;
use crate::tf_provider::value::Attr;
use crate::tf_provider::{AttributePath, Diagnostics};

const INVALID: &str = "Invalid <name>";

/// The titles of the diagnostics made here.
pub(crate) const TITLES: &[&str] = &[INVALID];

/// Why a value cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Unavailable {
    /// It is known only after other resources are applied, or after a file is read.
    Unknown,
    /// It is invalid. A diagnostic has been recorded.
    Reported,
}

/// The value of an argument. An optional one is `Ok(None)` if it is not set.
pub(super) type ReadResult<T> = Result<T, Unavailable>;

/// The value of `argument`, or `None` if it is not set.
///
/// # Errors
/// [`Unavailable::Unknown`].
pub(super) fn value_of<T>(argument: &Attr<T>) -> ReadResult<Option<&T>> {
    match argument {
        Attr::Null => Ok(None),
        Attr::Unknown => Err(Unavailable::Unknown),
        Attr::Known(value) => Ok(Some(value)),
    }
}

/// Parses the name of a topic, for arguments that mean every topic if they are not set.
///
/// # Errors
/// The name is invalid.
pub(super) fn parse_topic(name: &str) -> Result<TopicName, String> {
    if name.is_empty() {
        return Err(
            "The name of the topic is empty. For every topic of the group, leave topic out or set it to null. An \
             empty name is an error, so an empty variable cannot select every topic by accident"
                .to_owned(),
        );
    }
    TopicName::parse(name).map_err(|error| error.to_string())
}

/// Collects the diagnostics of the arguments that it reads.
#[derive(Clone, Debug, Default)]
pub(super) struct ArgumentReader {
    diagnostics: Diagnostics,
}

impl ArgumentReader {
    /// Parses a text that may be missing.
    ///
    /// # Errors
    /// The text is invalid or not known yet.
    pub(super) fn optional<T, E: Display>(
        &mut self,
        name: &str,
        argument: &Attr<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> ReadResult<Option<T>> {
        let parsed = value_of(argument)?.map(|text| parse(text)).transpose();
        parsed.map_err(|error| self.invalid(name, format!("{error}.")))
    }

    /// Parses a required text. Terraform rejects a missing one before it calls the provider.
    ///
    /// # Errors
    /// The text is invalid or not known yet.
    pub(super) fn required<T, E: Display>(
        &mut self,
        name: &str,
        argument: &Attr<String>,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> ReadResult<T> {
        self.optional(name, argument, parse)?.ok_or(Unavailable::Unknown)
    }

    /// Records that the argument `name` is invalid.
    pub(super) fn invalid(&mut self, name: &str, detail: impl Into<String>) -> Unavailable {
        self.invalid_at(AttributePath::attribute(name), detail)
    }

    /// Records that the value at `path` is invalid.
    pub(super) fn invalid_at(&mut self, path: AttributePath, detail: impl Into<String>) -> Unavailable {
        let name = path.to_string();
        self.record(path, &name, detail)
    }

    /// Records that `name`, an environment variable or a file instead of an argument, is invalid.
    pub(super) fn invalid_source(&mut self, name: &str, detail: impl Into<String>) -> Unavailable {
        self.record(AttributePath::root(), name, detail)
    }

    fn record(&mut self, path: AttributePath, name: &str, detail: impl Into<String>) -> Unavailable {
        self.error(path, &INVALID.replace("<name>", name), detail)
    }

    /// Records an error with another title.
    pub(super) fn error(&mut self, path: AttributePath, summary: &str, detail: impl Into<String>) -> Unavailable {
        self.diagnostics.error(path, summary, detail);
        Unavailable::Reported
    }

    /// Whether a diagnostic has been recorded.
    pub(super) fn has_errors(&self) -> bool {
        self.diagnostics.has_errors()
    }

    /// The recorded diagnostics.
    pub(super) fn into_diagnostics(self) -> Diagnostics {
        self.diagnostics
    }
}
