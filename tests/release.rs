//! Tests the files of a release: signs them, installs them with the commands of the README, and runs a real Terraform.
//!
//! `.ci/release` builds the files in `target/dist`. A build of the sources is installed and used in the same way.
//! Linux binaries for another architecture run in qemu.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use dms_emulator::{Effect, Emulator, Fault, FaultResponse, Operation, demo};
use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::Value;
use tempfile::TempDir;
use testkit::Environment;
use testkit::plugin::pb::tfplugin5 as pb;
use testkit::plugin::{ClientIdentity, Plugin, ask_for_schema, block, shut_down, within};
use testkit::terraform::{Finder, Release, Terraform};
use tonic::transport::Channel;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const NAME: &str = env!("CARGO_PKG_NAME");
const VERSION: &str = env!("CARGO_PKG_VERSION");
const GROUP: &str = "huaweicloud_kafka_consumer_group";

fn dist() -> PathBuf {
    Path::new(ROOT).join("target/dist")
}

/// Terraform's name for this platform.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    format!("{system}_{architecture}")
}

/// The name of a file of the release.
fn file_name(suffix: &str) -> String {
    format!("{NAME}_{VERSION}_{suffix}")
}

/// Runs a command, which has to succeed, and returns its output.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{command:?}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The platforms of the archives in `target/dist`. One of them is this machine's.
fn platforms() -> Vec<String> {
    let (before, after) = (file_name(""), ".zip");
    let names = names(&dist());
    let found = names.iter().filter_map(|name| Some(name.strip_prefix(&before)?.strip_suffix(after)?.to_owned()));
    let found: Vec<String> = found.collect();
    assert!(found.contains(&platform()), "there is no archive for this machine in {found:?}: run .ci/release");
    found
}

/// The platforms whose binaries can run here. `.ci/windows` runs the one for Windows.
fn runnable_platforms() -> Vec<String> {
    platforms().into_iter().filter(|platform| !platform.starts_with("windows_")).collect()
}

#[test]
fn files_have_the_layout_of_the_registry() {
    let (sums, manifest) = (file_name("SHA256SUMS"), file_name("manifest.json"));
    let files = |suffix: &str| platforms().into_iter().map(|it| file_name(&(it + suffix))).collect::<Vec<_>>();
    let (archives, sboms) = (files(".zip"), files(".cdx.json"));
    let mut expected = [&*archives, &*sboms, &[sums.clone(), manifest.clone()]].concat();
    expected.sort();
    assert_eq!(names(&dist()), expected);
    let read = |name: &str| fs::read_to_string(dist().join(name)).unwrap();
    assert_eq!(read(&manifest), "{\"version\":1,\"metadata\":{\"protocol_versions\":[\"5.0\"]}}\n");
    let sums = read(&sums);
    let summed: Vec<&str> = sums.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    let mut expected = [archives.clone(), vec![manifest]].concat();
    expected.sort();
    assert_eq!(summed, expected);
    for (archive, sbom) in archives.iter().zip(&sboms) {
        check_archive(archive);
        check_sbom(&serde_json::from_str(&read(sbom)).unwrap());
    }
}

/// Checks the modes, the times and the names of the files in an archive.
fn check_archive(archive: &str) {
    let listed = run(Command::new("unzip").args(["-Z", "-T"]).arg(dist().join(archive)));
    let entries: Vec<String> = listed
        .lines()
        .filter(|line| line.starts_with('-'))
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .map(|columns| format!("{} {} {}", columns[0], columns[6], columns[7]))
        .collect();
    let suffix = if archive.contains("_windows_") { ".exe" } else { "" };
    let expected = [
        "-rw-r--r-- 19800101.000000 CHANGELOG.md",
        "-rw-r--r-- 19800101.000000 LICENSE",
        "-rw-r--r-- 19800101.000000 README.md",
        &format!("-rwxr-xr-x 19800101.000000 {NAME}_v{VERSION}{suffix}"),
    ];
    assert_eq!(entries, expected);
}

/// Checks that a bill of materials lists what is linked, and nothing else.
fn check_sbom(sbom: &Value) {
    let components = sbom["components"].as_array().unwrap();
    let find = |name: &str| components.iter().find(|component| component["name"] == name);
    for linked in ["reqwest", "aws-lc-sys"] {
        let component = find(linked).unwrap_or_else(|| panic!("{linked} is linked"));
        assert_eq!(component["hashes"][0]["content"].as_str().unwrap().len(), 64, "{component}");
        assert!(component["licenses"][0]["expression"].is_string(), "{component}");
    }
    assert!(find("rust-std").is_some());
    for not_linked in ["protox", "prost-derive", "criterion", "dms-emulator", "cc", "ring"] {
        assert!(find(not_linked).is_none(), "{not_linked} is not linked");
    }
    let rustls = components.iter().find(|component| component["name"] == "rustls").unwrap();
    let dependencies = sbom["dependencies"].as_array().unwrap();
    let direct = dependencies.iter().find(|it| it["ref"] == rustls["purl"]).unwrap()["dependsOn"].to_string();
    assert!(direct.contains("pkg:cargo/aws-lc-rs@") && !direct.contains("aws-lc-sys"), "{direct}");
}

