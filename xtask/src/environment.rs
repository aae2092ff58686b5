//! The environment that children get: two variables of ours, and what their caller adds.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;

/// What children may inherit. Everything else of our own environment stays behind: keys
/// (`HW_*`), Terraform's settings (`TF_*`), proxies.
#[derive(Clone, Debug)]
pub struct Environment {
    path: OsString,
    temporary: Option<OsString>,
}

impl Environment {
    /// `PATH` and `TMPDIR` of this process.
    pub fn from_current_process() -> Self {
        Self { path: std::env::var_os("PATH").unwrap_or_default(), temporary: std::env::var_os("TMPDIR") }
    }

    /// The same with another `PATH`.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<OsString>) -> Self {
        self.path = path.into();
        self
    }

    /// `PATH`.
    pub fn path(&self) -> &OsStr {
        &self.path
    }

    /// A command whose environment is `PATH` and `TMPDIR`, until the caller adds more.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", &self.path);
        if let Some(temporary) = &self.temporary {
            command.env("TMPDIR", temporary);
        }
        command
    }

    /// Where `PATH` leads for this name: the first file that may be executed.
    pub fn find_program(&self, name: impl AsRef<OsStr>) -> Option<PathBuf> {
        let name = name.as_ref();
        std::env::split_paths(&self.path)
            .filter(|directory| !directory.as_os_str().is_empty())
            .filter_map(|directory| std::path::absolute(directory.join(name)).ok())
            .find(|candidate| is_executable(candidate))
    }
}

fn is_executable(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
