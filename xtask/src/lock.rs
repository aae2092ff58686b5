//! A file lock between processes. Waiting for it can be interrupted by a signal.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::Error;
use crate::process::Supervisor;

const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Waits for the lock on this file, and holds it until the returned file is dropped. The operating system releases it
/// if the process dies.
///
/// # Errors
/// The file cannot be created or locked, or a signal arrives.
pub(crate) fn acquire(path: &Path, supervisor: &Supervisor) -> Result<File, Error> {
    let failed = |error: std::io::Error| {
        let path = path.display();
        Error::failed(format!("cannot lock {path}: {error}"))
    };
    let file = File::create(path).map_err(failed)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(POLL_INTERVAL),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        supervisor.check()?;
    }
}
