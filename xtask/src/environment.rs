//! The environment of child processes: `PATH`, `TMPDIR`, and what the caller adds.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;

/// The variables that child processes inherit. Everything else is dropped, in particular credentials (`HW_*`),
/// Terraform's settings (`TF_*`) and proxies.
#[derive(Clone, Debug)]
pub struct Environment {
    path: OsString,
    temporary: Option<OsString>,
}

impl Environment {
    /// Takes `PATH` and `TMPDIR` from this process.
    pub fn from_current_process() -> Self {
        Self { path: std::env::var_os("PATH").unwrap_or_default(), temporary: std::env::var_os("TMPDIR") }
    }

    /// Replaces `PATH`.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<OsString>) -> Self {
        self.path = path.into();
        self
    }

    /// `PATH`.
    pub fn path(&self) -> &OsStr {
        &self.path
    }

    /// A command with only `PATH` and `TMPDIR` in its environment. The caller can add more.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", &self.path);
        if let Some(temporary) = &self.temporary {
            command.env("TMPDIR", temporary);
        }
        command
    }

    /// Finds an executable file with this name on `PATH`.
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
