//! The plugin directory below a user's home that Terraform and OpenTofu search before any registry.
//!
//! Both search more directories, but this is the one that they share on Linux and macOS. (OpenTofu prefers
//! `$XDG_DATA_HOME/opentofu` if that variable is set, but only if `~/.terraform.d` does not exist.)

use std::fmt;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::dist::archive::{self, Entry};
use crate::mirror::{self, SOURCE, VERSION};

/// The directory for plugins, from the home directory.
pub(super) const DIRECTORY: &str = ".terraform.d/plugins";

/// The plugin directory for this version and platform.
#[derive(Clone, Debug)]
pub struct Plugins {
    home: PathBuf,
    directory: PathBuf,
}

/// The result of writing a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum WriteOutcome {
    /// The file did not exist.
    Created(PathBuf),
    /// The file existed with other content.
    Replaced(PathBuf),
    /// The file existed with the same content.
    Unchanged(PathBuf),
}

impl fmt::Display for WriteOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created(path) => write!(f, "{} written", path.display()),
            Self::Replaced(path) => write!(f, "{} replaced: it had other content", path.display()),
            Self::Unchanged(path) => write!(f, "{} was there already", path.display()),
        }
    }
}

/// The result of removing a file or directory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RemoveOutcome {
    /// Removed: a file of this version, or an empty directory.
    Removed(PathBuf),
    /// Kept: a file that is not part of this version.
    Kept(PathBuf),
    /// Kept: not a regular file.
    NotAFile(PathBuf),
}

impl fmt::Display for RemoveOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Removed(path) => write!(f, "{} removed", path.display()),
            Self::Kept(path) => write!(f, "{} kept: it is not part of this version", path.display()),
            Self::NotAFile(path) => write!(f, "{} kept: it is not a regular file", path.display()),
        }
    }
}

impl Plugins {
    /// The plugin directory below this home directory.
    pub fn below(home: &Path) -> Self {
        let directory = home.join(DIRECTORY).join(SOURCE).join(VERSION).join(mirror::platform());
        Self { home: home.to_owned(), directory }
    }

    /// The path of the directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes a file and renames it when it is complete, so that a running Terraform keeps the file it has opened.
    pub(super) fn write(&self, entry: &Entry) -> Result<WriteOutcome, Error> {
        let path = self.directory.join(&entry.name);
        let failed = |error: io::Error| Error::failed(format!("cannot write {}: {error}", path.display()));
        let before = match fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(failed(error)),
        };
        let permissions = Permissions::from_mode(entry.mode);
        let temporary = self.directory.join(temporary(&entry.name));
        if before.as_ref() == Some(&entry.bytes) {
            fs::set_permissions(&path, permissions).map_err(failed)?;
            // Left by an earlier run that was killed.
            return match fs::remove_file(&temporary) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(not_removed(&temporary, &error)),
                _ => Ok(WriteOutcome::Unchanged(path)),
            };
        }
        fs::create_dir_all(&self.directory)
            .and_then(|()| fs::write(&temporary, &entry.bytes))
            .and_then(|()| fs::set_permissions(&temporary, permissions))
            .and_then(|()| fs::rename(&temporary, &path))
            .map_err(failed)?;
        Ok(if before.is_some() { WriteOutcome::Replaced(path) } else { WriteOutcome::Created(path) })
    }

    /// Files in the directory that are not part of this version.
    pub(super) fn foreign_files(&self) -> Result<Vec<PathBuf>, Error> {
        Ok(self.list()?.into_iter().filter(|path| !is_ours(path)).collect())
    }

    /// Removes the files of this version, and each parent directory below the home directory that is then empty.
    /// Reports each removal immediately, because a later one may fail.
    pub(super) fn remove(&self, report: &mut impl FnMut(RemoveOutcome)) -> Result<(), Error> {
        for path in self.list()? {
            let found = fs::symlink_metadata(&path).map_err(|error| not_removed(&path, &error))?;
            if !found.is_file() {
                report(RemoveOutcome::NotAFile(path));
            } else if !is_ours(&path) {
                report(RemoveOutcome::Kept(path));
            } else {
                fs::remove_file(&path).map_err(|error| not_removed(&path, &error))?;
                report(RemoveOutcome::Removed(path));
            }
        }
        let directories = self.directory.ancestors().take_while(|directory| *directory != self.home);
        for directory in directories {
            match fs::remove_dir(directory) {
                Ok(()) => report(RemoveOutcome::Removed(directory.to_owned())),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                // `NotADirectory` is a symbolic link to a directory, which the user has created.
                Err(error) if matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::NotADirectory) => break,
                Err(error) => return Err(not_removed(directory, &error)),
            }
        }
        Ok(())
    }

    /// The entries of the directory, sorted. Empty if the directory does not exist.
    fn list(&self) -> Result<Vec<PathBuf>, Error> {
        let failed = |error: io::Error| Error::failed(format!("cannot read {}: {error}", self.directory.display()));
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(failed)?.path());
        }
        paths.sort();
        Ok(paths)
    }
}

/// The name of a file until it is complete.
fn temporary(name: &str) -> String {
    format!(".{name}.tmp")
}

/// Compares the whole name, because a longer one may be the user's own copy.
fn is_ours(path: &Path) -> bool {
    let found = path.file_name().unwrap_or_default();
    archive::expected_names().iter().any(|name| found == &**name || found == &*temporary(name))
}

