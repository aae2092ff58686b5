//! A lock between processes that can be waited for without becoming deaf to Ctrl-C.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::Error;
use crate::process::Supervisor;

const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Waits until nobody else holds the lock of this file, and holds it until the file is dropped.
/// The operating system frees it when a holder dies.
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
