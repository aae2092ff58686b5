//! A working directory with everything that a real Terraform needs: an emulator, a home, a provider mirror and a
//! configuration. Of the environment, only PATH is inherited.

use std::fmt;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use dms_emulator::{Emulator, demo};
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use testkit::mirror::Mirror;
use testkit::process::Watchdog;
use testkit::terraform::Terraform;

use super::secrets;
use crate::{BINARY, snapshot};

/// The directory, emulator and credentials of one test.
pub(crate) struct Workspace {
    pub(crate) emulator: Emulator,
    terraform: &'static Terraform,
    mirror: Mirror,
    directory: TempDir,
    access_key: Option<&'static str>,
    secret_key: Option<&'static str>,
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            secrets::search_directory(&self.path("work"));
        }
    }
}

/// The output and exit code of a command.
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    command: String,
    code: Option<i32>,
}

/// A resource block with the demo's instance, group and topic, and further arguments.
pub(crate) fn reset_block(arguments: &str) -> String {
    format!(
        r#"resource "huaweicloud_kafka_offset_reset" "this" {{
  instance_id = "{instance}"
  group       = "billing"
  topic       = "orders"
  {arguments}
}}
"#,
        instance = demo::INSTANCE_ID
    )
}

/// The same for group "wide-reader" and topic "wide", which a test adds.
pub(crate) fn wide_reset_block(arguments: &str) -> String {
    reset_block(arguments).replace("billing", "wide-reader").replace("\"orders\"", "\"wide\"")
}

impl Workspace {
    pub(crate) fn new(terraform: &'static Terraform) -> Self {
        Self::with(terraform, Emulator::start_in_thread().unwrap())
    }

    /// A workspace with this emulator, which must have the demo's instance and credentials.
    pub(crate) fn with(terraform: &'static Terraform, emulator: Emulator) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for name in ["tmp", "work"] {
            fs::create_dir(directory.path().join(name)).unwrap();
        }
        let mirror = Mirror::create(directory.path(), BINARY.as_ref()).unwrap();
        let workspace = Self {
            emulator,
            terraform,
            mirror,
            directory,
            access_key: Some(demo::ACCESS_KEY),
            secret_key: Some(demo::SECRET_KEY),
        };
        workspace.write("provider.tf", &workspace.provider_block());
        workspace
    }

    pub(crate) fn provider_block(&self) -> String {
        format!(
            r#"terraform {{
  required_providers {{
    huaweicloud = {{
      source = "{source}"
    }}
  }}
}}

