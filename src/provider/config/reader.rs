//! Reads the settings of the provider block, or the environment variables that replace them.

use crate::huaweicloud::{Error, System};
use crate::provider::argument_reader::{ArgumentReader, ReadResult, Unavailable, value_of};
use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::Attr;

/// Reads settings, and keeps mistakes in the block apart from those in the environment, which matter only once a
/// request is sent.
pub(super) struct ConfigReader<'a> {
    /// `None` during validation, which must not depend on the environment.
    pub(super) system: Option<&'a System>,
    /// Reads the block.
    pub(super) arguments: ArgumentReader,
    /// Reads environment variables.
    pub(super) sources: ArgumentReader,
}

/// A text and its source.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) text: String,
    /// The environment variable that it is from. `None`: it is from the block.
    pub(super) variable: Option<&'static str>,
}

impl<'a> ConfigReader<'a> {
    pub(super) fn new(system: Option<&'a System>) -> Self {
        Self { system, arguments: ArgumentReader::default(), sources: ArgumentReader::default() }
    }

    /// The argument, or the first variable that is set.
    ///
    /// # Errors
    /// The argument is not known yet.
    pub(super) fn text(&self, argument: &Attr<String>, variables: &[&'static str]) -> ReadResult<Option<Setting>> {
        let from_block = value_of(argument)?.map(|text| Setting { text: text.clone(), variable: None });
        Ok(from_block.or_else(|| self.variable(variables)))
    }

    /// The first variable that is set.
    pub(super) fn variable(&self, names: &[&'static str]) -> Option<Setting> {
        let environment = self.system?.environment();
        names.iter().find_map(|name| {
            let text = environment.get(name)?.to_owned();
            Some(Setting { text, variable: Some(name) })
        })
    }

    /// The argument `name`, or the first variable that is set, parsed.
    ///
    /// # Errors
    /// The text is invalid or not known yet.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        argument: &Attr<String>,
        variables: &[&'static str],
        parse: impl FnOnce(&str) -> Result<T, Error>,
    ) -> ReadResult<Option<T>> {
        let setting = self.text(argument, variables)?;
        setting.map(|setting| self.parse(AttributePath::attribute(name), &setting, parse)).transpose()
    }

    /// Parses a text that is at `path`, unless it is from the environment.
    ///
    /// # Errors
    /// The text is invalid.
    pub(super) fn parse<T>(
        &mut self,
        path: AttributePath,
        setting: &Setting,
        parse: impl FnOnce(&str) -> Result<T, Error>,
    ) -> ReadResult<T> {
        parse(&setting.text).map_err(|error| self.invalid(path, setting.variable, sentence(&error)))
    }

    /// The argument, or the first variable that is set. `expected` describes what `parse` accepts.
    ///
    /// # Errors
    /// The argument is not known yet, or the variable is invalid.
    pub(super) fn scalar<T: Copy>(
        &mut self,
        argument: &Attr<T>,
        variables: &[&'static str],
        parse: impl FnOnce(&str) -> Option<T>,
        expected: &str,
    ) -> ReadResult<Option<T>> {
        if let Some(value) = value_of(argument)? {
            return Ok(Some(*value));
        }
        let Some(Setting { text, variable: Some(name) }) = self.variable(variables) else { return Ok(None) };
        let invalid = || self.sources.invalid_source(name, format!("{name} is {text:?}. Set it to {expected}."));
        parse(&text).ok_or_else(invalid).map(Some)
    }

    /// The argument, or the first variable that is set, or false.
    ///
    /// # Errors
    /// As for [`scalar`](Self::scalar).
    pub(super) fn flag(&mut self, argument: &Attr<bool>, variables: &[&'static str]) -> ReadResult<bool> {
        Ok(self.scalar(argument, variables, parse_bool, "true or false")?.unwrap_or_default())
    }

    /// Records an invalid setting: `variable`, or the argument at `path`.
    pub(super) fn invalid(
        &mut self,
        path: AttributePath,
        variable: Option<&'static str>,
        detail: impl Into<String>,
    ) -> Unavailable {
        match variable {
            Some(variable) => self.sources.invalid_source(variable, detail),
            None => self.arguments.invalid_at(path, detail),
        }
    }
}

/// Accepts the values of Go's `strconv.ParseBool`, as the official provider does.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// The error and its causes, with a full stop.
pub(super) fn sentence(error: &Error) -> String {
    format!("{}.", error.report())
}
