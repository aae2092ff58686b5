//! Measures whole runs of `terraform apply`, with resets and with the floor in turns.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::Error;
use crate::mirror::Mirror;
use crate::quickstart::emulator::Emulator;
use crate::terraform::Terraform;

use super::super::figure::{Figure, Goal, Unit, format_value};
use super::super::sampler::Sampler;
use super::super::{Bench, fixture};
use super::MIB;

/// Two for each of the ten concurrent resets, plus two.
const MOST_CONNECTIONS: f64 = 22.0;
/// With fewer resources, memory and connections are not meaningful.
const MANY: u32 = 1_000;

/// The name of Terraform's state file.
const STATE: &str = "terraform.tfstate";

/// Everything that an apply needs.
struct ApplyBench<'a> {
    bench: &'a Bench<'a>,
    terraform: &'a Terraform,
    mirror: &'a Mirror,
    emulator: Emulator,
}

/// Measures this many resets in one run of Terraform.
///
/// # Errors
/// A run of Terraform fails, or the resets do not reach the emulator.
pub(crate) fn measure(
    bench: &Bench<'_>,
    terraform: &Terraform,
    mirror: &Mirror,
    count: u32,
) -> Result<Vec<Figure>, Error> {
    let emulator = bench.start_emulator(count)?;
    ApplyBench { bench, terraform, mirror, emulator }.measure(count)
}

impl ApplyBench<'_> {
    fn measure(&self, count: u32) -> Result<Vec<Figure>, Error> {
        let floor = self.prepare(&format!("floor-{count}"), &fixture::floor(count))?;
        let resets = self.prepare(&format!("resets-{count}"), &fixture::resets(count, self.emulator.url()))?;

        // The first runs warm the caches and are not timed. The sampler would disturb timed runs.
        self.apply(&floor)?;
        let sampler = Sampler::start(self.mirror.provider().to_owned());
        self.reset(&resets, count)?;
        let used = sampler.stop();
        let journal = self.emulator.journal()?;
        let padding = state_size(&resets)?.saturating_sub(state_size(&floor)?) / count as usize;
        let padded_floor = self.prepare(&format!("padded-floor-{count}"), &fixture::padded_floor(count, padding))?;
        self.apply(&padded_floor)?;

        let (mut times, mut floor_times, mut padded_floor_times) = (Vec::new(), Vec::new(), Vec::new());
        let runs = self.bench.arguments.runs;
        for run in 1..=runs {
            let taken = [self.apply(&floor)?, self.apply(&padded_floor)?, self.reset(&resets, count)?];
            floor_times.push(taken[0]);
            padded_floor_times.push(taken[1]);
            times.push(taken[2]);
            let [below, padded, above] = taken.map(|seconds| format_value(seconds, Unit::Seconds));
            self.bench.steps.print(format_args!(
                "{count}: run {run} of {runs}: floor {below}, with as much state {padded}, resets {above}"
            ));
        }

        let most = if count < MANY { 3.0 } else { 1.3 };
        let apply = Figure::new(format!("apply of {count}"), Unit::Seconds, times.clone()).with_floor(floor_times);
        let beside_padded = Figure::new(format!("apply of {count}, compared with as much state"), Unit::Seconds, times)
            .with_floor(padded_floor_times);
        let mut connections: Vec<u64> = journal.iter().map(|entry| entry.connection).collect();
        connections.sort_unstable();
        connections.dedup();
        let name = |what: &str| format!("apply of {count}: {what}");
        let mut peak = Figure::new(name("provider's peak memory"), Unit::Bytes, vec![used.peak as f64]);
        let mut connections = Figure::new(name("HTTP connections"), Unit::Count, vec![connections.len() as f64]);
        if count >= MANY {
            connections = connections.with_goal(Goal::AtMost(MOST_CONNECTIONS));
        }
        if count == MANY {
            peak = peak.with_goal(Goal::AtMost(16.0 * MIB));
        }
        let mut figures = vec![
            apply.with_goal(Goal::TimesFloor(most)),
            beside_padded,
            peak,
            connections,
            Figure::new(name("requests per reset"), Unit::Count, vec![journal.len() as f64 / f64::from(count)]),
        ];
        // The kernel counts CPU time in hundredths of a second.
        if count >= MANY {
            let processor = vec![used.cpu_time.as_secs_f64()];
            figures.push(Figure::new(name("provider's processor time"), Unit::Seconds, processor));
        }
        Ok(figures)
    }

    fn prepare(&self, name: &str, configuration: &str) -> Result<PathBuf, Error> {
        let directory = self.bench.directory.join(name);
        let written = fs::create_dir_all(&directory).and_then(|()| fs::write(directory.join("main.tf"), configuration));
        written.map_err(|error| Error::failed(format!("cannot write to {}: {error}", directory.display())))?;
        self.terraform(&directory, &["init", "-input=false", "-no-color"])?;
        Ok(directory)
    }

    /// Applies the resets, and checks that all of them happened.
    fn reset(&self, directory: &Path, count: u32) -> Result<f64, Error> {
        self.emulator.reset()?;
        let seconds = self.apply(directory)?;
        self.bench.count_resets(&self.emulator.journal()?, count)?;
        Ok(seconds)
    }

    /// Applies without a state, and returns the duration in seconds.
    fn apply(&self, directory: &Path) -> Result<f64, Error> {
        for state in [STATE, "terraform.tfstate.backup"] {
            match fs::remove_file(directory.join(state)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(Error::failed(format!("cannot remove {state} in {}: {error}", directory.display())));
                }
                _ => {}
            }
        }
        let started = Instant::now();
        self.terraform(directory, &["apply", "-auto-approve", "-input=false", "-no-color"])?;
        Ok(started.elapsed().as_secs_f64())
    }

    fn terraform(&self, directory: &Path, arguments: &[&str]) -> Result<(), Error> {
        let mut command = self.mirror.command(self.terraform);
        command.current_dir(directory).args(arguments).envs(fixture::CREDENTIALS);
        self.bench.supervisor.succeed(&mut command).map(drop)
    }
}

/// The size of the state file in bytes.
fn state_size(directory: &Path) -> Result<usize, Error> {
    let path = directory.join(STATE);
    let state = fs::read(&path).map_err(|error| Error::failed(format!("cannot read {}: {error}", path.display())))?;
    Ok(state.len())
}
