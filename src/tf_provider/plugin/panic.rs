//! The panic hook: logs a panic in a call, and reports any other panic as a crash.
//!
//! `rpc` converts a panic in a call to a diagnostic. Any other panic is printed in the form that Terraform recognizes as
//! a crash and shows to the user.

use std::backtrace::Backtrace;

use super::stderr;

/// Installs the hook for the whole process.
pub(super) fn install_hook() {
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("unknown panic");
        if tokio::task::try_id().is_some() {
            log::error!(location:% = location, backtrace:% = Backtrace::force_capture(); "panic in a call: {message}");
        } else {
            stderr::write(format!("panic: {message} at {location}\n{}", Backtrace::force_capture()));
            // The panic ends the process.
            stderr::flush();
        }
    }));
}
