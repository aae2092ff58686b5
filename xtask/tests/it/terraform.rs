//! Tests of finding Terraform, and of installing it from PyPI.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::thread;

use xtask::Environment;
use xtask::process::Supervisor;
use xtask::terraform::{Finder, Origin, Product, Release, Terraform, Version};

use crate::support::{environment, script, target};

fn from_pypi(release: &Release) -> Terraform {
    let (environment, supervisor) = (environment(), Supervisor::new());
    let target = target();
    let finder = Finder::new(&environment, &supervisor, &target);
    finder.from_pypi(release).unwrap()
}

/// A command with piped outputs, in an empty directory.
fn command(terraform: &Terraform, directory: &Path, arguments: &[&str]) -> Command {
    let mut command = terraform.command();
    command
        .args(arguments)
        .current_dir(directory)
        .env("HOME", directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn output(mut command: Command) -> (Option<i32>, String, String) {
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Creates a stand-in for `terraform` that prints this version.
fn stand_in(version_output: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let text = format!("[ \"$*\" = version ] && printf '{version_output}'");
    script(&directory.path().join("terraform"), &text);
    directory
}

/// An environment with this script as the first python3 on `PATH`.
fn with_python(directory: &Path, text: &str) -> Environment {
    let bin = directory.join("bin");
    fs::create_dir(&bin).unwrap();
    script(&bin.join("python3"), text);
    let path = [bin.as_os_str(), environment().path()].join(OsStr::new(":"));
    environment().with_path(path)
}

/// An environment with only this directory on `PATH`.
fn environment_with_path(directory: &Path) -> Environment {
    environment().with_path(directory)
}

#[test]
fn pinned_releases_have_the_declared_version() {
    for (release, version) in [(Release::NEWEST, "1.15.5"), (Release::OLDER, "1.11.4")] {
        let terraform = from_pypi(&release);
        assert_eq!(terraform.version().to_string(), version);
        assert_eq!(terraform.version(), release.terraform());
        assert_eq!(terraform.product(), Product::Terraform);
        assert_eq!(terraform.origin(), Origin::PyPi);
        let directory = tempfile::tempdir().unwrap();
        let (code, stdout, stderr) = output(command(&terraform, directory.path(), &["version"]));
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(stdout.lines().next(), Some(&*format!("Terraform v{version}")));
        assert_eq!(stderr, "");
    }
}

#[test]
fn exit_codes_arguments_and_chdir_pass_through_the_launcher() {
    let terraform = from_pypi(&Release::NEWEST);
    let directory = tempfile::tempdir().unwrap();
    let odd = directory.path().join("a b \"c\" ü");
    fs::create_dir(&odd).unwrap();
    fs::write(odd.join("x.tf"), "a=1\n").unwrap();
    let chdir = format!("-chdir={}", odd.display());
    // The documented code for "formatting is needed".
    let (code, stdout, _) = output(command(&terraform, directory.path(), &[&chdir, "fmt", "-check"]));
    assert_eq!((code, stdout.as_str()), (Some(3), "x.tf\n"));
    let (code, _, stderr) = output(command(&terraform, directory.path(), &["no-such-command"]));
    assert_eq!(code, Some(1));
    assert!(stderr.contains("no-such-command"), "{stderr}");
}

#[test]
fn standard_input_reaches_terraform() {
    let terraform = from_pypi(&Release::NEWEST);
    let directory = tempfile::tempdir().unwrap();
    let mut command = command(&terraform, directory.path(), &["console"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, b"6 * 7\n").unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "42\n");
}

/// The started process handles signals as Terraform does: it waits for running operations, and then ends.
#[test]
fn terraform_handles_an_interrupt_instead_of_python() {
    let terraform = from_pypi(&Release::NEWEST);
    let directory = tempfile::tempdir().unwrap();
    let hold = directory.path().join("hold");
    let made = Command::new("mkfifo").arg(&hold).status().unwrap();
    assert!(made.success());
    // Opened for reading and writing, which does not block. Until it is dropped, the reader waits.
    let held = fs::OpenOptions::new().read(true).write(true).open(&hold);
    let held = held.unwrap();
    let main = r#"
resource "terraform_data" "slow" {
  provisioner "local-exec" { command = "trap '' INT; echo under way; cat hold" }
}
"#;
    fs::write(directory.path().join("main.tf"), main).unwrap();
    let (code, _, stderr) = output(command(&terraform, directory.path(), &["init"]));
    assert_eq!(code, Some(0), "{stderr}");

    let arguments = ["apply", "-auto-approve", "-no-color"];
    let mut apply = command(&terraform, directory.path(), &arguments);
    let mut child = apply.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut seen = String::new();
    while !seen.contains("(local-exec): under way") {
        assert_ne!(stdout.read_line(&mut seen).unwrap(), 0, "{seen}");
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    while !seen.contains("Interrupt received") {
        assert_ne!(stdout.read_line(&mut seen).unwrap(), 0, "{seen}");
    }
    drop(held);
    stdout.read_to_string(&mut seen).unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(1), "{seen}{errors}");
    assert!(!errors.contains("KeyboardInterrupt"), "{errors}");
    assert!(!errors.contains("Traceback"), "{errors}");
}

/// A stand-in for Python creates the environment, and records each creation.
#[test]
fn concurrent_callers_create_one_environment() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join(Release::NEWEST.directory_name());
    // Left by an interrupted installation.
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::write(root.join("bin/python"), "half a").unwrap();
    let inside = directory.path().join("inside");
    // Called as `python -I -m pip …`, and as `python -I <launcher> version`.
    script(&inside, "[ \"$2\" = -m ] || { [ -f \"$2\" ] && echo Terraform v1.15.5; }");
    let count = directory.path().join("count");
    let (log, copy) = (count.display(), inside.display());
    let text = format!(
        "for last; do :; done\necho made >> '{log}'\nmkdir -p \"$last/bin\"\n\
         cp '{copy}' \"$last/bin/python\""
    );
    let environment = with_python(directory.path(), &text);
    let barrier = Barrier::new(8);
    let find = || {
        let supervisor = Supervisor::new();
        let finder = Finder::new(&environment, &supervisor, directory.path());
        barrier.wait();
        finder.from_pypi(&Release::NEWEST).unwrap().version()
    };
    let all_find = || {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(find)).collect();
            for thread in threads {
                assert_eq!(thread.join().unwrap(), Version::new(1, 15, 5));
            }
        });
    };
    all_find();
    assert_eq!(fs::read_to_string(&count).unwrap(), "made\n");
    // The second time, it already exists.
    all_find();
    assert_eq!(fs::read_to_string(&count).unwrap(), "made\n");
    // A complete environment whose Terraform does not run is created again.
    fs::remove_file(root.join("terraform.py")).unwrap();
    all_find();
    assert_eq!(fs::read_to_string(&count).unwrap(), "made\nmade\n");
}

