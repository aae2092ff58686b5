//! A child process in the background.

use std::process::{Child, ChildStdout};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::children::Children;

const EXIT_TIMEOUT: Duration = Duration::from_secs(2);

/// A child process in the background. Dropping it closes its standard input, and kills its process group if it does not
/// end in time.
#[derive(Debug)]
pub struct Background {
    child: Child,
    children: Arc<Children>,
}

impl Background {
    pub(super) fn new(child: Child, children: Arc<Children>) -> Self {
        Self { child, children }
    }

    /// Its standard output, if it is piped and has not been taken yet.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Whether the process has ended.
    pub fn has_ended(&self) -> bool {
        self.ends_within(Duration::ZERO)
    }

    fn ends_within(&self, limit: Duration) -> bool {
        let pid = WaitId::Pid(Pid::from_child(&self.child));
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let deadline = Instant::now() + limit;
        loop {
            if let Ok(Some(_)) = waitid(pid.clone(), options) {
                return true;
            }
            if Instant::now() >= deadline {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        if !self.ends_within(EXIT_TIMEOUT) {
            self.children.kill(&self.child);
        }
        let _ = self.children.reap(&mut self.child);
    }
}
