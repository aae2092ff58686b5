//! The log records and errors of these tests contain no secrets.

use std::process::Command;

use super::world::MARK;
use crate::huaweicloud::test_log;

/// Marks a second process, which runs all of these tests with a logger. A process has only one logger, and another test
/// may have set it in this process.
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

/// In that process, writes every record to standard error.
pub(super) fn install() {
    if std::env::var_os(OWN_PROCESS).is_some() && log::set_logger(&ToStandardError).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
}

#[test]
fn log_lines_and_errors_contain_no_secrets() {
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
        "response received method=POST",
        "response received method=PUT host=127.0.0.1",
        "failed to renew the credentials",
        "the account of the credentials is unknown",
    ] {
        assert!(text.contains(line), "{line:?} is not in the log:\n{text}");
    }
    for line in text.lines() {
        assert!(!line.contains(MARK), "{line}");
    }
}
