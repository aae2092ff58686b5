//! Runs child processes, and stops after SIGINT, SIGTERM or SIGHUP.
//!
//! A child in the foreground belongs to our process group, so Ctrl-C in the terminal reaches it once. This process only
//! records the signal, waits for the child, and then fails with [`Interrupted`]. (Terraform aborts without saving its
//! state if it receives two interrupts.) A child in the [`Background`] does not receive the signal.

use std::fs::{File, TryLockError};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};
use std::{fmt, io};

use anyhow::{Context, Result, bail, ensure};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

const EXIT_TIMEOUT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// The number of the signal that has arrived, or 0.
static SIGNAL: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// The error after a signal, with its number.
#[derive(Clone, Copy, Debug)]
pub struct Interrupted(i32);

impl Interrupted {
    /// The exit code that shells use: 128 plus the number of the signal.
    pub fn exit_code(self) -> u8 {
        u8::try_from(128 + self.0).unwrap_or(u8::MAX)
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped by {}", signal_hook::low_level::signal_name(self.0).unwrap_or("a signal"))
    }
}

impl std::error::Error for Interrupted {}

/// Records signals from now on, instead of letting them end the process.
///
/// # Errors
/// The signal handlers cannot be installed.
pub fn catch_signals() -> Result<()> {
    for (signal, number) in [(SIGINT, 2), (SIGTERM, 15), (SIGHUP, 1)] {
        signal_hook::flag::register_usize(signal, Arc::clone(&SIGNAL), number).context("cannot catch signals")?;
    }
    Ok(())
}

/// Checks whether a signal has been recorded.
///
/// # Errors
/// [`Interrupted`], if one has.
pub fn check() -> Result<()> {
    match i32::try_from(SIGNAL.load(Ordering::Relaxed)) {
        Ok(0) => Ok(()),
        signal => bail!(Interrupted(signal.unwrap_or_default())),
    }
}

/// Runs a command to completion, without standard input, and captures its output unless it is redirected.
///
/// # Errors
/// The command cannot be started, or a signal arrives.
pub fn capture(command: &mut Command) -> Result<Output> {
    wait(command, Command::output, |output| output.status)
}

/// Runs a command to completion, and returns its standard output.
///
/// # Errors
/// The command cannot be started or fails, or a signal arrives.
pub fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = capture(command)?;
    let program = command.get_program().display();
    ensure!(output.status.success(), "{program} ended with {}:\n{}", output.status, tail(&text(&output)));
    Ok(output.stdout)
}

/// Runs a command to completion, and shows its output unless it is redirected.
///
/// # Errors
/// The command cannot be started or fails, or a signal arrives.
pub fn run(command: &mut Command) -> Result<()> {
    let status = wait(command, Command::status, |status| *status)?;
    ensure!(status.success(), "{} ended with {status}", command.get_program().display());
    Ok(())
}

fn wait<T>(command: &mut Command, run: fn(&mut Command) -> io::Result<T>, status: fn(&T) -> ExitStatus) -> Result<T> {
    check()?;
    let ended = run(command.stdin(Stdio::null()));
    check()?;
    let ended = ended.with_context(|| format!("cannot start {}", command.get_program().display()))?;
    // A signal to the process group can end the child before our own handler has run.
    match status(&ended).signal() {
        Some(signal @ (SIGINT | SIGTERM | SIGHUP)) => bail!(Interrupted(signal)),
        _ => Ok(ended),
    }
}

/// Standard output and then standard error, as text.
pub fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// The last lines of a text, indented, for an error message.
pub fn tail(text: &str) -> String {
    let lines: Vec<String> =
        text.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("    {line}")).collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

/// Waits for a lock on a file, which excludes other processes until the returned file is dropped.
///
/// # Errors
/// The file cannot be locked, or a signal arrives.
pub(crate) fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    loop {
        check()?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(POLL_INTERVAL),
            Err(TryLockError::Error(error)) => bail!("cannot lock {}: {error}", path.display()),
        }
    }
}

