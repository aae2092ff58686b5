//! The environment of child processes: `PATH`, `TMPDIR`, and what the caller adds.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// The variables that child processes inherit. Everything else is dropped, in particular credentials (`HW_*`),
/// Terraform's settings (`TF_*`) and proxies.
#[derive(Clone, Debug)]
pub struct Environment {
    pub(crate) path: OsString,
    temporary: Option<OsString>,
}

impl Environment {
    /// Takes `PATH` and `TMPDIR` from this process.
    pub fn from_current_process() -> Self {
        Self { path: std::env::var_os("PATH").unwrap_or_default(), temporary: std::env::var_os("TMPDIR") }
    }

    /// A command with only `PATH` and `TMPDIR` in its environment. The caller can add more.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", &self.path);
        command.envs(self.temporary.iter().map(|directory| ("TMPDIR", directory)));
        command
    }

    /// Finds an executable file with this name on `PATH`.
    pub fn find_program(&self, name: impl AsRef<OsStr>) -> Option<PathBuf> {
        std::env::split_paths(&self.path)
            .filter_map(|directory| std::path::absolute(directory.join(name.as_ref())).ok())
            .find(|path| path.metadata().is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This process also has `CARGO_…` from cargo, and `HOME` from the user.
    #[test]
    fn children_inherit_only_path_and_tmpdir() {
        let mut environment = Environment::from_current_process();
        environment.temporary = Some("/tmp/.".into());
        let names = crate::process::output(environment.command("env").env("ADDED", "")).unwrap();
        let names = String::from_utf8(names).unwrap();
        let mut names: Vec<&str> = names.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        names.sort_unstable();
        assert_eq!(names, ["ADDED", "PATH", "TMPDIR"]);
    }

    #[test]
    fn only_executable_files_on_the_path_are_programs() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().into();
        let environment = Environment { path, temporary: None };
        std::fs::write(directory.path().join("plain"), "").unwrap();
        std::fs::create_dir(directory.path().join("directory")).unwrap();
        crate::tests::script(&directory.path().join("program"), "true");
        for name in ["sh", "plain", "directory"] {
            assert_eq!(environment.find_program(name), None, "{name}");
        }
        assert_eq!(environment.find_program("program"), Some(directory.path().join("program")));
    }
}
