//! Measures starts without Terraform: from the start of a process to its handshake line and its first schema.

use serde::Deserialize;

use crate::Error;

use super::super::Bench;
use super::super::figure::{Figure, Goal, Unit};
use super::{MIB, client};

/// Starts are short, so more of them are measured.
const FOR_EACH_RUN: u32 = 20;

#[derive(Deserialize)]
struct Measured {
    noop: Vec<f64>,
    plain: Starts,
    mutual_tls: Starts,
}

#[derive(Deserialize)]
struct Starts {
    handshake: Vec<f64>,
    schema: Vec<f64>,
    resident: Vec<f64>,
}

/// Measures the starts with the plugin client.
///
/// # Errors
/// The client fails.
pub(crate) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, Error> {
    let runs = (bench.arguments.runs * FOR_EACH_RUN).to_string();
    let Measured { noop, plain, mutual_tls } =
        client(bench.environment, bench.supervisor, &bench.binaries.client, |command| {
            command.args(["starts", "--runs", &runs, "--"]).arg(&bench.binaries.provider);
        })?;
    let seconds = |name: &str, samples| Figure::new(name, Unit::Seconds, samples);
    Ok(vec![
        seconds("a program that does nothing: start → end", noop),
        seconds("start → handshake, plain", plain.handshake),
        seconds("start → handshake, mutual TLS", mutual_tls.handshake).with_goal(Goal::AtMost(3e-3)),
        seconds("start → first schema, plain", plain.schema),
        seconds("start → first schema, mutual TLS", mutual_tls.schema).with_goal(Goal::AtMost(5e-3)),
        Figure::new("resident at first schema, plain", Unit::Bytes, plain.resident),
        Figure::new("resident at first schema, mutual TLS", Unit::Bytes, mutual_tls.resident)
            .with_goal(Goal::AtMost(6.0 * MIB)),
    ])
}