/// A command block of the README, for this platform.
fn readme_commands(beginning: &str) -> String {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let mut blocks = readme.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let block = blocks.find(|block| block.starts_with(beginning)).expect(beginning);
    block.replace("linux_amd64", &platform())
}

/// The directory of the user's keys. It starts without keys, because README's commands import the public key.
const GNUPG: &str = "gnupg";
/// The directory of the keys that sign.
const SIGNER: &str = "signer";

/// Directories of this test: a home, a working directory, and gpg's two.
struct Stage {
    directory: TempDir,
}

impl Stage {
    fn new() -> Self {
        let stage = Self { directory: tempfile::tempdir().unwrap() };
        for name in ["home", "work", GNUPG, SIGNER] {
            fs::create_dir(stage.path(name)).unwrap();
            fs::set_permissions(stage.path(name), Permissions::from_mode(0o700)).unwrap();
        }
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Environment::from_current_process().command(program);
        command.env("HOME", self.path("home")).env("GNUPGHOME", self.path(GNUPG));
        command
    }

    fn bash(&self, commands: &str, directory: &Path) -> Command {
        let mut bash = self.command("bash");
        bash.args(["-e", "-c", commands]).current_dir(directory);
        bash
    }

    /// Signs the files of the release, as the workflow does, with a key generated for this test.
    fn signed_release(&self) -> PathBuf {
        let gpg = |arguments: &[&str]| {
            let options = ["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "secret"];
            run(self.command("gpg").env("GNUPGHOME", self.path(SIGNER)).args(options).args(arguments))
        };
        gpg(&["--quick-generate-key", "Release <release@example.com>", "ed25519", "sign"]);
        let key = gpg(&["--armor", "--export-secret-keys"]);
        let release = self.path("release");
        let mut sign = self.command(&format!("{ROOT}/.ci/join-and-sign"));
        run(sign.arg(&release).arg(dist()).env("GPG_PRIVATE_KEY", key).env("PASSPHRASE", "secret"));
        release
    }

    /// The files in the plugin directory.
    fn installed(&self) -> Vec<String> {
        let plugins = ".terraform.d/plugins/terraform.internal/huaweicloud/huaweicloud-kafka";
        let directory = self.path("home").join(plugins).join(VERSION).join(platform());
        if directory.exists() { names(&directory) } else { Vec::new() }
    }

    /// Applies the quickstart's reset on an emulator, and checks the offsets.
    fn apply(&self, terraform: &Terraform) {
        let emulator = Emulator::start_in_thread().unwrap();
        fs::copy(Path::new(ROOT).join("examples/quickstart/main.tf"), self.path("work/main.tf")).unwrap();
        let url = emulator.url();
        let provider =
            format!("provider \"huaweicloud\" {{\n  endpoints = {{ dms = \"{url}\", iam = \"{url}\" }}\n}}\n");
        fs::write(self.path("work/emulator_override.tf"), provider).unwrap();
        // An empty file, so that no CLI configuration of the user applies.
        fs::write(self.path("terraform.rc"), "").unwrap();
        for arguments in [&["init"][..], &["apply", "-auto-approve"]] {
            let mut command = terraform.command();
            command.args(arguments).args(["-no-color", "-input=false"]).current_dir(self.path("work"));
            command.env("HOME", self.path("home")).env("TF_CLI_CONFIG_FILE", self.path("terraform.rc"));
            run(command.env("HW_ACCESS_KEY", demo::ACCESS_KEY).env("HW_SECRET_KEY", demo::SECRET_KEY));
        }
        let offsets = emulator.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::ORDERS).unwrap();
        assert_eq!(offsets, [120, 120, 4_000_000_120]);
    }
}

impl Drop for Stage {
    /// Ends the agents that gpg has started.
    fn drop(&mut self) {
        for home in [GNUPG, SIGNER] {
            let _ = self.command("gpgconf").env("GNUPGHOME", self.path(home)).args(["--kill", "gpg-agent"]).status();
        }
    }
}

/// The binary of an archive, and the program that runs it on this machine.
struct Binary {
    directory: TempDir,
    /// qemu for the architecture of the binary. `None`: this machine can run the binary directly.
    qemu: Option<PathBuf>,
}

