//! `--debug`: a manually started process, and real Terraforms that connect to it.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use dms_emulator::{Emulator, demo};
use rustix::process::{Pid, Signal, kill_process};
use testkit::process::Watchdog;

use super::harness::{HANG_TIMEOUT, Workspace, reset_block};
use crate::BINARY;
use crate::snapshot::assert_snapshot;

/// Terraform needs neither `init` nor credentials: it uses the process, which has the credentials in its environment.
pub(crate) fn process_serves_many_runs_until_it_is_interrupted(workspace: &mut Workspace) {
    workspace.forget_credentials();
    let mut provider = Debugged::start();
    let attached = [("TF_REATTACH_PROVIDERS", provider.reattach.clone())];
    let attached = attached.each_ref().map(|(name, value)| (*name, value.as_str()));
    let apply = ["apply", "-auto-approve"];

    workspace.write("main.tf", &reset_block("message_offset = 200"));
    workspace.run(&apply).failed();
    workspace.run_with(&apply, &attached).succeeded();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);

    workspace.write("main.tf", &reset_block("message_offset = 210"));
    workspace.emulator.clear_journal();
    workspace.emulator.hold();
    let running = workspace.start_with(&apply, &attached);
    let arrived = workspace.emulator.wait_for_blocking("PUT", "/reset-message-offset", Duration::from_secs(60));
    assert!(arrived.is_some(), "no reset arrived");
    running.interrupt_group();
    let interrupted = running.finish().failed();
    workspace.emulator.release();

    workspace.run_with(&apply, &attached).succeeded();
    assert_eq!(workspace.offsets(), [210, 210, 4_000_000_000]);
    assert!(provider.is_running(), "it ended with a Terraform");
    assert_eq!(provider.left_behind(), 1, "the directory of its socket");

    assert_eq!(provider.end(Signal::INT), (Some(0), String::new()));
    assert_eq!(provider.left_behind(), 0);
    assert_snapshot!(interrupted.diagnostics());
}

/// Otherwise, a reset could reach another region or account.
pub(crate) fn each_provider_block_configures_only_its_own_resources(workspace: &mut Workspace) {
    workspace.forget_credentials();
    let provider = Debugged::start();
    let other = Emulator::start_in_thread().unwrap();
    let block = workspace.provider_block();
    let (_, of_other) = block.split_once("\n\n").unwrap();
    let of_other = of_other.replace(&workspace.emulator.url(), &other.url()).replace("{\n", "{\n  alias = \"other\"\n");
    workspace.write("provider.tf", &format!("{block}\n{of_other}"));
    let here = reset_block("message_offset = 200");
    let there = reset_block("provider = huaweicloud.other\n  message_offset = 210").replace("\"this\"", "\"that\"");
    workspace.write("main.tf", &format!("{here}\n{there}"));
    workspace.run_with(&["apply", "-auto-approve"], &[("TF_REATTACH_PROVIDERS", &provider.reattach)]).succeeded();
    assert_eq!(workspace.offsets(), [200, 200, 4_000_000_000]);
    let offsets = other.group_offsets(demo::INSTANCE_ID, demo::BILLING, demo::ORDERS).unwrap();
    assert_eq!(offsets, [210, 210, 4_000_000_000]);
}

/// A process that was started for debugging.
pub(crate) struct Debugged {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// The value of TF_REATTACH_PROVIDERS that it prints.
    reattach: String,
    temporary: tempfile::TempDir,
}

impl Debugged {
    pub(crate) fn start() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut child = Command::new(BINARY)
            .arg("--debug")
            .env_clear()
            .env("TMPDIR", temporary.path())
            .env("HW_ACCESS_KEY", demo::ACCESS_KEY)
            .env("HW_SECRET_KEY", demo::SECRET_KEY)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        let watchdog = Watchdog::new(&child, HANG_TIMEOUT);
        stdout.read_line(&mut line).unwrap();
        drop(watchdog);
        // A shell evaluates the printed line, as it does for users.
        let script = format!("{line}printf %s \"$TF_REATTACH_PROVIDERS\"");
        let shell = Command::new("/bin/sh").args(["-c", &script]).env_clear().output().unwrap();
        let reattach = String::from_utf8(shell.stdout).unwrap();
        Self { child, stdout, reattach, temporary }
    }

    fn left_behind(&self) -> usize {
        std::fs::read_dir(self.temporary.path()).unwrap().count()
    }

    /// The network and the address that it listens on.
    pub(crate) fn address(&self) -> [String; 2] {
        let reattach: serde_json::Value = serde_json::from_str(&self.reattach).unwrap();
        let (_, provider) = reattach.as_object().unwrap().iter().next().unwrap();
        ["Network", "String"].map(|field| provider["Addr"][field].as_str().unwrap().to_owned())
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends it a signal. Returns its exit code and its remaining output.
    pub(crate) fn end(&mut self, signal: Signal) -> (Option<i32>, String) {
        kill_process(Pid::from_raw(self.child.id().cast_signed()).unwrap(), signal).unwrap();
        let mut rest = String::new();
        let _watchdog = Watchdog::new(&self.child, HANG_TIMEOUT);
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }
}

impl Drop for Debugged {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
