//! Starts the emulator as a child process, and calls its control API.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;
use crate::process::{Background, Supervisor, text_tail};

const ANNOUNCEMENT: &str = "dms-emulator listening on ";
const START_TIMEOUT: Duration = Duration::from_secs(30);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// A journal of ten thousand resets has about twenty megabytes.
const MAX_RESPONSE_BYTES: u64 = 256 * 1024 * 1024;
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// A running emulator. Dropping it stops it.
pub(crate) struct Emulator {
    url: String,
    agent: ureq::Agent,
    /// What it prints after its address.
    lines: Receiver<String>,
    _process: Background,
}

/// A request that the emulator received.
#[derive(Deserialize)]
pub(crate) struct JournalEntry {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(super) request_id: String,
    /// The number of the connection.
    #[serde(default)]
    pub(crate) connection: u64,
}

impl JournalEntry {
    /// Whether the request is a reset.
    pub(crate) fn is_reset(&self) -> bool {
        self.method == "PUT" && self.path.ends_with("/reset-message-offset")
    }
}

impl Emulator {
    /// Starts the program in `command` and waits until it responds. Its log goes to `log`.
    ///
    /// # Errors
    /// The emulator cannot be started, or does not respond.
    pub(crate) fn start(mut command: Command, log: &Path, supervisor: &Supervisor) -> Result<Self, Error> {
        let failed = |why: &str| {
            let tail = text_tail(&fs::read_to_string(log).unwrap_or_default());
            let log = log.display();
            Error::failed(format!("The emulator did not start: {why}\n{tail}\nLog: {log}"))
        };
        let file = File::create(log).map_err(|error| failed(&error.to_string()))?;
        command.arg("--exit-with-stdin").stdout(Stdio::piped()).stderr(file);
        let mut process = supervisor.start(&mut command)?;
        let lines = lines(process.take_stdout());
        let first = next_line(&lines, supervisor)?.ok_or_else(|| failed("it ended without output."))?;
        let Some(url) = first.strip_prefix(ANNOUNCEMENT) else {
            return Err(failed(&format!("unexpected output {first:?}.")));
        };
        // Without a proxy, because the emulator is on this machine.
        let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(RESPONSE_TIMEOUT));
        let emulator = Self { url: url.to_owned(), agent: config.build().new_agent(), lines, _process: process };
        emulator.get::<Value>("health")?;
        Ok(emulator)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The provider block for the demo data, which the emulator prints without `--seed`.
    pub(super) fn provider_block(&self, supervisor: &Supervisor) -> Result<String, Error> {
        let mut block = String::new();
        while !block.ends_with("\n}\n") {
            let line = next_line(&self.lines, supervisor)?;
            let line = line.ok_or_else(|| Error::failed("The emulator printed no provider block."))?;
            if line.starts_with("provider ") || !block.is_empty() {
                block = format!("{block}{line}\n");
            }
        }
        Ok(block)
    }

    /// The state of the service, or the part of it that `T` has.
    pub(super) fn state<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.get("state")
    }

    /// The requests that the emulator has received.
    ///
    /// # Errors
    /// The emulator does not respond.
    pub(crate) fn journal(&self) -> Result<Vec<JournalEntry>, Error> {
        self.get("journal")
    }

    /// Restores the initial state, with an empty journal.
    ///
    /// # Errors
    /// The emulator does not respond.
    pub(crate) fn reset(&self) -> Result<(), Error> {
        let url = format!("{}/_emulator/reset", self.url);
        let response = self.agent.post(&url).send_empty();
        response.map(drop).map_err(|error| Error::failed(format!("POST {url}: {error}")))
    }

    /// Adds fault rules.
    ///
    /// # Errors
    /// The emulator does not respond, or refuses the rules.
    pub(crate) fn add_faults(&self, rules: &Value) -> Result<(), Error> {
        let url = format!("{}/_emulator/faults", self.url);
        let response = self.agent.post(&url).send(&*rules.to_string());
        response.map(drop).map_err(|error| Error::failed(format!("POST {url}: {error}")))
    }

    fn get<T: DeserializeOwned>(&self, what: &str) -> Result<T, Error> {
        let url = format!("{}/_emulator/{what}", self.url);
        let failed = |why: String| Error::failed(format!("GET {url}: {why}"));
        let response = self.agent.get(&url).call();
        let mut response = response.map_err(|error| failed(error.to_string()))?;
        let text = response.body_mut().with_config().limit(MAX_RESPONSE_BYTES).read_to_string();
        let text = text.map_err(|error| failed(error.to_string()))?;
        serde_json::from_str(&text).map_err(|error| failed(error.to_string()))
    }
}

/// The lines of the output. The thread keeps reading, so that the pipe never fills up.
fn lines(stdout: Option<ChildStdout>) -> Receiver<String> {
    let (send, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines()).map_while(Result::ok) {
            let _ = send.send(line);
        }
    });
    lines
}

/// The next line, or none at the end of the output or after a timeout.
fn next_line(lines: &Receiver<String>, supervisor: &Supervisor) -> Result<Option<String>, Error> {
    let deadline = Instant::now() + START_TIMEOUT;
    while Instant::now() < deadline {
        supervisor.check()?;
        match lines.recv_timeout(POLL_INTERVAL) {
            Ok(line) => return Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    Ok(None)
}