impl Binary {
    fn unpack(platform: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let archive = dist().join(file_name(&format!("{platform}.zip")));
        run(Command::new("unzip").arg("-q").arg(archive).arg("-d").arg(directory.path()));
        let qemu = (platform != self::platform()).then(|| {
            let architecture = if platform.ends_with("_arm64") { "aarch64" } else { "x86_64" };
            let name = format!("qemu-{architecture}-static");
            let found = Environment::from_current_process().find_program(&name);
            found.unwrap_or_else(|| panic!("{name} is not on PATH; Debian's package qemu-user-static has it"))
        });
        Self { directory, qemu }
    }

    /// The program to start, and its first arguments.
    fn program(&self) -> (PathBuf, Vec<PathBuf>) {
        let binary = self.directory.path().join(format!("{NAME}_v{VERSION}"));
        self.qemu.clone().map_or_else(|| (binary.clone(), Vec::new()), |it| (it, vec![binary.clone()]))
    }

    fn command(&self) -> Command {
        let (program, arguments) = self.program();
        let mut command = Environment::from_current_process().command(program);
        command.args(arguments).env("HW_ACCESS_KEY", demo::ACCESS_KEY).env("HW_SECRET_KEY", demo::SECRET_KEY);
        command
    }

    /// Starts the binary as a plugin whose threads need much memory, and returns a limit that allows no more threads.
    async fn start_with_large_stacks(&self, client: &ClientIdentity) -> (Plugin, Rlimit) {
        const STACK: u64 = 1024 * 1024 * 1024;
        let (program, arguments) = self.program();
        let mut plugin = Plugin::start_with(program, Some(client), |command| {
            command.args(arguments).env("RUST_MIN_STACK", STACK.to_string());
        })
        .await;
        let status = fs::read_to_string(format!("/proc/{}/status", plugin.id().as_raw_pid())).unwrap();
        let kilobytes = |line: &str| line.strip_prefix("VmSize:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok();
        let limit = Some(status.lines().find_map(kilobytes).unwrap() * 1024 + STACK / 2);
        // After the client has connected, the provider removes stale socket directories in a blocking thread. The name
        // lookup would reuse that thread instead of starting one. Without the socket's directory, no thread is started.
        let moved = plugin.temporary.path().join("moved");
        fs::rename(plugin.line.socket().parent().unwrap(), &moved).unwrap();
        plugin.line.fields[3] = moved.join("socket").to_str().unwrap().to_owned();
        (plugin, Rlimit { current: limit, maximum: limit })
    }
}

#[test]
fn binary_prints_its_version_and_checks_a_group() {
    let emulator = Emulator::start_in_thread().unwrap();
    // The C library looks up the name.
    let url = emulator.url().replace("127.0.0.1", "localhost");
    for platform in runnable_platforms() {
        let binary = Binary::unpack(&platform);
        assert_eq!(run(binary.command().arg("--version")), format!("{NAME} {VERSION}\n"), "{platform}");
        let mut doctor = binary.command();
        doctor.args(["doctor", "--region", demo::REGION, "--instance-id", demo::INSTANCE_ID, "--group", demo::BILLING]);
        doctor.args(["dms", "iam"].map(|service| format!("--endpoint={service}={url}")));
        let report = run(&mut doctor);
        assert!(report.contains(demo::BILLING), "{platform}: {report}");
    }
}

/// Each C library has its own message about a host name that does not exist.
#[test]
fn binary_does_not_retry_unknown_hosts() {
    // Too long for the DNS, so no server is asked.
    let host = "a".repeat(60) + &".a".repeat(110);
    for platform in runnable_platforms() {
        let binary = Binary::unpack(&platform);
        let mut doctor = binary.command();
        doctor.args(["doctor", "--region", demo::REGION, &format!("--endpoint=iam=http://{host}")]);
        let output = doctor.env("HW_INSECURE", "true").output().unwrap();
        let report = String::from_utf8(output.stdout).unwrap();
        assert!(report.contains("dns error") && !report.contains("attempt 2"), "{platform}: {report}");
    }
}

/// Reads the demo's group, and returns the only diagnostic.
async fn read_group(channel: Channel, schema: &pb::Schema) -> pb::Diagnostic {
    let written = [("instance_id", demo::INSTANCE_ID.into()), ("group", demo::BILLING.into())];
    let request = pb::read_data_source::Request {
        type_name: GROUP.to_owned(),
        config: block(schema, &written),
        ..pb::read_data_source::Request::default()
    };
    let mut client = pb::provider_client::ProviderClient::new(channel);
    let response = within(client.read_data_source(request)).await.unwrap().into_inner();
    <[_; 1]>::try_from(response.diagnostics).expect("one diagnostic")[0].clone()
}

/// The look-up of a name needs a thread. If there is no memory for it, the HTTP library panics. glibc would reuse the
/// memory of an earlier thread, so only binaries with musl are tested.
#[tokio::test]
async fn panic_in_a_call_of_the_binary_becomes_a_diagnostic() {
    let mut platforms = platforms();
    platforms.retain(|platform| {
        let sbom = fs::read(dist().join(file_name(&format!("{platform}.cdx.json")))).unwrap();
        String::from_utf8_lossy(&sbom).contains("\"pkg:generic/musl\"")
    });
    assert_ne!(platforms, [""; 0], "no archive has a binary with musl");
    for platform in platforms {
        let emulator = Emulator::start_in_thread().unwrap();
        let (binary, identity) = (Binary::unpack(&platform), ClientIdentity::new());
        let (mut plugin, limit) = binary.start_with_large_stacks(&identity).await;
        let channel = plugin.connect(Some(&identity)).await.unwrap();
        let schema = ask_for_schema(channel.clone()).await.unwrap();
        let dms = emulator.url().replace("127.0.0.1", "localhost");
        let endpoints = [("iam".to_owned(), emulator.url().into()), ("dms".to_owned(), dms.into())];
        let written = [
            ("region", demo::REGION.into()),
            ("access_key", demo::ACCESS_KEY.into()),
            ("secret_key", demo::SECRET_KEY.into()),
            ("endpoints", endpoints.into_iter().collect()),
        ];
        let config = block(&schema.provider.unwrap(), &written);
        let request = pb::configure::Request { config, ..pb::configure::Request::default() };
        let mut client = pb::provider_client::ProviderClient::new(channel.clone());
        assert_eq!(within(client.configure(request)).await.unwrap().into_inner().diagnostics, []);

        // The first call sets up the HTTP library in a thread, and ends before it needs the name.
        let refusal = Effect::Status(FaultResponse::new(400, "IAM.0001", "No."));
        emulator.add_fault(Fault::new(refusal).on(Operation::ListProjects).times(1));
        let group = &schema.data_source_schemas[GROUP];
        let refused = read_group(channel.clone(), group).await;
        assert!(refused.detail.contains("IAM.0001"), "{platform}: {refused:?}");
        prlimit(Some(plugin.id()), Resource::As, limit).unwrap();
        let crash = read_group(channel.clone(), group).await;
        assert_eq!(crash.summary, "The provider crashed", "{platform}: {crash:?}");
        assert!(crash.detail.contains("spawn worker thread"), "{platform}: {crash:?}");
        // The process continues to serve.
        ask_for_schema(channel.clone()).await.unwrap();
        shut_down(channel).await;
        assert_eq!(plugin.exit_code().await, Some(0), "{platform}");
    }
}

fn terraform() -> Terraform {
    let environment = Environment::from_current_process();
    let target = Path::new(ROOT).join("target");
    let found = Finder::new(&environment, &target).find(env::var_os("TERRAFORM").as_deref(), &Release::OLDER);
    found.unwrap_or_else(|error| panic!("this test needs a real Terraform: {error}"))
}

#[test]
fn release_is_installed_and_applied() {
    let stage = Stage::new();
    let release = stage.signed_release();
    let commands = readme_commands("release=");
    // A file that was changed after signing is not installed.
    let sums = release.join(file_name("SHA256SUMS"));
    let signed = fs::read(&sums).unwrap();
    fs::write(&sums, [&signed[..], b"\n"].concat()).unwrap();
    let output = stage.bash(&commands, &release).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("BAD signature"), "{output:?}");
    assert!(!output.status.success() && stage.installed().is_empty(), "{output:?}");
    fs::write(&sums, signed).unwrap();

    let printed = run(&mut stage.bash(&commands, &release));
    assert!(printed.contains(&format!("{}.zip: OK", platform())), "{printed}");
    let binary = format!("{NAME}_v{VERSION}");
    assert_eq!(stage.installed(), ["CHANGELOG.md", "LICENSE", "README.md", &*binary]);
    stage.apply(&terraform());
}

#[test]
fn build_of_the_sources_is_installed_and_applied() {
    let stage = Stage::new();
    let mut install = stage.bash(&readme_commands("cargo build"), Path::new(ROOT));
    // By default, cargo and the compiler are in the home directory.
    let home = PathBuf::from(env::var_os("HOME").expect("HOME, for cargo and rustup"));
    for (name, usual) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        install.env(name, env::var_os(name).unwrap_or_else(|| home.join(usual).into()));
    }
    run(install.envs(env::var_os("RUSTUP_TOOLCHAIN").map(|toolchain| ("RUSTUP_TOOLCHAIN", toolchain))));
    assert_eq!(stage.installed(), [format!("{NAME}_v{VERSION}")]);
    stage.apply(&terraform());
}
