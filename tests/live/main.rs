//! Checks the provider and the emulator's assumptions against a real account. `docs/guides/` describes how to run it.

mod check;

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(check::run())
}
