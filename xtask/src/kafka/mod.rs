//! A real Apache Kafka on this machine: `cargo xtask kafka up|down|status`, and brokers for tests.
//!
//! All files are below cargo's target directory:
//!
//! ```text
//! kafka/libs/       Kafka's jars from Maven Central, shared by all brokers
//! kafka/broker/     one broker: server.properties, data/, broker.log, state.json
//! ```
//!
//! A broker starts empty, listens on free ports of 127.0.0.1, and is both controller and broker (KRaft). A broker
//! started by [`up`] runs until [`down`]. A [`Broker`] ends when it is dropped, and when this process ends for any
//! reason.

mod broker;
mod distribution;
mod properties;
mod state;

pub use self::broker::Broker;
pub use self::distribution::{Distribution, VERSION};

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::PathBuf;

use crate::process::Supervisor;
use crate::workspace::Workspace;
use crate::{Environment, Error, lock};

use self::state::BrokerState;

/// The inputs of the tasks.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory for the broker's files. Default: `kafka/broker` in cargo's target directory.
    pub directory: Option<PathBuf>,
    /// The cargo that reports the target directory.
    pub cargo: OsString,
    /// The environment for child processes.
    pub environment: Environment,
}

/// The result of [`up`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpOutcome {
    /// The bootstrap address, `127.0.0.1:PORT`.
    pub bootstrap: String,
    /// The process id of the broker.
    pub process: u32,
    /// Whether the broker was already running.
    pub ran_before: bool,
}

/// The result of [`down`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DownOutcome {
    /// The broker with this process id has been stopped.
    Stopped(u32),
    /// No broker was running.
    NotRunning,
    /// The state file names a process that is not the broker. It was not stopped.
    OtherProcess(u32),
}

/// Starts the broker unless it is running, and waits until it is ready. Catches the signals of this process from then
/// on.
///
/// # Errors
/// Java or Maven is missing, the broker does not become ready, or a signal arrives.
pub fn up(options: &Options) -> Result<UpOutcome, Error> {
    let task = Task::prepare(options)?;
    let (state, ran_before) = match task.running()? {
        Some(state) => {
            broker::wait_until_ready(&state, &task.directory, &task.supervisor)?;
            (state, true)
        }
        None => {
            let distribution = Distribution::install(&options.environment, &task.supervisor, &task.target)?;
            (broker::start_detached(&distribution, &task.directory, &task.supervisor)?, false)
        }
    };
    Ok(UpOutcome { bootstrap: state.bootstrap, process: state.process, ran_before })
}

/// Stops the broker, and waits until it has ended. Never stops another process.
///
/// # Errors
/// The state file cannot be read, or the broker does not end.
pub fn down(options: &Options) -> Result<DownOutcome, Error> {
    let task = Task::prepare(options)?;
    let Some(state) = BrokerState::read(&task.directory)? else {
        return Ok(DownOutcome::NotRunning);
    };
    let outcome = if state.is_running(&task.directory)? {
        state.stop(&task.directory)?;
        DownOutcome::Stopped(state.process)
    } else if state::exists(state.process)? {
        DownOutcome::OtherProcess(state.process)
    } else {
        DownOutcome::NotRunning
    };
    BrokerState::remove(&task.directory)?;
    Ok(outcome)
}

/// The bootstrap address and process id of the running broker.
///
/// # Errors
/// The state file cannot be read.
pub fn status(options: &Options) -> Result<Option<(String, u32)>, Error> {
    let running = Task::prepare(options)?.running()?;
    Ok(running.map(|state| (state.bootstrap, state.process)))
}

/// A task on one directory, which is locked meanwhile.
struct Task {
    supervisor: Supervisor,
    target: PathBuf,
    directory: PathBuf,
    _lock: File,
}

impl Task {
    fn prepare(options: &Options) -> Result<Self, Error> {
        let supervisor = Supervisor::catching_signals()?;
        let target = Workspace::read(&options.cargo, &supervisor)?.target().to_owned();
        let directory = options.directory.clone().unwrap_or_else(|| target.join("kafka").join("broker"));
        let failed = |error| Error::failed(format!("cannot use {}: {error}", directory.display()));
        let directory = std::path::absolute(&directory).map_err(failed)?;
        fs::create_dir_all(&directory).map_err(failed)?;
        let lock = lock::acquire(&directory.join("lock"), &supervisor)?;
        Ok(Self { supervisor, target, directory, _lock: lock })
    }

    fn running(&self) -> Result<Option<BrokerState>, Error> {
        let Some(state) = BrokerState::read(&self.directory)? else {
            return Ok(None);
        };
        Ok(state.is_running(&self.directory)?.then_some(state))
    }
}
