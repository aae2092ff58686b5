//! Nothing that these tests make the code log, or show in an error, holds a secret.

use std::process::Command;

use super::world::MARK;
use crate::huaweicloud::test_log;

/// Set in the process that runs all of these tests once more, with a logger. A process has one logger, and this one's
/// may be another test's.
const OWN_PROCESS: &str = "SIGN_IN_LOG_TEST";

struct ToStandardError;

impl log::Log for ToStandardError {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        eprintln!("LOG {}", test_log::line(record));
    }

    fn flush(&self) {}
}

/// In that process, every record goes to standard error.
pub(super) fn install() {
    if std::env::var_os(OWN_PROCESS).is_some() && log::set_logger(&ToStandardError).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
}

#[test]
fn no_log_line_or_error_of_these_tests_shows_a_secret() {
    if std::env::var_os(OWN_PROCESS).is_some() {
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["huaweicloud::credentials::tests", "--nocapture", "--test-threads=4"])
        .env(OWN_PROCESS, "1")
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}");
    for line in [
        "credentials found source=the current hcloud profile",
        "role assumed agency=",
        "request answered method=POST",
        "request answered method=PUT host=127.0.0.1",
        "the keys could not be renewed",
        "the account of the keys is not known",
    ] {
        assert!(text.contains(line), "{line:?} is not in the log:\n{text}");
    }
    for line in text.lines() {
        assert!(!line.contains(MARK), "{line}");
    }
}
