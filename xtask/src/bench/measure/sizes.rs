//! Measures what is stored and downloaded: the size of the binary, plain and compressed.

use std::fs;
use std::path::Path;

use crate::Error;

use super::super::Bench;
use super::super::figure::{Figure, Goal, Unit};
use super::MIB;

/// Measures both sizes.
///
/// # Errors
/// The binary cannot be read, or `gzip` fails.
pub(crate) fn measure(bench: &Bench<'_>) -> Result<Vec<Figure>, Error> {
    let binary = &bench.binaries.provider;
    // Zip archives use the same compression as gzip. Only the headers differ, by about a hundred bytes.
    let mut gzip = bench.environment.command("gzip");
    gzip.args(["-9", "-c"]).arg(binary);
    let zipped = bench.supervisor.succeed(&mut gzip)?.len();
    let bytes = |name, size, limit| Figure::new(name, Unit::Bytes, vec![size]).with_goal(Goal::AtMost(limit));
    Ok(vec![
        bytes("release binary, stripped", size(binary)? as f64, 6.0 * MIB),
        bytes("release binary, zipped", zipped as f64, 3.0 * MIB),
    ])
}

/// The size of a file in bytes.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn size(file: &Path) -> Result<u64, Error> {
    let found = fs::metadata(file).map_err(|error| Error::failed(format!("cannot read {}: {error}", file.display())));
    Ok(found?.len())
}
