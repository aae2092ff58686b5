//! Applies the README's configuration and each kind of target, with a real Terraform and the built provider.

use std::path::Path;
use std::{fmt, fs};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::Environment;
use testkit::mirror::Mirror;
use testkit::process::{self, Interrupted};
use testkit::terraform::{Finder, Release, Terraform};

use super::api::Side;
use super::output::Output;
use super::scratch::{Scratch, offsets_text};
use super::settings::Settings;

/// The README prints this configuration.
const EXAMPLE: &str = include_str!("../../../examples/quickstart/main.tf");

/// A directory with the example and the Terraform that applies it.
pub(super) struct Jobs {
    terraform: Terraform,
    mirror: Mirror,
    directory: TempDir,
    variables: Vec<(&'static str, String)>,
}

/// One target, and the offsets that it leads to. If they are not known in advance, only the provider verifies them.
struct Job {
    arguments: Vec<(&'static str, Value)>,
    every_topic: bool,
    expected: Option<Vec<i64>>,
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<String> = self.arguments.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        write!(f, "{}{}", if self.every_topic { "every topic: " } else { "" }, arguments.join(", "))
    }
}

impl Jobs {
    pub(super) fn prepare(settings: &Settings) -> Result<Self> {
        let environment = Environment::from_current_process();
        let target = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/target"));
        let named = std::env::var_os("TERRAFORM");
        let terraform = Finder::new(&environment, target).find(named.as_deref(), &Release::OLDER)?;
        let directory = tempfile::tempdir()?;
        let provider = env!("CARGO_BIN_EXE_terraform-provider-huaweicloud-kafka");
        let mirror = Mirror::create(directory.path(), provider.as_ref())?;
        fs::write(directory.path().join("main.tf"), EXAMPLE)?;
        let mut variables = settings.inherited.clone();
        variables.extend([
            ("HW_ACCESS_KEY", settings.access_key.clone()),
            ("HW_SECRET_KEY", settings.secret_key.clone()),
            ("HW_REGION_NAME", settings.region.clone()),
        ]);
        Ok(Self { terraform, mirror, directory, variables })
    }

    /// Runs all jobs, and prints a line for each. Returns whether all succeeded.
    ///
    /// # Errors
    /// A signal arrives.
    pub(super) fn run(&self, service: &Side, scratch: &Scratch, output: &Output) -> Result<bool> {
        output.line(&format!("\nThe provider's resets, with {}:\n", self.terraform));
        let timestamp = scratch.middle_timestamp(service)?;
        let mut complete =
            self.report("README's configuration", self.readme_job(service, scratch, timestamp), output)?;
        for job in jobs(service, scratch, timestamp) {
            complete &= self.report(&job.to_string(), self.job(service, &job), output)?;
        }
        Ok(complete)
    }

