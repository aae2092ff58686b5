//! Builds the provider for one target, so that nothing of the machine, and of the place on it, gets into the binary.

use super::binary;
use super::packages::Packages;
use super::target::Target;
use super::toolchain::{Toolchain, static_flags, variable};
use crate::mirror::PROVIDER;
use crate::process::Supervisor;
use crate::workspace::Workspace;
use crate::{Environment, Error};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Set in `.cargo/config.toml`, and for this process by `cargo xtask`.
const C_FLAGS: &str = "AWS_LC_SYS_CFLAGS";

/// A binary and what is in it.
pub(super) struct Built {
    pub(super) binary: Vec<u8>,
    /// Packages that were compiled for the target, by cargo's ids: those linked into the binary.
    pub(super) linked: BTreeSet<String>,
    /// What it needs of a machine, in a sentence.
    pub(super) needs: String,
}

/// Where a build takes place.
pub(super) struct Place<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) cargo_home: PathBuf,
}

/// A line of cargo's.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    #[serde(default)]
    executable: Option<PathBuf>,
}

impl<'a> Place<'a> {
    /// The repository.
    pub(super) fn here(workspace: &'a Workspace) -> Result<Self, Error> {
        let by_home = || Some(PathBuf::from(variable("HOME")?).join(".cargo"));
        let cargo_home = variable("CARGO_HOME").map(PathBuf::from).or_else(by_home);
        let cargo_home = cargo_home.ok_or_else(|| Error::failed("neither HOME nor CARGO_HOME is set"))?;
        Ok(Self { workspace, cargo_home })
    }

    pub(super) fn build(
        &self,
        target: &Target,
        packages: &Packages,
        toolchain: &Toolchain,
        supervisor: &Supervisor,
    ) -> Result<Built, Error> {
        let compilers = compilers(target, toolchain)?;
        let prefixes = self.prefixes(packages, toolchain);
        let mut command = self.workspace.cargo();
        command
            .args(["build", "--release", "--locked", "--package", PROVIDER, "--bin", PROVIDER])
            .args(["--target", target.triple, "--message-format=json-render-diagnostics"])
            .envs(compilers)
            .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(&prefixes, static_flags(target)))
            .env(C_FLAGS, c_flags(variable(C_FLAGS), &prefixes)?)
            .stdout(Stdio::piped());
        let output = supervisor.capture(&mut command)?;
        if !output.status.success() {
            return Err(Error::failed(format!("`cargo build` for {target} failed; what it says is above.")));
        }
        let directory = self.workspace.target().join(target.triple);
        let (executable, linked) = read(&String::from_utf8_lossy(&output.stdout), &directory);
        let executable = executable.ok_or_else(|| Error::failed("`cargo build` made no binary"))?;
        let binary = fs::read(&executable)
            .map_err(|error| Error::failed(format!("cannot read {}: {error}", executable.display())))?;
        let needs = binary::check(target, &binary, &self.told(toolchain)).map_err(Error::failed)?;
        if !binary::is_for(target, &binary) {
            return Err(Error::failed(format!("{} is not for {target}", executable.display())));
        }
        Ok(Built { binary, linked, needs })
    }

    /// Directories of this machine, and what stands for them: the later one counts where several fit.
    fn prefixes(&self, packages: &Packages, toolchain: &Toolchain) -> Vec<(PathBuf, String)> {
        let mut prefixes = vec![
            (self.cargo_home.clone(), "/cargo".to_owned()),
            (self.workspace.root().to_owned(), "/provider".to_owned()),
            (self.workspace.target().to_owned(), "/target".to_owned()),
            // What rustc calls it where its source is not installed.
            (toolchain.sysroot.join("lib/rustlib/src/rust"), format!("/rustc/{}", toolchain.commit)),
        ];
        // Its name depends on how the registry is reached.
        prefixes.extend(packages.registries().into_iter().map(|directory| (directory, "/registry".to_owned())));
        prefixes
    }

    /// What must not be in the binary.
    fn told(&self, toolchain: &Toolchain) -> Vec<PathBuf> {
        let mut told = vec![
            self.workspace.root().to_owned(),
            self.workspace.target().to_owned(),
            self.cargo_home.clone(),
            toolchain.sysroot.clone(),
        ];
        told.extend(variable("HOME").map(PathBuf::from));
        told
    }
}

