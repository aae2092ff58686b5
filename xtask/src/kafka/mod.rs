//! A real Apache Kafka on this machine: `cargo xtask kafka up|down|status`, and brokers for tests.
//!
//! Everything lies below cargo's target directory:
//!
//! ```text
//! kafka/libs/       Kafka's jars from Maven Central, shared by all brokers
//! kafka/broker/     one broker: server.properties, data/, broker.log, state.json
//! ```
//!
//! A broker starts with nothing in it, listens on free ports of 127.0.0.1, and is controller and
//! broker in one (KRaft). One that was started by [`up`] runs until [`down`]; a [`Broker`] ends
//! with the value, and with our process however that ends.

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

/// What the tasks take from outside.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the broker's files are. Default: `kafka/broker` in cargo's target directory.
    pub directory: Option<PathBuf>,
    /// The cargo to ask for the target directory.
    pub cargo: OsString,
    /// What children may inherit.
    pub environment: Environment,
}

/// What [`up`] found or did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpOutcome {
    /// `127.0.0.1:PORT`.
    pub bootstrap: String,
    /// The broker's process id.
    pub process: u32,
    /// Whether it ran before.
    pub ran_before: bool,
}

/// What [`down`] found or did.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DownOutcome {
    /// The broker's process, which has ended.
    Stopped(u32),
    /// There was none.
    NotRunning,
    /// The state file named a process that is not the broker; it was left alone.
    OtherProcess(u32),
}

/// Starts the broker, unless it runs, and waits until it can be used. Catches this process's
/// signals from then on.
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

/// Ends the broker, and waits for its end. Ends no other process.
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

/// The running broker's address and process id.
pub fn status(options: &Options) -> Result<Option<(String, u32)>, Error> {
    let running = Task::prepare(options)?.running()?;
    Ok(running.map(|state| (state.bootstrap, state.process)))
}

/// One task at a time per directory.
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
