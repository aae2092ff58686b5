//! Runs Kafka's own command-line tools.

use std::process::Stdio;

use crate::Error;
use crate::kafka::Distribution;
use crate::process::{Supervisor, tail};

/// The consumer group to reset.
const GROUP: &str = "billing";
/// The topic that the group reads.
pub(super) const TOPIC: &str = "orders";

struct Program {
    /// The name in the `bin` directory of a Kafka release.
    name: &'static str,
    /// The class that the script runs.
    class: &'static str,
}

const TOPICS: Program = Program { name: "kafka-topics", class: "org.apache.kafka.tools.TopicCommand" };
/// The producer that can set the creation time of messages.
const PRODUCER: Program =
    Program { name: "kafka-verifiable-producer", class: "org.apache.kafka.tools.VerifiableProducer" };
const CONSUMER: Program =
    Program { name: "kafka-console-consumer", class: "org.apache.kafka.tools.consumer.ConsoleConsumer" };
const CONSUMER_GROUPS: Program =
    Program { name: "kafka-consumer-groups", class: "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand" };

/// How long the consumer waits for a message, in milliseconds. It normally stops earlier, after the requested number of
/// messages.
const CONSUMER_TIMEOUT_MS: &str = "30000";
const MESSAGE_FORMAT: [&str; 6] =
    ["--property", "print.timestamp=true", "--property", "print.partition=true", "--property", "print.offset=true"];

/// What the tools need to run.
#[derive(Clone, Copy)]
pub(super) struct Tools<'a> {
    pub(super) distribution: &'a Distribution,
    pub(super) bootstrap: &'a str,
    pub(super) supervisor: &'a Supervisor,
}

impl Tools<'_> {
    pub(super) fn create_topic(&self, partitions: u32) -> Result<(), Error> {
        self.run(&TOPICS, &["--create", "--topic", TOPIC, "--partitions", &partitions.to_string()]).map(drop)
    }

    /// Produces messages with creation times from `time` on, in Unix milliseconds. Their keys distribute them over the
    /// partitions.
    pub(super) fn produce(&self, messages: i64, time: i64) -> Result<(), Error> {
        let (messages, time) = (messages.to_string(), time.to_string());
        let words = ["--topic", TOPIC, "--max-messages", &messages, "--repeating-keys", &messages];
        self.run(&PRODUCER, &[&words[..], &["--message-create-time", &time]].concat()).map(drop)
    }

    /// Lets a member of the group read this many messages, and leave. Returns the command without its formatting
    /// options, and the output.
    pub(super) fn consume(&self, messages: i64) -> Result<(String, String), Error> {
        let messages = messages.to_string();
        let words = ["--group", GROUP, "--topic", TOPIC, "--from-beginning", "--max-messages", &messages];
        let printed =
            self.run(&CONSUMER, &[&words[..], &["--timeout-ms", CONSUMER_TIMEOUT_MS], &MESSAGE_FORMAT].concat())?;
        Ok((command_line(&CONSUMER, &words), printed))
    }

    /// Runs `kafka-consumer-groups` for the group. Returns the command, and its output without blank lines.
    pub(super) fn consumer_groups(&self, arguments: &[&str]) -> Result<(String, String), Error> {
        let words = [&["--group", GROUP], arguments].concat();
        let printed = self.run(&CONSUMER_GROUPS, &words)?;
        let lines: Vec<&str> = printed.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        Ok((command_line(&CONSUMER_GROUPS, &words), lines.join("\n")))
    }

    /// Runs a tool and returns its standard output.
    fn run(&self, program: &Program, arguments: &[&str]) -> Result<String, Error> {
        let mut command = self.distribution.java(program.class);
        command.args(["--bootstrap-server", self.bootstrap]).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = self.supervisor.capture(&mut command)?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        // The tools report some errors with a successful exit code.
        if output.status.success() && !stdout.contains("Error:") {
            return Ok(stdout.into_owned());
        }
        let (command, status, tail) = (command_line(program, arguments), output.status, tail(&output));
        Err(Error::failed(format!("`{command}` ended with {status}:\n{tail}")))
    }
}

/// The command as a user of Kafka writes it, without the broker's address, which differs in each run.
fn command_line(program: &Program, arguments: &[&str]) -> String {
    format!("{} {}", program.name, arguments.join(" "))
}
