//! The installed toolchain: Rust standard libraries and C compilers.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;
use crate::process::Supervisor;

use super::target::{Libc, Target};

/// The Rust compiler, as it describes itself.
pub(super) struct Toolchain {
    /// The directory with its standard libraries.
    pub(super) sysroot: PathBuf,
    /// The target triple of this machine.
    pub(super) host: String,
    /// The version, like `1.95.0`.
    pub(super) release: String,
    /// The commit of its source, which panic messages contain.
    pub(super) commit: String,
}

impl Toolchain {
    pub(super) fn read(root: &Path, supervisor: &Supervisor) -> Result<Self, Error> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let rustc_output = |arguments: &[&str]| {
            let output = supervisor.succeed(Command::new(&rustc).args(arguments).current_dir(root))?;
            Ok::<_, Error>(String::from_utf8_lossy(&output).into_owned())
        };
        let sysroot = PathBuf::from(rustc_output(&["--print", "sysroot"])?.trim());
        let version = rustc_output(&["--version", "--verbose"])?;
        let field = |name: &str| {
            let line = version.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_default().to_owned()
        };
        Ok(Self { sysroot, host: field("host"), release: field("release"), commit: field("commit-hash") })
    }

    /// Whether the standard library for the target is installed.
    pub(super) fn has_target(&self, target: &Target) -> bool {
        let directory = self.sysroot.join("lib/rustlib").join(target.triple).join("lib");
        let mut files = std::fs::read_dir(directory).into_iter().flatten().flatten();
        files.any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
    }

    /// The target of this machine, if it is supported.
    pub(super) fn host_target(&self) -> Option<Target> {
        Target::parse(&self.host).ok()
    }

    /// The targets to build, and notes about the ones left out. Every requested target must be available; without any,
    /// the available release targets are used.
    pub(super) fn select_targets(&self, requested: &[Target]) -> Result<(Vec<Target>, Vec<String>), Error> {
        let missing = |target: &Target| {
            let mut text =
                format!("the standard library is not installed. Install it with: rustup target add {target}");
            if target.libc == Libc::Musl {
                text.push_str(&format!(". It also needs a C compiler for musl: {}", self.musl_advice(target)));
            }
            format!("{target}: {text}")
        };
        let candidates = if requested.is_empty() { Target::RELEASED.to_vec() } else { requested.to_vec() };
        let (found, absent): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|target| self.has_target(target));
        let notes: Vec<String> = absent.iter().map(missing).collect();
        if found.is_empty() || (!requested.is_empty() && !absent.is_empty()) {
            let mut text = format!("No target can be built.\n{}", notes.join("\n"));
            if let (true, Some(own)) = (requested.is_empty(), self.host_target()) {
                text.push_str(&format!("\nTo build for this machine instead: cargo xtask dist --target {own}"));
            }
            return Err(Error::failed(text));
        }
        Ok((found, notes))
    }

    /// The variables that select C compiler and linker for a target.
    ///
    /// A musl target needs a compiler with musl's headers. With another one, the C code would be compiled for glibc and
    /// would fail to link, or crash. Other targets use the default compiler.
    pub(super) fn compilers(
        &self,
        target: &Target,
        from_environment: impl Fn(&str) -> Option<OsString>,
        find: impl Fn(&str) -> Option<PathBuf>,
    ) -> Result<Vec<(String, OsString)>, Error> {
        if target.libc != Libc::Musl {
            return Ok(Vec::new());
        }
        let compiler = format!("CC_{}", target.variable_name());
        let linker = format!("CARGO_TARGET_{}_LINKER", target.variable_name().to_uppercase());
        let candidates = self.musl_compilers(target);
        let on_path = || candidates.iter().find_map(|name| find(name)).map(PathBuf::into_os_string);
        let Some(found) = from_environment(&compiler).or_else(on_path) else {
            return Err(Error::failed(format!(
                "{target} needs a C compiler for musl, but {} is not on PATH.\nInstall it: {}. To use another \
                 compiler, set {compiler}.",
                candidates.join(" or "),
                self.musl_advice(target)
            )));
        };
        let mut variables = Vec::new();
        // rustc ships musl and can link for its own processor with any compiler.
        if !self.runs_natively(target) && from_environment(&linker).is_none() {
            variables.push((linker, found.clone()));
        }
        variables.push((compiler, found));
        Ok(variables)
    }

    /// Whether this machine has the target's processor.
    fn runs_natively(&self, target: &Target) -> bool {
        self.host.split('-').next() == Some(target.processor())
    }

    /// The names of a compiler for musl. Debian's musl-tools installs both, for the processor of the machine.
    fn musl_compilers(&self, target: &Target) -> Vec<String> {
        let mut names = vec![format!("{}-linux-musl-gcc", target.processor())];
        if self.runs_natively(target) {
            names.push("musl-gcc".to_owned());
        }
        names
    }

    fn musl_advice(&self, target: &Target) -> String {
        if self.runs_natively(target) {
            return "apt install musl-tools, on Debian and Ubuntu".to_owned();
        }
        let names = self.musl_compilers(target).join(" or ");
        format!(
            "{names}, which is also used to link. It is simpler to build on an {} machine with musl-tools",
            target.arch
        )
    }
}

/// Flags for static linking.
pub(super) fn static_flags(target: &Target) -> &'static [&'static str] {
    match target.libc {
        // The current default, which Rust plans to change.
        Libc::Musl => &["-Ctarget-feature=+crt-static"],
        Libc::Glibc | Libc::System => &[],
    }
}

