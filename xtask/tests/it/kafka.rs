//! Tests of `cargo xtask kafka` with stand-ins for Java and Maven, and one with a real Kafka.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::{environment, script, signal};

/// A stand-in for Java 17, which formats a data directory and runs as a broker until SIGTERM.
const JAVA: &str = r#"case "$*" in
-version) echo 'openjdk version "17.0.15" 2025-04-15' >&2 ;;
*StorageTool*) mkdir data ;;
*kafka.Kafka*) echo 'Kafka Server started'; trap exit TERM; while :; do sleep 0.1; done ;;
esac"#;
/// A stand-in for Maven, which records that it was called.
const MAVEN: &str = "echo called >> \"$(dirname \"$0\")/maven-calls\"";

/// A target directory and a `PATH` with nothing but stand-ins.
struct Stage {
    directory: tempfile::TempDir,
    target: PathBuf,
}

impl Stage {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let stage = Self { target: directory.path().join("target"), directory };
        fs::create_dir(stage.path("bin")).unwrap();
        for tool in ["sh", "mkdir", "sleep", "dirname"] {
            let found = environment().find_program(tool).unwrap();
            std::os::unix::fs::symlink(found, stage.path("bin").join(tool)).unwrap();
        }
        stage.program("java", JAVA);
        stage.program("mvn", MAVEN);
        stage
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn program(&self, name: &str, text: &str) {
        script(&self.path("bin").join(name), text);
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path("bin").join(name)).unwrap();
    }

    fn broker(&self) -> PathBuf {
        self.path("broker")
    }

    fn kafka(&self, task: &str) -> Outcome {
        kafka(task, &self.target, &self.broker(), self.path("bin").as_os_str())
    }

    fn write_state(&self, process: u32) {
        fs::create_dir_all(self.broker()).unwrap();
        let state = json!({"process": process, "bootstrap": "127.0.0.1:1"});
        fs::write(self.broker().join("state.json"), state.to_string()).unwrap();
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Stops the broker if a test failed.
        self.kafka("down");
    }
}

#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn kafka(task: &str, target: &Path, broker: &Path, path: &std::ffi::OsStr) -> Outcome {
    fs::create_dir_all(broker).unwrap();
    let cargo = broker.join("cargo");
    let metadata = json!({"workspace_root": "/", "target_directory": target});
    script(&cargo, &format!("echo '{metadata}'"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(["kafka", task, "--directory"]).arg(broker).env("PATH", path).env("CARGO", cargo);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn state(broker: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(broker.join("state.json")).unwrap()).unwrap()
}

fn process(broker: &Path) -> u32 {
    state(broker)["process"].as_u64().unwrap().try_into().unwrap()
}

/// A process that is not a broker.
struct OtherProcess(Child);

impl OtherProcess {
    fn new() -> Self {
        Self(Command::new("sleep").arg("1000").spawn().unwrap())
    }
}

impl Drop for OtherProcess {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn missing_java_or_maven_is_an_error_with_advice() {
    let stage = Stage::new();
    stage.remove("mvn");
    let outcome = stage.kafka("up");
    assert_eq!((outcome.code, &*outcome.stdout), (Some(1), ""), "{outcome:?}");
    assert!(outcome.stderr.contains("mvn is not on PATH"), "{outcome:?}");
    assert!(outcome.stderr.contains("apt install maven"), "{outcome:?}");
    stage.remove("java");
    let outcome = stage.kafka("up");
    assert_eq!((outcome.code, &*outcome.stdout), (Some(1), ""), "{outcome:?}");
    assert!(outcome.stderr.contains("java is not on PATH"), "{outcome:?}");
    assert!(outcome.stderr.contains("openjdk-17-jre-headless"), "{outcome:?}");
}

#[test]
fn java_that_is_too_old_is_refused() {
    let stage = Stage::new();
    stage.program("java", "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2");
    let outcome = stage.kafka("up");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("needs Java 17 or later"), "{outcome:?}");
    assert!(outcome.stderr.contains("\"11.0.2\""), "{outcome:?}");
}

#[test]
fn failed_download_is_reported_and_retried() {
    let stage = Stage::new();
    stage.program("mvn", "echo 'Could not transfer artifact'; exit 1");
    let outcome = stage.kafka("up");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stderr.contains("Could not transfer artifact"), "{outcome:?}");
    assert!(outcome.stderr.contains("Maven Central"), "{outcome:?}");
    stage.program("mvn", MAVEN);
    assert_eq!(stage.kafka("up").code, Some(0));
    stage.kafka("down");
    assert_eq!(stage.kafka("up").code, Some(0));
    let calls = fs::read_to_string(stage.path("bin").join("maven-calls")).unwrap();
    assert_eq!(calls, "called\n", "the jars are downloaded once");
}

