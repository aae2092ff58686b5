//! Runs child processes that never outlive this process.
//!
//! Every child leads its own process group, so Ctrl-C in the terminal reaches only this process, which passes it on
//! exactly once. The same holds for a signal sent to this process alone or to its whole group. (Terraform aborts
//! immediately and loses its state if it receives two interrupts.)
//!
//! | request | children in the foreground receive |
//! |---|---|
//! | first SIGINT, SIGTERM or SIGHUP | SIGINT; this process waits until they have ended |
//! | second | SIGTERM |
//! | third | SIGKILL, also sent to those in the background; this process exits |
//!
//! If this process is killed, children in the background end because their standard input closes.

mod background;
mod children;

pub use self::background::Background;

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::thread;

use rustix::io::Errno;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::Error;

use self::children::{ChildKind, Children};

/// Starts child processes, waits for them, and passes requests to stop on to them.
#[derive(Clone, Debug, Default)]
pub struct Supervisor {
    children: Arc<Children>,
}

impl Supervisor {
    /// A supervisor that catches no signals. For tests, which share their process.
    pub fn new() -> Self {
        Self::default()
    }

    /// A supervisor that catches SIGINT, SIGTERM and SIGHUP of this process.
    ///
    /// # Errors
    /// The signal handlers cannot be installed.
    pub fn catching_signals() -> Result<Self, Error> {
        let supervisor = Self::new();
        let children = Arc::clone(&supervisor.children);
        children::watch_signals(children).map_err(|error| Error::failed(format!("cannot catch signals: {error}")))?;
        Ok(supervisor)
    }

    /// Checks for a request to stop.
    ///
    /// # Errors
    /// A signal has arrived.
    pub fn check(&self) -> Result<(), Error> {
        self.children.check()
    }

    /// Runs a command to its end, without standard input. Its output goes where the caller has set it.
    ///
    /// # Errors
    /// The command cannot be started, or a signal arrives.
    pub fn run(&self, command: &mut Command) -> Result<ExitStatus, Error> {
        Ok(self.capture(command)?.status)
    }

    /// Runs a command to its end and returns its standard output.
    ///
    /// # Errors
    /// The command cannot be started, exits with a failure, or a signal arrives.
    pub fn succeed(&self, command: &mut Command) -> Result<Vec<u8>, Error> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = self.capture(command)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let program = command.get_program().display();
        Err(Error::failed(format!("{program} ended with {}:\n{}", output.status, tail(&output))))
    }

    /// Runs a command to its end and collects its piped outputs.
    ///
    /// # Errors
    /// The command cannot be started, or a signal arrives.
    pub fn capture(&self, command: &mut Command) -> Result<Output, Error> {
        command.stdin(Stdio::null());
        let mut child = self.spawn(command, ChildKind::Foreground)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            let stdout = scope.spawn(|| read(stdout));
            let stderr = scope.spawn(|| read(stderr));
            let status = self.wait(child)?;
            // A reader does not panic. If it did, the output would be empty.
            Ok(Output { status, stdout: stdout.join().unwrap_or_default(), stderr: stderr.join().unwrap_or_default() })
        })
    }

    /// Starts a command in the background. It must end when its standard input closes.
    ///
    /// # Errors
    /// The command cannot be started, or a signal has arrived.
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

/// Waits until the child has ended, without reaping it. Until it is reaped, no other process can get its id.
fn wait_for_end(pid: Pid) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(Errno::INTR) = waitid(WaitId::Pid(pid), options) {}
}

fn read(pipe: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        // After an error, shows what was read before it.
        let _ = pipe.read_to_end(&mut bytes);
    }
    bytes
}

/// The last lines of a child's output, indented, for an error message.
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
