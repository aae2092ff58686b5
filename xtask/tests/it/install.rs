//! Tests of `cargo xtask install` and its errors.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use xtask::install::Plugins;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn install(home: &str, arguments: &[&str]) -> (Output, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    let output = command.arg("install").args(arguments).env_clear().env("HOME", home).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output, text)
}

/// Creates an archive for this machine with a wrong checksum.
fn archive_with_wrong_checksum(directory: &Path) -> PathBuf {
    let plugins = Plugins::below(directory);
    let platform = plugins.directory().file_name().unwrap().to_str().unwrap();
    let prefix = format!("terraform-provider-huaweicloud-kafka_{VERSION}");
    let archive = directory.join(format!("{prefix}_{platform}.zip"));
    fs::write(&archive, "half of it").unwrap();
    let sums = format!("{}  {prefix}_{platform}.zip\n", "0".repeat(64));
    fs::write(directory.join(format!("{prefix}_SHA256SUMS")), sums).unwrap();
    archive
}

#[test]
fn archive_with_a_wrong_checksum_is_not_installed() {
    let (from, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let archive = archive_with_wrong_checksum(from.path());
    let (output, text) = install(home.path().to_str().unwrap(), &["--from", from.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("{} does not match its checksum", archive.display())), "{text}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "nothing is written");
}

#[test]
fn directory_without_an_archive_for_this_machine_is_named() {
    let (from, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (output, text) = install(home.path().to_str().unwrap(), &["--from", from.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("cannot read {}", from.path().display())), "{text}");
}

#[test]
fn undo_without_an_installation_succeeds() {
    let home = tempfile::tempdir().unwrap();
    let (output, text) = install(home.path().to_str().unwrap(), &["--undo"]);
    assert!(output.status.success(), "{text}");
    assert!(text.contains(&format!("Version {VERSION} is not installed")), "{text}");
}

#[test]
fn missing_home_is_an_error() {
    for home in ["", "relative"] {
        let (output, text) = install(home, &["--undo"]);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("HOME must be an absolute path"), "{text}");
    }
}
