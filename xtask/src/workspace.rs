//! The cargo workspace and its binaries, and the working directory of a task.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::Error;
use crate::mirror::PROVIDER;
use crate::process::{Supervisor, tail};

/// Name of the emulator's package and binary.
pub(crate) const EMULATOR: &str = "dms-emulator";
/// Name of the binary of the plugin client.
pub(crate) const CLIENT: &str = "plugin-client";
/// Marks a directory that a task has created and may remove.
const MARKER: &str = ".made-by-xtask";

#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

/// A message of `cargo build --message-format=json`. Other kinds lack these fields.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    target: Option<Target>,
    #[serde(default)]
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// The paths of the built binaries.
pub(crate) struct Binaries {
    /// The provider.
    pub(crate) provider: PathBuf,
    /// The emulator.
    pub(crate) emulator: PathBuf,
}

/// The repository.
pub(crate) struct Workspace {
    cargo: OsString,
    metadata: Metadata,
    /// Additional variables for every cargo command.
    variables: Vec<(OsString, OsString)>,
}

impl Workspace {
    /// Reads the metadata from cargo. The workspace is the one in which `cargo xtask` runs, even if this binary was
    /// built elsewhere and copied with its `target`. Without cargo, it is the one in which this binary was built.
    ///
    /// # Errors
    /// `cargo metadata` fails.
    pub(crate) fn read(cargo: &OsStr, supervisor: &Supervisor) -> Result<Self, Error> {
        let run_in = std::env::var_os("CARGO_MANIFEST_DIR");
        let directory = run_in.as_deref().map_or(Path::new(env!("CARGO_MANIFEST_DIR")), Path::new);
        Self::read_at(cargo, directory, Vec::new(), supervisor)
    }

    /// Reads the metadata of the workspace in this directory, with additional variables for cargo.
    ///
    /// # Errors
    /// `cargo metadata` fails.
    pub(crate) fn read_at(
        cargo: &OsStr,
        directory: &Path,
        variables: Vec<(OsString, OsString)>,
        supervisor: &Supervisor,
    ) -> Result<Self, Error> {
        let mut command = cargo_command(cargo, directory, &variables);
        command.args(["metadata", "--no-deps", "--format-version", "1"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = supervisor.capture(&mut command)?;
        if !output.status.success() {
            let tail = tail(&output);
            return Err(Error::failed(format!("`cargo metadata` failed:\n{tail}")));
        }
        let metadata = serde_json::from_slice(&output.stdout)
            .map_err(|error| Error::failed(format!("cannot read `cargo metadata`: {error}")))?;
        let cargo = cargo.to_owned();
        Ok(Self { cargo, metadata, variables })
    }

    /// The cargo program.
    pub(crate) fn program(&self) -> &OsStr {
        &self.cargo
    }

    /// The root of the workspace.
    pub(crate) fn root(&self) -> &Path {
        &self.metadata.workspace_root
    }

    /// Cargo's target directory.
    pub(crate) fn target(&self) -> &Path {
        &self.metadata.target_directory
    }

    /// Builds one binary, and only its package, so that features of other packages do not affect it.
    ///
    /// # Errors
    /// The build fails.
    pub(crate) fn build_alone(
        &self,
        binary: &str,
        arguments: &[&str],
        supervisor: &Supervisor,
    ) -> Result<PathBuf, Error> {
        let (package, features) = if binary == CLIENT { ("testkit", "plugin") } else { (binary, "") };
        let mut command = self.cargo();
        command
            .args(["build", "--locked", "--package", package, "--bin", binary, "--features", features])
            .args(arguments)
            .arg("--message-format=json-render-diagnostics")
            .stdout(Stdio::piped());
        let output = supervisor.capture(&mut command)?;
        let built = executable(&String::from_utf8_lossy(&output.stdout), binary);
        match built.filter(|_| output.status.success()) {
            Some(path) => Ok(path),
            None => Err(Error::failed(format!("`cargo build` produced no binary {binary}; see its output above."))),
        }
    }

    /// A cargo command in this workspace.
    pub(crate) fn cargo(&self) -> Command {
        cargo_command(&self.cargo, self.root(), &self.variables)
    }

    /// Builds the provider and the emulator with these features (`package/feature`), and shows cargo's output.
    ///
    /// # Errors
    /// The build fails.
    pub(crate) fn build(&self, features: &[&str], supervisor: &Supervisor) -> Result<Binaries, Error> {
        let mut command = self.cargo();
        command
            .args(["build", "--bins", "--package", PROVIDER])
            .args(["--package", EMULATOR])
            .args(features.iter().flat_map(|feature| ["--features", feature]))
            .arg("--message-format=json-render-diagnostics")
            .stdout(Stdio::piped());
        let output = supervisor.capture(&mut command)?;
        if !output.status.success() {
            return Err(Error::failed("`cargo build` failed; see its output above."));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let built = |name: &str| {
            executable(&text, name).ok_or_else(|| Error::failed(format!("`cargo build` produced no binary {name}")))
        };
        Ok(Binaries { provider: built(PROVIDER)?, emulator: built(EMULATOR)? })
    }
}

fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    let messages = messages.lines();
    let messages = messages.filter_map(|line| serde_json::from_str::<Message>(line).ok());
    messages
        .filter(|message| message.target.as_ref().is_some_and(|t| t.name == name))
        .find_map(|message| message.executable)
}

/// A cargo command without the variables that an outer cargo has set for this process. Otherwise build scripts that
/// depend on them would run each time.
fn cargo_command(cargo: &OsStr, directory: &Path, variables: &[(OsString, OsString)]) -> Command {
    let mut command = Command::new(cargo);
    command.current_dir(directory);
    for (name, _) in std::env::vars_os() {
        let set_by_cargo =
            name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
        if set_by_cargo {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command
}

/// The working directory of one run, locked against concurrent runs.
pub(crate) struct WorkingDirectory {
    path: PathBuf,
    _lock: File,
}

impl WorkingDirectory {
    /// Creates an empty directory. Removes an existing one only if an earlier run has created it.
    ///
    /// # Errors
    /// The directory is in use, contains other files, or cannot be created.
    pub(crate) fn recreate(path: &Path) -> Result<Self, Error> {
        let failed = |error: std::io::Error| {
            let path = path.display();
            Error::failed(format!("cannot prepare the directory {path}: {error}"))
        };
        let path = std::path::absolute(path).map_err(failed)?;
        let parent = path.parent().unwrap_or(&path);
        fs::create_dir_all(parent).map_err(failed)?;
        let lock = File::create(path.with_added_extension("lock")).map_err(failed)?;
        lock.try_lock().map_err(|error| {
            let path = path.display();
            Error::failed(format!(
                "cannot lock {path}: {error}\nAnother run of this task may be in progress. Wait for its end, or \
                 use another directory."
            ))
        })?;
        if path.join(MARKER).exists() {
            fs::remove_dir_all(&path).map_err(failed)?;
        }
        match fs::remove_dir(&path) {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
                let path = path.display();
                return Err(Error::failed(format!(
                    "{path} contains files that were not created by a task. Use another directory, or \
                     empty it."
                )));
            }
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        fs::create_dir(&path).and_then(|()| File::create(path.join(MARKER))).map_err(failed)?;
        Ok(Self { path, _lock: lock })
    }

    /// The path of the directory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the directory.
    pub(crate) fn remove(self) {
        // A failure is harmless, because the next run removes the directory.
        let _ = fs::remove_dir_all(&self.path);
    }
}
