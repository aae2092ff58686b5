//! `cargo xtask quickstart --kafka`: resets a consumer group of a real Apache Kafka, which then reads messages again.
//!
//! Kafka's own tools produce and consume the messages, report the offsets, and report where a reset would move them. No
//! expected value comes from the provider or the emulator.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use testkit::Environment;
use testkit::kafka::{Broker, Distribution, VERSION};
use testkit::process;
use testkit::workspace::Workspace;

use crate::output::Steps;

use super::Session;

/// The batches of messages: their number, and the creation time as text and in Unix milliseconds. Within a batch, the
/// creation time advances with the clock, but by much less than the day between the batches.
const BATCHES: [(&str, &str, &str); 2] =
    [("60", "2024-01-01T00:00:00Z", "1704067200000"), ("40", "2024-01-02T00:00:00Z", "1704153600000")];
/// The resets: a title, the file of the example, the options of `kafka-consumer-groups --reset-offsets`, and the number
/// of messages that the group reads again. The number follows from what was produced, so the check detects output of a
/// tool that was parsed wrongly. Before each reset, the group has read everything.
pub(super) const RESETS: [(&str, &str, &str, i64, &str); 4] = [
    ("Reset the group to the earliest messages", "earliest.tf", "--to-earliest", 100, "all of them"),
    (
        "Reset it by time: to the second day",
        "time.tf",
        "--to-datetime 2024-01-02T00:00:00.000Z",
        40,
        "those of the second day",
    ),
    ("Reset it by offset: to 25", "offset.tf", "--to-offset 25", 50, "all but the first 25 of each partition"),
    ("Reset it by a shift: back by 10", "shift.tf", "--shift-by -10", 20, "the last 10 of each partition"),
];

/// A number for each partition.
type Numbers = BTreeMap<i32, i64>;

/// A broker, and Kafka's own tools.
pub(super) struct Kafka {
    distribution: Distribution,
    broker: Broker,
}

/// Finds Kafka, and the tool that builds its client library.
pub(super) fn find(environment: &Environment, workspace: &Workspace, steps: &mut Steps) -> Result<Distribution> {
    steps.begin("Find Apache Kafka, or download it from Maven Central to target/");
    let cmake = environment.find_program("cmake");
    cmake.context(
        "cmake is not on PATH. It builds Kafka's client library.\nInstall it (Debian, Ubuntu: apt install cmake g++).",
    )?;
    let distribution = Distribution::install(environment, workspace.target())?;
    steps.print(format!("Apache Kafka {VERSION}"));
    Ok(distribution)
}

impl Kafka {
    /// Starts a broker, and sets the emulator's arguments.
    pub(super) fn start(
        distribution: Distribution,
        directory: &Path,
        emulator: &mut Command,
        steps: &Steps,
    ) -> Result<Self> {
        let broker = Broker::start(&distribution, &directory.join("broker"))?;
        steps.print(format!("Kafka {}", broker.bootstrap()));
        emulator.args(["--kafka", broker.bootstrap()]);
        Ok(Self { distribution, broker })
    }

    /// Produces and consumes messages, and then resets the group in several ways.
    pub(super) fn reset_and_consume(&self, session: &Session, steps: &mut Steps) -> Result<()> {
        steps.begin("Produce 100 messages with timestamps from two days");
        self.run("kafka-topics", "--create --topic orders --partitions 2", "")?;
        for (messages, day, time) in BATCHES {
            let limits = format!("--max-messages {messages} --repeating-keys {messages} --message-create-time {time}");
            self.run("kafka-verifiable-producer", "--topic orders", &limits)?;
            steps.print(format!("topic orders: {messages} messages, created after {day}"));
        }
        steps.begin("Consume them with a group");
        let messages: i64 = self.consume(100, steps)?.values().map(|(count, _)| count).sum();
        ensure!(messages == 100, "The group read {messages} messages instead of 100.");
        let mut before = self.everything_read(steps)?;
        session.copy("examples/quickstart-kafka/main.tf")?;
        session.init(steps)?;
        for (title, file, tool, replayed, which) in RESETS {
            steps.begin(title);
            steps.print("Offsets that Kafka's own tool would set:");
            let arguments = format!("--reset-offsets --topic orders {tool} --dry-run");
            let planned = column(&self.consumer_groups(&arguments, steps)?, "NEW-OFFSET")?;
            steps.print("Configuration for Terraform:");
            steps.print(session.copy(&format!("examples/quickstart-kafka/{file}"))?);
            steps.print("$ terraform apply -auto-approve");
            session.show(&["apply", "-input=false", "-auto-approve"])?;

            steps.print("Offsets after the reset, by Kafka's own tool:");
            let described = self.consumer_groups("--describe", steps)?;
            let (after, lag) = (column(&described, "CURRENT-OFFSET")?, column(&described, "LAG")?);
            ensure!(planned != before, "The reset does not change any offset, so it cannot be checked.");
            ensure!(after == planned, "Kafka's own tool would have set the offsets {planned:?} instead of {after:?}.");
            steps.print("Read the remaining messages:");
            let total = lag.values().sum();
            let read = self.consume(total, steps)?;
            let expected: BTreeMap<_, _> = after
                .iter()
                .zip(lag.values())
                .filter(|(_, lag)| **lag > 0)
                .map(|((partition, offset), lag)| (*partition, (*lag, *offset)))
                .collect();
            ensure!(read == expected, "Messages and first offset by partition: {read:?} instead of {expected:?}.");
            ensure!(total == replayed, "The group read {total} messages instead of {replayed}.");
            before = self.everything_read(steps)?;
            for (partition, (count, offset)) in read {
                steps.print(format!("partition {partition}: {count} messages, from offset {offset} on"));
            }
            steps.print(format!("The group read {replayed} messages again: {which}."));
        }
        Ok(())
    }

