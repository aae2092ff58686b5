//! A real Apache Kafka on this machine: one empty broker, which is also its controller (KRaft), on free ports of
//! 127.0.0.1. Maven copies Kafka's jars from Maven Central into the target directory.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::Environment;
use crate::process::{self, Background};

/// Kafka's version.
pub const VERSION: &str = "4.1.0";
/// The oldest Java version that runs this version of Kafka.
const MINIMUM_JAVA: u32 = 17;
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
/// The line that the broker logs when it is ready.
const READY_LINE: &str = "Kafka Server started";
const START_TIMEOUT: Duration = Duration::from_secs(120);
/// Runs the broker, and kills it when standard input closes. A clean shutdown would take longer, and nothing needs the
/// broker's data.
const RUN_UNTIL_STDIN_CLOSES: &str = r#"exec 3<&0; "$@" 3<&- & broker=$!
(cat <&3 > /dev/null; kill -KILL $broker) & wait $broker; kill $!"#;

/// Kafka's jars, and the Java to run them.
#[derive(Clone, Debug)]
pub struct Distribution {
    java: PathBuf,
    libs: PathBuf,
    environment: Environment,
}

impl Distribution {
    /// Finds Java on `PATH`, and downloads the jars to cargo's target directory if needed. Safe to call concurrently:
    /// one caller downloads, and the others wait.
    ///
    /// # Errors
    /// Java is missing or too old, Maven is missing, or the download fails.
    pub fn install(environment: &Environment, target: &Path) -> Result<Self> {
        let java = find_java(environment).with_context(|| {
            format!(
                "Apache Kafka {VERSION} needs Java {MINIMUM_JAVA} or later \
                 (Debian, Ubuntu: apt install openjdk-{MINIMUM_JAVA}-jre-headless)"
            )
        })?;
        let libs = std::path::absolute(target.join("kafka").join("libs"))?;
        fs::create_dir_all(&libs).with_context(|| format!("cannot create {}", libs.display()))?;
        let _lock = process::lock(&libs.with_extension("lock"))?;
        // Written last, so it marks the directory as complete.
        let stamp = libs.join("complete");
        let pom = include_str!("pom.xml").replace("KAFKA_VERSION", VERSION);
        if fs::read_to_string(&stamp).ok().as_ref() != Some(&pom) {
            fs::remove_dir_all(&libs).and_then(|()| fs::create_dir(&libs))?;
            fs::write(libs.join("pom.xml"), &pom)?;
            download(environment, &libs).with_context(|| {
                format!(
                    "Apache Kafka {VERSION} cannot be downloaded. The download needs Maven (Debian, Ubuntu: apt \
                     install maven) and access to Maven Central, or a mirror in Maven's settings"
                )
            })?;
            fs::write(stamp, pom)?;
        }
        Ok(Self { java, libs, environment: environment.clone() })
    }

    /// A command that runs one of Kafka's programs, by its class name. The caller adds arguments.
    pub fn java(&self, class: &str) -> Command {
        self.java_with(&[], class)
    }

    fn java_with(&self, options: &[&str], class: &str) -> Command {
        let mut command = self.environment.command(&self.java);
        // The first compiler tier is sufficient, because these programs run briefly or have little to do. Java expands
        // the wildcard itself.
        command.arg("-XX:TieredStopAtLevel=1").args(options).arg("-cp").arg(self.libs.join("*")).arg(class);
        command
    }
}

/// Maven inherits the whole environment, which determines its settings, its repository and the proxy.
fn download(environment: &Environment, libs: &Path) -> Result<()> {
    let mut output_directory = OsString::from("-DoutputDirectory=");
    output_directory.push(libs);
    let mut command = Command::new(environment.find_program("mvn").context("mvn is not on PATH")?);
    command.env("PATH", &environment.path).args(["--batch-mode", "--quiet", "--strict-checksums", "--file"]);
    process::output(command.arg(libs.join("pom.xml")).args([COPY.as_ref(), output_directory.as_os_str()])).map(drop)
}

fn find_java(environment: &Environment) -> Result<PathBuf> {
    let java = environment.find_program("java").context("java is not on PATH")?;
    let printed = process::text(&process::capture(environment.command(&java).arg("-version"))?);
    let version = major_version(&printed).unwrap_or_default();
    ensure!(version >= MINIMUM_JAVA, "`{} -version` printed:\n{}", java.display(), process::tail(&printed));
    Ok(java)
}

