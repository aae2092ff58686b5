//! Prints the progress of a task to standard output.

use std::fmt::Display;
use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

/// Prints a text and a newline.
pub(crate) fn println(text: &str) {
    print(&format!("{text}\n"));
}

/// Prints a text without adding a newline.
pub(crate) fn print(text: &str) {
    // Ignore a closed pipe. Terraform, which prints to the same pipe, ends the task.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Numbered steps with their durations. Printed as plain text, so that the output is the same in a terminal and in a
/// file.
pub(crate) struct Steps {
    total: usize,
    begun: usize,
    start: Instant,
    step_start: Instant,
}

impl Steps {
    pub(crate) fn new(total: usize) -> Self {
        let now = Instant::now();
        let start = age().and_then(|age| now.checked_sub(age)).unwrap_or(now);
        Self { total, begun: 0, start, step_start: now }
    }

    /// Begins a step, and ends the previous one.
    pub(crate) fn begin(&mut self, what: &str) {
        self.close();
        self.begun += 1;
        self.step_start = Instant::now();
        print(&format!("[{}/{}] {what}\n", self.begun, self.total));
    }

    /// Prints lines of a step, indented to set them apart from the output of children.
    pub(crate) fn print(&self, what: impl Display) {
        print(&what.to_string().lines().map(|line| format!("      {line}\n")).collect::<String>());
    }

    /// Ends the last step.
    pub(crate) fn end(&self) {
        self.close();
        let total = self.start.elapsed().as_secs_f64();
        print(&format!("Done in {total:.1} s, builds included. All processes have stopped.\n"));
    }

    fn close(&self) {
        if self.begun > 0 {
            self.print(format!("{:.1} s", self.step_start.elapsed().as_secs_f64()));
        }
    }
}

/// The age of this process. `cargo run` replaces itself with this program in the same process, so the age covers
/// everything since the user pressed Enter, including the build of this program. `None` on a system without `/proc`.
fn age() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program is in parentheses. The start is field 22, in hundredths of a second since boot.
    let start: f64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let uptime: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    Duration::try_from_secs_f64(uptime - start / 100.0).ok()
}
