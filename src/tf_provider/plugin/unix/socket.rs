//! The Unix socket that Terraform connects to, in a directory that only the current user can access.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::net::UnixListener;

use crate::tf_provider::plugin::handshake::{Address, VariableLookup, set};

use super::stale::{self, PREFIX, RANDOM_CHARACTERS, SOCKET};

/// The maximum length of a socket's path on all Unix systems: 103 bytes on macOS, 107 on Linux.
const MAX_PATH_BYTES: usize = 103;

/// A bound socket. Dropping it removes the socket and its directory.
#[derive(Debug)]
pub(in crate::tf_provider::plugin) struct PluginSocket {
    path: PathBuf,
    directory: TempDir,
    /// Held while the directory is in use. `None`: the file system does not support locks.
    _lock: Option<File>,
}

impl PluginSocket {
    /// Listens in a new directory below the first usable one of those that the environment names.
    ///
    /// # Errors
    ///
    /// If none of them is usable. The message has the reason for each.
    pub(in crate::tf_provider::plugin) fn bind(environment: &VariableLookup<'_>) -> io::Result<(Self, UnixListener)> {
        Self::bind_below(&parent_directories(environment))
    }

    fn bind_below(parents: &[PathBuf]) -> io::Result<(Self, UnixListener)> {
        let mut reasons = Vec::new();
        for parent in parents {
            match Self::bind_in(parent) {
                Ok(bound) => return Ok(bound),
                Err(error) => {
                    log::warn!(directory:% = parent.display(), error:% = error; "cannot create the plugin's socket");
                    reasons.push(format!("{}: {error}", parent.display()));
                }
            }
        }
        Err(io::Error::other(format!("there is no usable directory for the plugin's socket ({})", reasons.join("; "))))
    }

    fn bind_in(parent: &Path) -> io::Result<(Self, UnixListener)> {
        let mut directory = tempfile::Builder::new();
        directory.prefix(PREFIX).rand_bytes(RANDOM_CHARACTERS).permissions(Permissions::from_mode(0o700));
        let directory = directory.tempdir_in(parent).map_err(without_path)?;
        let lock = File::open(directory.path()).ok().filter(|it| it.try_lock().is_ok());
        let path = directory.path().join(SOCKET);
        if !is_valid_path(&path) {
            return Err(io::Error::other("its path is too long for a socket, or contains unsupported characters"));
        }
        let listener = UnixListener::bind(&path)?;
        Ok((Self { path, directory, _lock: lock }, listener))
    }

    /// The address for clients.
    pub(in crate::tf_provider::plugin) fn address(&self) -> Address {
        Address { network: "unix", text: self.path.display().to_string() }
    }

    /// Removes the socket after the first client has connected, so that a killed process leaves no files. Also removes
    /// the files of other processes that were killed before that.
    pub(in crate::tf_provider::plugin) fn clean_up(self) {
        self.stale_remover().map(tokio::task::spawn_blocking);
    }

    /// Removes the directories that killed processes of the same user left in the same parent directory.
    fn stale_remover(&self) -> Option<impl FnOnce() + Send + 'static> {
        let owner = self.directory.path().metadata().ok()?.uid();
        let parent = self.directory.path().parent()?.to_owned();
        Some(move || stale::remove_stale(&parent, owner))
    }
}

/// The directories in which the private directory of the socket can be created, in order of preference.
fn parent_directories(environment: &VariableLookup<'_>) -> Vec<PathBuf> {
    let set = |name: &str| set(environment, name).map(PathBuf::from);
    let configured = [set("PLUGIN_UNIX_SOCKET_DIR"), set("TMPDIR")];
    let defaults = [Some("/tmp".into()), Some("/var/tmp".into()), set("XDG_RUNTIME_DIR"), set("HOME")];
    configured.into_iter().chain(defaults).flatten().collect()
}

/// Removes the path that `tempfile` adds, because the directory does not exist.
fn without_path(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((reason, _)) => io::Error::new(error.kind(), reason),
        None => error,
    }
}

