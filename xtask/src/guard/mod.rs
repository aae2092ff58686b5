//! `cargo xtask guard`: compares figures that do not depend on time with those recorded in the repository.
//!
//! | file | for |
//! |---|---|
//! | `callgrind.rs` | instructions of a start and of a reset |
//! | `context.rs` | what the counts depend on besides the code |
//! | `dependencies.rs` | crates in the provider |
//! | `record.rs` | recorded figures, their margins and the comparison |

mod callgrind;
mod context;
mod dependencies;
mod record;

pub use self::record::{Comparison, MeasurementContext, Record, Recorded, Status};

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::fixture;
use crate::bench::measure::sizes::size;
use crate::mirror::PROVIDER;
use crate::output::println;
use crate::process::Supervisor;
use crate::workspace::{CLIENT, EMULATOR, WorkingDirectory, Workspace};
use crate::{Environment, Error};

use self::callgrind::{Counts, Valgrind};

/// The recorded figures, from the repository's root.
const RECORD: &str = "benches/guard.json";
const HOW: &str = "cargo xtask guard --record, on a machine of this platform with valgrind; margins stay as they are";

const BYTES: &str = "bytes of the release binary";
const CRATES: &str = "crates in the release binary";
const START: &str = "instructions from start through first schema to the end";
const ONE: &str = "instructions from start through one reset to the end";
const FURTHER: &str = "instructions of one further reset";

/// The margin of a newly recorded figure.
const MARGIN_PERCENT: f64 = 3.0;

/// The inputs of the task.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether to write the record instead of comparing with it.
    pub record: bool,
    /// How often instructions are counted. The median is used.
    pub runs: u32,
    /// The cargo to build with.
    pub cargo: OsString,
    /// The environment for child processes.
    pub environment: Environment,
}

/// What the counters need.
struct Guard<'a> {
    environment: &'a Environment,
    supervisor: &'a Supervisor,
    workspace: &'a Workspace,
    directory: &'a Path,
    provider: PathBuf,
    client: PathBuf,
}

/// Compares with the record, or writes it. Catches the signals of this process from then on.
///
/// # Errors
/// A build or a count fails, a figure exceeds its margin, or a signal arrives.
pub fn run(options: &Options) -> Result<(), Error> {
    let supervisor = Supervisor::catching_signals()?;
    let workspace = Workspace::read(&options.cargo, &supervisor)?;
    let directory = WorkingDirectory::recreate(&workspace.target().join("guard"))?;
    let found = measure(options, &supervisor, &workspace, directory.path());
    directory.remove();
    let (figures, with) = found?;
    let path = workspace.root().join(RECORD);
    let recorded = read(&path, options.record)?;
    if options.record {
        return write(&path, figures, with, recorded.as_ref());
    }
    let Some(recorded) = recorded else { return Ok(()) };
    compare(&figures, &with, &recorded)
}

type Figures = BTreeMap<String, u64>;

fn measure(
    options: &Options,
    supervisor: &Supervisor,
    workspace: &Workspace,
    directory: &Path,
) -> Result<(Figures, MeasurementContext), Error> {
    let environment = &options.environment;
    println("Build the provider for release, and the plugin client");
    let provider = workspace.build_alone(PROVIDER, &["--release"], supervisor)?;
    let client = workspace.build_alone(CLIENT, &[], supervisor)?;
    let guard = Guard { environment, supervisor, workspace, directory, provider, client };
    let mut figures = Figures::new();
    figures.insert(BYTES.to_owned(), size(&guard.provider)?);
    figures.insert(CRATES.to_owned(), dependencies::count(&guard)?);
    let mut with = context::current(environment, supervisor, workspace.root())?;
    match Valgrind::find(&guard)? {
        None => println(
            "\n  !! valgrind is not on PATH: INSTRUCTIONS ARE NOT COUNTED, only bytes and crates.\n  \
             !! Install it (Debian, Ubuntu: apt install valgrind) to see whether a start or a reset costs more.\n",
        ),
        Some(valgrind) => {
            figures.extend(instructions(&guard, &valgrind, options.runs)?);
            with.valgrind = valgrind.version;
        }
    }
    Ok((figures, with))
}

fn instructions(guard: &Guard<'_>, valgrind: &Valgrind, runs: u32) -> Result<Vec<(String, u64)>, Error> {
    let emulator = guard.workspace.build_alone(EMULATOR, &[], guard.supervisor)?;
    let command = guard.environment.command(&emulator);
    let emulator = fixture::start_emulator(command, 64, guard.directory, guard.supervisor)?;
    let mut counted = Vec::new();
    for run in 1..=runs {
        println(&format!("Count instructions under {}: run {run} of {runs}", valgrind.version));
        counted.push(valgrind.count(guard, &emulator)?);
    }
    let median = |name: &str, part: fn(&Counts) -> u64| {
        let mut counts: Vec<u64> = counted.iter().map(part).collect();
        counts.sort_unstable();
        if let [least, .., most] = *counts {
            let spread = (most - least) as f64 / least as f64 * 100.0;
            println(&format!("  {name}: {least} to {most}, a spread of {spread:.3} %"));
        }
        (name.to_owned(), counts.get(counts.len() / 2).copied().unwrap_or_default())
    };
    Ok(vec![
        median(START, |counts| counts.start),
        median(ONE, |counts| counts.one_reset),
        median(FURTHER, |counts| counts.further_reset),
    ])
}

