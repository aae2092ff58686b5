//! A release from its build to its use: packaged, installed into an empty home, used by a real Terraform, and removed.
//!
//! It is a separate test binary, because the build takes minutes and all processors.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod manual_install;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use dms_emulator::{Emulator, demo};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::Environment;
use testkit::terraform::{Finder, Release, Terraform};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const NAME: &str = env!("CARGO_PKG_NAME");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// An empty home, and a working directory.
struct Stage {
    directory: TempDir,
}

impl Stage {
    fn new() -> Self {
        let stage = Self { directory: tempfile::tempdir().unwrap() };
        fs::create_dir(stage.home()).unwrap();
        fs::create_dir(stage.work()).unwrap();
        stage
    }

    fn home(&self) -> PathBuf {
        self.directory.path().join("home")
    }

    fn work(&self) -> PathBuf {
        self.directory.path().join("work")
    }

    /// Runs a task, which has to succeed, and returns its output.
    fn xtask(&self, arguments: &[&str]) -> String {
        let mut command = Environment::from_current_process().command(env!("CARGO"));
        command.arg("xtask").args(arguments).current_dir(ROOT).env("HOME", self.home());
        // By default, cargo and the compiler are in the home directory.
        for (name, usual) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            command.env(name, env::var_os(name).unwrap_or_else(|| real_home().join(usual).into()));
        }
        command.envs(env::var_os("RUSTUP_TOOLCHAIN").map(|toolchain| ("RUSTUP_TOOLCHAIN", toolchain)));
        run(&mut command)
    }

    /// Runs a Terraform command with this CLI configuration, and returns its output.
    fn terraform(&self, terraform: &Terraform, text: &str, arguments: &[&str]) -> String {
        let configuration = self.directory.path().join("terraform.rc");
        fs::write(&configuration, text).unwrap();
        let mut command = terraform.command();
        command.args(arguments).arg("-no-color").arg("-input=false").current_dir(self.work());
        command.env("HOME", self.home()).env("TF_CLI_CONFIG_FILE", configuration);
        command.env("HW_ACCESS_KEY", demo::ACCESS_KEY).env("HW_SECRET_KEY", demo::SECRET_KEY);
        run(&mut command)
    }
}

fn real_home() -> PathBuf {
    env::var_os("HOME").expect("HOME, for cargo and rustup").into()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{command:?}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// The target triple of this machine, and Terraform's name of its platform.
fn host() -> (String, &'static str) {
    let platform = match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => "linux_amd64",
        ("linux", "aarch64") => "linux_arm64",
        ("macos", "x86_64") => "darwin_amd64",
        ("macos", "aarch64") => "darwin_arm64",
        other => panic!("add the platform {other:?}"),
    };
    let version = run(Command::new("rustc").args(["--version", "--verbose"]));
    (version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().to_owned(), platform)
}

/// All files under a directory, by their relative paths.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else {
                let name = path.strip_prefix(directory).unwrap().display().to_string();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

/// The block `provider_installation` in the advice that `install` prints.
fn advised_block(printed: &str) -> String {
    let (_, advice) = printed.split_once("!! ").expect("advice");
    let lines = advice.lines().filter(|line| line.starts_with("  ")).collect::<Vec<_>>();
    format!("provider_installation {{\n{}\n}}\n", lines.join("\n"))
}

/// The names, modes and years in a zip, as Python reads them.
fn zip_entries(archive: &Path) -> Value {
    let script = "import json, sys, zipfile\n\
                  files = zipfile.ZipFile(sys.argv[1]).infolist()\n\
                  print(json.dumps([[it.filename, oct(it.external_attr >> 16), it.date_time[0]] for it in files]))";
    serde_json::from_str(&run(Command::new("python3").args(["-c", script]).arg(archive))).unwrap()
}

fn contains_path(binary: &[u8], path: &Path) -> bool {
    let path = format!("{}/", path.display());
    binary.windows(path.len()).any(|window| window == path.as_bytes())
}

