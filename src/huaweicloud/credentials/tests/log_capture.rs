//! Nothing that these tests make the code log, or show in an error, holds a secret.

use std::process::Command;

use super::world::MARK;

/// Set in the process that runs all of these tests once more, with a logger. A process has one logger, and this one's
/// may be another test's.
const OWN_PROCESS: &str = "SIGN_IN_LOG_TEST";

struct ToStandardError;

impl log::Log for ToStandardError {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        struct Pairs(String);
        impl<'kvs> log::kv::VisitSource<'kvs> for Pairs {
            fn visit_pair(
                &mut self,
                key: log::kv::Key<'kvs>,
                value: log::kv::Value<'kvs>,
            ) -> Result<(), log::kv::Error> {
                self.0.push_str(&format!(" {key}={value}"));
                Ok(())
            }
        }
        let mut pairs = Pairs(String::new());
        record.key_values().visit(&mut pairs).unwrap();
        eprintln!("LOG {} {} {}{}", record.level(), record.target(), record.args(), pairs.0);
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
