//! Prints the progress of a task as numbered steps with their duration.

use std::fmt::Display;
use std::time::{Duration, Instant};

use crate::output::print;

/// Prints steps as plain text, so that the output is the same in a terminal and in a file.
pub(crate) struct Steps {
    total: usize,
    begun: usize,
    start: Instant,
    step_start: Instant,
}

impl Steps {
    pub(crate) fn new(total: usize) -> Self {
        let now = Instant::now();
        Self { total, begun: 0, start: now, step_start: now }
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
        let text = what.to_string();
        let lines = text.lines().map(|line| format!("      {line}\n"));
        print(&lines.collect::<String>());
    }

    /// Ends the last step.
    pub(crate) fn end(mut self) {
        self.close();
        let total = seconds(self.start.elapsed());
        print(&format!("Done in {total}, builds included. All processes have stopped.\n"));
    }

    fn close(&mut self) {
        if self.begun > 0 {
            self.print(seconds(self.step_start.elapsed()));
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