/// Reads the record. It may be missing when it is about to be written.
fn read(path: &Path, may_be_absent: bool) -> Result<Option<Record>, Error> {
    match fs::read_to_string(path) {
        Err(error) if may_be_absent && error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::failed(format!("cannot read {}: {error}", path.display()))),
        Ok(text) => match serde_json::from_str(&text) {
            Ok(record) => Ok(Some(record)),
            Err(error) => Err(Error::failed(format!("{}: {error}", path.display()))),
        },
    }
}

fn write(path: &Path, figures: Figures, with: MeasurementContext, before: Option<&Record>) -> Result<(), Error> {
    if with.valgrind.is_empty() {
        return Err(Error::failed("The record was not written, because it needs valgrind."));
    }
    let margin = |name: &str| before.and_then(|record| record.figures.get(name)).map(|figure| figure.margin_percent);
    let recorded = |(name, value): (String, u64)| {
        let margin_percent = margin(&name).unwrap_or(if name == CRATES { 0.0 } else { MARGIN_PERCENT });
        (name, Recorded { value, margin_percent })
    };
    let record = Record { how: HOW.to_owned(), with, figures: figures.into_iter().map(recorded).collect() };
    let failed = |error: std::io::Error| Error::failed(format!("cannot write {}: {error}", path.display()));
    let text = serde_json::to_string_pretty(&record).map_err(|error| failed(error.into()))?;
    fs::write(path, text + "\n").map_err(failed)?;
    println(&format!("Recorded in {}", path.display()));
    Ok(())
}

/// Compares the figures. Instructions depend on the whole context, bytes on the compiler, and crates on the platform.
/// Figures that cannot be compared are only printed, because the change is not the reason for a difference.
fn compare(figures: &Figures, with: &MeasurementContext, record: &Record) -> Result<(), Error> {
    let differences = with.differences(&record.with);
    if !differences.is_empty() {
        println(&format!(
            "\n  !! The context of the record differs, so not every figure is compared:\n  !! {}\n",
            differences.join("\n  !! ")
        ));
    }
    let (mut compared, mut worse) = (0, 0);
    for (name, value) in figures {
        if !is_comparable(name, with, &record.with) {
            println(&format!("  {name}: {value}, not compared"));
            continue;
        }
        let recorded = record.figures.get(name).copied();
        let comparison = Comparison { name: name.clone(), value: *value, recorded };
        println(&format!("  {comparison}"));
        compared += 1;
        worse += u32::from(matches!(comparison.status(), Status::Worse | Status::NotRecorded));
    }
    if worse == 0 {
        return Ok(());
    }
    Err(Error::failed(format!(
        "{worse} of {compared} figures differ from the record in {RECORD}. See above for what to do."
    )))
}

fn is_comparable(name: &str, current: &MeasurementContext, recorded: &MeasurementContext) -> bool {
    match name {
        CRATES => current.platform == recorded.platform,
        BYTES => current.platform == recorded.platform && current.compiler == recorded.compiler,
        _ => current.differences(recorded).is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> MeasurementContext {
        let [platform, compiler, valgrind, library, processor] =
            ["x86_64-linux", "rustc 1.95.0", "valgrind-3.19.0", "glibc 2.36", "avx2 bmi2"].map(str::to_owned);
        MeasurementContext { platform, compiler, valgrind, library, processor }
    }

    fn outcome(value: u64, with: &MeasurementContext) -> Result<(), Error> {
        let recorded = Recorded { value: 100, margin_percent: 1.0 };
        let names = [CRATES, BYTES, START].map(str::to_owned);
        let figures = names.clone().map(|name| (name, recorded)).into();
        let record = Record { how: String::new(), with: context(), figures };
        compare(&names.map(|name| (name, value)).into(), with, &record)
    }

    #[test]
    fn figures_of_another_machine_are_not_compared() {
        assert!(outcome(101, &context()).is_ok());
        let failed = |with: &MeasurementContext| outcome(102, with).err().map(|error| error.to_string());
        let message = |count: &str| {
            Some(format!("{count} figures differ from the record in {RECORD}. See above for what to do."))
        };
        assert_eq!(failed(&context()), message("3 of 3"));
        let other = || "other".to_owned();
        for with in [
            MeasurementContext { processor: other(), ..context() },
            MeasurementContext { library: other(), ..context() },
            MeasurementContext { valgrind: String::new(), ..context() },
        ] {
            assert_eq!(failed(&with), message("2 of 2"), "{with:?}");
        }
        assert_eq!(failed(&MeasurementContext { compiler: other(), ..context() }), message("1 of 1"));
        assert_eq!(failed(&MeasurementContext { platform: other(), ..context() }), None);
    }
}
