//! Prints the progress of a task to standard output.

use std::io::Write;

/// Prints a text and a newline.
pub(crate) fn println(text: &str) {
    print(&format!("{text}\n"));
}

/// Prints a text as it is.
pub(crate) fn print(text: &str) {
    // Ignore a closed pipe, so that the task still completes.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
