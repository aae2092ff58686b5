//! The state file of a broker that outlives the process that started it.
//!
//! A process id does not identify the broker: the broker may have crashed, and another process may have the id.
//! Therefore the command line of the process must contain the path of our configuration.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde::{Deserialize, Serialize};

use crate::Error;

use super::properties;

/// The time that a broker has to close its logs.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The content of `state.json` in the broker's directory.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BrokerState {
    /// The process id of the broker.
    pub(super) process: u32,
    /// The bootstrap address, `127.0.0.1:PORT`.
    pub(super) bootstrap: String,
}

impl BrokerState {
    /// Reads the file. `None` if it does not exist.
    pub(super) fn read(directory: &Path) -> Result<Option<Self>, Error> {
        let path = file(directory);
        let unusable = |why: String| {
            let path = path.display();
            Error::failed(format!(
                "Cannot use {path}: {why}\nStop the broker manually if it is running, and remove the file."
            ))
        };
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).map(Some).map_err(|error| unusable(error.to_string())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(error.to_string())),
        }
    }

    /// Writes the file atomically.
    pub(super) fn write(&self, directory: &Path) -> Result<(), Error> {
        let path = file(directory);
        let temporary = path.with_added_extension("tmp");
        let text = serde_json::json!(self).to_string();
        fs::write(&temporary, text)
            .and_then(|()| fs::rename(&temporary, &path))
            .map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display())))
    }

    pub(super) fn remove(directory: &Path) -> Result<(), Error> {
        let path = file(directory);
        fs::remove_file(&path).map_err(|error| Error::failed(format!("cannot remove {}: {error}", path.display())))
    }

    /// Whether the process exists and is the broker of this directory.
    pub(super) fn is_running(&self, directory: &Path) -> Result<bool, Error> {
        let configuration = properties::path(directory);
        Ok(command_line(self.process)?.contains(&*configuration.to_string_lossy()))
    }

    /// Stops the broker, and waits until it has ended. Kills it after a timeout.
    pub(super) fn stop(&self, directory: &Path) -> Result<(), Error> {
        for signal in [Signal::TERM, Signal::KILL] {
            send(self.process, signal)?;
            let deadline = Instant::now() + STOP_TIMEOUT;
            while Instant::now() < deadline {
                if !self.is_running(directory)? {
                    return Ok(());
                }
                thread::sleep(POLL_INTERVAL);
            }
        }
        Err(Error::failed(format!("process {} did not end", self.process)))
    }
}

fn file(directory: &Path) -> PathBuf {
    directory.join("state.json")
}

/// Whether any process has this id.
pub(super) fn exists(process: u32) -> Result<bool, Error> {
    let outcome = test_kill_process(pid(process)?);
    Ok(!matches!(outcome, Err(Errno::SRCH)))
}

fn send(process: u32, signal: Signal) -> Result<(), Error> {
    match kill_process(pid(process)?, signal) {
        // `SRCH`: the process has ended.
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(error) => Err(Error::failed(format!("cannot stop process {process}: {error}"))),
    }
}

/// Converts the id. Ids of 0 and below would address process groups.
fn pid(process: u32) -> Result<Pid, Error> {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
    pid.ok_or_else(|| Error::failed(format!("{process} is not a valid process id")))
}

/// The command line of a process. Empty if the process does not exist or is a zombie.
fn command_line(process: u32) -> Result<String, Error> {
    let failed = |error: std::io::Error| Error::failed(format!("cannot inspect process {process}: {error}"));
    if Path::new("/proc/self/cmdline").exists() {
        return match fs::read(format!("/proc/{process}/cmdline")) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            // Error 3 (`ESRCH`): the process ended between opening and reading.
            Err(error) if error.kind() == ErrorKind::NotFound || error.raw_os_error() == Some(3) => Ok(String::new()),
            Err(error) => Err(failed(error)),
        };
    }
    let output = Command::new("ps").args(["-ww", "-o", "command=", "-p", &process.to_string()]).output();
    Ok(String::from_utf8_lossy(&output.map_err(failed)?.stdout).into_owned())
}
