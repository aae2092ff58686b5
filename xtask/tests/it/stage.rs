//! Stand-ins for cargo, Terraform, Python and the emulator, so that a test can hold, fail or inspect each phase of
//! `xtask quickstart` without building or installing anything.

mod kafka;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::script;

/// Only a hang takes longer. The test then fails instead of waiting forever.
const HANGS_AFTER: Duration = Duration::from_secs(60);

const REQUEST_ID: &str = "5f0d4a1c9b7e4d6f8a2b3c4d5e6f7a8b";
/// The block that the stand-in for the emulator prints.
pub(crate) const PROVIDER_BLOCK: &str = "provider \"huaweicloud\" {\n  region = \"printed\"\n}\n";

/// A run that is blocked in the held phase.
pub(crate) struct Held {
    pub(crate) child: Child,
    fifo: Receiver<String>,
}

impl Held {
    /// Waits for the end of the run, and of all processes that hold the fifo. Returns the status, what they wrote into
    /// the fifo, and standard error.
    pub(crate) fn end(mut self) -> (ExitStatus, String, String) {
        let deadline = Instant::now() + HANGS_AFTER;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the quickstart did not end");
            thread::sleep(Duration::from_millis(5));
        };
        let written = self.fifo.recv_timeout(HANGS_AFTER);
        let written = written.expect("a process outlives the quickstart");
        let mut errors = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        stderr.read_to_string(&mut errors).unwrap();
        (status, written, errors)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // Kills the run if a test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The directory with the stand-ins, and the shell code to run in each phase.
pub(crate) struct Stage {
    directory: tempfile::TempDir,
    actions: BTreeMap<String, String>,
    use_python: bool,
    use_kafka: bool,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let made = Command::new("mkfifo").arg(directory.path().join("hold")).status();
        assert!(made.unwrap().success());
        Self { directory, actions: BTreeMap::new(), use_python: false, use_kafka: false }
    }

    /// A file or directory of the stage.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A stage for `--kafka`, which also has stand-ins for Kafka.
    pub(crate) fn with_kafka() -> Self {
        Self { use_kafka: true, ..Self::new() }
    }

    /// The working directory of the quickstart.
    pub(crate) fn work(&self) -> PathBuf {
        self.path(if self.use_kafka { "target/quickstart-kafka" } else { "target/quickstart" })
    }

    /// Adds shell code to a phase: `cargo build`, `python venv`, `python pip`, `emulator start`, `emulator end`,
    /// `terraform init`, `terraform plan`, `terraform show`, `terraform apply`; with Kafka also `kafka format`, `kafka
    /// broker`, `kafka topic`, `kafka produce`, `kafka consume`, `kafka describe`, `kafka dry run`.
    pub(crate) fn on(&mut self, phase: &str, action: impl Into<String>) {
        // These tests do not set TERRAFORM, so that Python is needed.
        self.use_python |= phase.starts_with("python");
        self.actions.insert(phase.to_owned(), action.into());
    }

    /// Blocks a phase until it is killed. The phase also has a child process.
    pub(crate) fn hold(&mut self, phase: &str) {
        let action = format!("{}\nsleep 1000 & wait", self.holding());
        self.on(phase, action);
    }

    /// Shell code that opens the fifo, for phases that then continue.
    pub(crate) fn holding(&self) -> String {
        format!("exec 9> '{}'\necho reached >&9", self.path("hold").display())
    }

    fn action(&self, phase: &str) -> &str {
        self.actions.get(phase).map_or("", String::as_str)
    }

