//! `cargo xtask guard`: figures that no clock has a part in, compared with what is recorded of them in the repository.
//!
//! | file | for |
//! |---|---|
//! | `callgrind.rs` | instructions of a start and of a reset |
//! | `dependencies.rs` | crates in the provider |
//! | `record.rs` | the recorded figures, their margins, and what is said of one that left it |

mod callgrind;
mod dependencies;
mod record;

pub use self::record::{Circumstances, Comparison, Record, Recorded, Verdict};

use self::callgrind::{Counts, Valgrind};
use crate::bench::measure::sizes::size;
use crate::bench::measure::succeed;
use crate::bench::scene;
use crate::mirror::PROVIDER;
use crate::process::Supervisor;
use crate::quickstart::emulator::{Emulator, Seed};
use crate::workspace::{CLIENT, EMULATOR, WorkingDirectory, Workspace};
use crate::{Environment, Error};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the record is, below the repository's root.
const RECORD: &str = "benches/guard.json";
const HOW: &str = "cargo xtask guard --record, on a machine of this platform with valgrind; margins stay as they are";

const BYTES: &str = "bytes of the release binary";
const CRATES: &str = "crates in the release binary";
const START: &str = "instructions from start through first schema to the end";
const ONE: &str = "instructions from start through one reset to the end";
const FURTHER: &str = "instructions of one further reset";

/// Of a figure that was not recorded before.
const MARGIN_PERCENT: f64 = 3.0;

/// What the run takes from outside.
#[derive(Clone, Debug)]
pub struct Options {
    /// Write the record instead of comparing with it.
    pub record: bool,
    /// How often instructions are counted; the median counts.
    pub runs: u32,
    /// The cargo to build with.
    pub cargo: OsString,
    /// What children may inherit.
    pub environment: Environment,
}

/// What is looked at, and with what.
struct Guard<'a> {
    environment: &'a Environment,
    supervisor: &'a Supervisor,
    workspace: &'a Workspace,
    directory: &'a Path,
    provider: PathBuf,
    client: PathBuf,
}

/// Compares, or records. Catches this process's signals from then on.
pub fn run(options: &Options) -> Result<(), Error> {
    let supervisor = Supervisor::catching_signals()?;
    let workspace = Workspace::read(&options.cargo, &supervisor)?;
    let directory = WorkingDirectory::make_anew(&workspace.target().join("guard"))?;
    let found = look(options, &supervisor, &workspace, directory.path());
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

fn look(
    options: &Options,
    supervisor: &Supervisor,
    workspace: &Workspace,
    directory: &Path,
) -> Result<(Figures, Circumstances), Error> {
    let environment = &options.environment;
    say("Build the provider for release, and what drives it");
    let provider = workspace.build_alone(PROVIDER, &["--release"], supervisor)?;
    let client = workspace.build_alone(CLIENT, &[], supervisor)?;
    let guard = Guard { environment, supervisor, workspace, directory, provider, client };
    let mut figures = Figures::new();
    figures.insert(BYTES.to_owned(), size(&guard.provider)?);
    figures.insert(CRATES.to_owned(), dependencies::count(&guard)?);
    let mut with = circumstances(&guard)?;
    match Valgrind::find(&guard)? {
        None => say(
            "\n  !! There is no valgrind on PATH: INSTRUCTIONS ARE NOT COUNTED, only bytes and crates are looked at.\n  \
             !! Install it (Debian, Ubuntu: apt install valgrind) to see whether a start or a reset costs more.\n",
        ),
        Some(valgrind) => {
            figures.extend(instructions(&guard, &valgrind, options.runs)?);
            with.valgrind = valgrind.version;
        }
    }
    Ok((figures, with))
}

fn circumstances(guard: &Guard<'_>) -> Result<Circumstances, Error> {
    let mut command = Command::new("rustc");
    command.arg("--version").current_dir(guard.workspace.root());
    let compiler = succeed(&mut command, guard.supervisor)?;
    Ok(Circumstances {
        platform: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        compiler: String::from_utf8_lossy(&compiler).trim().to_owned(),
        valgrind: String::new(),
    })
}

fn instructions(guard: &Guard<'_>, valgrind: &Valgrind, runs: u32) -> Result<Vec<(String, u64)>, Error> {
    let emulator = guard.workspace.build_alone(EMULATOR, &[], guard.supervisor)?;
    let seed_file = guard.directory.join("seed.json");
    fs::write(&seed_file, scene::seed(64))
        .map_err(|error| Error::failed(format!("cannot write {}: {error}", seed_file.display())))?;
    let seed = Seed::read(&seed_file)?;
    let log = guard.directory.join("emulator.log");
    let emulator = Emulator::start(guard.environment.command(&emulator), &seed, &log, guard.supervisor)?;
    let mut all = Vec::new();
    for run in 1..=runs {
        say(&format!("Count instructions under {}: run {run} of {runs}", valgrind.version));
        all.push(valgrind.count(guard, &emulator, &seed)?);
    }
    let of = |name: &str, part: fn(&Counts) -> u64| {
        let mut counts: Vec<u64> = all.iter().map(part).collect();
        counts.sort_unstable();
        if let [least, .., most] = *counts {
            let spread = (most - least) as f64 / least as f64 * 100.0;
            say(&format!("  {name}: from {least} to {most}, a spread of {spread:.3} %"));
        }
        (name.to_owned(), counts.get(counts.len() / 2).copied().unwrap_or_default())
    };
    Ok(vec![
        of(START, |counts| counts.start),
        of(ONE, |counts| counts.one_reset),
        of(FURTHER, |counts| counts.further_reset),
    ])
}

/// There may be none when one is to be made.
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

fn write(path: &Path, figures: Figures, with: Circumstances, before: Option<&Record>) -> Result<(), Error> {
    if with.valgrind.is_empty() {
        return Err(Error::failed("Nothing is recorded: that takes valgrind."));
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
    say(&format!("Recorded in {}", path.display()));
    Ok(())
}

fn compare(figures: &Figures, with: &Circumstances, record: &Record) -> Result<(), Error> {
    if with.platform != record.with.platform {
        say(&format!(
            "\n  !! NOTHING IS COMPARED: the record is of {}, this is {}.\n",
            record.with.platform, with.platform
        ));
        return Ok(());
    }
    let mut worse = 0;
    for (name, value) in figures {
        let recorded = record.figures.get(name).copied();
        let comparison = Comparison { name: name.clone(), value: *value, recorded };
        say(&format!("  {comparison}"));
        worse += u32::from(matches!(comparison.verdict(), Verdict::Worse | Verdict::NotRecorded));
    }
    if worse == 0 {
        return Ok(());
    }
    let mut text =
        format!("{worse} of {} figures are not as recorded in {RECORD}; each says above what to do.", figures.len());
    for (what, then, now) in
        [("compiler", &record.with.compiler, &with.compiler), ("valgrind", &record.with.valgrind, &with.valgrind)]
    {
        if then != now && !now.is_empty() {
            text.push_str(&format!("\nThe {what} was {then} and is {now}, which alone can make a difference."));
        }
    }
    Err(Error::failed(text))
}

fn say(text: &str) {
    // Nobody reads it: no reason to leave the work undone.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
