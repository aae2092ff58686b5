//! `cargo xtask guard`: compares figures that do not depend on time with those recorded in the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use testkit::mirror::PROVIDER;
use testkit::process;

use crate::bench::fixture::Fixture;
use crate::output::println;

/// The file with the recorded figures, relative to the root of the repository.
const RECORD: &str = "benches/guard.json";
const BYTES: &str = "bytes of the release binary";
const CRATES: &str = "crates in the release binary";
const START: &str = "instructions from start through first schema to the end";
const ONE: &str = "instructions from start through one reset to the end";
const FURTHER: &str = "instructions of one further reset";
/// The processor features that determine which functions aws-lc and the C library select.
const DISPATCH_FLAGS: [&str; 8] = ["adx", "avx", "avx2", "avx512f", "bmi2", "erms", "fsrm", "sha_ni"];

/// Compare instructions, bytes and crates of the release build with benches/guard.json
///
/// First builds a release. Needs valgrind to count instructions; without it, compares only bytes and crates. Takes
/// about 5 minutes.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Record the current figures instead; margins are kept
    #[arg(long)]
    record: bool,
    /// How often to count instructions; the median is used [default: 1; with --record: 5]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
}

/// What the figures depend on besides the code, by name.
type Machine = BTreeMap<String, String>;