fn not_removed(path: &Path, error: &io::Error) -> Error {
    Error::failed(format!("cannot remove {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(bytes: &[u8]) -> Entry {
        Entry { name: crate::dist::names::binary(), bytes: bytes.to_vec(), mode: 0o755 }
    }

    #[test]
    fn identical_file_is_kept_and_a_different_one_is_replaced() {
        let home = tempfile::tempdir().unwrap();
        let plugins = Plugins::below(home.path());
        let path = plugins.directory().join(crate::dist::names::binary());
        assert_eq!(plugins.write(&entry(b"one")).unwrap(), WriteOutcome::Created(path.clone()));
        assert_eq!(plugins.write(&entry(b"one")).unwrap(), WriteOutcome::Unchanged(path.clone()));
        assert_eq!(plugins.write(&entry(b"two")).unwrap(), WriteOutcome::Replaced(path.clone()));
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(fs::read_dir(plugins.directory()).unwrap().count(), 1, "no temporary file is left");
    }

    fn remove(plugins: &Plugins) -> Vec<RemoveOutcome> {
        let mut removed = Vec::new();
        plugins.remove(&mut |one| removed.push(one)).unwrap();
        removed
    }

    #[test]
    fn undo_restores_the_home_directory() {
        let home = tempfile::tempdir().unwrap();
        let plugins = Plugins::below(home.path());
        assert_eq!(remove(&plugins), [], "nothing is installed");
        plugins.write(&entry(b"it")).unwrap();
        let removed = remove(&plugins);
        assert_eq!(removed.last(), Some(&RemoveOutcome::Removed(home.path().join(".terraform.d"))));
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }

    #[test]
    fn foreign_files_are_kept() {
        let home = tempfile::tempdir().unwrap();
        let plugins = Plugins::below(home.path());
        plugins.write(&entry(b"it")).unwrap();
        let (foreign, other) = (plugins.directory().join("notes.txt"), home.path().join(DIRECTORY).join("other"));
        fs::write(&foreign, "").unwrap();
        fs::write(&other, "").unwrap();
        assert_eq!(plugins.foreign_files().unwrap(), std::slice::from_ref(&foreign));
        assert!(remove(&plugins).contains(&RemoveOutcome::Kept(foreign.clone())));
        assert!(foreign.exists());
        fs::remove_file(&foreign).unwrap();
        remove(&plugins);
        assert_eq!(fs::read_dir(home.path().join(DIRECTORY)).unwrap().count(), 1, "{}", other.display());
    }

    #[test]
    fn removal_stops_at_a_linked_directory() {
        let (home, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let link = home.path().join(".terraform.d");
        std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
        let plugins = Plugins::below(home.path());
        plugins.write(&entry(b"it")).unwrap();
        let removed = remove(&plugins);
        assert_eq!(
            removed.first(),
            Some(&RemoveOutcome::Removed(plugins.directory().join(crate::dist::names::binary())))
        );
        assert_eq!(removed.last(), Some(&RemoveOutcome::Removed(home.path().join(DIRECTORY))));
        assert!(link.is_symlink() && fs::read_dir(elsewhere.path()).unwrap().next().is_none());
    }

    #[test]
    fn directories_are_skipped_and_files_are_removed() {
        let home = tempfile::tempdir().unwrap();
        let plugins = Plugins::below(home.path());
        plugins.write(&entry(b"it")).unwrap();
        let older = plugins.directory().join(format!("{}_v0.0.9", mirror::PROVIDER));
        fs::create_dir(&older).unwrap();
        let binary = plugins.directory().join(crate::dist::names::binary());
        let removed = remove(&plugins);
        for expected in [RemoveOutcome::NotAFile(older), RemoveOutcome::Removed(binary.clone())] {
            assert!(removed.contains(&expected), "{expected:?}: {removed:?}");
        }
        fs::create_dir(&binary).unwrap();
        assert!(remove(&plugins).contains(&RemoveOutcome::NotAFile(binary)));
    }

    #[test]
    fn removals_before_a_failure_are_reported() {
        let home = tempfile::tempdir().unwrap();
        let plugins = Plugins::below(home.path());
        plugins.write(&entry(b"it")).unwrap();
        let readme = Entry { name: "README.md".to_owned(), ..entry(b"read") };
        plugins.write(&readme).unwrap();
        let mut removed = Vec::new();
        let failed = plugins.remove(&mut |one| {
            // Makes the next removal fail, even for root.
            fs::remove_file(plugins.directory().join(crate::dist::names::binary())).unwrap();
            removed.push(one);
        });
        assert!(failed.unwrap_err().to_string().contains("cannot remove"));
        assert_eq!(removed, [RemoveOutcome::Removed(plugins.directory().join("README.md"))]);
    }

    #[test]
    fn copies_of_the_user_are_kept_and_temporary_files_are_removed() {
        let home = tempfile::tempdir().unwrap();
        let plugins = Plugins::below(home.path());
        plugins.write(&entry(b"it")).unwrap();
        let binary = crate::dist::names::binary();
        let patched = plugins.directory().join(format!("{binary}.patched-by-me"));
        let temporary = plugins.directory().join(format!(".{binary}.tmp"));
        fs::write(&patched, "").unwrap();
        fs::write(&temporary, "half").unwrap();
        assert_eq!(plugins.foreign_files().unwrap(), std::slice::from_ref(&patched), "the temporary file is ours");
        plugins.write(&entry(b"it")).unwrap();
        assert!(!temporary.exists(), "installing again removes it");
        fs::write(&temporary, "half").unwrap();
        let removed = remove(&plugins);
        assert!(removed.contains(&RemoveOutcome::Kept(patched.clone())) && patched.exists(), "{removed:?}");
        assert!(removed.contains(&RemoveOutcome::Removed(temporary)), "{removed:?}");
    }
}