#[test]
fn broker_that_does_not_start_is_reported_with_its_log() {
    let stage = Stage::new();
    stage.program("java", &JAVA.replace("echo 'Kafka Server started'", "echo 'Address already in use'; exit 1"));
    let outcome = stage.kafka("up");
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    for part in ["Kafka did not start: it ended.", "    Address already in use", "broker.log"] {
        assert!(outcome.stderr.contains(part), "{outcome:?}");
    }
    assert_eq!(stage.kafka("status").code, Some(1));
}

#[test]
fn second_up_finds_the_running_broker() {
    let stage = Stage::new();
    let first = stage.kafka("up");
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(first.stdout.trim_end(), state(&stage.broker())["bootstrap"]);
    let broker = process(&stage.broker());
    let second = stage.kafka("up");
    assert_eq!((second.code, &second.stdout), (Some(0), &first.stdout), "{second:?}");
    assert_eq!(process(&stage.broker()), broker);
    assert_eq!(stage.kafka("status").stdout, first.stdout);
    let down = stage.kafka("down");
    assert_eq!(down.code, Some(0), "{down:?}");
    assert!(down.stderr.contains(&format!("process {broker}")), "{down:?}");
    assert_eq!(stage.kafka("status").code, Some(1));
    assert_eq!(stage.kafka("down").code, Some(0), "stopping twice succeeds");
}

#[test]
fn crashed_broker_is_replaced() {
    let stage = Stage::new();
    assert_eq!(stage.kafka("up").code, Some(0));
    let crashed = process(&stage.broker());
    signal("KILL", crashed);
    let up = stage.kafka("up");
    assert_eq!(up.code, Some(0), "{up:?}");
    assert_ne!(process(&stage.broker()), crashed);
}

#[test]
fn process_that_reuses_the_brokers_id_is_not_stopped() {
    let stage = Stage::new();
    let mut other = OtherProcess::new();
    stage.write_state(other.0.id());
    assert_eq!(stage.kafka("status").code, Some(1));
    let down = stage.kafka("down");
    assert_eq!(down.code, Some(0), "{down:?}");
    assert!(down.stderr.contains("was not stopped"), "{down:?}");
    assert_eq!(other.0.try_wait().unwrap(), None);
    assert!(!stage.broker().join("state.json").exists());
}

#[test]
fn invalid_state_file_stops_no_process() {
    let stage = Stage::new();
    for text in ["", "{}", r#"{"process": -1, "bootstrap": ""}"#, r#"{"process": 0, "bootstrap": ""}"#] {
        fs::create_dir_all(stage.broker()).unwrap();
        fs::write(stage.broker().join("state.json"), text).unwrap();
        let down = stage.kafka("down");
        assert_eq!(down.code, Some(1), "{text}: {down:?}");
    }
    fs::remove_file(stage.broker().join("state.json")).unwrap();
}

/// The same with a real Kafka, which needs Java, and Maven the first time.
#[cfg(feature = "kafka")]
#[test]
fn real_broker_accepts_connections_until_down() {
    use std::net::TcpStream;
    let directory = tempfile::tempdir().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let run = |task| kafka(task, &crate::support::target(), directory.path(), &path);
    let up = run("up");
    let connection = TcpStream::connect(up.stdout.trim_end());
    let down = run("down");
    assert_eq!(up.code, Some(0), "{up:?}");
    connection.unwrap();
    assert!(down.stderr.contains("Kafka has stopped"), "{down:?}");
    TcpStream::connect(up.stdout.trim_end()).unwrap_err();
}
