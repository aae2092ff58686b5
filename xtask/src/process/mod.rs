//! Child processes that end with us.
//!
//! Every child leads a process group of its own, so the terminal's Ctrl-C reaches only us and each
//! child hears of it exactly once, from here, however the signal came: typed, sent to us alone, or
//! sent to everybody. (Two interrupts make Terraform give up at once and lose its state.)
//!
//! | request | children in the foreground get |
//! |---|---|
//! | first SIGINT, SIGTERM or SIGHUP | SIGINT, as from a terminal; we wait until they have ended |
//! | second | SIGTERM |
//! | third | SIGKILL, those in the background as well, and we exit |
//!
//! If we are killed, children in the background end because their standard input closes.

mod background;
mod interruption;

pub use self::background::Background;
pub use self::interruption::Interruption;

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::thread;

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::Error;

use self::interruption::{ChildKind, Children};

/// Starts children, waits for them, and passes requests to stop on to them.
#[derive(Clone, Debug, Default)]
pub struct Supervisor {
    children: Arc<Children>,
}

impl Supervisor {
    /// One that catches no signals: for tests, which share their process with others.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that from now on gets this process's SIGINT, SIGTERM and SIGHUP.
    pub fn catching_signals() -> Result<Self, Error> {
        let supervisor = Self::new();
        let children = Arc::clone(&supervisor.children);
        interruption::watch_signals(children)
            .map_err(|error| Error::failed(format!("cannot catch signals: {error}")))?;
        Ok(supervisor)
    }

    /// An error once somebody asked us to stop.
    pub fn check(&self) -> Result<(), Error> {
        self.children.check()
    }

    /// Runs a command to its end. It shows its output as the caller set it up, and has no input.
    pub fn run(&self, command: &mut Command) -> Result<ExitStatus, Error> {
        Ok(self.capture(command)?.status)
    }

    /// Runs one to its end and returns what it printed; if it fails, the error shows what it said.
    pub fn succeed(&self, command: &mut Command) -> Result<Vec<u8>, Error> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = self.capture(command)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let program = command.get_program().display();
        Err(Error::failed(format!("{program} ended with {}:\n{}", output.status, tail(&output))))
    }

    /// Runs a command to its end and collects those of its outputs that are piped.
    pub fn capture(&self, command: &mut Command) -> Result<Output, Error> {
        command.stdin(Stdio::null());
        let mut child = self.spawn(command, ChildKind::Foreground)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            let stdout = scope.spawn(|| read(stdout));
            let stderr = scope.spawn(|| read(stderr));
            let status = self.wait(child)?;
            // A reader cannot panic, but if it did the output would be empty.
            Ok(Output { status, stdout: stdout.join().unwrap_or_default(), stderr: stderr.join().unwrap_or_default() })
        })
    }

    /// Starts a command that runs until it is stopped or we end. Its standard input is ours to
    /// close, which it must take as the sign to end.
    pub fn start(&self, command: &mut Command) -> Result<Background, Error> {
        command.stdin(Stdio::piped());
        let child = self.spawn(command, ChildKind::Background)?;
        Ok(Background::new(child, Arc::clone(&self.children)))
    }

    fn spawn(&self, command: &mut Command, kind: ChildKind) -> Result<Child, Error> {
        command.process_group(0);
        self.children.spawn(command, kind)
    }

    fn wait(&self, mut child: Child) -> Result<ExitStatus, Error> {
        wait_for_end(Pid::from_child(&child));
        let status = self.children.reap(&mut child);
        self.check()?;
        status.map_err(|error| Error::failed(format!("cannot wait for a process: {error}")))
    }
}

/// Returns when the child has ended, and leaves it to be reaped: until then its process id cannot
/// come to mean somebody else.
fn wait_for_end(pid: Pid) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(Errno::INTR) = waitid(WaitId::Pid(pid), options) {}
}

fn read(pipe: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        // What was read before an error is what there is to show.
        let _ = pipe.read_to_end(&mut bytes);
    }
    bytes
}

/// The last lines of what a child printed, indented, to be shown below an error.
pub(crate) fn tail(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text_tail(&text)
}

/// The last lines of a text, indented.
pub(crate) fn text_tail(text: &str) -> String {
    const LINES: usize = 12;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.iter().skip(lines.len().saturating_sub(LINES));
    let indented: Vec<String> = last.map(|line| format!("    {line}")).collect();
    indented.join("\n")
}
