//! What a plugin process needs from Windows: a TCP port on the loopback interface, the events of a console, and the
//! syntax of PowerShell.

mod console;
mod port;

pub(super) use console::{install_handlers, parent_end, termination};
pub(super) use port::{Listener, PluginSocket, Stream, accept, is_client};

/// The runtime of the process. To check the certificate of a service, Windows can block a thread until it has
/// downloaded a revocation list, so other threads serve Terraform.
pub(super) fn runtime() -> tokio::runtime::Builder {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(4);
    runtime
}

/// Who can connect to a process that serves for debugging. Terraform uses no TLS there, and Windows does not restrict
/// who connects to a port.
pub(super) const DEBUG_NOTE: &str = " Until it ends, every local user can connect to it and use its credentials.";

/// The command that sets an environment variable in PowerShell, where a doubled quote stands for a quote.
pub(super) fn shell_assignment(name: &str, value: &str) -> String {
    format!("$env:{name}='{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled_for_powershell() {
        assert_eq!(shell_assignment("NAME", r#"{"a": "it's"}"#), r#"$env:NAME='{"a": "it''s"}'"#);
    }
}