#[test]
fn missing_python_is_an_error_with_advice() {
    let empty = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::new();
    let environment = environment_with_path(empty.path());
    let finder = Finder::new(&environment, &supervisor, empty.path());
    let error = finder.from_pypi(&Release::NEWEST).unwrap_err().to_string();
    assert!(error.contains("python3 is not on PATH"), "{error}");
    assert!(error.contains("python3-venv"), "{error}");
    assert!(error.contains("TERRAFORM"), "{error}");
}

#[test]
fn python_without_venv_is_reported_with_its_output() {
    let directory = tempfile::tempdir().unwrap();
    let text = "echo 'ensurepip is not available' >&2; exit 1";
    script(&directory.path().join("python3"), text);
    let supervisor = Supervisor::new();
    let environment = environment_with_path(directory.path());
    let finder = Finder::new(&environment, &supervisor, directory.path());
    let error = finder.from_pypi(&Release::NEWEST).unwrap_err().to_string();
    assert!(error.contains("ensurepip is not available"), "{error}");
    assert!(error.contains("apt install python3-venv"), "{error}");
    let root = directory.path().join(Release::NEWEST.directory_name());
    assert!(!root.exists(), "nothing is left");
}

#[test]
fn failing_pip_is_reported_with_its_output() {
    let directory = tempfile::tempdir().unwrap();
    // Creates an environment whose own Python fails.
    let text = "for last; do :; done\nmkdir -p \"$last/bin\"\n\
                printf '#!/bin/sh\\necho No matching distribution found >&2\\nexit 1\\n' \
                > \"$last/bin/python\"\nchmod +x \"$last/bin/python\"";
    let environment = with_python(directory.path(), text);
    let supervisor = Supervisor::new();
    let finder = Finder::new(&environment, &supervisor, directory.path());
    let error = finder.from_pypi(&Release::NEWEST).unwrap_err().to_string();
    assert!(error.contains("No matching distribution found"), "{error}");
    assert!(error.contains("glibc 2.35"), "{error}");
}

