//! Tests of the command line of `cargo xtask`.

use std::process::Command;

fn xtask(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).env_clear().output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn help_goes_to_standard_output() {
    for arguments in [&[][..], &["help"], &["--help"], &["-h"]] {
        let (code, stdout, stderr) = xtask(arguments);
        assert_eq!((code, &*stderr), (Some(0), ""), "{arguments:?}");
        assert!(stdout.contains("Usage: cargo xtask <task>"), "{stdout}");
    }
    for arguments in [["quickstart", "--help"], ["quickstart", "-h"], ["help", "quickstart"]] {
        let (code, stdout, stderr) = xtask(&arguments);
        assert_eq!((code, &*stderr), (Some(0), ""), "{arguments:?}");
        assert!(stdout.contains("cargo xtask quickstart [--kafka] [--directory"), "{stdout}");
    }
    for (task, usage) in [
        ("bench", "cargo xtask bench [options]"),
        ("guard", "cargo xtask guard [options]"),
        ("dist", "cargo xtask dist [options]"),
        ("install", "cargo xtask install [--from <directory>]"),
    ] {
        for arguments in [[task, "--help"], [task, "-h"], ["help", task]] {
            let (code, stdout, stderr) = xtask(&arguments);
            assert_eq!((code, &*stderr), (Some(0), ""), "{arguments:?}");
            assert!(stdout.contains(usage), "{stdout}");
        }
    }
}

#[test]
fn usage_error_prints_help_to_standard_error() {
    let (code, stdout, stderr) = xtask(&["quickstrat"]);
    assert_eq!((code, &*stdout), (Some(2), ""));
    assert!(stderr.contains("unknown task \"quickstrat\""), "{stderr}");
    assert!(stderr.contains("Usage: cargo xtask <task>"), "{stderr}");
    for arguments in [
        &["quickstart", "now"][..],
        &["quickstart", "--directory"],
        &["quickstart", "--directory", ""],
        &["quickstart", "--directory", "a", "b"],
        &["quickstart", "--directory", "a", "--directory", "b"],
        &["quickstart", "--kafka", "--kafka"],
        &["quickstart", "--kafka", "--directory"],
    ] {
        let (code, stdout, stderr) = xtask(arguments);
        assert_eq!((code, &*stdout), (Some(2), ""), "{arguments:?}");
        assert!(stderr.contains("Usage: cargo xtask quickstart"), "{stderr}");
    }
    for arguments in [
        &["bench", "fast"][..],
        &["bench", "--runs", "0"],
        &["bench", "--only", "speed"],
        &["guard", "--runs"],
        &["guard", "--runs", "0"],
        &["guard", "--record", "now"],
        &["dist", "--target", "x86_64-pc-windows-msvc"],
        &["dist", "--sign"],
    ] {
        let (code, stdout, stderr) = xtask(arguments);
        assert_eq!((code, &*stdout), (Some(2), ""), "{arguments:?}");
        assert!(stderr.contains(&format!("Usage: cargo xtask {} [options]", arguments[0])), "{stderr}");
    }
    for arguments in [&["install", "--from"][..], &["install", "--from", ""], &["install", "--undo", "--from", "x"]] {
        let (code, stdout, stderr) = xtask(arguments);
        assert_eq!((code, &*stdout), (Some(2), ""), "{arguments:?}");
        assert!(stderr.contains("Usage: cargo xtask install"), "{stderr}");
    }
}
