//! Apache Kafka's jars, which Maven copies from Maven Central into the target directory.
//!
//! A stamp file, written last, marks the directory as complete.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::{Supervisor, tail};
use crate::{Environment, Error, lock};

/// Kafka's version.
pub const VERSION: &str = "4.1.0";
/// The oldest Java version that runs this version of Kafka.
const MINIMUM_JAVA: u32 = 17;
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
const POM: &str = include_str!("pom.xml");

/// Kafka's jars, and the Java to run them.
#[derive(Clone, Debug)]
pub struct Distribution {
    java: PathBuf,
    libs: PathBuf,
    environment: Environment,
}

impl Distribution {
    /// Finds Java on `PATH`, and downloads the jars if needed. Safe to call concurrently: one caller downloads, the
    /// others wait.
    ///
    /// `target` is cargo's target directory.
    ///
    /// # Errors
    /// Java is missing or too old, Maven is missing, or the download fails.
    pub fn install(environment: &Environment, supervisor: &Supervisor, target: &Path) -> Result<Self, Error> {
        let java = find_java(environment, supervisor)?;
        let libs = target.join("kafka").join("libs");
        let libs = std::path::absolute(&libs).map_err(|error| failed("use", &libs, &error))?;
        let distribution = Self { java, libs, environment: environment.clone() };
        let parent = distribution.libs.parent().unwrap_or(&distribution.libs);
        fs::create_dir_all(parent).map_err(|error| failed("create", parent, &error))?;
        let _lock = lock::acquire(&distribution.libs.with_added_extension("lock"), supervisor)?;
        if fs::read_to_string(distribution.stamp()).is_ok_and(|stamp| stamp == pom()) {
            return Ok(distribution);
        }
        distribution.download(supervisor)?;
        Ok(distribution)
    }

    /// A command that runs one of Kafka's programs, by its class name. The caller adds arguments.
    pub fn java(&self, class: &str) -> Command {
        self.java_with(class, &[])
    }

    pub(super) fn java_with(&self, class: &str, options: &[&str]) -> Command {
        let mut command = self.environment.command(&self.java);
        // Java expands the wildcard itself.
        let class_path = self.libs.join("*");
        // The first compiler tier is sufficient: these programs run briefly or have little to do.
        command.arg("-XX:TieredStopAtLevel=1").args(options).arg("-cp").arg(class_path).arg(class);
        command
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }

    fn stamp(&self) -> PathBuf {
        self.libs.join("complete")
    }

    fn download(&self, supervisor: &Supervisor) -> Result<(), Error> {
        let Some(maven) = self.environment.find_program("mvn") else {
            return Err(Error::failed(
                "mvn is not on PATH. It downloads Apache Kafka from Maven Central.\n\
                 Install Maven (Debian, Ubuntu: apt install maven).",
            ));
        };
        match fs::remove_dir_all(&self.libs) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed("remove", &self.libs, &error)),
            _ => {}
        }
        fs::create_dir(&self.libs).map_err(|error| failed("create", &self.libs, &error))?;
        let pom_file = self.libs.join("pom.xml");
        fs::write(&pom_file, pom()).map_err(|error| failed("write", &pom_file, &error))?;
        let mut output_directory = std::ffi::OsString::from("-DoutputDirectory=");
        output_directory.push(&self.libs);
        // Maven inherits the whole environment, because it finds its settings, its repository and the proxy there.
        let mut command = Command::new(maven);
        command.env("PATH", self.environment.path());
        command.args(["--batch-mode", "--quiet", "--strict-checksums", "--file"]).arg(&pom_file);
        command.arg(COPY).arg(output_directory).stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = supervisor.capture(&mut command)?;
        if !output.status.success() {
            let tail = tail(&output);
            return Err(Error::failed(format!(
                "mvn failed to download Apache Kafka {VERSION} from Maven Central:\n{tail}\n\
                 It needs network access, or a mirror in its settings."
            )));
        }
        let temporary = self.stamp().with_added_extension("tmp");
        fs::write(&temporary, pom())
            .and_then(|()| fs::rename(&temporary, self.stamp()))
            .map_err(|error| failed("write", &self.stamp(), &error))
    }
}

fn pom() -> String {
    POM.replace("KAFKA_VERSION", VERSION)
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot {what} {}: {error}", path.display()))
}

fn find_java(environment: &Environment, supervisor: &Supervisor) -> Result<PathBuf, Error> {
    let how = format!("Apache Kafka {VERSION} needs Java {MINIMUM_JAVA} or later");
    let install = format!("(Debian, Ubuntu: apt install openjdk-{MINIMUM_JAVA}-jre-headless)");
    let Some(java) = environment.find_program("java") else {
        return Err(Error::failed(format!("java is not on PATH. {how} {install}.")));
    };
    let mut command = environment.command(&java);
    command.arg("-version").stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = supervisor.capture(&mut command)?;
    let text = String::from_utf8_lossy(&output.stderr);
    match major_version(&text) {
        Some(version) if version >= MINIMUM_JAVA => Ok(java),
        _ => {
            let (path, tail) = (java.display(), tail(&output));
            Err(Error::failed(format!("{how} {install}; `{path} -version` printed:\n{tail}")))
        }
    }
}

/// The first number of the version in quotes: 17 of `openjdk version "17.0.15" 2025-04-15`. Java 8 reports 1.8, which
/// is also too old.
fn major_version(text: &str) -> Option<u32> {
    let version = text.split('"').nth(1)?;
    version.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_version_is_the_first_number_in_quotes() {
        // Printed by OpenJDK 17, an early build of 24, and Oracle's Java 8.
        for (text, expected) in [
            ("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime Environment", Some(17)),
            ("openjdk version \"24-ea\" 2025-03-18", Some(24)),
            ("java version \"1.8.0_202\"", Some(1)),
            ("The operation couldn't be completed.", None),
        ] {
            assert_eq!(major_version(text), expected, "{text}");
        }
    }

    #[test]
    fn pom_names_one_version() {
        assert_eq!(pom().matches(&format!("<version>{VERSION}</version>")).count(), 2);
    }
}
