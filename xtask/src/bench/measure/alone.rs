//! Many resets in one process of the provider, without Terraform, whose own cost grows faster than linearly.

use serde::Deserialize;

use crate::Error;
use crate::quickstart::emulator::Emulator;

use super::super::figure::{Figure, Goal, Unit};
use super::super::{Bench, fixture};
use super::client;

/// Repeated measurements differ by a few percent, so up to this ratio counts as linear.
const LINEAR: f64 = 1.1;

#[derive(Clone, Copy, Deserialize)]
struct Measured {
    elapsed: f64,
    cpu_time: f64,
    resident_before: f64,
    peak: f64,
}

impl Measured {
    fn per_reset(&self, count: u32) -> f64 {
        self.cpu_time / f64::from(count)
    }
}

/// Measures each number of resets, and how the cost per reset grows.
///
/// # Errors
/// The client fails, or the resets do not reach the emulator.
pub(crate) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, Error> {
    let mut figures = Vec::new();
    let mut results = Vec::new();
    for &count in &bench.arguments.alone {
        bench.steps.print(format_args!("{count} resets"));
        let emulator = bench.start_emulator(count)?;
        let measured = measure_once(bench, &emulator, count)?;
        bench.count_resets(&emulator.journal()?, count)?;
        let name = |what: &str| format!("{count} resets without Terraform: {what}");
        figures.extend([
            Figure::new(name("elapsed, per reset"), Unit::Seconds, vec![measured.elapsed / f64::from(count)]),
            Figure::new(name("processor time, per reset"), Unit::Seconds, vec![measured.per_reset(count)]),
            Figure::new(name("peak memory"), Unit::Bytes, vec![measured.peak]),
        ]);
        results.push((count, measured));
    }
    if let [few, .., many] = results.as_slice() {
        figures.extend(growth(*few, *many));
    }
    Ok(figures)
}

fn measure_once(bench: &Bench<'_>, emulator: &Emulator, count: u32) -> Result<Measured, Error> {
    client(bench.environment, bench.supervisor, &bench.binaries.client, |command| {
        command
            .args(["resets", "--count", &count.to_string(), "--url", emulator.url()])
            .args(fixture::CLIENT_INSTANCE)
            .args(fixture::CLIENT_TARGET)
            .arg("--")
            .arg(&bench.binaries.provider)
            .envs(fixture::CREDENTIALS);
    })
}

/// The ratio of the cost of a reset among many to its cost among few.
fn growth((few, low): (u32, Measured), (many, high): (u32, Measured)) -> [Figure; 2] {
    let time = high.per_reset(many) / low.per_reset(few);
    // Memory in use before the first reset is not a cost of the resets.
    let memory = |count: u32, measured: Measured| (measured.peak - measured.resident_before) / f64::from(count);
    let memory = memory(many, high) / memory(few, low);
    let name = |what: &str| format!("{what} per reset, {many} resets over {few}");
    let figure = |what, value| Figure::new(name(what), Unit::Times, vec![value]).with_goal(Goal::AtMost(LINEAR));
    [figure("processor time", time), figure("memory", memory)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_computed_per_reset() {
        let few = Measured { elapsed: 1.0, cpu_time: 1.0, resident_before: 5e6, peak: 6e6 };
        let many = Measured { elapsed: 9.0, cpu_time: 20.0, resident_before: 5e6, peak: 10e6 };
        let [time, memory] = growth((1_000, few), (10_000, many));
        assert_eq!((time.samples, memory.samples), (vec![2.0], vec![0.5]));
    }
}
