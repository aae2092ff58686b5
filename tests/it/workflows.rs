//! The workflows in `.github/`, and the script that signs a release, with a key made for the test.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::repository::root;
use crate::snapshot::{Transcript, assert_snapshot};

fn workflow(name: &str) -> Value {
    let text = fs::read_to_string(root().join(".github/workflows").join(name)).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The steps of all jobs.
fn steps(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    jobs.filter_map(|job| job["steps"].as_array()).flatten().collect()
}

/// The step whose command has this beginning.
fn command<'a>(workflow: &'a Value, beginning: &str) -> &'a Value {
    let found =
        steps(workflow).into_iter().find(|step| step["run"].as_str().is_some_and(|it| it.starts_with(beginning)));
    found.unwrap_or_else(|| panic!("no step runs {beginning}"))
}

#[test]
fn ci_runs_all_checks_on_the_minimum_rust_version() {
    let ci = workflow("ci.yml");
    assert_eq!(command(&ci, ".ci/run")["run"], ".ci/run");
    assert!(ci["on"].as_object().unwrap().contains_key("pull_request"));
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let minimum = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    for name in ["ci.yml", "release.yml"] {
        let workflow = workflow(name);
        let installs: Vec<&str> = steps(&workflow)
            .into_iter()
            .filter_map(|step| step["run"].as_str())
            .filter(|run| run.contains("rustup toolchain install"))
            .collect();
        assert!(!installs.is_empty(), "{name}");
        for install in installs {
            assert!(install.contains(&format!("rustup toolchain install {minimum}.0 ")), "{name}: {install}");
        }
    }
}

/// `.ci/run` and the job for Windows both need the target, because rustup installs only that of the runner.
#[test]
fn binary_for_windows_is_tested_in_wine_and_on_windows() {
    let ci = workflow("ci.yml");
    assert_eq!(command(&ci, ".ci/run")["env"], json!({"CI_WINDOWS": 1}));
    assert_eq!(ci["jobs"]["windows"]["runs-on"], "windows-latest");
    for job in ["check", "windows"] {
        let steps = ci["jobs"][job]["steps"].as_array().unwrap();
        let installs = |step: &Value| step["run"].to_string().contains("--target x86_64-pc-windows-gnu");
        assert!(steps.iter().any(installs), "{job}");
    }
    assert_eq!(ci["jobs"]["windows"]["steps"].as_array().unwrap().last().unwrap()["run"], "python .ci/windows");
    let script = fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(script.contains("if [[ ${CI_WINDOWS:-} == 1 ]]; then\n  step env ") && script.contains(" .ci/windows "));
}

