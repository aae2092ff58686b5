//! Snapshots of whole messages, as users read them, without the values that differ between two runs.
//!
//! A test has at most one snapshot, which has the name of the test. `tests/it/tidy.rs` rejects a file that no test
//! uses.

use std::any::type_name;
use std::collections::BTreeSet;
use std::fmt::{self, Display};

use insta::Settings;

/// Where Terraform wraps text if its output is not a terminal: at 78 columns, the last of which stays empty.
const WRAP_COLUMN: usize = 77;

/// Lines of Terraform that end a diagnostic if they follow an empty line.
const NOT_IN_A_DIAGNOSTIC: [&str; 19] = [
    "Acquiring state lock",
    "Action ",
    "Apply complete!",
    "Changes to Outputs",
    "data.",
    "Destroy complete!",
    "huaweicloud_",
    "Interrupt received.",
    "No changes.",
    "Note: ",
    "Outputs:",
    "Plan: ",
    "Planning failed",
    "Releasing state lock",
    "Saved the plan",
    "Success!",
    "Terraform ",
    "terraform_data.",
    "──",
];

/// Patterns of values that differ between two runs, and their placeholders.
const FILTERS: [(&str, &str); 11] = [
    (r"127\.0\.0\.1:\d{4,5}", "127.0.0.1:[port]"),
    (r"request id [0-9a-f]{32}", "request id [id]"),
    // Not those of the demo, which begin with zeros.
    (r"\b[0-9a-f]*[1-9a-f][0-9a-f]*-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b", "[uuid]"),
    (r"[^\s\x22'(]*/\.tmp[A-Za-z0-9]{6}", "[directory]"),
    // Today's times. The tests and the demo have times before 2025 or after 2099.
    (r"\b20(2[5-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
    (r"\b20(2[5-9]|[3-9]\d)\d{4}T\d{6}Z", "[time]"),
    (r"\b1(7[1-9]|[89]\d)\d{10}\b", "[timestamp]"),
    // Measured durations. Those of the configuration are whole seconds.
    (r"\b\d+(\.\d+)? ms\b", "[duration]"),
    (r"\b\d+\.\d+ s\b", "[duration]"),
    (r"\b(in|within|after|took) \d+ s\b", "$1 [duration]"),
    // What a closed connection looks like depends on the moment.
    (r"client error \(SendRequest\): [^.\n]*", "[connection closed]"),
];

/// Compares a text with the snapshot of the test function that contains the call.
macro_rules! assert_snapshot {
    ($text:expr) => {{
        fn here() {}
        $crate::snapshot::settings().bind(|| {
            insta::assert_snapshot!($crate::snapshot::function_around(here), $text.to_string());
        });
    }};
}

pub(crate) use assert_snapshot;

pub(crate) fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    settings.set_omit_expression(true);
    for (pattern, placeholder) in FILTERS {
        settings.add_filter(pattern, placeholder);
    }
    settings
}

/// The name of the function in which a function is declared.
pub(crate) fn function_around<F>(_declared: F) -> &'static str {
    let mut path = type_name::<F>().rsplit("::").skip(1);
    path.find(|name| *name != "{{closure}}").expect("a function around it")
}

/// The texts of several cases of a test, each below a heading.
#[derive(Default)]
pub(crate) struct Transcript(String);

impl Transcript {
    /// A heading is one line: arguments of several lines are joined.
    pub(crate) fn add(&mut self, heading: impl Display, text: impl Display) {
        let heading = heading.to_string().split('\n').map(str::trim).collect::<Vec<_>>().join(", ");
        let heading = heading.replace("{, ", "{ ").replace(", }", " }");
        let text = Some(text.to_string()).filter(|text| !text.is_empty()).unwrap_or_else(|| "(nothing)".to_owned());
        let separator = if self.0.is_empty() { "" } else { "\n\n" };
        self.0.push_str(&format!("{separator}## {heading}\n\n{text}"));
    }
}

impl Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The diagnostics in an output of Terraform or OpenTofu, with each paragraph on one line.
pub(crate) fn diagnostics(output: &str) -> String {
    let output = output.replace(['│', '╷', '╵'], "").replace("OpenTofu", "Terraform");
    let mut found: Vec<&str> = Vec::new();
    let (mut in_a_diagnostic, mut after_empty) = (false, true);
    for line in output.lines().map(str::trim_end) {
        if line.starts_with("Error: ") || line.starts_with("Warning: ") {
            in_a_diagnostic = true;
        } else if after_empty && NOT_IN_A_DIAGNOSTIC.iter().any(|it| line.starts_with(it)) {
            in_a_diagnostic = false;
        }
        if in_a_diagnostic && !(after_empty && line.is_empty()) {
            found.push(line);
        }
        after_empty = line.is_empty();
    }
    unwrap(&found).trim_end().to_owned()
}

/// Each different diagnostic once, in alphabetical order, where several instances of a block (`count`) have the same
/// ones.
pub(crate) fn distinct(diagnostics: &str) -> String {
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut current = String::new();
    for line in diagnostics.lines() {
        if line.starts_with("Error: ") || line.starts_with("Warning: ") {
            found.insert(std::mem::take(&mut current).trim_end().to_owned());
        }
        let line = match line.split_once(".this[") {
            Some((start, rest)) => format!("{start}.this[n]{}", rest.split_once(']').map_or("", |(_, end)| end)),
            None => line.to_owned(),
        };
        current.push_str(&format!("{line}\n"));
    }
    found.insert(current.trim_end().to_owned());
    found.retain(|it| !it.is_empty());
    found.into_iter().collect::<Vec<_>>().join("\n\n")
}

/// Undoes the line breaks of Terraform: those before a word that would not have fit. Terraform does not wrap lines that
/// begin with a space.
fn unwrap(lines: &[&str]) -> String {
    let mut text = String::new();
    let mut previous = "";
    for line in lines {
        let word = line.split(' ').next().unwrap_or_default();
        let fits = previous.chars().count() + 1 + word.chars().count() <= WRAP_COLUMN;
        let indented = line.starts_with(' ') || previous.starts_with(' ');
        let is_wrapped = !(fits || indented || line.is_empty() || previous.is_empty());
        if !text.is_empty() {
            text.push(if is_wrapped { ' ' } else { '\n' });
        }
        text.push_str(line);
        previous = line;
    }
    text
}

#[test]
fn diagnostics_are_found_and_unwrapped() {
    let output = "huaweicloud_kafka_offset_reset.this: Creating...\n\nWarning: Title\n\n  on main.tf line 1:\n\n\
                  This sentence is long enough to reach the column at which Terraform wraps\ntext. Short.\n\
                  A line of the message.\n  an indented line that is longer than the column at which Terraform wraps \
                  text\nThe last line.\n\nApply complete!\n\nError: Another\n\nDetail.\n";
    let expected = "Warning: Title\n\n  on main.tf line 1:\n\n\
                    This sentence is long enough to reach the column at which Terraform wraps text. Short.\n\
                    A line of the message.\n  an indented line that is longer than the column at which Terraform \
                    wraps text\nThe last line.\n\nError: Another\n\nDetail.";
    assert_eq!(diagnostics(output), expected);
}
