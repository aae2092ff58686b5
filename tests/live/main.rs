//! Checks the provider and the emulator's assumptions against a real account. The guide
//! `docs/guides/check-against-your-account.md` describes how to run it.

mod check;

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(check::run())
}