    /// Prints the outcome of a job. A signal ends the check; any other error ends only the job.
    fn report(&self, job: &str, outcome: Result<()>, output: &Output) -> Result<bool> {
        match outcome {
            Ok(()) => output.line(&format!("ok      {job}")),
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => {
                output.line(&format!("failed  {job}\n{error:#}"));
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Plans the reset, checks for the preview, and applies the plan. Compares the output `before` with the offsets
    /// before the reset.
    fn readme_job(&self, service: &Side, scratch: &Scratch, timestamp: i64) -> Result<()> {
        let datetime = jiff::Timestamp::from_millisecond(timestamp)?.to_string();
        let Settings { topic, .. } = service.settings();
        self.write_override(&overrides(service.settings(), &json!({"topic": topic, "datetime": datetime})))?;
        self.terraform(&["init"])?;
        let plan = self.terraform(&["plan", "-out=replay.tfplan"])?;
        ensure!(plan.contains("Preview: resetting consumer group"), "the plan has no preview:\n{plan}");
        let before = service.topic_offsets(scratch.offsets.len())?;
        self.terraform(&["apply", "replay.tfplan"])?;
        let recorded: Value = serde_json::from_str(&self.terraform(&["output", "-json", "before"])?)?;
        let numbered = before.iter().enumerate().map(|(partition, offset)| (partition.to_string(), json!(offset)));
        let expected = json!({topic.as_str(): Value::Object(numbered.collect())});
        ensure!(recorded == expected, "the output `before` is {recorded}, not {expected}");
        Ok(())
    }

    /// Applies a reset to this target, which replaces the previous reset.
    fn job(&self, service: &Side, job: &Job) -> Result<()> {
        // Null leaves out an argument of the example.
        let mut arguments = json!({"topic": null, "datetime": null, "preview": null});
        for (name, value) in &job.arguments {
            arguments[name] = value.clone();
        }
        if !job.every_topic {
            arguments["topic"] = json!(service.settings().topic);
        }
        self.write_override(&overrides(service.settings(), &arguments))?;
        self.terraform(&["apply", "-auto-approve"])?;
        if let Some(expected) = &job.expected {
            let actual = service.topic_offsets(expected.len())?;
            ensure!(
                actual == *expected,
                "the group is at {}, not at {}",
                offsets_text(&actual),
                offsets_text(expected)
            );
        }
        Ok(())
    }

    fn write_override(&self, text: &str) -> Result<()> {
        Ok(fs::write(self.directory.path().join("check_override.tf.json"), text)?)
    }

    /// Runs Terraform in the directory, and returns its output.
    fn terraform(&self, arguments: &[&str]) -> Result<String> {
        let mut command = self.mirror.command(&self.terraform);
        command.args(arguments).current_dir(self.directory.path());
        command.env("TF_CLI_ARGS", "-no-color").env("TF_INPUT", "0");
        command.envs(self.variables.iter().map(|(name, value)| (*name, value)));
        let output = process::capture(&mut command)?;
        let text = process::text(&output);
        ensure!(output.status.success(), "terraform {}:\n{}", arguments[0], process::tail(&text));
        Ok(text)
    }
}

/// The override file that directs the example to the scratch group, with these arguments of the resource.
fn overrides(settings: &Settings, arguments: &Value) -> String {
    let mut reset = arguments.clone();
    reset["instance_id"] = json!(settings.instance_id);
    reset["group"] = json!(settings.group);
    let endpoints = (!settings.endpoints.is_empty()).then_some(&settings.endpoints);
    let overrides = json!({
        "provider": {"huaweicloud": {"region": settings.region, "endpoints": endpoints}},
        "resource": {"huaweicloud_kafka_offset_reset": {"replay": reset}},
    });
    // Otherwise, Terraform would evaluate such parts of names.
    overrides.to_string().replace("${", "$${").replace("%{", "%%{")
}

/// Each kind of target, in an order in which most of them move the group.
fn jobs(service: &Side, scratch: &Scratch, timestamp: i64) -> Vec<Job> {
    let busiest = scratch.busiest();
    let middles = scratch.middles();
    let starts: Vec<i64> = scratch.logs.iter().map(|log| log.start).collect();
    let ends: Vec<i64> = scratch.logs.iter().map(|log| log.end).collect();
    let before_ends: Vec<i64> = scratch.logs.iter().map(|log| (log.end - 1).max(log.start)).collect();
    let mut one_moved = starts.clone();
    one_moved[busiest] = middles[busiest];
    let numbered = middles.iter().enumerate().map(|(partition, at)| (partition.to_string(), json!(at)));
    let offsets = Value::Object(numbered.collect());
    let age = (service.client.now().as_millisecond() - timestamp) / 1_000 + 1;
    let datetime = jiff::Timestamp::from_millisecond(timestamp).map(|at| at.to_string()).unwrap_or_default();
    let job = |arguments: Vec<(&'static str, Value)>, expected| Job { arguments, every_topic: false, expected };
    let position = |name: &str, expected| job(vec![("position", json!(name))], Some(expected));
    vec![
        position("earliest", starts),
        job(vec![("partition", json!(busiest)), ("message_offset", json!(middles[busiest]))], Some(one_moved)),
        job(vec![("partition_offsets", offsets)], Some(middles)),
        position("latest", ends),
        job(vec![("shift_by", json!(-1))], Some(before_ends.clone())),
        position("current", before_ends),
        job(vec![("timestamp", json!(timestamp))], None),
        job(vec![("datetime", json!(datetime))], None),
        job(vec![("by_duration", json!(format!("PT{age}S")))], None),
        Job { arguments: vec![("timestamp", json!(0))], every_topic: true, expected: None },
    ]
}
