//! The cargo workspace and its binaries, and the working directory of a task.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::process;

/// Name of the emulator's package and binary.
pub const EMULATOR: &str = "dms-emulator";
/// The cargo arguments that select the package of the plugin client, whose binary is [`CLIENT`].
pub const CLIENT_PACKAGE: [&str; 4] = ["--package", "testkit", "--features", "testkit/plugin"];
/// Name of the plugin client's binary.
pub const CLIENT: &str = "plugin-client";

/// The repository, as `cargo metadata` describes it.
#[derive(Clone, Debug, Deserialize)]
pub struct Workspace {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

impl Workspace {
    /// Asks cargo for the workspace in which `cargo xtask` runs. If `target` was copied, it can differ from the one in
    /// which this binary was built. If cargo did not start this process, uses the workspace of the build.
    ///
    /// # Errors
    /// `cargo metadata` fails, or a signal arrives.
    pub fn read() -> Result<Self> {
        let directory = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let metadata =
            process::output(cargo(Path::new(&directory)).args(["metadata", "--no-deps", "--format-version=1"]))?;
        serde_json::from_slice(&metadata).context("cannot read the output of `cargo metadata`")
    }

    /// The root of the workspace.
    pub fn root(&self) -> &Path {
        &self.workspace_root
    }

    /// Cargo's target directory.
    pub fn target(&self) -> &Path {
        &self.target_directory
    }

    /// A cargo command in this workspace.
    pub fn cargo(&self) -> Command {
        cargo(&self.workspace_root)
    }

    /// Builds binaries with these arguments of `cargo build`, shows cargo's progress, and returns their paths.
    ///
    /// # Errors
    /// The build fails, or a signal arrives.
    pub fn build<const N: usize>(&self, binaries: [&str; N], arguments: &[&str]) -> Result<[PathBuf; N]> {
        let mut command = self.cargo();
        command.args(["build", "--locked", "--message-format=json-render-diagnostics"]).args(arguments);
        command.args(binaries.iter().flat_map(|binary| ["--bin", binary])).stderr(Stdio::inherit());
        let output = process::capture(&mut command)?;
        ensure!(output.status.success(), "`cargo build` failed; see its output above");
        let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
        let messages: Vec<Value> =
            messages.collect::<Result<_, _>>().context("cannot read the output of `cargo build`")?;
        let path = |binary: &str| {
            let mut messages = messages.iter().filter(|message| message["target"]["name"] == binary);
            Some(messages.find_map(|message| message["executable"].as_str())?.into())
        };
        let paths: Option<Vec<PathBuf>> = binaries.iter().map(|binary| path(binary)).collect();
        let paths = paths.and_then(|paths| paths.try_into().ok());
        paths.with_context(|| format!("`cargo build` did not report the paths of {binaries:?}"))
    }
}

/// A cargo command without the variables that an outer cargo has set for this process. Otherwise, build scripts that
/// depend on them would run again each time.
fn cargo(directory: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(directory);
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// The working directory of one run, locked against concurrent runs.
#[derive(Debug)]
pub struct WorkingDirectory {
    path: PathBuf,
    lock: File,
}

impl WorkingDirectory {
    /// Creates an empty directory. Removes an existing one only if an earlier run has created it.
    ///
    /// # Errors
    /// The directory is in use, contains other files, or cannot be created.
    pub fn recreate(path: &Path) -> Result<Self> {
        /// Marks a directory that a task has created.
        const MARKER: &str = ".made-by-xtask";
        let path = std::path::absolute(path)?;
        let shown = path.display();
        let failed = || format!("cannot prepare the directory {shown}");
        fs::create_dir_all(&path).with_context(failed)?;
        let is_ours = path.join(MARKER).exists();
        let is_empty = fs::read_dir(&path).with_context(failed)?.next().is_none();
        let foreign =
            format!("{shown} contains files that were not created by a task. Use another directory, or empty it");
        ensure!(is_ours || is_empty, foreign);
        let lock = File::create(path.with_added_extension("lock")).with_context(failed)?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => {
                bail!("{shown} is in use. Wait until the other run has ended, or use another directory")
            }
            locked => locked.with_context(failed)?,
        }
        if is_ours {
            fs::remove_dir_all(&path).and_then(|()| fs::create_dir(&path)).with_context(failed)?;
        }
        File::create(path.join(MARKER)).with_context(failed)?;
        Ok(Self { path, lock })
    }

    /// The path of the directory.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for WorkingDirectory {
    fn drop(&mut self) {
        // Closing the file is not enough: a child that is just being started holds it too.
        let _ = self.lock.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unused_directory_of_a_task_is_emptied() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("work");
        let first = WorkingDirectory::recreate(&path).unwrap();
        fs::write(path.join("left"), "").unwrap();
        let error = format!("{:#}", WorkingDirectory::recreate(&path).unwrap_err());
        assert!(error.ends_with("or use another directory"), "{error}");
        drop(first);
        WorkingDirectory::recreate(&path).unwrap();
        assert!(!path.join("left").exists());
        fs::remove_file(path.join(".made-by-xtask")).unwrap();
        fs::write(path.join("other"), "").unwrap();
        let error = WorkingDirectory::recreate(&path).unwrap_err().to_string();
        assert!(error.contains("files that were not created by a task"), "{error}");
    }
}
