//! The clock, environment variables and files that this layer uses. The caller passes them in.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// The variable with the user's home directory.
pub(crate) const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

/// Time limit for reading a file. A pipe without a writer or an unreachable network file system would block forever.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// The maximum size of a file that is read here, in bytes. Files with credentials are small.
const FILE_LIMIT: u64 = 1024 * 1024;

/// The time of day. Signatures contain it, so tests fix it.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;
}

/// The clock of this computer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A copy of environment variables. Blank counts as unset.
///
/// `Debug` shows the names only: values may be secret.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The current variables of this process.
    ///
    /// In a value that is not Unicode, the replacement character stands for the unreadable part. The error about such a
    /// value is then more precise than "not set".
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect()
    }

    /// The value of a variable without surrounding white space; `None` when unset or blank. On Windows, names are
    /// case-insensitive.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = if cfg!(windows) { self.find_ignoring_case(name) } else { self.0.get(name) };
        value.map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    fn find_ignoring_case(&self, name: &str) -> Option<&String> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

impl<Name: Into<String>, Value: Into<String>> FromIterator<(Name, Value)> for Environment {
    fn from_iter<I: IntoIterator<Item = (Name, Value)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Reads files, which may contain credentials.
pub trait Files: fmt::Debug + Send + Sync {
    /// The whole content.
    ///
    /// # Errors
    /// Errors of the file system, and content that is longer than 1 MiB.
    fn read(&self, path: &Path) -> io::Result<Zeroizing<Vec<u8>>>;
}

/// The files of this computer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemFiles;

impl Files for SystemFiles {
    fn read(&self, path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
        let file = std::fs::File::open(path)?;
        // Allocated once: a buffer that grows leaves copies of secrets in memory.
        let capacity = file.metadata()?.len().min(FILE_LIMIT) + 1;
        let mut content = Zeroizing::new(Vec::with_capacity(usize::try_from(capacity).unwrap_or_default()));
        if file.take(FILE_LIMIT + 1).read_to_end(&mut content)? as u64 > FILE_LIMIT {
            return Err(io::Error::other(format!("it is longer than {FILE_LIMIT} bytes")));
        }
        Ok(content)
    }
}

/// Whether the file does not exist.
pub(super) fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Runs work that may block on a file in a separate thread. If the work blocks for too long, the thread is abandoned.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`] after ten seconds, and any error from starting the thread.
pub(super) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (sender, outcome) = oneshot::channel();
    std::thread::Builder::new().name("file".to_owned()).spawn(move || {
        // Ignored if the caller has given up.
        let _ = sender.send(work());
    })?;
    match tokio::time::timeout(READ_TIMEOUT, outcome).await {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(_)) => Err(io::Error::other("the thread that works on the file ended without a result")),
        Err(_) => {
            let message = format!("timed out after {} s", READ_TIMEOUT.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, message))
        }
    }
}

/// Clock, environment variables and files. Cheap to clone.
#[derive(Clone, Debug)]
pub struct System {
    clock: Arc<dyn Clock>,
    environment: Arc<Environment>,
    files: Arc<dyn Files>,
}

impl System {
    /// A system with this clock, these variables and the files of this computer.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, environment: Environment) -> Self {
        Self { clock, environment: Arc::new(environment), files: Arc::new(SystemFiles) }
    }

    /// The same system with other files.
    #[must_use]
    pub fn with_files(mut self, files: Arc<dyn Files>) -> Self {
        self.files = files;
        self
    }

    /// This computer's clock and this process's environment.
    #[must_use]
    pub fn real() -> Self {
        Self::new(Arc::new(SystemClock), Environment::of_process())
    }

    /// The current time, by this clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The environment variables.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The content of a file. `~/` at the start is the home directory; on Windows, so is `~\`.
    ///
    /// A blocked file delays neither a caller that is cancelled nor the end of the process.
    ///
    /// # Errors
    /// As [`Files::read`], and [`io::ErrorKind::TimedOut`] after ten seconds.
    pub async fn read(&self, path: &str) -> io::Result<Zeroizing<Vec<u8>>> {
        let in_home = path.strip_prefix('~').and_then(|rest| rest.strip_prefix(std::path::is_separator));
        let path = match (in_home, self.environment.get(HOME).map(Path::new)) {
            // Without further separators, because an absolute path would replace the home directory.
            (Some(rest), Some(home)) => home.join(rest.trim_start_matches(std::path::is_separator)),
            (Some(_), None) => {
                let message = format!("{HOME} is not set, so ~ cannot be expanded");
                return Err(io::Error::new(io::ErrorKind::NotFound, message));
            }
            (None, _) => PathBuf::from(path),
        };
        let files = Arc::clone(&self.files);
        off_thread(move || files.read(&path)).await.and_then(|content| content)
    }

    /// The content of a text file; otherwise as [`System::read`].
    ///
    /// # Errors
    /// As [`Files::read`], and for content that is not UTF-8.
    pub async fn read_text(&self, path: &str) -> io::Result<Zeroizing<String>> {
        let content = self.read(path).await?;
        let text = std::str::from_utf8(&content).map_err(|_| io::Error::other("it is not text in UTF-8"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_variables_are_unset_and_values_are_trimmed() {
        let environment: Environment = [("BLANK", "  \t"), ("EMPTY", ""), ("PADDED", " value\n")].into_iter().collect();
        assert_eq!(environment.get("BLANK"), None);
        assert_eq!(environment.get("EMPTY"), None);
        assert_eq!(environment.get("ABSENT"), None);
        assert_eq!(environment.get("PADDED"), Some("value"));
    }

    #[test]
    fn names_are_case_insensitive_only_on_windows() {
        let environment: Environment = [("Https_Proxy", "proxy")].into_iter().collect();
        assert_eq!(environment.find_ignoring_case("HTTPS_PROXY").map(String::as_str), Some("proxy"));
        assert_eq!(environment.find_ignoring_case("HTTP_PROXY"), None);
        assert_eq!(environment.get("HTTPS_PROXY"), cfg!(windows).then_some("proxy"));
    }

    #[tokio::test]
    async fn files_are_found_below_the_home_directory() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("keys"), "content").unwrap();
        let variables = [(HOME, home.path().to_str().unwrap())];
        let system = System::new(Arc::new(SystemClock), variables.into_iter().collect());
        assert_eq!(system.read_text("~/keys").await.unwrap().as_str(), "content");
        assert_eq!(system.read_text("~//keys").await.unwrap().as_str(), "content");
        assert_eq!(system.read_text(home.path().join("keys").to_str().unwrap()).await.unwrap().as_str(), "content");
        let homeless = System::new(Arc::new(SystemClock), Environment::default());
        let error = homeless.read("~/keys").await.unwrap_err().to_string();
        assert_eq!(error, format!("{HOME} is not set, so ~ cannot be expanded"));
        // Only a separator ends the name of the home directory.
        assert!(!system.read("~keys").await.unwrap_err().to_string().contains(HOME));
        assert_eq!(system.read_text("~\\keys").await.is_ok(), cfg!(windows));
    }

    #[tokio::test]
    async fn bytes_that_are_not_text_are_an_error() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("keys"), b"caf\xe9").unwrap();
        let variables = [(HOME, home.path().to_str().unwrap())];
        let system = System::new(Arc::new(SystemClock), variables.into_iter().collect());
        assert_eq!(system.read("~/keys").await.unwrap().as_slice(), b"caf\xe9");
        insta::assert_snapshot!(system.read_text("~/keys").await.unwrap_err(), @"it is not text in UTF-8");
    }

    #[cfg(unix)]
    #[test]
    fn endless_files_are_not_read_to_their_end() {
        let error = SystemFiles.read(Path::new("/dev/zero")).unwrap_err();
        insta::assert_snapshot!(error, @"it is longer than 1048576 bytes");
    }

    #[cfg(unix)]
    fn pipe() -> (tempfile::TempDir, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe").to_str().unwrap().to_owned();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        (directory, path)
    }

    /// The test's clock advances as soon as the file is the only thing waited for.
    #[cfg(unix)]
    #[tokio::test(start_paused = true)]
    async fn reading_a_blocked_file_times_out() {
        let (_directory, path) = pipe();
        let system = System::new(Arc::new(SystemClock), Environment::default());
        let error = system.read(&path).await.unwrap_err();
        assert_eq!((error.kind(), error.to_string()), (io::ErrorKind::TimedOut, "timed out after 10 s".into()));
    }

    /// As in a shell's `<(command)`.
    #[cfg(unix)]
    #[tokio::test]
    async fn pipe_with_a_writer_is_read() {
        let (_directory, path) = pipe();
        let system = System::new(Arc::new(SystemClock), Environment::default());
        let writer = std::thread::spawn({
            let path = path.clone();
            move || std::fs::write(path, "content")
        });
        assert_eq!(system.read_text(&path).await.unwrap().as_str(), "content");
        writer.join().unwrap().unwrap();
    }

    #[test]
    fn debug_shows_names_without_values() {
        let environment: Environment = [("HW_SECRET_KEY", "top-secret")].into_iter().collect();
        assert_eq!(format!("{environment:?}"), r#"{"HW_SECRET_KEY"}"#);
    }
}
