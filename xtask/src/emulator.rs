//! Starts the emulator as a child process, and calls its control API.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use testkit::process::{self, Background};

const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// The maximum time for a line of the emulator's output.
const LINE_TIMEOUT: Duration = Duration::from_secs(30);

/// A running emulator. Dropping it stops it.
pub(crate) struct Emulator {
    address: String,
    url: String,
    lines: Receiver<String>,
    _process: Background,
}

/// A request that the emulator received.
#[derive(Deserialize)]
pub(crate) struct JournalEntry {
    method: String,
    path: String,
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(crate) request_id: String,
}

impl JournalEntry {
    /// Whether the request is a reset.
    pub(crate) fn is_reset(&self) -> bool {
        self.method == "PUT" && self.path.ends_with("/reset-message-offset")
    }
}

impl Emulator {
    /// Starts the program in `command` and waits until it prints its address. Its log goes to `log`.
    pub(crate) fn start(mut command: Command, log: &Path) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("cannot create {}", log.display()))?;
        let mut process = Background::start(command.arg("--exit-with-stdin").stdout(Stdio::piped()).stderr(file))?;
        let lines = read_lines(process.take_stdout().context("the emulator has no output")?);
        let line = next_line(&lines)?.unwrap_or_default();
        let address = line.strip_prefix("dms-emulator listening on http://").with_context(|| {
            let tail = process::tail(&fs::read_to_string(log).unwrap_or_default());
            format!("The emulator did not start: it printed {line:?}\n{tail}\nLog: {}", log.display())
        })?;
        let (address, url) = (address.to_owned(), format!("http://{address}"));
        Ok(Self { address, url, lines, _process: process })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Reads the provider block for the demo data, which the emulator prints without `--seed`.
    pub(crate) fn provider_block(&self) -> Result<String> {
        let mut block = String::new();
        while !block.ends_with("\n}\n") {
            let line = next_line(&self.lines)?.context("The emulator printed no provider block.")?;
            if line.starts_with("provider ") || !block.is_empty() {
                block += &format!("{line}\n");
            }
        }
        Ok(block)
    }

    /// The state of the service.
    pub(crate) fn state(&self) -> Result<Value> {
        self.get("state")
    }

    /// The requests that the emulator has received.
    pub(crate) fn journal(&self) -> Result<Vec<JournalEntry>> {
        self.get("journal")
    }

    /// Restores the initial state, with an empty journal.
    pub(crate) fn reset(&self) -> Result<()> {
        self.send("POST", "reset", "").map(drop)
    }

    /// Adds fault rules.
    pub(crate) fn add_faults(&self, rules: &Value) -> Result<()> {
        self.send("POST", "faults", &rules.to_string()).map(drop)
    }

    fn get<T: DeserializeOwned>(&self, what: &str) -> Result<T> {
        serde_json::from_str(&self.send("GET", what, "")?).with_context(|| format!("cannot read the emulator's {what}"))
    }

    /// Sends a request to the control API, and returns the body of the response.
    fn send(&self, method: &str, path: &str, body: &str) -> Result<String> {
        let exchange = || {
            let mut stream = TcpStream::connect(&self.address)?;
            stream.set_read_timeout(Some(RESPONSE_TIMEOUT))?;
            let length = body.len();
            // After an HTTP/1.0 request, the server closes the connection, which ends the response.
            write!(stream, "{method} /_emulator/{path} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}")?;
            let mut response = String::new();
            stream.read_to_string(&mut response)?;
            let (head, body) =
                response.split_once("\r\n\r\n").context("the emulator closed the connection without a response")?;
            ensure!(head.split(' ').nth(1).is_some_and(|status| status.starts_with('2')), "{head}\n{body}");
            Ok(body.to_owned())
        };
        exchange().with_context(|| format!("{method} {}/_emulator/{path} failed", self.url))
    }
}

/// Reads lines on a separate thread, because a signal does not interrupt a read.
fn read_lines(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // Nothing reads the lines after the provider block.
            let _ = sender.send(line);
        }
    });
    receiver
}

/// The next line. `None`: the output has ended.
fn next_line(lines: &Receiver<String>) -> Result<Option<String>> {
    let deadline = Instant::now() + LINE_TIMEOUT;
    while Instant::now() < deadline {
        process::check()?;
        match lines.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => return Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    bail!("The emulator has printed nothing for {} seconds.", LINE_TIMEOUT.as_secs())
}
