//! Counts the round trips of one reset by its duration on an emulator with slow responses.

use serde::Deserialize;
use serde_json::json;

use crate::Error;

use super::super::figure::{Figure, Goal, Unit};
use super::super::{Bench, fixture};
use super::client;

/// How long each response takes, which is much longer than the provider's own work.
const RESPONSE_MS: u32 = 200;

/// Targets, the arguments of the plugin client for them, and the maximum number of round trips.
const TARGETS: [(&str, &[&str], f64); 3] = [
    ("an offset", &["--topic", fixture::TOPIC, "--offset", "10"], 3.0),
    ("a time", &["--topic", fixture::TOPIC, "--datetime", fixture::TIME_OF_OFFSET_10], 5.0),
    ("a time, every topic", &["--datetime", fixture::TIME_OF_OFFSET_10], 6.0),
];

#[derive(Deserialize)]
struct Measured {
    elapsed: f64,
}

/// Measures one reset to each target, from the first request after the lookup of the project to the last response.
///
/// # Errors
/// The client fails, or the reset does not reach the emulator.
pub(crate) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, Error> {
    let mut figures = Vec::new();
    for (target, arguments, most) in TARGETS {
        let (mut times, mut round_trips) = (Vec::new(), Vec::new());
        for _ in 0..bench.arguments.runs {
            let emulator = bench.start_emulator(1)?;
            // The first rule that matches applies.
            emulator.add_faults(&json!([{ "operation": "ListProjects" }, { "delay_ms": RESPONSE_MS }]))?;
            let Measured { elapsed } =
                client(bench.environment, bench.supervisor, &bench.binaries.client, |command| {
                    command
                        .args(["resets", "--count", "1", "--url", emulator.url()])
                        .args(fixture::CLIENT_INSTANCE)
                        .args(arguments)
                        .arg("--")
                        .arg(&bench.binaries.provider)
                        .envs(fixture::CREDENTIALS);
                })?;
            bench.count_resets(&emulator.journal()?, 1)?;
            times.push(elapsed);
            round_trips.push((elapsed * 1e3 / f64::from(RESPONSE_MS)).floor());
        }
        figures.extend([
            Figure::new(format!("reset to {target}: round trips"), Unit::Count, round_trips)
                .with_goal(Goal::AtMost(most)),
            Figure::new(format!("reset to {target}, {RESPONSE_MS} ms per response"), Unit::Seconds, times),
        ]);
    }
    Ok(figures)
}
