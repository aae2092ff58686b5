//! Builds the provider for one target, without traces of the machine in the binary.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::mirror::PROVIDER;
use crate::process::Supervisor;
use crate::workspace::Workspace;
use crate::{Environment, Error};

use super::binary;
use super::packages::Packages;
use super::target::Target;
use super::toolchain::{Toolchain, static_flags, variable};

/// Variables of the user that would change the binary. Compiler flags are not listed, because ours replace them.
const SETTINGS: [&str; 3] = ["CARGO_PROFILE_RELEASE_", "CARGO_INCREMENTAL", "CARGO_BUILD_INCREMENTAL"];
/// The variable for C flags. `.cargo/config.toml` sets it for `cargo xtask`.
const C_FLAGS: &str = "AWS_LC_SYS_CFLAGS";

/// A binary with its dependencies and requirements.
pub(super) struct BuiltBinary {
    pub(super) binary: Vec<u8>,
    /// The package ids of the packages compiled for the target, which are those linked into the binary.
    pub(super) linked: BTreeSet<String>,
    /// A description of what the binary requires at run time.
    pub(super) needs: String,
}

/// A workspace and the cargo home to build it with.
pub(super) struct BuildContext<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) cargo_home: PathBuf,
}

/// A message that `cargo build` prints.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    #[serde(default)]
    executable: Option<PathBuf>,
}

impl<'a> BuildContext<'a> {
    /// The context for this workspace, with the cargo home of this process.
    pub(super) fn for_workspace(workspace: &'a Workspace) -> Result<Self, Error> {
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
    ) -> Result<BuiltBinary, Error> {
        let compilers = compilers(target, toolchain)?;
        let prefixes = self.prefixes(packages, toolchain);
        let mut command = self.workspace.cargo();
        remove_settings(&mut command);
        command
            .args(["build", "--release", "--locked", "--package", PROVIDER, "--bin", PROVIDER])
            .args(["--target", target.triple, "--message-format=json-render-diagnostics"])
            .envs(compilers)
            .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(&prefixes, static_flags(target)))
            .env(C_FLAGS, c_flags(variable(C_FLAGS), &prefixes)?)
            // A build directory set by the user would add paths that are not remapped.
            .env("CARGO_BUILD_BUILD_DIR", self.workspace.target())
            .stdout(Stdio::piped());
        let output = supervisor.capture(&mut command)?;
        if !output.status.success() {
            return Err(Error::failed(format!("`cargo build` for {target} failed; see its output above.")));
        }
        let directory = self.workspace.target().join(target.triple);
        let (executable, linked) = read(&String::from_utf8_lossy(&output.stdout), &directory);
        let executable = executable.ok_or_else(|| Error::failed("`cargo build` produced no binary"))?;
        if linked.len() < 2 {
            return Err(Error::failed(format!(
                "cargo compiled only the provider itself below {}, so its dependencies are unknown",
                directory.display()
            )));
        }
        let binary = fs::read(&executable)
            .map_err(|error| Error::failed(format!("cannot read {}: {error}", executable.display())))?;
        let needs = binary::check(target, &binary, &self.local_paths(toolchain)).map_err(Error::failed)?;
        if !binary::is_for(target, &binary) {
            return Err(Error::failed(format!("{} is not for {target}", executable.display())));
        }
        Ok(BuiltBinary { binary, linked, needs })
    }

    /// The directories of this machine and their replacements in the binary. If several match, the last one applies.
    fn prefixes(&self, packages: &Packages, toolchain: &Toolchain) -> Vec<(PathBuf, String)> {
        let mut prefixes = vec![
            (self.cargo_home.clone(), "/cargo".to_owned()),
            (self.workspace.root().to_owned(), "/provider".to_owned()),
            (self.workspace.target().to_owned(), "/target".to_owned()),
            // The name that rustc uses if its source is not installed.
            (toolchain.sysroot.join("lib/rustlib/src/rust"), format!("/rustc/{}", toolchain.commit)),
        ];
        // The directory name depends on how the registry is accessed.
        prefixes
            .extend(packages.registry_directories().into_iter().map(|directory| (directory, "/registry".to_owned())));
        prefixes
    }

    /// Paths that must not be in the binary.
    fn local_paths(&self, toolchain: &Toolchain) -> Vec<PathBuf> {
        let mut local_paths = vec![
            self.workspace.root().to_owned(),
            self.workspace.target().to_owned(),
            self.cargo_home.clone(),
            toolchain.sysroot.clone(),
        ];
        local_paths.extend(variable("HOME").map(PathBuf::from));
        local_paths
    }
}

/// The compilers for the target, from the environment of this process.
pub(super) fn compilers(target: &Target, toolchain: &Toolchain) -> Result<Vec<(String, OsString)>, Error> {
    let environment = Environment::from_current_process();
    toolchain.compilers(target, |name| variable(name), |name| environment.find_program(name))
}