/// A child process that ends when its standard input closes, so it also ends if this process is killed. Dropping it
/// closes the input, and kills the process group of the child if the child does not end in time.
#[derive(Debug)]
pub struct Background(Child);

impl Background {
    /// Starts the command.
    ///
    /// # Errors
    /// It cannot be started, or a signal has arrived.
    pub fn start(command: &mut Command) -> Result<Self> {
        check()?;
        let child = command.stdin(Stdio::piped()).process_group(0).spawn();
        Ok(Self(child.with_context(|| format!("cannot start {}", command.get_program().display()))?))
    }

    /// Its standard output, if it is piped and has not been taken yet.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.0.stdout.take()
    }

    /// Whether the process has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let deadline = Instant::now() + EXIT_TIMEOUT;
        while !self.has_ended() {
            if Instant::now() >= deadline {
                // Kills all processes of the group, which this child leads.
                kill(&format!("-{}", self.0.id()));
                let _ = self.0.wait();
            }
            thread::sleep(POLL_INTERVAL);
        }
    }
}

/// Kills a child process if this value is not dropped in time, so that a test fails instead of hanging.
#[derive(Debug)]
pub struct Watchdog {
    /// Its end wakes the thread that waits.
    _dropped: Sender<()>,
}

impl Watchdog {
    /// Kills `child` after `limit`. Drop it as soon as the child was waited for.
    pub fn new(child: &Child, limit: Duration) -> Self {
        let (dropped, receiver) = mpsc::channel();
        let id = child.id().to_string();
        thread::spawn(move || {
            if receiver.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                kill(&id);
            }
        });
        Self { _dropped: dropped }
    }
}

/// Kills a process, or with a minus sign its group. Does nothing if it has ended.
fn kill(id: &str) {
    let _ = Command::new("sh").args(["-c", "kill -s KILL -- $0", id]).stderr(Stdio::null()).status();
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read};

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdout(Stdio::piped());
        command
    }

    #[test]
    fn failed_command_is_an_error_with_its_last_lines() {
        let error = output(&mut shell("seq 20; echo why >&2; exit 3")).unwrap_err().to_string();
        assert!(error.starts_with("sh ended with exit status: 3:\n    10\n"), "{error}");
        assert!(error.ends_with("\n    20\n    why"), "{error}");
        let error = output(&mut Command::new("/nowhere/at-all")).unwrap_err().to_string();
        assert_eq!(error, "cannot start /nowhere/at-all");
    }

    #[test]
    fn child_that_a_signal_ends_is_an_interruption() {
        for (name, code) in [("INT", Some(130)), ("TERM", Some(143)), ("HUP", Some(129)), ("KILL", None)] {
            let script = format!("kill -s {name} $$");
            for error in [run(&mut shell(&script)).unwrap_err(), output(&mut shell(&script)).unwrap_err()] {
                assert_eq!(error.downcast_ref().map(|it: &Interrupted| it.exit_code()), code, "{name}: {error}");
            }
        }
    }

    #[test]
    fn watchdog_kills_a_child_that_hangs() {
        let mut child = shell("exec sleep 1000").spawn().unwrap();
        let watchdog = Watchdog::new(&child, Duration::ZERO);
        assert!(!child.wait().unwrap().success());
        drop(watchdog);
    }

    /// The second child ignores the end of its input, and its own child keeps the pipe open.
    #[test]
    fn dropped_background_child_ends_by_itself_or_is_killed_with_its_group() {
        for (script, rest) in [("echo ready; cat; echo ended", "ended\n"), ("echo ready; sleep 1000 & wait", "")] {
            let mut child = Background::start(&mut shell(script)).unwrap();
            let mut stdout = BufReader::new(child.take_stdout().unwrap());
            let mut text = String::new();
            stdout.read_line(&mut text).unwrap();
            assert!(!child.has_ended());
            drop(child);
            stdout.read_to_string(&mut text).unwrap();
            assert_eq!(text, format!("ready\n{rest}"));
        }
    }
}