/// Whether a socket can have this path, and the handshake line can contain it.
fn is_valid_path(path: &Path) -> bool {
    let printable = |text: &str| !text.contains(|character: char| character == '|' || character.is_control());
    path.as_os_str().len() <= MAX_PATH_BYTES && path.to_str().is_some_and(printable)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    fn bind(parents: &[&Path]) -> io::Result<(PluginSocket, UnixListener)> {
        PluginSocket::bind_below(&parents.iter().map(PathBuf::from).collect::<Vec<_>>())
    }

    #[test]
    fn configured_directories_precede_the_defaults() {
        let directories = |variables: &[(&str, &str)]| {
            let value =
                |wanted: &str| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.into());
            parent_directories(&value).iter().map(|it| it.to_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (plugin, temporary) = (("PLUGIN_UNIX_SOCKET_DIR", "/plugin"), ("TMPDIR", "/temporary"));
        assert_eq!(directories(&[temporary, plugin]), ["/plugin", "/temporary", "/tmp", "/var/tmp"]);
        assert_eq!(directories(&[temporary, ("PLUGIN_UNIX_SOCKET_DIR", "")]), ["/temporary", "/tmp", "/var/tmp"]);
        let (runtime, home) = (("XDG_RUNTIME_DIR", "/run/user/7"), ("HOME", "/home/u"));
        assert_eq!(directories(&[home, runtime]), ["/tmp", "/var/tmp", "/run/user/7", "/home/u"]);
    }

    #[tokio::test]
    async fn directory_is_private_and_removed_with_the_socket() {
        let parent = tempfile::tempdir().unwrap();
        let (socket, _listener) = bind(&[parent.path()]).unwrap();
        let directory = socket.path.parent().unwrap().to_owned();
        assert_eq!(directory.parent(), Some(parent.path()));
        assert_eq!(directory.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(socket);
        assert!(!directory.exists());
    }

    /// Bars separate the fields of the handshake line.
    #[tokio::test]
    async fn unusable_directory_is_skipped_and_left_unchanged() {
        let (parent, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let long = "d".repeat(120);
        for name in [OsStr::new("a|b"), OsStr::new("a\nb"), OsStr::from_bytes(b"\xff"), OsStr::new(&long)] {
            let odd = parent.path().join(name);
            std::fs::create_dir(&odd).unwrap();
            let (socket, _listener) = bind(&[&odd, other.path()]).unwrap();
            assert!(socket.path.starts_with(other.path()), "{socket:?}");
            assert_eq!(std::fs::read_dir(&odd).unwrap().count(), 0);
        }
        let file = parent.path().join("file");
        std::fs::write(&file, "").unwrap();
        for none in [&*file, Path::new("/nonexistent/here")] {
            let (socket, _listener) = bind(&[none, other.path()]).unwrap();
            assert!(socket.path.starts_with(other.path()), "{socket:?}");
        }
    }

    #[tokio::test]
    async fn error_has_each_unusable_directory_with_its_reason() {
        let error = bind(&[Path::new("/nonexistent/here"), Path::new("/dev/null")]).unwrap_err().to_string();
        insta::assert_snapshot!(error, @"there is no usable directory for the plugin's socket (/nonexistent/here: No such file or directory (os error 2); /dev/null: Not a directory (os error 20))");
    }

    /// A directory like that of a process that started ten minutes ago.
    fn old_directory(parent: &Path, name: &str) -> PathBuf {
        let path = parent.join(name);
        std::fs::create_dir(&path).unwrap();
        std::os::unix::net::UnixListener::bind(path.join("socket")).unwrap();
        let ten_minutes_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(600);
        File::open(&path).unwrap().set_modified(ten_minutes_ago).unwrap();
        path
    }

    #[tokio::test]
    async fn only_stale_directories_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let stale = old_directory(parent.path(), "plugin-socket-aB3dE6");
        let others = ["plugin123456", "plugin-socket-aB3dE67", "plugin-socket-aB3d.6", "other"];
        let others = others.map(|name| old_directory(parent.path(), name));
        let live = old_directory(parent.path(), "plugin-socket-livelv");
        let lock = File::open(&live).unwrap();
        lock.try_lock().unwrap();
        let full = old_directory(parent.path(), "plugin-socket-fullfu");
        std::fs::write(full.join("file"), "").unwrap();
        let old = full.metadata().unwrap().modified().unwrap() - std::time::Duration::from_secs(600);
        File::open(&full).unwrap().set_modified(old).unwrap();
        let link = parent.path().join("plugin-socket-linkli");
        std::os::unix::fs::symlink(&others[0], &link).unwrap();
        let (young, _listener) = bind(&[parent.path()]).unwrap();

        young.stale_remover().unwrap()();
        assert!(!stale.exists());
        for path in others.iter().chain([&live]) {
            assert!(path.join("socket").exists(), "{path:?}");
        }
        assert!(full.join("file").exists() && link.exists() && young.path.exists());

        stale::remove_stale(parent.path(), u32::MAX);
        drop(lock);
        assert!(live.exists(), "it belongs to another user");
        young.stale_remover().unwrap()();
        assert!(!live.exists());
    }
}