/// The first number of the version in quotes: 17 of `openjdk version "17.0.15" 2025-04-15`. Java 8 reports 1.8, which
/// is also too old.
fn major_version(text: &str) -> Option<u32> {
    text.split('"').nth(1)?.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

/// A running broker. It stops when it is dropped, or when this process ends for any reason.
#[derive(Debug)]
pub struct Broker {
    bootstrap: String,
    _process: Background,
}

impl Broker {
    /// Starts a broker with its files in `directory`, which is created if needed, and waits until it is ready.
    ///
    /// # Errors
    /// The broker cannot be started, ends early, or is not ready in time.
    pub fn start(distribution: &Distribution, directory: &Path) -> Result<Self> {
        let directory = std::path::absolute(directory)?;
        let data = directory.join("data");
        fs::create_dir_all(&data).and_then(|()| fs::remove_dir_all(&data))?;
        let [clients, controller] = free_ports().context("cannot find a free port")?;
        let configuration = directory.join("server.properties");
        fs::write(&configuration, properties(clients, controller))?;
        let mut format = distribution.java("kafka.tools.StorageTool");
        // Any 16 bytes in base64 are a valid cluster id.
        format.args(["format", "--cluster-id", "ZG1zLWVtdWxhdG9yLWthZg", "--config"]).arg(&configuration);
        process::output(format.current_dir(&directory)).context("cannot format Kafka's data directory")?;

        let broker = distribution.java_with(&["-Xmx512m", "-Dlog4j2.level=INFO"], "kafka.Kafka");
        let log = directory.join("broker.log");
        let output = File::create(&log)?;
        let mut command = distribution.environment.command("sh");
        command.args(["-c", RUN_UNTIL_STDIN_CLOSES, "sh"]).arg(broker.get_program()).args(broker.get_args());
        command.arg(&configuration).current_dir(&directory).stdout(output.try_clone()?).stderr(output);
        let mut process = Background::start(&mut command)?;
        wait_until_ready(&mut process, &log)?;
        Ok(Self { bootstrap: format!("127.0.0.1:{clients}"), _process: process })
    }

    /// The bootstrap address, `127.0.0.1:PORT`.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }
}

fn wait_until_ready(broker: &mut Background, log: &Path) -> Result<()> {
    let deadline = Instant::now() + START_TIMEOUT;
    loop {
        process::check()?;
        let has_ended = broker.has_ended();
        let text = String::from_utf8_lossy(&fs::read(log)?).into_owned();
        if text.contains(READY_LINE) {
            return Ok(());
        }
        if has_ended || Instant::now() > deadline {
            let why = if has_ended { "it ended" } else { "it was not ready in time" };
            bail!("Kafka did not start: {why}\n{}\nLog: {}", process::tail(&text), log.display());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Finds two free ports. Both listeners stay open until both ports are known, so that the ports differ.
fn free_ports() -> std::io::Result<[u16; 2]> {
    let listeners = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
    Ok([listeners[0].local_addr()?.port(), listeners[1].local_addr()?.port()])
}

/// The configuration of a single node without replication. Topics are not created automatically, messages are kept
/// regardless of their age, and compaction starts immediately.
fn properties(clients: u16, controller: u16) -> String {
    format!(
        "\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{clients},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{clients}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
log.retention.ms=-1
log.cleaner.backoff.ms=100
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{environment, script};

    /// A stand-in for Java 17, which formats a data directory and runs a broker.
    const JAVA: &str = r#"case "$*" in
-version) echo 'openjdk version "17.0.15" 2025-04-15' >&2 ;;
*StorageTool*) mkdir data ;;
*kafka.Kafka*) echo 'Kafka Server started'; exec sleep 1000 ;;
esac"#;

    #[test]
    fn missing_java_or_maven_is_an_error_with_advice_and_jars_are_downloaded_once() {
        let directory = tempfile::tempdir().unwrap();
        let program = |name: &str, text: &str| script(&directory.path().join(name), text);
        let environment = environment(&[directory.path()]);
        let install = || Distribution::install(&environment, directory.path());
        let fails_with = |parts: [&str; 2]| {
            let error = format!("{:#}", install().unwrap_err());
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        };
        fails_with(["java is not on PATH", "openjdk-17-jre-headless"]);
        for version in ["openjdk version \"11.0.2\" 2019-01-15", "java version \"1.8.0_202\"", "No Java runtime"] {
            program("java", &format!("echo '{version}' >&2"));
            fails_with(["needs Java 17 or later", version]);
        }
        program("java", JAVA);
        fails_with(["mvn is not on PATH", "apt install maven"]);
        program("mvn", "echo 'Could not transfer artifact'; exit 1");
        fails_with(["Could not transfer artifact", "Maven Central"]);
        program("mvn", "echo called >> \"$(dirname \"$0\")/calls\"");
        for _ in 0..2 {
            install().unwrap();
            assert_eq!(fs::read_to_string(directory.path().join("calls")).unwrap(), "called\n");
        }
    }

    fn start(java: &str, directory: &Path) -> Result<Broker> {
        script(&directory.join("java"), java);
        script(&directory.join("mvn"), "true");
        Broker::start(&Distribution::install(&environment(&[directory]), directory)?, directory)
    }

    #[test]
    fn broker_that_does_not_start_is_an_error_with_its_log() {
        let directory = tempfile::tempdir().unwrap();
        let java = JAVA.replace("'Kafka Server started'; exec", "Address in use; exit 1;");
        let error = start(&java, directory.path()).unwrap_err().to_string();
        for part in ["Kafka did not start: it ended", "    Address in use", "broker.log"] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn dropped_broker_ends() {
        let directory = tempfile::tempdir().unwrap();
        let java = JAVA.replace("echo 'Kafka", "echo $$ > process; echo 'Kafka");
        drop(start(&java, directory.path()).unwrap());
        let process = fs::read_to_string(directory.path().join("process")).unwrap();
        assert!(!Path::new("/proc").join(process.trim_end()).exists());
    }
}