provider "huaweicloud" {{
  region    = "{region}"
  endpoints = {{ dms = "{url}", iam = "{url}" }}
}}
"#,
            source = testkit::mirror::SOURCE,
            region = demo::REGION,
            url = self.emulator.url(),
        )
    }

    /// The content of an override file that directs a provider block to this emulator.
    pub(crate) fn endpoints(&self) -> String {
        let url = self.emulator.url();
        format!("provider \"huaweicloud\" {{\n  endpoints = {{ dms = \"{url}\", iam = \"{url}\" }}\n}}\n")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file of the configuration.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path("work").join(name);
        fs::create_dir_all(path.parent().expect("a directory")).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Creates a named pipe.
    pub(crate) fn make_pipe(&self, name: &str) -> PathBuf {
        let path = self.path("work").join(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    pub(crate) fn forget_credentials(&mut self) {
        (self.access_key, self.secret_key) = (None, None);
    }

    pub(crate) fn use_secret_key(&mut self, key: &'static str) {
        self.secret_key = Some(key);
    }

    fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = self.mirror.command(self.terraform);
        command
            .args(arguments)
            .current_dir(self.path("work"))
            .env("TMPDIR", self.path("tmp"))
            .env("TF_CLI_ARGS", "-no-color")
            .env("TF_INPUT", "0")
            .envs(self.access_key.map(|key| ("HW_ACCESS_KEY", key)))
            .envs(self.secret_key.map(|key| ("HW_SECRET_KEY", key)))
            .envs(variables.iter().copied())
            .stdin(Stdio::null());
        if !variables.iter().any(|(name, _)| name.starts_with("TF_LOG")) {
            // The search for secrets at the end reads the whole log.
            command.env("TF_LOG_PROVIDER", "trace").env("TF_LOG_PATH", "provider.log");
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.run_with(arguments, &[])
    }

    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        Running::start(&mut self.command(arguments, variables), arguments).finish()
    }

    /// Starts a command in a separate process group, as a shell does.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        self.start_with(arguments, &[])
    }

    pub(crate) fn start_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Running {
        Running::start(self.command(arguments, variables).process_group(0), arguments)
    }

    pub(crate) fn terraform(&self) -> &'static Terraform {
        self.terraform
    }

    pub(crate) fn init(&self) {
        self.run(&["init"]).succeeded();
    }

    pub(crate) fn apply(&self) -> Output {
        self.run(&["apply", "-auto-approve"]).succeeded()
    }

    /// Plans, and fails if the plan has changes.
    pub(crate) fn assert_no_changes(&self) {
        let plan = self.run(&["plan", "-detailed-exitcode"]);
        assert_eq!(plan.code, Some(0), "{plan}");
    }

    /// The number of resets that arrived, accepted or not.
    pub(crate) fn resets(&self) -> usize {
        self.emulator.journal().count("PUT", "/reset-message-offset")
    }

    /// The number of requests of any kind that arrived.
    pub(crate) fn calls(&self) -> usize {
        self.emulator.journal().entries().len()
    }

    /// The committed offsets of the demo's group on its topic.
    pub(crate) fn offsets(&self) -> Vec<i64> {
        self.offsets_of(demo::BILLING)
    }

    pub(crate) fn offsets_of(&self, group: &str) -> Vec<i64> {
        self.emulator.group_offsets(demo::INSTANCE_ID, group, demo::ORDERS).unwrap()
    }

    /// Adds an inactive group that has consumed the demo's topic.
    pub(crate) fn add_group(&self, name: &str) {
        self.add_group_on(name, demo::ORDERS, &[1, 101, 4_000_000_001]);
    }

    /// Adds a topic with this many partitions, each with offsets 0 to 100.
    pub(crate) fn add_topic(&self, name: &str, partitions: usize) {
        let partitions = vec![serde_json::json!({ "log_end": 100 }); partitions];
        self.merge(&serde_json::json!({ "topics": [{ "name": name, "partitions": partitions }] }));
    }

    /// Adds an inactive group that has committed these offsets on a topic, from partition 0 on.
    pub(crate) fn add_group_on(&self, name: &str, topic: &str, offsets: &[i64]) {
        self.merge(&serde_json::json!({ "groups": [{ "name": name, "offsets": { topic: offsets } }] }));
    }

    /// Starts an apply that shifts group "wide-reader" on this many partitions, and holds its first eight requests.
    pub(crate) fn start_wide_shift(&self, partitions: u32) -> Running {
        self.add_topic("wide", partitions as usize);
        self.add_group_on("wide-reader", "wide", &(0..i64::from(partitions)).collect::<Vec<i64>>());
        self.write("main.tf", &wide_reset_block("shift_by = 1"));
        self.init();
        self.emulator.hold();
        let running = self.start(&["apply", "-auto-approve"]);
        self.wait_for_resets(8);
        running
    }

    /// Merges a part of an instance's seed into the demo.
    pub(crate) fn merge(&self, instance: &serde_json::Value) {
        let mut instance = instance.clone();
        instance["id"] = demo::INSTANCE_ID.into();
        instance["project_id"] = demo::PROJECT_ID.into();
        let seed = serde_json::json!({ "instances": [instance] });
        let seed = dms_emulator::Seed::from_json(&seed.to_string()).unwrap();
        self.emulator.merge(&seed).unwrap();
    }

    /// Waits until this many resets have arrived.
    pub(crate) fn wait_for_resets(&self, count: usize) {
        block_on(self.emulator.wait_for_nth("PUT", "/reset-message-offset", count));
    }

    /// Waits for a request like this.
    pub(crate) fn wait_until(&self, wanted: impl Fn(&dms_emulator::JournalEntry) -> bool) {
        block_on(self.emulator.wait_until(wanted));
    }

    /// Deletes the state of Terraform.
    pub(crate) fn forget_state(&self) {
        for name in ["terraform.tfstate", "terraform.tfstate.backup"] {
            match fs::remove_file(self.path("work").join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{name}: {error}"),
                _ => {}
            }
        }
    }

    /// Lets `init` accept another build of the same version.
    pub(crate) fn forget_lock_file(&self) {
        fs::remove_file(self.path("work").join(".terraform.lock.hcl")).unwrap();
    }

    pub(crate) fn state_text(&self) -> String {
        fs::read_to_string(self.path("work").join("terraform.tfstate")).unwrap_or_default()
    }

    /// The log of the provider so far, from commands without a TF_LOG variable.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("work").join("provider.log")).unwrap_or_default()
    }

    /// Waits until the provider has logged this.
    pub(crate) fn wait_for_log(&self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.log().contains(text) {
            assert!(Instant::now() < deadline, "{text:?} is not logged: {}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn state_resources(&self) -> Vec<serde_json::Value> {
        let text = self.state_text();
        if text.is_empty() {
            return Vec::new();
        }
        let state: serde_json::Value = serde_json::from_str(&text).unwrap();
        state["resources"].as_array().cloned().unwrap_or_default()
    }

    /// The attributes of the only instance of the reset.
    pub(crate) fn resource_state(&self) -> serde_json::Value {
        let resources = self.state_resources();
        let reset = resources.iter().find(|it| it["type"] == "huaweicloud_kafka_offset_reset").expect("the reset");
        reset["instances"][0]["attributes"].clone()
    }

    /// One attribute of every reset in the state.
    pub(crate) fn attribute_of_every_reset(&self, attribute: &str) -> Vec<serde_json::Value> {
        let resources = self.state_resources();
        let resets = resources.iter().filter(|it| it["type"] == "huaweicloud_kafka_offset_reset");
        resets.map(|it| it["instances"][0]["attributes"][attribute].clone()).collect()
    }

    pub(crate) fn state_is_empty(&self) -> bool {
        self.state_resources().is_empty()
    }

    /// The processes of the provider that Terraform started from this workspace's mirror.
    pub(crate) fn providers(&self) -> Vec<Pid> {
        let processes = fs::read_dir("/proc").expect("these tests look for processes in /proc");
        let number = |entry: std::io::Result<fs::DirEntry>| entry.ok()?.file_name().to_str()?.parse::<i32>().ok();
        let ours = |number: &i32| {
            fs::read_link(format!("/proc/{number}/exe")).is_ok_and(|path| path.starts_with(self.directory.path()))
        };
        processes.filter_map(number).filter(ours).filter_map(Pid::from_raw).collect()
    }

    /// Waits until all of them have ended.
    pub(crate) fn wait_for_end_of_providers(&self) {
        for provider in self.providers() {
            // The kernel reports the end of the process. One that has already ended cannot be opened.
            if let Ok(process) = rustix::process::pidfd_open(provider, rustix::process::PidfdFlags::empty()) {
                let mut ended = [rustix::event::PollFd::new(&process, rustix::event::PollFlags::IN)];
                let minute = rustix::event::Timespec { tv_sec: 60, tv_nsec: 0 };
                let count = rustix::event::poll(&mut ended, Some(&minute)).unwrap();
                assert_eq!(count, 1, "process {provider:?} outlives its Terraform");
            }
        }
    }

    /// Sockets and directories that providers left in their temporary directory.
    pub(crate) fn left_by_plugins(&self) -> Vec<String> {
        let names = fs::read_dir(self.path("tmp")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.starts_with("plugin")).collect()
    }

    /// Starts a command as [`Workspace::start`] does, and also returns its lines while it runs.
    pub(crate) fn start_with_output_lines(&self, arguments: &[&str]) -> (Running, Receiver<String>) {
        let mut running = self.start(arguments);
        let printed = running.child.stdout.take().expect("piped");
        let (kept, mut copy) = std::io::pipe().unwrap();
        running.child.stdout = Some(OwnedFd::from(kept).into());
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(printed).lines().map_while(Result::ok) {
                // Either receiver may be closed.
                let _ = writeln!(copy, "{line}");
                let _ = sender.send(line);
            }
        });
        (running, lines)
    }

    /// Makes Terraform start the provider through a shell that runs these commands first.
    pub(crate) fn start_provider_with(&self, commands: &str) {
        let script = self.path("provider");
        fs::write(&script, format!("#!/bin/sh\n{commands}\nexec {BINARY}\n")).unwrap();
        fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
        self.mirror.add(testkit::mirror::SOURCE, testkit::mirror::VERSION, &script).unwrap();
    }

    /// Puts our provider into the mirror under the name of another one, whose schema is all that Terraform needs.
    pub(crate) fn add_stand_in(&self, source: &str, version: &str) {
        self.mirror.add(source, version, BINARY.as_ref()).unwrap();
    }
}

