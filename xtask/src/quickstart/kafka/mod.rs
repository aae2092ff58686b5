//! `cargo xtask quickstart --kafka`: resets a group of a real Apache Kafka, which then reads the messages again.
//!
//! Kafka's own tools produce, consume, and report the offsets and where a reset would move them. No expected value
//! comes from the provider or the emulator.

mod checks;
mod offsets;
mod resets;
mod tools;

use crate::Error;
use crate::kafka::{Broker, Distribution, VERSION};

use self::offsets::{Consumed, GroupDescription};
use self::resets::{RESETS, Reset};
use self::tools::{TOPIC, Tools};
use super::steps::Steps;
use super::{Run, Session};

/// The example to run, below the repository's root.
const EXAMPLE: &str = "examples/quickstart-kafka";
/// The batches of messages: their number, and the creation time as text and in Unix milliseconds. Within a batch, the
/// time advances with the clock, which never adds up to the day between the batches.
const BATCHES: [(i64, &str, i64); 2] =
    [(60, "2024-01-01T00:00:00Z", 1_704_067_200_000), (40, "2024-01-02T00:00:00Z", 1_704_153_600_000)];
const MESSAGES: i64 = 100;

/// The number of steps.
pub(super) const STEPS: usize = 8 + RESETS.len();

/// Runs all steps, from the build to the last check.
pub(super) fn run_steps(run: &Run<'_>, mut steps: Steps) -> Result<(), Error> {
    let (environment, supervisor) = (&run.options.environment, &run.supervisor);
    steps.begin("Build the provider, and the emulator with the feature kafka");
    let binaries = run.workspace.build(&["dms-emulator/kafka"], supervisor)?;
    let terraform = run.find_terraform(&mut steps)?;
    let mirror = run.prepare(&mut steps, EXAMPLE, &binaries)?;

    steps.begin("Find Apache Kafka, or download it from Maven Central to target/");
    let distribution = Distribution::install(environment, run.workspace.target())?;
    steps.print(format!("Apache Kafka {VERSION}"));
    steps.begin("Start a broker, and the emulator in front of it");
    let broker = Broker::start(&distribution, &run.directory.join("broker"))?;
    steps.print(format!("Kafka {}", broker.bootstrap()));
    let mut command = environment.command(&binaries.emulator);
    command.args(["--kafka", broker.bootstrap()]);
    let emulator = run.start_emulator(command)?;
    steps.print(format!("Cloud {}", emulator.url()));

    let session = Session { run, terraform, mirror };
    let tools = Tools { distribution: &distribution, bootstrap: broker.bootstrap(), supervisor };
    let mut kafka_run = KafkaRun { run, session, tools, steps: &mut steps };
    kafka_run.produce()?;
    let mut now = kafka_run.consume_all()?;
    kafka_run.steps.begin("terraform init");
    kafka_run.session.init(kafka_run.steps)?;
    for reset in &RESETS {
        now = kafka_run.reset(reset, &now)?;
    }
    drop(emulator);
    drop(broker);
    supervisor.check()?;
    steps.end();
    Ok(())
}

/// The steps on the group.
struct KafkaRun<'a> {
    run: &'a Run<'a>,
    session: Session<'a>,
    tools: Tools<'a>,
    steps: &'a mut Steps,
}

impl KafkaRun<'_> {
    fn produce(&mut self) -> Result<(), Error> {
        self.steps.begin(&format!("Produce {MESSAGES} messages with time stamps of two days"));
        self.tools.create_topic(2)?;
        for (messages, day, time) in BATCHES {
            self.tools.produce(messages, time)?;
            self.steps.print(format!("topic {TOPIC}: {messages} messages, created after {day}"));
        }
        Ok(())
    }

    fn consume_all(&mut self) -> Result<GroupDescription, Error> {
        self.steps.begin("Consume them with a group");
        let read = self.consume(MESSAGES)?;
        let total: i64 = read.messages.values().sum();
        if total != MESSAGES {
            return Err(self.run.failed(&format!("The group read {total} messages instead of {MESSAGES}.")));
        }
        let now = self.describe()?;
        self.checked(checks::nothing_left(&now))?;
        Ok(now)
    }

    /// Resets the group, and lets it read the remaining messages. Returns its offsets at the end.
    fn reset(&mut self, reset: &Reset, before: &GroupDescription) -> Result<GroupDescription, Error> {
        self.steps.begin(reset.title);
        self.steps.print("Offsets that Kafka's own tool would set:");
        let arguments = [&["--reset-offsets", "--topic", TOPIC], reset.tool, &["--dry-run"]].concat();
        let planned = self.checked(offsets::new_offsets(&self.consumer_groups(&arguments)?))?;

        self.steps.print("Configuration for Terraform:");
        self.steps.print(self.run.copy(&format!("{EXAMPLE}/{}", reset.file))?);
        self.steps.print("$ terraform apply -auto-approve");
        self.session.show(&["apply", "-input=false", "-auto-approve"])?;
        self.steps.print("Offsets after the reset, by Kafka's own tool:");
        let after = self.describe()?;
        self.checked(checks::moved_as_planned(before, &planned, &after))?;

        self.steps.print("Read the remaining messages:");
        let read = self.consume(after.total_lag())?;
        let end = self.describe()?;
        self.steps.print(checks::table(before, &planned, &after, &read));
        self.checked(checks::reads_expected_messages(&after, &read, reset.replayed))?;
        self.checked(checks::nothing_left(&end))?;
        let Reset { replayed, which, .. } = reset;
        self.steps.print(format!("The group read {replayed} messages again: {which}."));
        Ok(end)
    }

    fn describe(&self) -> Result<GroupDescription, Error> {
        self.checked(GroupDescription::parse(&self.consumer_groups(&["--describe"])?))
    }

    /// Runs Kafka's own tool for the group, and shows the command and its output.
    fn consumer_groups(&self, arguments: &[&str]) -> Result<String, Error> {
        let (command, printed) = self.tools.consumer_groups(arguments)?;
        self.steps.print(format!("$ {command}"));
        self.steps.print(&printed);
        Ok(printed)
    }

    fn consume(&self, messages: i64) -> Result<Consumed, Error> {
        let (command, printed) = self.tools.consume(messages)?;
        self.steps.print(format!("$ {command}"));
        self.checked(Consumed::parse(&printed))
    }

    fn checked<T>(&self, outcome: Result<T, String>) -> Result<T, Error> {
        outcome.map_err(|message| self.run.failed(&message))
    }
}
