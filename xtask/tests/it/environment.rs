//! Tests of the environment of child processes.

use std::process::Command;

use xtask::process::Supervisor;
use xtask::terraform::Finder;

use crate::support::{environment, script};

/// Set only in the child process of the test below.
const INSIDE: &str = "XTASK_TEST_INSIDE";

/// Only a new process can have a different environment, so the test runs itself as a child with variables that must not
/// be inherited.
#[test]
fn terraform_inherits_no_credentials_settings_or_proxies() {
    if std::env::var_os(INSIDE).is_some() {
        return print_what_terraform_sees();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "environment::terraform_inherits_no_credentials_settings_or_proxies"])
        .arg("--nocapture")
        .env(INSIDE, "1")
        .env("HW_ACCESS_KEY", "leaked")
        .env("HUAWEICLOUD_SDK_AK", "leaked")
        .env("CLOUD_SDK_SK", "leaked")
        .env("TF_LOG", "leaked")
        .env("HTTPS_PROXY", "leaked")
        .env("HOME", "/leaked")
        .env("TF_CLI_CONFIG_FILE", "/leaked")
        .env("TMPDIR", "/tmp/.")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("TMPDIR=/tmp/."), "{text}");
    assert!(text.contains("CHECKPOINT_DISABLE=1"), "{text}");
    assert!(text.contains("TF_CLI_CONFIG_FILE=/dev/null"), "{text}");
    assert!(!text.contains("leaked"), "{text}");
}

fn print_what_terraform_sees() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("terraform");
    script(&program, "[ \"$1\" = env ] && exec env\necho Terraform v1.9.0");
    let (environment, supervisor) = (environment(), Supervisor::new());
    let finder = Finder::new(&environment, &supervisor, directory.path());
    let terraform = finder.from_variable(program.as_os_str()).unwrap();
    let output = terraform.command().arg("env").output().unwrap();
    println!("{}", String::from_utf8(output.stdout).unwrap());
}

#[test]
fn programs_are_found_on_the_given_path_only() {
    let directory = tempfile::tempdir().unwrap();
    let environment = environment().with_path(directory.path());
    std::fs::write(directory.path().join("plain"), "").unwrap();
    std::fs::create_dir(directory.path().join("directory")).unwrap();
    script(&directory.path().join("program"), "true");
    assert_eq!(environment.find_program("sh"), None);
    assert_eq!(environment.find_program("plain"), None, "not executable");
    assert_eq!(environment.find_program("directory"), None);
    assert_eq!(environment.find_program("program"), Some(directory.path().join("program")));
}
