//! Starts the emulator as a child process, and calls its control API.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Error;
use crate::process::{Background, Supervisor, text_tail};

use super::cannot_read;
use super::offsets::EmulatorState;

const ANNOUNCEMENT: &str = "dms-emulator listening on ";
const START_TIMEOUT: Duration = Duration::from_secs(30);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// A journal of ten thousand resets has about twenty megabytes.
const MAX_RESPONSE_BYTES: u64 = 256 * 1024 * 1024;
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// What the example needs of the seed: the first element of each kind.
pub(crate) struct Seed {
    path: PathBuf,
    region: String,
    access_key: String,
    secret_key: String,
    instance_id: String,
}

#[derive(Deserialize)]
struct Document {
    projects: [Project; 1],
    credentials: [Credential; 1],
    instances: [Instance; 1],
}

#[derive(Deserialize)]
struct Project {
    name: String,
}

#[derive(Deserialize)]
struct Credential {
    access_key: String,
    secret_key: String,
}

#[derive(Deserialize)]
struct Instance {
    id: String,
}

impl Seed {
    /// Reads the seed document.
    ///
    /// # Errors
    /// The file cannot be read, or has more than one element of a kind.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|error| cannot_read(path, &error))?;
        let document: Document =
            serde_json::from_str(&text).map_err(|error| Error::failed(format!("{}: {error}", path.display())))?;
        let Document { projects: [project], credentials: [credential], instances: [instance] } = document;
        Ok(Self {
            path: path.to_owned(),
            region: project.name,
            access_key: credential.access_key,
            secret_key: credential.secret_key,
            instance_id: instance.id,
        })
    }

    /// The access key in the variables that the provider reads.
    pub(crate) fn credential_variables(&self) -> [(&'static str, &str); 2] {
        [("HW_ACCESS_KEY", &self.access_key), ("HW_SECRET_KEY", &self.secret_key)]
    }

    /// The values of the example's input variables.
    pub(crate) fn variables(&self, url: &str) -> Value {
        json!({
            "region": self.region,
            "instance_id": self.instance_id,
            "endpoints": { "dms": url, "iam": url },
        })
    }
}

/// A running emulator. Dropping it stops it.
pub(crate) struct Emulator {
    url: String,
    agent: ureq::Agent,
    _process: Background,
}

/// A request that the emulator received.
#[derive(Deserialize)]
pub(crate) struct JournalEntry {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: Option<u16>,
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
    pub(crate) fn start(mut command: Command, seed: &Seed, log: &Path, supervisor: &Supervisor) -> Result<Self, Error> {
        let failed = |why: &str| {
            let tail = text_tail(&fs::read_to_string(log).unwrap_or_default());
            let log = log.display();
            Error::failed(format!("The emulator did not start: {why}\n{tail}\nLog: {log}"))
        };
        let file = File::create(log).map_err(|error| failed(&error.to_string()))?;
        command.args(["--exit-with-stdin", "--seed"]).arg(&seed.path).stdout(Stdio::piped()).stderr(file);
        let mut process = supervisor.start(&mut command)?;
        let first = first_line(process.take_stdout(), supervisor)?;
        let first = first.ok_or_else(|| failed("it ended without output."))?;
        let Some(url) = first.trim_end().strip_prefix(ANNOUNCEMENT) else {
            return Err(failed(&format!("unexpected output {first:?}.")));
        };
        // Without a proxy, because the emulator is on this machine.
        let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(RESPONSE_TIMEOUT));
        let emulator = Self { url: url.to_owned(), agent: config.build().new_agent(), _process: process };
        emulator.get::<Value>("health")?;
        Ok(emulator)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn offsets(&self) -> Result<EmulatorState, Error> {
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

/// The first line of the output. The thread keeps reading, so that the pipe never fills up.
fn first_line(stdout: Option<ChildStdout>, supervisor: &Supervisor) -> Result<Option<String>, Error> {
    let Some(stdout) = stdout else {
        return Ok(None);
    };
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        if matches!(stdout.read_line(&mut line), Ok(length) if length > 0) {
            let _ = send.send(line);
        }
        drop(send);
        let mut rest = [0; 1024];
        while matches!(stdout.read(&mut rest), Ok(length) if length > 0) {}
    });
    let deadline = Instant::now() + START_TIMEOUT;
    while Instant::now() < deadline {
        supervisor.check()?;
        match receive.recv_timeout(POLL_INTERVAL) {
            Ok(line) => return Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    Ok(None)
}

/// Checks that exactly one reset was requested and that it succeeded.
///
/// # Errors
/// A description of the difference.
pub(crate) fn check_one_reset(journal: &[JournalEntry]) -> Result<(), String> {
    let resets: Vec<&JournalEntry> = journal.iter().filter(|entry| entry.is_reset()).collect();
    match resets.as_slice() {
        [JournalEntry { status: Some(200..=299), .. }] => Ok(()),
        [one] => Err(format!("The emulator responded to the reset with {:?}.", one.status)),
        several => Err(format!("The emulator received {} resets instead of one.", several.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(json: &str) -> Vec<JournalEntry> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn exactly_one_successful_reset_is_required() {
        let path = "/v2/kafka/p/instances/i/groups/g/reset-message-offset";
        let read = r#"{"method": "GET", "path": "/v3/projects", "status": 200}"#;
        let reset =
            |status: &str| format!(r#"{{"method": "PUT", "path": "{path}", "status": {status}, "sequence": 2}}"#);
        let one = journal(&format!("[{read}, {}]", reset("204")));
        assert_eq!(check_one_reset(&one), Ok(()));
        let refused = journal(&format!("[{}]", reset("400")));
        assert!(check_one_reset(&refused).unwrap_err().contains("400"));
        let unanswered = journal(&format!("[{}]", reset("null")));
        assert!(check_one_reset(&unanswered).is_err());
        let none = check_one_reset(&journal(&format!("[{read}]")));
        assert!(none.unwrap_err().contains("0 resets"));
        let two = journal(&format!("[{}, {}]", reset("204"), reset("204")));
        assert!(check_one_reset(&two).unwrap_err().contains("2 resets"));
    }
}