/// Removes variables that would change the binary. Settings of the repository remain.
fn remove_settings(command: &mut Command) {
    let given: Vec<OsString> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    let names = std::env::vars_os().map(|(name, _)| name).chain(given);
    for name in names.filter(|name| SETTINGS.iter().any(|start| name.to_string_lossy().starts_with(start))) {
        command.env_remove(name);
    }
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

/// Adds the path mapping for the C compiler. Without full optimization, aws-lc's own build script leaves its paths in.
fn c_flags(configured: Option<OsString>, prefixes: &[(PathBuf, String)]) -> Result<OsString, Error> {
    let mut flags = configured.ok_or_else(|| Error::failed(format!("{C_FLAGS} is not set: use `cargo xtask dist`")))?;
    for (from, to) in prefixes {
        reject_whitespace(from, to)?;
        flags.push(" -ffile-prefix-map=");
        flags.push(from);
        flags.push(format!("={to}"));
    }
    Ok(flags)
}

/// Rejects paths with white space: aws-lc's build script splits the flags there, and the build would fail after
/// minutes.
fn reject_whitespace(path: &Path, replacement: &str) -> Result<(), Error> {
    if !path.to_string_lossy().contains(char::is_whitespace) {
        return Ok(());
    }
    let advice = match replacement {
        "/provider" => "move the repository to another path",
        "/target" => "set CARGO_TARGET_DIR to another path",
        "/cargo" | "/registry" => "set CARGO_HOME to another path",
        _ => "install Rust in another path",
    };
    Err(Error::failed(format!(
        "The path {} contains white space, which the build of aws-lc does not support: {advice}.",
        path.display()
    )))
}

/// The binary, and the packages with a file below the target's own directory. Build scripts and macros are built for
/// this machine, into another directory.
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
    use std::ffi::OsStr;

    use super::*;

    fn prefixes() -> Vec<(PathBuf, String)> {
        vec![("/home/me/.cargo".into(), "/cargo".into()), ("/home/me/it".into(), "/provider".into())]
    }

    #[test]
    fn paths_are_remapped_for_both_compilers() {
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
    fn path_with_a_blank_is_refused() {
        for (path, replacement, advice) in [
            ("/home/my self/it", "/provider", "move the repository"),
            ("/big disk/target", "/target", "set CARGO_TARGET_DIR"),
            ("/home/my\tself/.cargo", "/cargo", "set CARGO_HOME"),
            ("/opt/my rust", "/rustc/abc", "install Rust"),
        ] {
            let prefixes = [("/home/me".into(), "/cargo".to_owned()), (path.into(), replacement.to_owned())];
            let error = c_flags(Some("-DSMALL".into()), &prefixes).unwrap_err().to_string();
            assert!(error.contains(path) && error.contains(advice), "{error}");
        }
    }

    #[test]
    fn host_artifacts_are_not_counted_as_linked() {
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

    /// Builds a package with the provider's name, with these variables set for cargo. With `helper`, it links a package
    /// of that name.
    fn build_small(variables: &[(&str, &OsStr)], helper: bool) -> Result<BuiltBinary, Error> {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let package = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n");
        let locked = |name: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"0.0.0\"\n");
        let (depends, locks) = if helper {
            ("[dependencies]\nhelper = { path = \"helper\" }\n", "dependencies = [\n \"helper\",\n]\n")
        } else {
            ("", "")
        };
        write("Cargo.toml", &format!("{}{depends}[workspace]\nmembers = [\"helper\"]\n", package(PROVIDER)));
        write("Cargo.lock", &format!("version = 4\n{}{}{locks}", locked("helper"), locked(PROVIDER)));
        let call = if helper { "helper::path()" } else { "\"\"" };
        write(
            "src/main.rs",
            &format!(
                "#![allow(unexpected_cfgs)]\nfn main() {{\n    println!(\"{{}} {{}}\", {call}, \
                 if cfg!(theirs) || cfg!(debug_assertions) {{ \"theirs\" }} else {{ \"built as ours\" }});\n}}\n"
            ),
        );
        write("helper/Cargo.toml", &package("helper"));
        write("helper/src/lib.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/path.rs\"));\n");
        write(
            "helper/build.rs",
            "fn main() {\n    let path = std::env::var(\"OUT_DIR\").unwrap() + \"/path.rs\";\n    \
             std::fs::write(path, \"pub fn path() -> &'static str { file!() }\").unwrap();\n}\n",
        );
        let mut environment = vec![("CARGO_TARGET_DIR".into(), root.join("target").into_os_string())];
        environment.extend(variables.iter().map(|(name, value)| (name.into(), value.into())));
        let supervisor = Supervisor::new();
        let workspace = Workspace::read_at(OsStr::new(env!("CARGO")), &root, environment, &supervisor)?;
        let toolchain = Toolchain::read(&root, &supervisor)?;
        let target = toolchain.host_target().unwrap();
        let packages = Packages::read(&workspace, &target, &supervisor)?;
        BuildContext::for_workspace(&workspace)?.build(&target, &packages, &toolchain, &supervisor)
    }

    #[test]
    fn build_directory_of_the_user_is_ignored() {
        let elsewhere = tempfile::tempdir().unwrap();
        let built = build_small(&[("CARGO_BUILD_BUILD_DIR", elsewhere.path().as_os_str())], true).unwrap();
        assert_eq!(built.linked.len(), 2, "{:?}", built.linked);
        assert!(!holds(&built.binary, &elsewhere.path().display().to_string()));
        assert!(holds(&built.binary, "/target/"), "the path of the generated file is remapped");
        let nothing = build_small(&[], false).err().unwrap().to_string();
        assert!(nothing.contains("only the provider itself"), "{nothing}");
    }

    #[test]
    fn build_settings_of_the_user_are_ignored() {
        let variables = [
            ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true"),
            ("CARGO_INCREMENTAL", "1"),
            ("CARGO_BUILD_TARGET", "no-such-target"),
            ("RUSTFLAGS", "--cfg=theirs"),
            ("CARGO_BUILD_RUSTFLAGS", "--cfg=theirs"),
        ];
        let built = build_small(&variables.map(|(name, value)| (name, OsStr::new(value))), true).unwrap();
        assert!(holds(&built.binary, "built as ours") && !holds(&built.binary, "theirs"));
    }

    fn holds(binary: &[u8], text: &str) -> bool {
        binary::holds(binary, text.as_bytes())
    }
}