    /// Reads this many messages as a member of the group. Returns their number and the first offset, by partition.
    fn consume(&self, messages: i64, steps: &Steps) -> Result<BTreeMap<i32, (i64, i64)>> {
        let arguments = format!("--group billing --topic orders --from-beginning --max-messages {messages}");
        steps.print(format!("$ kafka-console-consumer {arguments}"));
        // The consumer stops after these messages. The time limit applies only if something fails.
        let format = "--timeout-ms 30000 --property print.partition=true --property print.offset=true";
        let mut read = BTreeMap::new();
        // A message is "Partition:0\tOffset:12\tvalue". Other lines are from the tool's log.
        for line in self.run("kafka-console-consumer", &arguments, format)?.lines() {
            let Some((partition, rest)) = line.strip_prefix("Partition:").and_then(|it| it.split_once("\tOffset:"))
            else {
                continue;
            };
            let offset = rest.split('\t').next().unwrap_or_default().parse()?;
            read.entry(partition.parse()?).or_insert((0, offset)).0 += 1;
        }
        Ok(read)
    }

    /// Checks that the group has read everything, and returns its offsets.
    fn everything_read(&self, steps: &Steps) -> Result<Numbers> {
        let described = self.consumer_groups("--describe", steps)?;
        let lag: i64 = column(&described, "LAG")?.values().sum();
        ensure!(lag == 0, "Kafka's own tool reports a lag of {lag} messages after the group has read all of them.");
        column(&described, "CURRENT-OFFSET")
    }

    /// Runs `kafka-consumer-groups` for the group, and shows the command and its output.
    fn consumer_groups(&self, arguments: &str, steps: &Steps) -> Result<String> {
        let arguments = format!("--group billing {arguments}");
        steps.print(format!("$ kafka-consumer-groups {arguments}"));
        let printed = self.run("kafka-consumer-groups", &arguments, "")?;
        steps.print(printed.trim());
        Ok(printed)
    }

    /// Runs a tool with `arguments`, which an error shows, and `more`, which it does not. Returns its standard output.
    fn run(&self, tool: &str, arguments: &str, more: &str) -> Result<String> {
        let class = match tool {
            "kafka-topics" => "TopicCommand",
            "kafka-verifiable-producer" => "VerifiableProducer",
            "kafka-console-consumer" => "consumer.ConsoleConsumer",
            _ => "consumer.group.ConsumerGroupCommand",
        };
        let mut command = self.distribution.java(&format!("org.apache.kafka.tools.{class}"));
        command.args(["--bootstrap-server", self.broker.bootstrap()]);
        let output = process::capture(command.args(arguments.split(' ')).args(more.split_whitespace()))?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        // The tools report some errors with a successful exit code.
        if output.status.success() && !stdout.contains("Error:") {
            return Ok(stdout.into_owned());
        }
        bail!("`{tool} {arguments}` ended with {}:\n{}", output.status, process::tail(&process::text(&output)))
    }
}

/// A column of the table that `kafka-consumer-groups` prints for one topic. Skips lines of the tool's log.
fn column(text: &str, name: &str) -> Result<Numbers> {
    let mut lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let header = lines.find(|words| words.contains(&"PARTITION")).unwrap_or_default();
    let index_of = |name| header.iter().position(|word| *word == name);
    let failed = || format!("kafka-consumer-groups printed no column {name}:\n{text}");
    let (partition, number) = index_of("PARTITION").zip(index_of(name)).with_context(failed)?;
    let rows = lines.filter_map(|words| Some((words.get(partition)?.parse().ok()?, words.get(number)?.parse().ok())));
    let numbers: Option<Numbers> = rows.map(|(partition, number)| Some((partition, number?))).collect();
    numbers.filter(|numbers| !numbers.is_empty()).with_context(failed)
}
