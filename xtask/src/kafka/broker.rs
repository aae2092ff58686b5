//! Starts a broker with an empty data directory, and waits until it is ready.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;
use crate::process::{Background, Supervisor, tail, text_tail};

use super::state::BrokerState;
use super::{Distribution, properties};

/// The line that the broker logs when it is ready.
const READY_LINE: &str = "Kafka Server started";
const START_TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// The id of the cluster: any 16 bytes in base64.
const CLUSTER: &str = "ZG1zLWVtdWxhdG9yLWthZg";
/// Runs the broker until standard input closes, then kills it. Its data is not needed, and a clean shutdown takes
/// longer.
const RUN_UNTIL_STDIN_CLOSES: &str = r#""$@" & cat > /dev/null; kill -KILL $!; wait"#;

/// A running broker. Dropping it kills the broker.
#[derive(Debug)]
pub struct Broker {
    bootstrap: String,
    _process: Background,
}

impl Broker {
    /// Starts a broker with its files in `directory`, which is created if needed, and waits until it is ready.
    ///
    /// # Errors
    /// The broker cannot be started, ends early, or is not ready in time.
    pub fn start(distribution: &Distribution, directory: &Path, supervisor: &Supervisor) -> Result<Self, Error> {
        let start = BrokerStart::prepare(distribution, directory, supervisor)?;
        let broker = start.command(distribution);
        let mut command = distribution.environment().command("sh");
        command.args(["-c", RUN_UNTIL_STDIN_CLOSES, "sh"]).arg(broker.get_program()).args(broker.get_args());
        start.redirect(&mut command)?;
        let process = supervisor.start(&mut command)?;
        start.wait_until_ready(supervisor, || Ok(!process.has_ended()))?;
        Ok(Self { bootstrap: start.bootstrap, _process: process })
    }

    /// The bootstrap address, `127.0.0.1:PORT`.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }
}

/// Starts a broker that outlives this process. Its state file is written before it is ready, so that it can always be
/// stopped.
pub(super) fn start_detached(
    distribution: &Distribution,
    directory: &Path,
    supervisor: &Supervisor,
) -> Result<BrokerState, Error> {
    let start = BrokerStart::prepare(distribution, directory, supervisor)?;
    let mut command = start.command(distribution);
    start.redirect(&mut command)?;
    // A separate process group, so that Ctrl-C in the terminal does not reach it.
    command.stdin(Stdio::null()).process_group(0);
    supervisor.check()?;
    let mut child = command.spawn().map_err(|error| start.failed(&error.to_string()))?;
    let state = BrokerState { process: child.id(), bootstrap: start.bootstrap.clone() };
    let ready = state.write(directory).and_then(|()| {
        start.wait_until_ready(supervisor, || {
            let ended = child.try_wait().map_err(|error| start.failed(&error.to_string()))?;
            Ok(ended.is_none())
        })
    });
    if let Err(error) = ready {
        end(&mut child);
        // A leftover file names a process that has ended, which is harmless.
        let _ = BrokerState::remove(directory);
        return Err(error);
    }
    Ok(state)
}

/// Waits until a broker is ready that another process has started.
pub(super) fn wait_until_ready(state: &BrokerState, directory: &Path, supervisor: &Supervisor) -> Result<(), Error> {
    let start = BrokerStart { directory: directory.to_owned(), bootstrap: state.bootstrap.clone() };
    start.wait_until_ready(supervisor, || state.is_running(directory))
}

fn end(child: &mut Child) {
    // Fails if the process has already ended.
    let _ = child.kill();
    let _ = child.wait();
}

/// A broker that is about to start.
struct BrokerStart {
    directory: PathBuf,
    bootstrap: String,
}

impl BrokerStart {
    /// Removes the data of an earlier broker, and formats an empty data directory.
    fn prepare(distribution: &Distribution, directory: &Path, supervisor: &Supervisor) -> Result<Self, Error> {
        let unusable = |error| Error::failed(format!("cannot prepare {}: {error}", directory.display()));
        let directory = std::path::absolute(directory).map_err(unusable)?;
        fs::create_dir_all(&directory).map_err(unusable)?;
        match fs::remove_dir_all(directory.join(properties::DATA)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(unusable(error)),
            _ => {}
        }
        let bootstrap = properties::write(&directory)?;
        let start = Self { directory, bootstrap };
        let mut format = distribution.java("kafka.tools.StorageTool");
        format.args(["format", "--cluster-id", CLUSTER, "--config"]).arg(properties::path(&start.directory));
        format.current_dir(&start.directory).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = supervisor.capture(&mut format)?;
        if output.status.success() {
            return Ok(start);
        }
        let (status, tail) = (output.status, tail(&output));
        Err(Error::failed(format!("Failed to format Kafka's data directory ({status}):\n{tail}")))
    }

    fn log(&self) -> PathBuf {
        self.directory.join("broker.log")
    }

    fn command(&self, distribution: &Distribution) -> Command {
        let mut command = distribution.java_with("kafka.Kafka", &["-Xmx512m", "-Dlog4j2.level=INFO"]);
        command.arg(properties::path(&self.directory));
        command
    }

    /// Sets the working directory, to which the data directory is relative, and writes the output to the log.
    fn redirect(&self, command: &mut Command) -> Result<(), Error> {
        let log = File::create(self.log()).and_then(|log| Ok((log.try_clone()?, log)));
        let (stdout, stderr) = log.map_err(|error| self.failed(&error.to_string()))?;
        command.current_dir(&self.directory).stdout(stdout).stderr(stderr);
        Ok(())
    }

    fn wait_until_ready(
        &self,
        supervisor: &Supervisor,
        mut is_running: impl FnMut() -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let deadline = Instant::now() + START_TIMEOUT;
        while Instant::now() < deadline {
            supervisor.check()?;
            if self.log_text().contains(READY_LINE) {
                return Ok(());
            }
            if !is_running()? {
                return Err(self.failed("it ended."));
            }
            thread::sleep(POLL_INTERVAL);
        }
        Err(self.failed("it was not ready in time."))
    }

    fn log_text(&self) -> String {
        fs::read(self.log()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    fn failed(&self, why: &str) -> Error {
        let (tail, log) = (text_tail(&self.log_text()), self.log());
        let log = log.display();
        Error::failed(format!("Kafka did not start: {why}\n{tail}\nLog: {log}"))
    }
}
