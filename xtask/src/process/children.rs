//! Tracks the running child processes, and passes requests to stop on to them.

use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::Error;
use crate::error::Interruption;

/// Signals within this period count as one request. For example, timeout(1) sends a signal to the process and again to
/// its group.
const REPEAT_WINDOW: Duration = Duration::from_secs(1);

/// Whether the supervisor waits for the child.
#[derive(Clone, Copy)]
pub(super) enum ChildKind {
    Foreground,
    Background,
}

#[derive(Debug, Default)]
struct State {
    interruption: Option<Interruption>,
    requests: u32,
    last_request: Option<Instant>,
    /// Leaders of process groups. Each is removed right before it is reaped, so that its id is still valid.
    foreground: Vec<Pid>,
    background: Vec<Pid>,
}

/// The running child processes.
#[derive(Debug, Default)]
pub(super) struct Children(Mutex<State>);

/// Starts a thread that records every signal in `children`.
pub(super) fn watch_signals(children: Arc<Children>) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let thread = thread::Builder::new().name("signals".to_owned());
    thread.spawn(move || {
        for signal in signals.forever() {
            children.interrupt(Interruption::from_signal(signal), Instant::now());
        }
    })?;
    Ok(())
}

impl Children {
    pub(super) fn check(&self) -> Result<(), Error> {
        let interruption = self.lock().interruption;
        interruption.map_or(Ok(()), |how| Err(Error::Interrupted(how)))
    }

    /// Starts a child unless this process is stopping. The lock excludes signals in between.
    pub(super) fn spawn(&self, command: &mut Command, kind: ChildKind) -> Result<Child, Error> {
        let mut state = self.lock();
        if let Some(interruption) = state.interruption {
            return Err(Error::Interrupted(interruption));
        }
        let child = command.spawn().map_err(|error| {
            let program = command.get_program().display();
            Error::failed(format!("cannot start {program}: {error}"))
        })?;
        let pid = Pid::from_child(&child);
        match kind {
            ChildKind::Foreground => state.foreground.push(pid),
            ChildKind::Background => state.background.push(pid),
        }
        Ok(child)
    }

    /// Waits for a child that has ended. If this process is stopping, kills the rest of the child's group.
    pub(super) fn reap(&self, child: &mut Child) -> std::io::Result<ExitStatus> {
        let mut state = self.lock();
        let pid = Pid::from_child(child);
        if state.interruption.is_some() {
            send(&[pid], Signal::KILL);
        }
        state.foreground.retain(|running| *running != pid);
        state.background.retain(|running| *running != pid);
        child.wait()
    }

    pub(super) fn kill(&self, child: &Child) {
        // The lock prevents reaping, so the id stays valid.
        let _state = self.lock();
        send(&[Pid::from_child(child)], Signal::KILL);
    }

    fn interrupt(&self, how: Interruption, now: Instant) {
        let mut state = self.lock();
        let same = |last: Instant| now.saturating_duration_since(last) < REPEAT_WINDOW;
        if state.last_request.is_some_and(same) {
            return;
        }
        state.last_request = Some(now);
        state.requests += 1;
        let first = *state.interruption.get_or_insert(how);
        match state.requests {
            1 => send(&state.foreground, Signal::INT),
            2 => send(&state.foreground, Signal::TERM),
            _ => {
                send(&state.foreground, Signal::KILL);
                send(&state.background, Signal::KILL);
                std::process::exit(i32::from(first.exit_code()));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn send(groups: &[Pid], signal: Signal) {
    for group in groups {
        // Fails if every process of the group has ended.
        let _ = kill_process_group(*group, signal);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::Stdio;
    use std::sync::atomic::AtomicBool;

    use super::*;

    /// Prints each signal, and ends after SIGTERM.
    const CHILD: &str = "trap 'echo INT' INT; trap 'echo TERM; exit' TERM; echo ready; \
                         while :; do sleep 1000 & wait; kill -KILL $!; done";

    /// Makes the signals trappable in children of this process. A background job of a shell, or a process under
    /// `nohup`, starts with some signals ignored. Children inherit that, and a shell cannot change it. A signal
    /// handler, even one with the default effect, is not inherited.
    fn let_children_trap_signals() {
        for signal in [SIGINT, SIGHUP] {
            let always = Arc::new(AtomicBool::new(true));
            signal_hook::flag::register_conditional_default(signal, always).unwrap();
        }
    }

    #[test]
    fn repeated_signals_within_a_second_are_one_request() {
        let_children_trap_signals();
        let children = Children::default();
        let mut command = Command::new("sh");
        command.args(["-c", CHILD]).stdout(Stdio::piped());
        command.process_group(0);
        let mut child = children.spawn(&mut command, ChildKind::Foreground).unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = || lines.next().unwrap().unwrap();
        assert_eq!(line(), "ready");
        assert_eq!(children.check(), Ok(()));

        let start = Instant::now();
        children.interrupt(Interruption::Terminate, start);
        assert_eq!(line(), "INT");
        let interrupted = Err(Error::Interrupted(Interruption::Terminate));
        assert_eq!(children.check(), interrupted);
        children.interrupt(Interruption::Interrupt, start + REPEAT_WINDOW / 2);
        children.interrupt(Interruption::Interrupt, start + REPEAT_WINDOW);
        assert_eq!(line(), "TERM", "the second signal is ignored");
        assert_eq!(children.check(), interrupted, "the first signal determines the error");

        children.reap(&mut child).unwrap();
        assert!(children.spawn(&mut command, ChildKind::Foreground).is_err());
    }

    #[test]
    fn processes_left_by_an_interrupted_child_are_killed() {
        let children = Children::default();
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' INT TERM; sleep 1000 & echo $!"]);
        command.process_group(0).stdout(Stdio::piped());
        let mut child = children.spawn(&mut command, ChildKind::Foreground).unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        children.interrupt(Interruption::Interrupt, Instant::now());
        let status = children.reap(&mut child).unwrap();
        assert!(status.success() || status.signal() == Some(9), "{status}");
        // End of file: `sleep` held the pipe and has been killed.
        assert_eq!(stdout.read_line(&mut line).unwrap(), 0);
    }
}
