//! What a task tells on standard output.

use std::io::Write;

/// One line, or several that are one.
pub(crate) fn println(text: &str) {
    print(&format!("{text}\n"));
}

/// As it is.
pub(crate) fn print(text: &str) {
    // Nobody reads it any more: no reason to leave the work undone.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
