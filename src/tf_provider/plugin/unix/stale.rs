//! Removes the socket directories of processes that were killed before Terraform connected.
//!
//! Keeps directories that may be in use. Each process locks its directory while it runs, and other containers can see
//! the lock.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use crate::tf_provider::plugin::FIRST_CLIENT_TIMEOUT;

/// The prefix of socket directory names.
pub(super) const PREFIX: &str = "plugin-socket-";
/// The number of random characters after the prefix.
pub(super) const RANDOM_CHARACTERS: usize = 6;
/// The name of the socket in its directory.
pub(super) const SOCKET: &str = "socket";

/// Removes the stale directories in `parent` that belong to the user `owner`.
pub(super) fn remove_stale(parent: &Path, owner: u32) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    let candidates = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_ours));
    for path in candidates.map(|entry| entry.path()) {
        match remove_if_stale(&path, owner) {
            Ok(true) => log::debug!(path:% = path.display(); "removed a stale socket directory"),
            Ok(false) => {}
            Err(error) => {
                log::debug!(path:% = path.display(), error:% = error; "cannot remove a stale directory");
            }
        }
    }
}

fn is_ours(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX);
    random.is_some_and(|it| it.len() == RANDOM_CHARACTERS && it.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Removes the directory if it is stale and contains nothing but a socket.
fn remove_if_stale(path: &Path, owner: u32) -> io::Result<bool> {
    let found = fs::symlink_metadata(path)?;
    // The process that made a newer directory has perhaps not locked it yet.
    let is_old = found.modified()?.elapsed().is_ok_and(|age| age > FIRST_CLIENT_TIMEOUT);
    if !found.is_dir() || found.uid() != owner || !is_old {
        return Ok(false);
    }
    let directory = File::open(path)?;
    let opened = directory.metadata()?;
    if (opened.dev(), opened.ino()) != (found.dev(), found.ino()) || directory.try_lock().is_err() {
        return Ok(false);
    }
    let socket = path.join(SOCKET);
    if fs::symlink_metadata(&socket).is_ok_and(|it| it.file_type().is_socket()) {
        fs::remove_file(&socket)?;
    }
    fs::remove_dir(path)?;
    Ok(true)
}
