//! What tests and tasks need to run the provider with real programs.
//!
//! | module | for |
//! |---|---|
//! | [`terraform`] | finding a real Terraform, or installing one into `target/` |
//! | [`mirror`] | a provider mirror for a locally built provider |
//! | [`kafka`] | a real Apache Kafka on this machine, downloaded from Maven Central to `target/` |
//! | [`process`] | child processes and signals |
//! | [`environment`] | the environment of child processes |
//! | [`workspace`] | the cargo workspace, its binaries, and working directories |
//! | `plugin` | a client of Terraform's plugin protocol; with the feature `plugin` |
//!
//! Unix only, except `plugin`: process groups and signals have no counterpart elsewhere.

#![forbid(unsafe_code)]

#[cfg(unix)]
pub mod environment;
#[cfg(unix)]
pub mod kafka;
#[cfg(unix)]
pub mod mirror;
#[cfg(feature = "plugin")]
pub mod plugin;
#[cfg(unix)]
pub mod process;
#[cfg(unix)]
pub mod terraform;
#[cfg(unix)]
pub mod workspace;

#[cfg(unix)]
pub use self::environment::Environment;

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::Command;

    use crate::Environment;

    /// An environment whose `PATH` has these directories, and then one with only the tools that stand-ins use.
    pub(crate) fn environment(directories: &[&Path]) -> Environment {
        let mut environment = Environment::from_current_process();
        let tools = directories[0].join("tools");
        fs::create_dir_all(&tools).unwrap();
        for tool in ["cat", "chmod", "cp", "dirname", "mkdir", "rm", "sh", "sleep"] {
            let found = environment.find_program(tool).unwrap();
            std::os::unix::fs::symlink(found, tools.join(tool)).unwrap();
        }
        environment.path = std::env::join_paths(directories.iter().copied().chain([&*tools])).unwrap();
        environment
    }

    /// Writes an executable shell script.
    pub(crate) fn script(path: &Path, text: &str) {
        // Copied, because a file cannot be executed while a process that another test forked has it open for writing.
        let temporary = path.with_extension("temporary");
        fs::write(&temporary, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&temporary, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(Command::new("cp").arg("-p").args([&temporary, path]).status().unwrap().success());
    }
}