#[test]
fn release_is_packaged_installed_used_and_removed() {
    let stage = Stage::new();
    let (target, platform) = host();
    let printed = stage.xtask(&["dist", "--target", &target]);

    // The files of a release.
    let dist = Path::new(ROOT).join("target/dist");
    let mut made = files(&dist);
    made.retain(|name, _| !name.starts_with('.'));
    let prefix = format!("{NAME}_{VERSION}");
    let [sums, bill, archive, manifest] =
        ["SHA256SUMS", &format!("{platform}.cdx.json"), &format!("{platform}.zip"), "manifest.json"]
            .map(|name| format!("{prefix}_{name}"));
    assert_eq!(made.keys().collect::<Vec<_>>(), [&sums, &bill, &archive, &manifest]);
    for name in made.keys() {
        assert!(printed.contains(&**name), "{name}: {printed}");
    }
    assert_eq!(made[&manifest], b"{\"version\":1,\"metadata\":{\"protocol_versions\":[\"5.0\"]}}\n");
    let summed = String::from_utf8(made[&sums].clone()).unwrap();
    let summed: Vec<&str> = summed.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    assert_eq!(summed, [&archive, &manifest]);
    run(Command::new("python3").current_dir(&dist).args([
        "-c",
        "import hashlib, sys\n\
         for line in open(sys.argv[1]):\n    \
             sum, name = line.split()\n    \
             assert hashlib.sha256(open(name, 'rb').read()).hexdigest() == sum, name",
        &sums,
    ]));
    let binary = format!("{NAME}_v{VERSION}");
    assert_eq!(
        zip_entries(&dist.join(&archive)),
        json!([
            ["CHANGELOG.md", "0o100644", 1980],
            ["LICENSE", "0o100644", 1980],
            ["README.md", "0o100644", 1980],
            [binary, "0o100755", 1980],
        ])
    );
    let bill: Value = serde_json::from_slice(&made[&bill]).unwrap();
    let components = bill["components"].as_array().unwrap();
    let has = |name: &str| components.iter().any(|component| component["name"] == name);
    assert!(has("reqwest") && has("aws-lc-sys"), "linked packages are listed");
    for not_linked in ["protox", "prost-derive", "criterion", "dms-emulator", "cc"] {
        assert!(!has(not_linked), "{not_linked} is not linked");
    }

    // Install it. Terraform finds it without any configuration.
    let from = ["install", "--from", dist.to_str().unwrap()];
    let printed = stage.xtask(&from);
    let directory = stage.home().join(".terraform.d/plugins/terraform.internal/huaweicloud/huaweicloud-kafka");
    let directory = directory.join(VERSION).join(platform);
    for name in [&binary, "CHANGELOG.md", "LICENSE", "README.md"] {
        assert!(printed.contains(&format!("{} written", directory.join(name).display())), "{printed}");
    }
    let installed = files(&directory).remove(&binary).unwrap();
    assert_eq!(directory.join(&binary).metadata().unwrap().permissions().mode() & 0o777, 0o755);
    for private in [Path::new(ROOT), &real_home(), &stage.home()] {
        assert!(!contains_path(&installed, private), "the binary contains {}", private.display());
    }
    assert!(printed.contains(&format!("{} doctor --help", directory.join(&binary).display())), "{printed}");
    manual_install::assert_installs_the_same(&dist, platform, &stage.home());
    let emulator = Emulator::start_in_thread().unwrap();
    fs::copy(Path::new(ROOT).join("examples/quickstart/main.tf"), stage.work().join("main.tf")).unwrap();
    let url = emulator.url();
    let provider = format!("provider \"huaweicloud\" {{\n  endpoints = {{ dms = \"{url}\", iam = \"{url}\" }}\n}}\n");
    fs::write(stage.work().join("emulator_override.tf"), provider).unwrap();
    let environment = Environment::from_current_process();
    let target = Path::new(ROOT).join("target");
    let finder = Finder::new(&environment, &target);
    let terraform = finder.find(env::var_os("TERRAFORM").as_deref(), &Release::OLDER);
    let terraform = terraform.unwrap_or_else(|error| panic!("this test needs a real Terraform: {error:#}"));
    stage.terraform(&terraform, "", &["init"]);
    stage.terraform(&terraform, "", &["apply", "-auto-approve"]);
    let offsets = emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::ORDERS).unwrap();
    assert_eq!(offsets, [120, 120, 4_000_000_120]);

    // Install it again over the same files, and over another file; then remove it.
    let printed = stage.xtask(&from);
    assert!(printed.contains("was there already") && !printed.contains("written"), "{printed}");
    fs::write(directory.join("README.md"), "other").unwrap();
    let printed = stage.xtask(&from);
    assert!(printed.contains("README.md replaced: it had other content"), "{printed}");
    assert!(printed.contains(".terraform.lock.hcl"), "{printed}");
    let configuration = stage.home().join(".terraformrc");
    fs::write(&configuration, "provider_installation {\n  direct {}\n}\n").unwrap();
    let printed = stage.xtask(&["install"]);
    assert!(printed.contains("Build for "), "an earlier build may be out of date: {printed}");
    assert!(files(&dist).contains_key(&archive), "the release is kept");
    assert!(printed.contains(&format!("{} has a block provider_installation", configuration.display())), "{printed}");
    fs::remove_file(configuration).unwrap();
    fs::remove_dir_all(stage.work().join(".terraform")).unwrap();
    fs::remove_file(stage.work().join(".terraform.lock.hcl")).unwrap();
    stage.terraform(&terraform, &advised_block(&printed), &["init"]);
    let printed = stage.xtask(&["install", "--undo"]);
    assert!(printed.contains(&format!("{} removed", directory.join(&binary).display())), "{printed}");
    assert_eq!(fs::read_dir(stage.home()).unwrap().count(), 0, "the home is empty again");
}