    /// The command `xtask quickstart`, with only `PATH` from this process's environment.
    pub(crate) fn quickstart(&self) -> Command {
        self.write_cargo();
        self.write_terraform();
        self.write_python();
        self.write_emulator(serve(self.path("applied"), self.path("journal.json")));
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", self.path("bin").display());
        command
            .arg("quickstart")
            .env_clear()
            .env("PATH", path)
            .env("CARGO", self.path("cargo"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if self.use_kafka {
            command.arg("--kafka");
            self.write_kafka();
        }
        if !self.use_python {
            command.env("TERRAFORM", self.path("terraform"));
        }
        command
    }

    /// Runs the quickstart to its end. Returns the output, and all of it as text.
    pub(crate) fn run(&self) -> (Output, String) {
        let output = self.quickstart().output().unwrap();
        let mut text = String::from_utf8(output.stdout.clone()).unwrap();
        text.push_str(&String::from_utf8(output.stderr.clone()).unwrap());
        (output, text)
    }

    /// Starts the quickstart, and waits until it reaches the held phase.
    pub(crate) fn run_until_held(&self) -> Held {
        let mut child = self.quickstart().spawn().unwrap();
        let (send, fifo) = mpsc::channel();
        let path = self.path("hold");
        thread::spawn(move || {
            let mut file = BufReader::new(File::open(path).unwrap());
            let (mut line, mut rest) = (String::new(), String::new());
            file.read_line(&mut line).unwrap();
            let _ = send.send(line);
            file.read_to_string(&mut rest).unwrap();
            let _ = send.send(rest);
        });
        let line = fifo.recv_timeout(HANGS_AFTER);
        if line.as_deref() != Ok("reached\n") {
            let _ = child.kill();
            panic!("the phase was not reached: {line:?}");
        }
        Held { child, fifo }
    }

    fn write_cargo(&self) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let metadata = json!({
            "workspace_root": root,
            "target_directory": self.path("target"),
        });
        let message = |name: &str, executable: PathBuf| {
            json!({"reason": "compiler-artifact", "target": {"name": name, "kind": ["bin"]},
                "executable": executable})
        };
        let provider = message("terraform-provider-huaweicloud-kafka", self.path("provider"));
        let emulator = message("dms-emulator", self.path("emulator"));
        let finished = json!({"reason": "build-finished", "success": true});
        let build = self.action("cargo build");
        let text = format!(
            "case $1 in\nmetadata) echo '{metadata}' ;;\nbuild)\n{build}\n\
             echo '{provider}'\necho '{emulator}'\necho '{finished}' ;;\n\
             *) exit 9 ;;\nesac"
        );
        script(&self.path("cargo"), &text);
        script(&self.path("provider"), "exit 9");
    }

    fn write_terraform(&self) {
        let reset = json!({
            "instance_id": "i", "group": "billing", "topic": "orders", "request_id": REQUEST_ID,
            "before": {"orders": orders(false)}, "after": {"orders": orders(true)}});
        let state = json!({"values": {"root_module": {"resources": [{
            "type": "huaweicloud_kafka_offset_reset", "values": reset,
        }]}}});
        let applied = self.path("applied").display().to_string();
        let phases = ["init", "plan", "show", "apply"].map(|phase| {
            let action = self.action(&format!("terraform {phase}"));
            let end = match phase {
                "show" => format!("echo '{state}'"),
                "init" => "printf '%s\\n' '- Finding' '- Installed this' 'Warning: the lock file'".to_owned(),
                "apply" if self.use_kafka => self.move_group(),
                "apply" => format!("env > '{applied}'"),
                _ => String::new(),
            };
            format!("{phase}) echo \"terraform says $*\" >&2\n{action}\n{end}\n;;")
        });
        let phases = phases.join("\n");
        let text = format!("case $1 in\nversion) echo Terraform v1.9.0 ;;\n{phases}\n*) exit 9\nesac");
        script(&self.path("terraform"), &text);
    }

    fn write_python(&self) {
        let bin = self.path("bin");
        fs::create_dir_all(&bin).unwrap();
        if !self.use_python {
            return;
        }
        // Precedes other Terraforms on PATH, and cannot be used.
        script(&bin.join("terraform"), "exit 9");
        let inside = self.path("python-inside");
        script(&inside, self.action("python pip"));
        let venv = self.action("python venv");
        let copy = inside.display();
        let text = format!("for last; do :; done\nmkdir -p \"$last/bin\"\n{venv}\ncp '{copy}' \"$last/bin/python\"");
        script(&bin.join("python3"), &text);
    }

    fn write_emulator(&self, port: u16) {
        let (start, end) = (self.action("emulator start"), self.action("emulator end"));
        let text = format!(
            "echo \"PUT with $*\" >&2\n{start}\n\
             echo dms-emulator listening on http://127.0.0.1:{port}\n\
             printf '\\ndemo data\\n\\n%s' '{PROVIDER_BLOCK}'\ncat > /dev/null\n{end}"
        );
        script(&self.path("emulator"), &text);
    }
}

/// Serves the emulator's control API. The offsets change when the file `applied` exists. The journal is the content of
/// the file, or one reset.
fn serve(applied: PathBuf, journal: PathBuf) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let body = match request_path(&mut stream).as_str() {
                "/_emulator/health" => json!({"status": "ok"}).to_string(),
                "/_emulator/state" => state(applied.exists()),
                "/_emulator/journal" => fs::read_to_string(&journal).unwrap_or_else(|_| {
                    let put = json!({"method": "PUT", "path": "/x/reset-message-offset", "status": 204,
                        "request_id": REQUEST_ID});
                    json!([put]).to_string()
                }),
                other => panic!("{other}"),
            };
            let length = body.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n");
            let text = format!("{head}Connection: close\r\n\r\n{body}");
            stream.write_all(text.as_bytes()).unwrap();
        }
    });
    port
}

fn request_path(stream: &mut TcpStream) -> String {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().unwrap().unwrap();
    for line in lines {
        if line.unwrap().is_empty() {
            break;
        }
    }
    let mut words = first.split(' ');
    assert_eq!(words.next(), Some("GET"), "{first}");
    words.next().unwrap().to_owned()
}

fn state(applied: bool) -> String {
    json!({"instances": {"i": {"groups": {"billing": {"offsets": {"orders": orders(applied)}}}}}}).to_string()
}

/// The offsets that the README shows.
fn orders(applied: bool) -> Value {
    if applied {
        json!({"0": 120, "1": 120, "2": 4_000_000_120_i64})
    } else {
        json!({"0": 140, "1": 190, "2": 4_000_000_500_i64})
    }
}