/// A variable of this process. An empty one counts as unset.
pub(super) fn variable(name: impl AsRef<OsStr>) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn toolchain(installed: &[&str]) -> (tempfile::TempDir, Toolchain) {
        let directory = tempfile::tempdir().unwrap();
        for triple in installed {
            let library = directory.path().join("lib/rustlib").join(triple).join("lib");
            fs::create_dir_all(&library).unwrap();
            fs::write(library.join("libstd-0123456789abcdef.rlib"), "").unwrap();
        }
        let toolchain = Toolchain {
            sysroot: directory.path().to_owned(),
            host: "x86_64-unknown-linux-gnu".to_owned(),
            release: String::new(),
            commit: String::new(),
        };
        (directory, toolchain)
    }

    fn target(triple: &str) -> Target {
        Target::parse(triple).unwrap()
    }

    #[test]
    fn unavailable_release_targets_are_skipped_with_advice() {
        let [amd64, arm64] = Target::RELEASED;
        let (_directory, both) = toolchain(&[amd64.triple, arm64.triple]);
        assert_eq!(both.select_targets(&[]).unwrap(), (vec![amd64, arm64], vec![]));
        let (_directory, one) = toolchain(&[arm64.triple]);
        let (found, notes) = one.select_targets(&[]).unwrap();
        assert_eq!(found, [arm64]);
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("rustup target add x86_64-unknown-linux-musl"), "{notes:?}");
    }

    #[test]
    fn no_available_target_is_an_error_with_advice() {
        let gnu = "x86_64-unknown-linux-gnu";
        let (_directory, toolchain) = toolchain(&[gnu]);
        let text = toolchain.select_targets(&[]).unwrap_err().to_string();
        for part in [
            "rustup target add x86_64-unknown-linux-musl",
            "rustup target add aarch64-unknown-linux-musl",
            "apt install musl-tools",
            "aarch64-linux-musl-gcc",
            "cargo xtask dist --target x86_64-unknown-linux-gnu",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(toolchain.select_targets(&[target(gnu)]).unwrap().0, [target(gnu)]);
    }

    #[test]
    fn unavailable_requested_target_is_an_error() {
        let [amd64, arm64] = Target::RELEASED;
        let (_directory, toolchain) = toolchain(&[amd64.triple]);
        let text = toolchain.select_targets(&[amd64, arm64]).unwrap_err().to_string();
        assert!(text.contains("rustup target add aarch64-unknown-linux-musl"), "{text}");
        assert!(!text.contains("rustup target add x86_64"), "{text}");
    }

    fn variables(
        target: &Target,
        from_environment: &[(&str, &str)],
        on_path: &[&str],
    ) -> Result<Vec<(String, OsString)>, Error> {
        toolchain(&[]).1.compilers(
            target,
            |name| from_environment.iter().find(|(of, _)| *of == name).map(|(_, value)| value.into()),
            |name| on_path.contains(&name).then(|| Path::new("/bin").join(name)),
        )
    }

    #[test]
    fn only_musl_targets_need_a_special_compiler() {
        let [amd64, arm64] = Target::RELEASED;
        let variable = "CC_x86_64_unknown_linux_musl".to_owned();
        let both = ["x86_64-linux-musl-gcc", "musl-gcc"];
        assert_eq!(
            variables(&amd64, &[], &both).unwrap(),
            [(variable.clone(), OsString::from("/bin/x86_64-linux-musl-gcc"))]
        );
        assert_eq!(variables(&amd64, &[], &both[1..]).unwrap(), [(variable, OsString::from("/bin/musl-gcc"))]);
        assert_eq!(
            variables(&arm64, &[], &["musl-gcc", "aarch64-linux-musl-gcc"]).unwrap(),
            ["CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "CC_aarch64_unknown_linux_musl"]
                .map(|name| (name.to_owned(), OsString::from("/bin/aarch64-linux-musl-gcc")))
        );
        assert_eq!(variables(&target("x86_64-unknown-linux-gnu"), &[], &[]), Ok(vec![]));
    }

    #[test]
    fn compiler_from_the_environment_is_preferred() {
        let [amd64, arm64] = Target::RELEASED;
        let clang = OsString::from("clang");
        let name = "CC_x86_64_unknown_linux_musl";
        assert_eq!(variables(&amd64, &[(name, "clang")], &["musl-gcc"]).unwrap(), [(name.to_owned(), clang.clone())]);
        let (compiler, linker) = ("CC_aarch64_unknown_linux_musl", "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER");
        let from_environment = variables(&arm64, &[(compiler, "clang"), (linker, "lld")], &[]).unwrap();
        assert_eq!(from_environment, [(compiler.to_owned(), clang)], "cargo reads the variable of the linker");
    }

    #[test]
    fn missing_musl_compiler_is_an_error_with_advice() {
        let [amd64, arm64] = Target::RELEASED;
        let text = variables(&amd64, &[], &["gcc"]).unwrap_err().to_string();
        assert!(text.contains("apt install musl-tools"), "{text}");
        // This one compiles for the processor of this machine.
        let text = variables(&arm64, &[], &["musl-gcc"]).unwrap_err().to_string();
        for part in ["aarch64-linux-musl-gcc", "on an arm64 machine", "CC_aarch64_unknown_linux_musl"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
