//! Helpers that several tests share.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Writes an executable shell script.
pub(crate) fn script(path: &Path, text: &str) {
    // Copied, because a file that a fork of another test still has open for writing cannot be executed.
    let temporary = path.with_extension("temporary");
    fs::write(&temporary, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&temporary, fs::Permissions::from_mode(0o755)).unwrap();
    let copied = std::process::Command::new("cp").arg("-p").args([&temporary, path]).status();
    assert!(copied.unwrap().success());
}

/// Sends a signal to one process.
pub(crate) fn signal(name: &str, process: u32) {
    let kill = std::process::Command::new("kill").args(["-s", name, &process.to_string()]).status();
    assert!(kill.unwrap().success());
}