#[test]
fn variable_precedes_path() {
    let on_path = stand_in("Terraform v1.10.0\\n");
    let named = stand_in("OpenTofu v1.8.1\\n");
    let supervisor = Supervisor::new();
    let environment = environment_with_path(on_path.path());
    let finder = Finder::new(&environment, &supervisor, on_path.path());
    let program = named.path().join("terraform");
    let found = finder.find(Some(program.as_os_str())).unwrap().terraform;
    assert_eq!(found.product(), Product::OpenTofu);
    assert_eq!(found.version(), Version::new(1, 8, 1));
    assert_eq!(found.origin(), Origin::Variable);
    assert_eq!(found.program(), program);

    for nothing in [None, Some(OsStr::new(""))] {
        let found = finder.find(nothing).unwrap().terraform;
        assert_eq!(found.version(), Version::new(1, 10, 0));
        assert_eq!(found.origin(), Origin::Path);
    }
}

#[test]
fn variable_may_be_a_name_on_path() {
    let directory = stand_in("OpenTofu v1.8.1\\n");
    fs::rename(directory.path().join("terraform"), directory.path().join("tofu")).unwrap();
    let supervisor = Supervisor::new();
    let environment = environment_with_path(directory.path());
    let finder = Finder::new(&environment, &supervisor, directory.path());
    let found = finder.find(Some(OsStr::new("tofu"))).unwrap().terraform;
    assert_eq!(found.program(), directory.path().join("tofu"));
}

#[test]
fn unusable_variable_is_an_error_that_names_it() {
    let good = stand_in("Terraform v1.10.0\\n");
    let old = stand_in("Terraform v1.4.7\\n");
    let other = stand_in("Packer v1.11.0\\n");
    let failing = tempfile::tempdir().unwrap();
    script(&failing.path().join("terraform"), "echo out of order >&2; exit 9");
    let supervisor = Supervisor::new();
    let environment = environment_with_path(good.path());
    let finder = Finder::new(&environment, &supervisor, good.path());
    for (value, why) in [
        ("/nowhere/terraform".into(), "cannot start"),
        ("no-such-program".into(), "the program is not on PATH"),
        (old.path().join("terraform"), "1.5.0 or later is needed"),
        (other.path().join("terraform"), "Packer v1.11.0"),
        (failing.path().join("terraform"), "out of order"),
    ] {
        let error = finder.find(Some(value.as_os_str())).unwrap_err().to_string();
        let named = format!("The variable TERRAFORM is set to \"{}\"", value.display());
        assert!(error.starts_with(&named), "{error}");
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn old_terraform_on_path_is_skipped_with_a_note() {
    let old = stand_in("Terraform v1.4.7\\n");
    let path = [old.path().as_os_str(), environment().path()].join(OsStr::new(":"));
    let environment = environment().with_path(path);
    let supervisor = Supervisor::new();
    let target = target();
    let finder = Finder::new(&environment, &supervisor, &target);
    let found = finder.find(None).unwrap();
    assert_eq!(found.terraform.origin(), Origin::PyPi);
    let note = found.note.unwrap();
    assert!(note.contains("Terraform 1.4.7; 1.5.0 or later"), "{note}");
    assert!(note.contains(&*old.path().to_string_lossy()), "{note}");
}
