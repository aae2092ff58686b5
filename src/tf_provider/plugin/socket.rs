//! The Unix socket that Terraform connects to, in a directory that only our user can enter.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::net::UnixListener;

use super::handshake::TEMPORARY;

/// The longest path that every Unix takes for a socket: macOS has room for 103 bytes, Linux for 107.
const LONGEST_PATH_BYTES: usize = 103;

/// A bound socket. Dropping it removes the socket and its directory.
#[derive(Debug)]
pub(super) struct PluginSocket {
    path: PathBuf,
    _directory: TempDir,
}

impl PluginSocket {
    /// Listens in a fresh directory below `parent`, or below `/tmp` where that path is no good.
    pub(super) fn bind(parent: &Path) -> io::Result<(Self, UnixListener)> {
        let mut directory = private_directory(parent)?;
        if !can_be_announced(&socket_in(&directory)) {
            directory = private_directory(Path::new(TEMPORARY))?;
        }
        let path = socket_in(&directory);
        let listener = UnixListener::bind(&path)
            .map_err(|error| io::Error::new(error.kind(), format!("listening on {}: {error}", path.display())))?;
        Ok((Self { path, _directory: directory }, listener))
    }

    /// Where clients connect.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn private_directory(parent: &Path) -> io::Result<TempDir> {
    tempfile::Builder::new().prefix("plugin").permissions(Permissions::from_mode(0o700)).tempdir_in(parent).map_err(
        |error| {
            let parent = parent.display();
            io::Error::new(
                error.kind(),
                format!("making a private directory for the plugin's socket in {parent}: {error}"),
            )
        },
    )
}

/// Whether a socket can have this path, and the handshake line, text cut at bars, can carry it.
fn can_be_announced(path: &Path) -> bool {
    let printable = |text: &str| !text.contains(|character: char| character == '|' || character.is_control());
    path.as_os_str().len() <= LONGEST_PATH_BYTES && path.to_str().is_some_and(printable)
}

fn socket_in(directory: &TempDir) -> PathBuf {
    directory.path().join("socket")
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[tokio::test]
    async fn directory_is_private_and_goes_with_the_socket() {
        let parent = tempfile::tempdir().unwrap();
        let (socket, _listener) = PluginSocket::bind(parent.path()).unwrap();
        let directory = socket.path().parent().unwrap().to_owned();
        assert_eq!(directory.parent(), Some(parent.path()));
        assert_eq!(directory.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(socket);
        assert!(!directory.exists());
    }

    #[tokio::test]
    async fn long_temporary_directory_does_not_break_the_socket() {
        let parent = tempfile::tempdir().unwrap();
        let long = parent.path().join("d".repeat(120));
        std::fs::create_dir(&long).unwrap();
        let (socket, _listener) = PluginSocket::bind(&long).unwrap();
        assert!(socket.path().as_os_str().len() <= LONGEST_PATH_BYTES);
        assert_eq!(std::fs::read_dir(&long).unwrap().count(), 0);
    }

    /// The handshake line is text in one line, cut at bars.
    #[tokio::test]
    async fn directory_that_does_not_fit_into_the_handshake_line_is_not_used() {
        let parent = tempfile::tempdir().unwrap();
        for name in [OsStr::new("a|b"), OsStr::new("a\nb"), OsStr::from_bytes(b"\xff")] {
            let odd = parent.path().join(name);
            std::fs::create_dir(&odd).unwrap();
            let (socket, _listener) = PluginSocket::bind(&odd).unwrap();
            assert!(!socket.path().starts_with(parent.path()), "{socket:?}");
            assert_eq!(std::fs::read_dir(&odd).unwrap().count(), 0);
        }
    }

    #[tokio::test]
    async fn missing_directory_is_named() {
        let error = PluginSocket::bind(Path::new("/nonexistent/here")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/here"), "{error}");
    }
}
