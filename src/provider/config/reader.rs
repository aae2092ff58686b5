//! Reads arguments one by one, and gathers what is wrong with them.

use crate::huaweicloud::{Error, System};
use crate::tf_provider::Diagnostics;
use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::Attr;

/// In each of its answers, none means: something is wrong, which was told; or not known yet.
pub(super) struct Reader<'a> {
    /// None: the block alone is looked at.
    pub(super) system: Option<&'a System>,
    /// Mistakes in the block, with their lines.
    pub(super) diagnostics: Diagnostics,
    /// Mistakes in environment variables and files.
    pub(super) broken_sources: Diagnostics,
}

impl<'a> Reader<'a> {
    pub(super) fn new(system: Option<&'a System>) -> Self {
        Self { system, diagnostics: Diagnostics::new(), broken_sources: Diagnostics::new() }
    }

    /// The argument, else the first variable that is set. Outer none: not known yet.
    pub(super) fn text(&self, argument: &Attr<String>, variables: &[&'static str]) -> Option<Option<Setting>> {
        match argument {
            Attr::Unknown => None,
            Attr::Known(text) => Some(Some(Setting { text: text.clone(), variable: None })),
            Attr::Null => Some(self.variable(variables)),
        }
    }

    pub(super) fn variable(&self, names: &[&'static str]) -> Option<Setting> {
        let environment = self.system?.environment();
        names.iter().find_map(|name| {
            let text = environment.get(name)?.to_owned();
            Some(Setting { text, variable: Some(name) })
        })
    }

    /// The argument, else the variable, else false.
    pub(super) fn flag(&mut self, name: &str, argument: &Attr<bool>, variables: &[&'static str]) -> Option<bool> {
        match argument {
            Attr::Unknown => None,
            Attr::Known(flag) => Some(*flag),
            Attr::Null => match self.variable(variables) {
                None => Some(false),
                Some(setting) => match parse_bool(&setting.text) {
                    Some(flag) => Some(flag),
                    None => self.broken_variable(name, &setting, "true or false"),
                },
            },
        }
    }

    /// The argument, else the variable. Inner none: neither is set.
    pub(super) fn whole_number(
        &mut self,
        name: &str,
        argument: &Attr<u32>,
        variables: &[&'static str],
    ) -> Option<Option<u32>> {
        match argument {
            Attr::Unknown => None,
            Attr::Known(number) => Some(Some(*number)),
            Attr::Null => match self.variable(variables) {
                None => Some(None),
                Some(setting) => match setting.text.parse() {
                    Ok(number) => Some(Some(number)),
                    Err(_) => self.broken_variable(name, &setting, "a whole number"),
                },
            },
        }
    }

    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        setting: &Setting,
        parse: impl Fn(&str) -> Result<T, Error>,
    ) -> Option<T> {
        self.parsed_at(AttributePath::attribute(name), name, setting, parse)
    }

    pub(super) fn parsed_at<T>(
        &mut self,
        path: AttributePath,
        name: &str,
        setting: &Setting,
        parse: impl Fn(&str) -> Result<T, Error>,
    ) -> Option<T> {
        match parse(&setting.text) {
            Ok(value) => Some(value),
            Err(error) if setting.variable.is_some() => self.broken(name, setting.told(&error)),
            Err(error) => self.invalid_at(path, name, told(&error)),
        }
    }

    pub(super) fn invalid<T>(&mut self, name: &str, detail: impl Into<String>) -> Option<T> {
        self.invalid_at(AttributePath::attribute(name), name, detail)
    }

    pub(super) fn invalid_at<T>(&mut self, path: AttributePath, name: &str, detail: impl Into<String>) -> Option<T> {
        self.diagnostics.error(path, format!("Invalid {name}"), detail);
        None
    }

    /// Reports a broken variable or file.
    pub(super) fn broken<T>(&mut self, name: &str, detail: impl Into<String>) -> Option<T> {
        self.broken_sources.error(AttributePath::root(), format!("Invalid {name}"), detail);
        None
    }

    fn broken_variable<T>(&mut self, name: &str, setting: &Setting, expected: &str) -> Option<T> {
        let variable = setting.variable.unwrap_or(name);
        self.broken(name, format!("{variable} is {:?}; set it to {expected}.", setting.text))
    }
}

/// Accepts the values of Go's `strconv.ParseBool`.
fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A value and where it was found.
#[derive(Clone)]
pub(super) struct Setting {
    pub(super) text: String,
    /// None: in the block.
    pub(super) variable: Option<&'static str>,
}

impl Setting {
    pub(super) fn told(&self, error: &Error) -> String {
        match self.variable {
            Some(variable) => format!("The environment variable {variable} is set: {}", told(error)),
            None => told(error),
        }
    }
}

pub(super) fn told(error: &Error) -> String {
    format!("{}.", error.report())
}