#[test]
fn workflows_pin_actions_and_have_minimal_permissions() {
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
fn release_workflow_checks_builds_and_signs() {
    let release = workflow("release.yml");
    assert_eq!(release["on"], json!({"push": {"tags": ["v*"]}}));
    assert!(command(&release, ".ci/check-tag")["run"].as_str().unwrap().ends_with(" \"$GITHUB_REF_NAME\""));
    assert_eq!(release["jobs"]["tag"]["steps"][1], *command(&release, ".ci/check-tag"));
    for after in ["check", "build"] {
        assert_eq!(release["jobs"][after]["needs"], "tag", "{after} starts before the tag is checked");
    }
    assert_eq!(release["jobs"]["check"]["uses"], "./.github/workflows/ci.yml");
    assert_eq!(release["jobs"]["publish"]["needs"], json!(["check", "build"]));
    let built = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap();
    let built: Vec<&str> = built.iter().map(|one| one["target"].as_str().unwrap()).collect();
    assert_eq!(built, ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl", "x86_64-pc-windows-gnu"]);
    assert_eq!(command(&release, ".ci/release")["run"], ".ci/release --check-reproducible \"$TARGET\"");
    command(&release, "cargo test --locked --test release binary");
    // The files that `tests/release.rs` checks.
    let upload = steps(&release).into_iter().find(|step| step["uses"].to_string().contains("upload-artifact")).unwrap();
    assert_eq!(upload["with"]["path"], format!("target/dist/{}_*", env!("CARGO_PKG_NAME")));
    assert_eq!(release["jobs"]["publish"]["environment"], "release", "the environment with the secrets");
    // Only the step that signs gets the secrets, and no command contains them.
    for step in steps(&release) {
        let signs = step["run"].as_str().is_some_and(|run| run.starts_with(".ci/join-and-sign release built/*"));
        assert_eq!(step.to_string().contains("secrets."), signs, "{step}");
        assert!(!step["run"].to_string().contains("secrets."), "{step}");
    }
}

#[test]
fn newer_runs_cancel_only_runs_of_the_same_pull_request() {
    let ci = workflow("ci.yml");
    let is_pull_request = "github.event_name == 'pull_request'";
    assert_eq!(ci["concurrency"]["cancel-in-progress"], format!("${{{{ {is_pull_request} }}}}"));
    // The release workflow calls it on a push, and each of its runs has a separate group.
    let group = format!("ci-${{{{ {is_pull_request} && github.ref || github.run_id }}}}");
    assert_eq!(ci["concurrency"]["group"], group);
    assert_eq!(workflow("release.yml")["concurrency"], Value::Null);
}

/// The version of tfplugindocs that `tests/it/docs/` runs requires Go 1.25.8. The runner image has an older one.
#[test]
fn ci_installs_a_recent_go_before_the_checks() {
    let ci = workflow("ci.yml");
    let install = command(&ci, "GOTOOLCHAIN=")["run"].as_str().unwrap();
    let version = install.strip_prefix("GOTOOLCHAIN=go").unwrap().split(' ').next().unwrap();
    let numbers: Vec<u32> = version.split('.').map(|number| number.parse().unwrap()).collect();
    assert!(numbers >= vec![1, 25, 8], "{version}");
    assert!(install.ends_with(&format!("echo \"$(GOTOOLCHAIN=go{version} go env GOROOT)/bin\" >> \"$GITHUB_PATH\"\n")));
    let position = |beginning: &str| steps(&ci).iter().position(|step| *step == command(&ci, beginning)).unwrap();
    assert!(position("GOTOOLCHAIN=") < position(".ci/run"));
}

/// Runs the step that publishes, with a `gh` that prints its arguments.
fn arguments_of_gh(tag: &str) -> Vec<String> {
    let release = workflow("release.yml");
    let publish = release["jobs"]["publish"]["steps"].as_array().unwrap().last().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let gh = directory.path().join("gh");
    fs::write(&gh, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n").unwrap();
    fs::set_permissions(&gh, Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(directory.path().join("release")).unwrap();
    fs::write(directory.path().join("release/it.zip"), "").unwrap();
    let path = format!("{}:{}", directory.path().display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    // As GitHub runs a step.
    bash.args(["--noprofile", "--norc", "-e", "-c", publish["run"].as_str().unwrap()]).current_dir(directory.path());
    bash.env_clear().env("PATH", path).env("GITHUB_REF_NAME", tag).env("GITHUB_REPOSITORY", "owner/name");
    let output = bash.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn version_with_a_hyphen_is_published_as_a_prerelease() {
    let begin = ["release", "create", "v0.2.0", "--repo", "owner/name", "--verify-tag", "--title", "v0.2.0"];
    let arguments = arguments_of_gh("v0.2.0");
    assert_eq!(arguments[..begin.len()], begin);
    assert_eq!(arguments.last().unwrap(), "release/it.zip");
    assert!(!arguments.contains(&"--prerelease".to_owned()), "{arguments:?}");
    let arguments = arguments_of_gh("v0.2.0-rc.1");
    assert!(arguments.contains(&"--prerelease".to_owned()), "{arguments:?}");
}

/// Runs `.ci/check-tag` with version 0.2.0 in Cargo.toml and this heading in the changelog. Returns its error, or
/// nothing.
fn check_tag(tag: &str, heading: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let own = format!("\nversion = \"{}\"\n", env!("CARGO_PKG_VERSION"));
    write("Cargo.toml", &manifest.replacen(&own, "\nversion = \"0.2.0\"\n", 1));
    write("CHANGELOG.md", &format!("# Changelog\n\n{heading}\n\n- It.\n\n## 0.1.0\n"));
    let mut command = Command::new(root().join(".ci/check-tag"));
    command.arg(tag).current_dir(directory.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    let output = command.output().unwrap();
    assert_eq!(output.status.success(), output.stderr.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn tag_requires_a_matching_changelog_heading() {
    assert_eq!(check_tag("", "## 0.2.0"), "Usage: .ci/check-tag <tag>\n");
    assert_eq!(check_tag("v0.2.0", "## 0.2.0"), "");
    assert_eq!(check_tag("v0.2.0", "## 0.2.0 (2026-01-31)"), "");
    let mut transcript = Transcript::default();
    for (tag, heading) in [
        ("v0.2.0", "## 0.2.0 (unreleased)"),
        ("v0.2.0", "## 0.1.0"),
        ("v0.2.0", "## 0.2.0-rc.1"),
        ("v0.2.0", "## 0.2.01"),
        ("v0.3.0", "## 0.3.0"),
        ("0.2.0", "## 0.2.0"),
    ] {
        transcript.add(format!("{tag}, {heading}"), check_tag(tag, heading).trim_end());
    }
    assert_snapshot!(transcript);
}

/// A signing key, and the files that two machines have built.
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

    /// Runs a command. Of the environment of this process, it inherits only `PATH`.
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
fn built_files_are_joined_and_signed() {
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
        "public-key.asc",
    ];
    assert_eq!(files, expected.map(|name| format!("{PREFIX}_{name}")));
    let sums = release.join(format!("{PREFIX}_SHA256SUMS"));
    let named = fs::read_to_string(&sums).unwrap();
    let named: Vec<&str> = named.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    let expected = ["linux_amd64.zip", "linux_arm64.zip", "manifest.json"].map(|name| format!("{PREFIX}_{name}"));
    assert_eq!(named, expected, "each archive once, and no bill of materials");
    // Verify with the released public key, in a home without the key of the script.
    let key = release.join(format!("{PREFIX}_public-key.asc"));
    assert!(fs::read_to_string(&key).unwrap().starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----"));
    let keyring = tempfile::tempdir().unwrap();
    let gpg = || {
        let mut command = Command::new("gpg");
        command.arg("--homedir").arg(keyring.path()).arg("--batch");
        command
    };
    let imported = stage.run(gpg().arg("--import").arg(&key));
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    for name in ["SHA256SUMS", "linux_amd64.cdx.json", "linux_arm64.cdx.json"] {
        let signed = release.join(format!("{PREFIX}_{name}"));
        let signature = release.join(format!("{PREFIX}_{name}.sig"));
        let verified = stage.run(gpg().arg("--verify").args([&signature, &signed]));
        assert!(verified.status.success(), "{name}: {}", String::from_utf8_lossy(&verified.stderr));
        assert!(!fs::read(&signature).unwrap().starts_with(b"-----"), "the Registry requires binary signatures");
    }
}

#[test]
fn different_versions_are_not_joined() {
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
fn changed_file_is_not_signed() {
    let stage = Stage::new();
    let archive = stage.directory.path().join(format!("built/linux_arm64/{PREFIX}_linux_arm64.zip"));
    fs::write(archive, "other").unwrap();
    let output = stage.join_and_sign();
    assert!(!output.status.success());
    assert!(!stage.directory.path().join(format!("release/{PREFIX}_SHA256SUMS.sig")).exists());
}
