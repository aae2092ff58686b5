//! Applies the README's configuration and each kind of target, with a real Terraform and the built provider.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::Environment;
use testkit::mirror::Mirror;
use testkit::process::{self, Interrupted};
use testkit::terraform::{Finder, Release, Terraform};

use super::api::Side;
use super::output::Output;
use super::scratch::Scratch;
use super::settings::Settings;

const README: &str = include_str!("../../../README.md");

/// A directory with the README's configuration for the scratch group, and the Terraform that applies it.
pub(super) struct Jobs {
    terraform: Terraform,
    mirror: Mirror,
    directory: TempDir,
    variables: Vec<(&'static str, String)>,
    configuration: String,
}

/// One target, and the offsets that it leads to. If they are not known in advance, only the provider verifies them.
struct Job {
    arguments: String,
    /// The argument that names the topic. Empty for a reset of every topic.
    topic: String,
    expected: Option<Vec<i64>>,
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
        let configuration = README.split("```hcl\n").nth(1).and_then(|rest| rest.split("```").next());
        let configuration = configuration.context("the README has no configuration")?;
        let mut variables = settings.inherited.clone();
        variables.extend([
            ("HW_ACCESS_KEY", settings.access_key.clone()),
            ("HW_SECRET_KEY", settings.secret_key.clone()),
            ("HW_REGION_NAME", settings.region.clone()),
        ]);
        let endpoints = json!({"provider": {"huaweicloud": {"endpoints": settings.endpoints}}});
        if !settings.endpoints.is_empty() {
            fs::write(directory.path().join("endpoints_override.tf.json"), endpoints.to_string())?;
        }
        let mut configuration = configuration.to_owned();
        for (name, value) in [
            ("region", &settings.region),
            ("instance_id", &settings.instance_id),
            ("group", &settings.group),
            ("topic", &settings.topic),
        ] {
            configuration = with_argument(&configuration, name, &quoted(value));
        }
        Ok(Self { terraform, mirror, directory, variables, configuration })
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
            let topic = if job.topic.is_empty() { "every topic: " } else { "" };
            complete &=
                self.report(&format!("{topic}{}", job.arguments.replace('\n', ", ")), self.job(service, &job), output)?;
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
        self.write(&with_argument(&self.configuration, "datetime", &quoted(&datetime)))?;
        self.terraform(&["init"])?;
        let plan = self.terraform(&["plan", "-out=replay.tfplan"])?;
        ensure!(plan.contains("Preview: resetting consumer group"), "the plan has no preview:\n{plan}");
        let before = service.topic_offsets(scratch.offsets.len())?;
        self.terraform(&["apply", "replay.tfplan"])?;
        let recorded: Value = serde_json::from_str(&self.terraform(&["output", "-json", "before"])?)?;
        let numbered = before.iter().enumerate().map(|(partition, offset)| (partition.to_string(), json!(offset)));
        let expected = json!({service.settings().topic.as_str(): Value::Object(numbered.collect())});
        ensure!(recorded == expected, "the output `before` is {recorded}, not {expected}");
        Ok(())
    }

    /// Applies a reset to this target, which replaces the previous reset.
    fn job(&self, service: &Side, Job { arguments, topic, expected }: &Job) -> Result<()> {
        // The first part of the README's configuration has the provider block.
        let provider = self.configuration.split("resource \"").next().unwrap_or_default();
        let Settings { instance_id, group, .. } = service.settings();
        let (instance_id, group) = (quoted(instance_id), quoted(group));
        let arguments = format!("instance_id = {instance_id}\ngroup = {group}\n{topic}\n{arguments}");
        self.write(&format!("{provider}resource \"huaweicloud_kafka_offset_reset\" \"replay\" {{\n{arguments}\n}}\n"))?;
        self.terraform(&["apply", "-auto-approve"])?;
        if let Some(expected) = expected {
            let actual = service.topic_offsets(expected.len())?;
            ensure!(actual == *expected, "the group is at {actual:?}, not at {expected:?}");
        }
        Ok(())
    }

    fn write(&self, configuration: &str) -> Result<()> {
        Ok(fs::write(self.directory.path().join("main.tf"), configuration)?)
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

fn quoted(text: &str) -> String {
    json!(text).to_string()
}

/// The configuration with another value of an argument.
fn with_argument(configuration: &str, name: &str, value: &str) -> String {
    let replace = |line: &str| match line.split_once('=') {
        Some((left, _)) if left.trim() == name => format!("{left}= {value}\n"),
        _ => format!("{line}\n"),
    };
    configuration.lines().map(replace).collect()
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
    let offsets: Vec<String> =
        middles.iter().enumerate().map(|(partition, at)| format!("\"{partition}\" = {at}")).collect();
    let age = (service.client.now().as_millisecond() - timestamp) / 1_000 + 1;
    let datetime = jiff::Timestamp::from_millisecond(timestamp).map(|at| at.to_string()).unwrap_or_default();
    let topic = format!("topic = {}", quoted(&service.settings().topic));
    let job = |arguments: String, expected| Job { arguments, topic: topic.clone(), expected };
    vec![
        job("position = \"earliest\"".to_owned(), Some(starts)),
        job(format!("partition = {busiest}\nmessage_offset = {}", middles[busiest]), Some(one_moved)),
        job(format!("partition_offsets = {{ {} }}", offsets.join(", ")), Some(middles)),
        job("position = \"latest\"".to_owned(), Some(ends)),
        job("shift_by = -1".to_owned(), Some(before_ends.clone())),
        job("position = \"current\"".to_owned(), Some(before_ends)),
        job(format!("timestamp = {timestamp}"), None),
        job(format!("datetime = {}", quoted(&datetime)), None),
        job(format!("by_duration = \"PT{age}S\""), None),
        Job { arguments: "timestamp = 0".to_owned(), topic: String::new(), expected: None },
    ]
}
