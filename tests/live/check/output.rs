//! Prints to standard output, without secrets.

use std::io::Write;

/// Standard output, and the texts that must not appear there.
#[derive(Default)]
pub(crate) struct Output {
    secrets: Vec<String>,
}

impl Output {
    pub(super) fn without(secrets: Vec<String>) -> Self {
        Self { secrets }
    }

    /// Prints a text and a newline. Ignores a closed pipe, so that the offsets are still restored.
    pub(super) fn line(&self, text: &str) {
        let text = self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "[redacted]"));
        let mut stdout = std::io::stdout().lock();
        let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    }
}