/// Those that this process's environment leads to.
pub(super) fn compilers(target: &Target, toolchain: &Toolchain) -> Result<Vec<(String, OsString)>, Error> {
    let environment = Environment::of_this_process();
    toolchain.compilers(target, |name| variable(name), |name| environment.find_program(name))
}

fn rust_flags(prefixes: &[(PathBuf, String)], others: &[&str]) -> OsString {
    let mut flags: Vec<OsString> = others.iter().map(OsString::from).collect();
    for (from, to) in prefixes {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(from);
        flag.push(format!("={to}"));
        flags.push(flag);
    }
    flags.join(std::ffi::OsStr::new("\u{1f}"))
}

/// The C library's own script leaves its paths in where it is built for less than full speed, as it is here.
fn c_flags(configured: Option<OsString>, prefixes: &[(PathBuf, String)]) -> Result<OsString, Error> {
    let mut flags = configured.ok_or_else(|| Error::failed(format!("{C_FLAGS} is not set: use `cargo xtask dist`")))?;
    for (from, to) in prefixes {
        flags.push(" -ffile-prefix-map=");
        flags.push(from);
        flags.push(format!("={to}"));
    }
    Ok(flags)
}

/// The binary, and the packages with a file below the target's own directory: build scripts and macros, which are for
/// this machine, lie elsewhere.
fn read(messages: &str, directory: &Path) -> (Option<PathBuf>, BTreeSet<String>) {
    let (mut executable, mut linked) = (None, BTreeSet::new());
    for message in messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok()) {
        if message.filenames.iter().any(|file| file.starts_with(directory)) {
            linked.insert(message.package_id);
            executable = message.executable.or(executable);
        }
    }
    (executable, linked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes() -> Vec<(PathBuf, String)> {
        vec![("/home/me/.cargo".into(), "/cargo".into()), ("/home/me/it".into(), "/provider".into())]
    }

    #[test]
    fn paths_are_renamed_for_both_compilers() {
        let flags = rust_flags(&prefixes(), &["-Ctarget-feature=+crt-static"]);
        assert_eq!(
            flags,
            "-Ctarget-feature=+crt-static\u{1f}--remap-path-prefix=/home/me/.cargo=/cargo\
             \u{1f}--remap-path-prefix=/home/me/it=/provider"
        );
        let flags = c_flags(Some("-DSMALL".into()), &prefixes()).unwrap();
        assert_eq!(flags, "-DSMALL -ffile-prefix-map=/home/me/.cargo=/cargo -ffile-prefix-map=/home/me/it=/provider");
        assert!(c_flags(None, &prefixes()).unwrap_err().to_string().contains("cargo xtask dist"));
    }

    #[test]
    fn what_is_compiled_for_this_machine_alone_is_not_linked() {
        let messages = r#"
{"reason":"compiler-artifact","package_id":"a 1","target":{"kind":["lib"]},"filenames":["/t/x86/release/deps/liba.rlib"],"executable":null}
{"reason":"compiler-artifact","package_id":"macros 1","target":{"kind":["proc-macro"]},"filenames":["/t/release/deps/libm.so"],"executable":null}
{"reason":"compiler-artifact","package_id":"a 1","target":{"kind":["custom-build"]},"filenames":["/t/release/build/a/build-script-build"],"executable":"/t/release/build/a/build-script-build"}
{"reason":"build-script-executed","package_id":"script 1"}
{"reason":"compiler-artifact","package_id":"it 1","target":{"kind":["bin"]},"filenames":["/t/x86/release/it"],"executable":"/t/x86/release/it"}
{"reason":"build-finished","success":true}"#;
        let (executable, linked) = read(messages, Path::new("/t/x86"));
        assert_eq!(executable, Some("/t/x86/release/it".into()));
        assert_eq!(linked.into_iter().collect::<Vec<_>>(), ["a 1", "it 1"]);
    }
}