fn block_on<T>(what: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(testkit::plugin::within(what))
}

/// The maximum time for a command of Terraform, or of the provider without it.
pub(crate) const HANG_TIMEOUT: Duration = Duration::from_secs(300);

/// A command that is still running.
pub(crate) struct Running {
    child: Child,
    command: String,
}

impl Running {
    fn start(command: &mut Command, arguments: &[&str]) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, command: arguments.join(" ") }
    }

    /// Ctrl-C.
    pub(crate) fn interrupt_group(&self) {
        let group = Pid::from_raw(self.child.id().cast_signed()).unwrap();
        kill_process_group(group, Signal::INT).unwrap();
    }

    /// Kills only Terraform, which cannot clean up.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn finish(mut self) -> Output {
        let read = |pipe: Option<Box<dyn Read + Send>>| {
            std::thread::spawn(move || {
                let mut text = String::new();
                pipe.expect("piped").read_to_string(&mut text).unwrap();
                text
            })
        };
        let stdout = read(self.child.stdout.take().map(|pipe| Box::new(pipe) as _));
        let stderr = read(self.child.stderr.take().map(|pipe| Box::new(pipe) as _));
        let watchdog = Watchdog::new(&self.child, HANG_TIMEOUT);
        let code = self.child.wait().unwrap().code();
        drop(watchdog);
        Output::new(stdout.join().unwrap(), stderr.join().unwrap(), self.command, code)
    }
}

impl Output {
    fn new(stdout: String, stderr: String, command: String, code: Option<i32>) -> Self {
        secrets::search("standard output", &stdout);
        secrets::search("standard error", &stderr);
        Self { stdout, stderr, command, code }
    }

    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }

    pub(crate) fn failed(self) -> Self {
        assert_eq!(self.code, Some(1), "{self}");
        self
    }

    /// The errors and warnings as a user reads them, for a snapshot.
    pub(crate) fn diagnostics(&self) -> String {
        snapshot::diagnostics(&format!("{}\n\n{}", self.stdout, self.stderr))
    }

    /// Everything that was printed, without frames and line breaks.
    pub(crate) fn text(&self) -> String {
        let text = format!("{}\n{}", self.stdout, self.stderr).replace(['│', '╷', '╵'], " ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stdout, stderr, command, code } = self;
        write!(f, "terraform {command}: exit code {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}")
    }
}
