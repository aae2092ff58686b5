//! The workflows in `.github/`, held to what matters of them; and the script that signs a release, with a key of its
//! own.

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::dist::Target;

use crate::tree::root;

fn workflow(name: &str) -> Value {
    let text = fs::read_to_string(root().join(".github/workflows").join(name)).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Steps of all jobs.
fn steps(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    jobs.filter_map(|job| job["steps"].as_array()).flatten().collect()
}

/// The step whose command begins so.
fn command<'a>(workflow: &'a Value, begins: &str) -> &'a Value {
    let found = steps(workflow).into_iter().find(|step| step["run"].as_str().is_some_and(|it| it.starts_with(begins)));
    found.unwrap_or_else(|| panic!("no step runs {begins}"))
}

#[test]
fn changes_pass_what_passes_here_on_the_oldest_rust_that_is_promised() {
    let ci = workflow("ci.yml");
    assert_eq!(command(&ci, ".ci/run")["run"], ".ci/run");
    assert!(ci["on"].as_object().unwrap().contains_key("pull_request"));
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let promised = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    for name in ["ci.yml", "release.yml"] {
        let workflow = workflow(name);
        let installs: Vec<&str> = steps(&workflow)
            .into_iter()
            .filter_map(|step| step["run"].as_str())
            .filter(|run| run.contains("rustup toolchain install"))
            .collect();
        assert_eq!(installs.len(), 1, "{name}");
        assert!(installs[0].contains(&format!("rustup toolchain install {promised}.0 ")), "{name}: {}", installs[0]);
    }
}

#[test]
fn actions_are_pinned_and_may_do_the_least() {
    for file in fs::read_dir(root().join(".github/workflows")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        let workflow = workflow(&name);
        assert_eq!(workflow["permissions"], json!({"contents": "read"}), "{name}");
        for (job, content) in workflow["jobs"].as_object().unwrap() {
            let more = (&*name, &**job) == ("release.yml", "publish");
            let permissions = if more { json!({"contents": "write"}) } else { Value::Null };
            assert_eq!(content["permissions"], permissions, "{name}: {job}");
        }
        for action in steps(&workflow).into_iter().filter_map(|step| step["uses"].as_str()) {
            let (_, commit) = action.split_once('@').unwrap();
            assert!(commit.len() == 40 && commit.chars().all(|it| it.is_ascii_hexdigit()), "{name}: {action}");
        }
    }
}

#[test]
fn release_is_checked_built_for_each_platform_and_signed() {
    let release = workflow("release.yml");
    assert_eq!(release["on"], json!({"push": {"tags": ["v*"]}}));
    assert_eq!(release["jobs"]["check"]["uses"], "./.github/workflows/ci.yml");
    assert_eq!(release["jobs"]["publish"]["needs"], json!(["check", "build"]));
    let built = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let built: Vec<&str> = built.iter().map(|one| one["target"].as_str().unwrap()).collect();
    assert_eq!(built, Target::RELEASED.map(|target| target.triple));
    assert!(command(&release, "cargo xtask dist")["run"].as_str().unwrap().contains("--target \"$TARGET\""));
    // All that `tests/dist` finds there, and not the file that marks the directory as made.
    let upload = steps(&release).into_iter().find(|step| step["uses"].to_string().contains("upload-artifact")).unwrap();
    assert_eq!(upload["with"]["path"], format!("target/dist/{}_*", env!("CARGO_PKG_NAME")));
    assert!(command(&release, "gh release create")["run"].as_str().unwrap().ends_with(" release/*"));
    // The secrets are given to the one step that needs them, and no command spells them out.
    for step in steps(&release) {
        let signs = step["run"].as_str().is_some_and(|run| run.starts_with(".ci/join-and-sign release built/*"));
        assert_eq!(step.to_string().contains("secrets."), signs, "{step}");
        assert!(!step["run"].to_string().contains("secrets."), "{step}");
    }
}

/// A key to sign with, and what two machines have built.
struct Stage {
    directory: TempDir,
    key: String,
}

const PASSPHRASE: &str = "correct horse";
const PREFIX: &str = "terraform-provider-huaweicloud-kafka_0.0.0";

