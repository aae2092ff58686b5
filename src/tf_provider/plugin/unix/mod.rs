//! What a plugin process needs from Unix: a socket in a private directory, signals, and the syntax of a shell.

mod signals;
mod socket;
mod stale;

use std::io;

use tokio::net::{UnixListener, UnixStream};

pub(super) use signals::{install_handlers, parent_end, termination};
pub(super) use socket::PluginSocket;

pub(super) type Listener = UnixListener;
pub(super) type Stream = UnixStream;

/// Which users can connect to a process that serves for debugging. Nothing to add: only its own user.
pub(super) const DEBUG_NOTE: &str = "";

/// The runtime of the process. One thread is enough, because the process mostly waits.
pub(super) fn runtime() -> tokio::runtime::Builder {
    tokio::runtime::Builder::new_current_thread()
}

/// Accepts the next connection.
///
/// # Errors
///
/// If the system cannot accept one.
pub(super) async fn accept(listener: &Listener) -> io::Result<Stream> {
    Ok(listener.accept().await?.0)
}

/// Whether a connection in plain text is that of a client. Only the user of this process can connect.
pub(super) async fn is_client(_: &Stream) -> bool {
    true
}

/// The command that sets an environment variable in a POSIX shell.
pub(super) fn shell_assignment(name: &str, value: &str) -> String {
    format!("export {name}='{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_receives_the_value_unchanged() {
        let value = r#"{"String": "/tmp/it's a $HOME/`socket`"}"#;
        let script = format!("{}; printf %s \"$NAME\"", shell_assignment("NAME", value));
        let output = std::process::Command::new("/bin/sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
    }
}