#[derive(Deserialize, Serialize)]
struct Record {
    how: String,
    with: Machine,
    figures: BTreeMap<String, Figure>,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
struct Figure {
    value: u64,
    margin_percent: f64,
}

/// Compares the figures with the record, and fails if one exceeds its margin; or writes the record. Also installs the
/// signal handlers of this process.
pub(crate) fn run(options: &Options) -> Result<()> {
    let fixture = Fixture::build("guard", &[])?;
    let path = fixture.workspace.root().join(RECORD);
    let mut record: Record = serde_json::from_slice(&fs::read(&path).context(RECORD)?).context(RECORD)?;
    let machine = inspect_machine(&fixture);
    let (bytes, crates) = (fs::metadata(&fixture.provider)?.len(), count_crates(&fixture)?);
    let mut figures = BTreeMap::from([(BYTES, bytes), (CRATES, crates)]);
    if machine["valgrind"].is_empty() {
        ensure!(!options.record, "The figures were not recorded, because this needs valgrind.");
        println("!! INSTRUCTIONS ARE NOT COUNTED: valgrind is not on PATH. Debian, Ubuntu: apt install valgrind");
    } else {
        let default = if options.record { 5 } else { 1 };
        figures.extend(count_instructions(&fixture, options.runs.unwrap_or(default))?);
    }
    if options.record {
        record.with = machine;
        for (name, value) in figures {
            record.figures.get_mut(name).with_context(|| format!("{RECORD} has no \"{name}\""))?.value = value;
        }
        return Ok(fs::write(&path, serde_json::to_string_pretty(&record)? + "\n")?);
    }
    let failed = compare(&figures, &machine, &record)?.join(", ");
    ensure!(
        failed.is_empty(),
        "Above the margin: {failed}. Find the cause, or record the new figures with `cargo xtask guard --record` and \
         explain them in the commit."
    );
    Ok(())
}

fn inspect_machine(fixture: &Fixture) -> Machine {
    let version = |command: &mut Command| {
        let text = process::output(command.arg("--version")).unwrap_or_default();
        String::from_utf8_lossy(&text).lines().next().unwrap_or_default().trim().to_owned()
    };
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags: Vec<&str> = cpu.lines().find(|line| line.starts_with("flags")).unwrap_or("").split(' ').collect();
    [
        ("platform", format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)),
        // With the whole environment, because rustup needs its own variables.
        ("compiler", version(Command::new("rustc").current_dir(fixture.workspace.root()))),
        // Empty if it is not installed.
        ("valgrind", version(&mut fixture.environment.command("valgrind"))),
        // The C library. `ldd` exists only on Linux.
        ("library", version(&mut fixture.environment.command("ldd"))),
        ("processor", DISPATCH_FLAGS.into_iter().filter(|flag| flags.contains(flag)).collect::<Vec<_>>().join(" ")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Counts the normal dependencies of the provider, without those of its tests and its build script.
fn count_crates(fixture: &Fixture) -> Result<u64> {
    let mut command = fixture.workspace.cargo();
    command.args(["tree", "--locked", "--package", PROVIDER, "--edges", "normal", "--prefix", "none"]);
    let tree = String::from_utf8(process::output(command.args(["--format", "{p}"]))?)?;
    // Removes the mark of a repeated crate. The first line is the provider itself.
    let crates: BTreeSet<&str> = tree.lines().skip(1).map(|line| line.trim_end_matches(" (*)")).collect();
    Ok(crates.len() as u64)
}

/// Counts instructions with callgrind, because equal work takes a nearly equal number of them.
fn count_instructions(fixture: &Fixture, runs: u32) -> Result<Vec<(&'static str, u64)>> {
    let emulator = fixture.start_emulator(64)?;
    let profile = fixture.directory.path().join("callgrind.out");
    let output = format!("--callgrind-out-file={}", profile.display());
    let valgrind = fixture.environment.find_program("valgrind").context("valgrind is not on PATH")?;
    let arguments = ["--tool=callgrind", "--quiet", "--vgdb=no", &output].map(OsStr::new);
    let program = [&[valgrind.as_os_str()], &arguments[..], &[fixture.provider.as_os_str()]].concat();
    // Counts from the start of a process, over mutual TLS, through the first schema and these resets, to its end.
    let count = |resets: u32| {
        emulator.reset()?;
        let arguments = ["--resets", &resets.to_string(), "--url", emulator.url(), "topic=orders", "message_offset=10"];
        fixture.client(&arguments, &program)?;
        let text = fs::read_to_string(&profile).context("cannot read callgrind's profile")?;
        let total = text.lines().rev().find_map(|line| line.strip_prefix("totals: ")?.parse::<u64>().ok());
        total.context("callgrind's profile has no total")
    };
    let mut counted = BTreeMap::<&str, Vec<u64>>::new();
    for run in 1..=runs {
        println(&format!("Count instructions: run {run} of {runs}"));
        // The count of a further reset is the average of twenty.
        let (start, one, twenty_more) = (count(0)?, count(1)?, count(21)?);
        let counts = [(START, start), (ONE, one), (FURTHER, twenty_more.saturating_sub(one) / 20)];
        counts.into_iter().for_each(|(name, count)| counted.entry(name).or_default().push(count));
    }
    counted.values_mut().for_each(|counts| counts.sort_unstable());
    if runs > 1 {
        println(&format!("  {counted:?}"));
    }
    Ok(counted.into_iter().map(|(name, counts)| (name, counts[counts.len() / 2])).collect())
}

/// Returns the figures that exceed their margin. Instructions depend on the whole machine, bytes on the compiler and
/// the platform, and crates on the platform. If these differ from the record, a figure is only printed, because the
/// change may not be the reason for a difference.
fn compare<'a>(figures: &BTreeMap<&'a str, u64>, here: &Machine, record: &Record) -> Result<Vec<&'a str>> {
    let there = &record.with;
    if here != there {
        println(&format!(
            "!! NOT ALL FIGURES ARE COMPARED: the record is from {there:?}, but this machine is {here:?}"
        ));
    }
    let mut failed = Vec::new();
    for (&name, &value) in figures {
        let is_same = |what: &str| here.get(what) == there.get(what);
        let is_comparable = match name {
            CRATES => is_same("platform"),
            BYTES => is_same("platform") && is_same("compiler"),
            _ => here == there,
        };
        let Figure { value: recorded, margin_percent: margin } = *record.figures.get(name).context(name.to_owned())?;
        let change = (value as f64 - recorded as f64) / recorded as f64 * 100.0;
        let verdict = match change {
            _ if !is_comparable => "not compared",
            _ if change > margin => "ABOVE THE MARGIN",
            _ if change < -margin => "better; record it, to detect a later regression",
            _ => "ok",
        };
        println(&format!("  {name}: {value} ({change:+.2} % of {recorded}, margin {margin} %): {verdict}"));
        failed.extend((verdict == "ABOVE THE MARGIN").then_some(name));
    }
    Ok(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_another_machine_are_not_compared() {
        let figures = [CRATES, BYTES, ONE].map(|name| (name.to_owned(), Figure { value: 100, margin_percent: 1.0 }));
        let with = Machine::from([("nothing".to_owned(), "other".to_owned())]);
        let record = Record { how: String::new(), with, figures: figures.into() };
        for (value, difference, expected) in [
            (101, "nothing", &[][..]),
            (102, "nothing", &[BYTES, CRATES, ONE]),
            (102, "valgrind", &[BYTES, CRATES]),
            (102, "compiler", &[CRATES]),
            (102, "platform", &[]),
        ] {
            let here = Machine::from([(difference.to_owned(), "other".to_owned())]);
            let figures = [CRATES, BYTES, ONE].map(|name| (name, value)).into();
            assert_eq!(compare(&figures, &here, &record).unwrap(), expected, "{value} {difference}");
        }
    }
}
