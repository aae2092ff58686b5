//! The duration of one signature, measured by criterion in `benches/`.

use std::fs;

use serde::Deserialize;

use crate::Error;

use super::super::Bench;
use super::super::figure::{Figure, Goal, Unit};

/// The name of the benchmark in `benches/`.
const BENCHMARK: &str = "sign one request";
/// The file where criterion stores the result, below the target directory.
const ESTIMATES: &str = "criterion/sign one request/new/estimates.json";

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    /// In nanoseconds.
    point_estimate: f64,
}

/// Runs the benchmark and reads its median.
///
/// # Errors
/// `cargo bench` fails, or its result cannot be read.
pub(crate) fn measure(bench: &Bench<'_>) -> Result<Figure, Error> {
    let mut command = bench.workspace.cargo();
    command.args(["bench", "--locked", "--bench", "provider", "--", "--noplot", "--exact", BENCHMARK]);
    let status = bench.supervisor.run(&mut command)?;
    if !status.success() {
        return Err(Error::failed(format!("`cargo bench` ended with {status}; see its output above.")));
    }
    let path = bench.workspace.target().join(ESTIMATES);
    let failed = |why: String| Error::failed(format!("cannot read {}: {why}", path.display()));
    let text = fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
    let nanoseconds = median(&text).map_err(|error| failed(error.to_string()))?;
    Ok(Figure::new(BENCHMARK, Unit::Seconds, vec![nanoseconds * 1e-9]).with_goal(Goal::AtMost(5e-6)))
}

fn median(estimates: &str) -> serde_json::Result<f64> {
    Ok(serde_json::from_str::<Estimates>(estimates)?.median.point_estimate)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An excerpt of a file written by criterion 0.8.
    #[test]
    fn median_is_parsed() {
        let text = r#"{"mean":{"confidence_interval":{"confidence_level":0.95,"lower_bound":1.0,"upper_bound":3.0},
            "point_estimate":2.5,"standard_error":0.1},"median":{"point_estimate":2.25,"standard_error":0.1}}"#;
        assert_eq!(median(text).unwrap(), 2.25);
        assert!(median("{}").is_err());
    }
}