impl Stage {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut stage = Self { directory, key: String::new() };
        for (platform, sum) in [("linux_amd64", "a"), ("linux_arm64", "b")] {
            let built = stage.directory.path().join("built").join(platform);
            fs::create_dir_all(&built).unwrap();
            let write = |name: &str, text: &str| fs::write(built.join(format!("{PREFIX}_{name}")), text).unwrap();
            write(&format!("{platform}.zip"), sum);
            write(&format!("{platform}.cdx.json"), "{}");
            write("manifest.json", "{}");
            let sums =
                stage.run(Command::new("sh").current_dir(&built).args(["-c", "sha256sum *.zip *_manifest.json"]));
            write("SHA256SUMS", &String::from_utf8(sums.stdout).unwrap());
        }
        fs::create_dir(stage.home()).unwrap();
        let gpg = |arguments: &[&str]| {
            stage.run(Command::new("gpg").args(["--batch", "--quiet", "--pinentry-mode", "loopback"]).args(arguments))
        };
        gpg(&["--passphrase", PASSPHRASE, "--quick-generate-key", "Release <release@example.com>", "ed25519", "sign"]);
        let key = gpg(&["--passphrase", PASSPHRASE, "--armor", "--export-secret-keys"]);
        stage.key = String::from_utf8(key.stdout).unwrap();
        stage
    }

    fn home(&self) -> std::path::PathBuf {
        self.directory.path().join("home")
    }

    /// With nothing of this process's environment but `PATH`.
    fn run(&self, command: &mut Command) -> Output {
        let program = command.get_program().to_owned();
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.home());
        command.env("GPG_PRIVATE_KEY", &self.key).env("PASSPHRASE", PASSPHRASE);
        let output = command.output();
        output.unwrap_or_else(|error| panic!("{}: {error}; gpg is in the package gnupg", program.display()))
    }

    fn join_and_sign(&self) -> Output {
        let mut command = Command::new(root().join(".ci/join-and-sign"));
        let built = |platform: &str| self.directory.path().join("built").join(platform);
        command.arg(self.directory.path().join("release")).args([built("linux_amd64"), built("linux_arm64")]);
        self.run(&mut command)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.run(Command::new("gpgconf").args(["--kill", "gpg-agent"]));
    }
}

#[test]
fn what_machines_have_built_is_joined_and_signed() {
    let stage = Stage::new();
    let output = stage.join_and_sign();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(!text.contains(PASSPHRASE) && !text.contains("PRIVATE KEY"), "{text}");
    let release = stage.directory.path().join("release");
    let mut files: Vec<String> =
        fs::read_dir(&release).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let expected = [
        "SHA256SUMS",
        "SHA256SUMS.sig",
        "linux_amd64.cdx.json",
        "linux_amd64.cdx.json.sig",
        "linux_amd64.zip",
        "linux_arm64.cdx.json",
        "linux_arm64.cdx.json.sig",
        "linux_arm64.zip",
        "manifest.json",
    ];
    assert_eq!(files, expected.map(|name| format!("{PREFIX}_{name}")));
    let sums = release.join(format!("{PREFIX}_SHA256SUMS"));
    let named = fs::read_to_string(&sums).unwrap();
    let named: Vec<&str> = named.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    let expected = ["linux_amd64.zip", "linux_arm64.zip", "manifest.json"].map(|name| format!("{PREFIX}_{name}"));
    assert_eq!(named, expected, "each once, and no bill of materials");
    // By the key that made it, in a home that was not the script's.
    for name in ["SHA256SUMS", "linux_amd64.cdx.json", "linux_arm64.cdx.json"] {
        let signed = release.join(format!("{PREFIX}_{name}"));
        let signature = release.join(format!("{PREFIX}_{name}.sig"));
        let verified = stage.run(Command::new("gpg").args(["--batch", "--verify"]).args([&signature, &signed]));
        assert!(verified.status.success(), "{name}: {}", String::from_utf8_lossy(&verified.stderr));
        assert!(!fs::read(&signature).unwrap().starts_with(b"-----"), "the registry wants it binary");
    }
}

#[test]
fn two_versions_were_joined_to_one_release() {
    for other in ["0.0.1", "0.0.0-rc.1"] {
        let stage = Stage::new();
        let built = stage.directory.path().join("built/linux_arm64");
        for file in fs::read_dir(&built).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let renamed = name.replace("_0.0.0_", &format!("_{other}_"));
            if name.ends_with("SHA256SUMS") {
                let text = fs::read_to_string(&path).unwrap().replace("_0.0.0_", &format!("_{other}_"));
                fs::write(&path, text).unwrap();
            }
            fs::rename(&path, built.join(renamed)).unwrap();
        }
        let output = stage.join_and_sign();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{other}");
        assert!(text.contains(&format!("_{other}_")) && text.contains(&format!("{PREFIX}_SHA256SUMS")), "{text}");
        assert!(!stage.directory.path().join("release").exists(), "{other}");
    }
}

#[test]
fn file_that_changed_on_its_way_is_not_signed() {
    let stage = Stage::new();
    let archive = stage.directory.path().join(format!("built/linux_arm64/{PREFIX}_linux_arm64.zip"));
    fs::write(archive, "other").unwrap();
    let output = stage.join_and_sign();
    assert!(!output.status.success());
    assert!(!stage.directory.path().join(format!("release/{PREFIX}_SHA256SUMS.sig")).exists());
}
