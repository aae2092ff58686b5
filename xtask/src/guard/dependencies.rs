//! Counts the crates in the provider, on this machine.

use std::collections::BTreeSet;

use crate::Error;
use crate::mirror::PROVIDER;

use super::Guard;

/// Counts the normal dependencies of the provider, without those of its tests and its build script.
///
/// # Errors
/// `cargo tree` fails.
pub(super) fn count(guard: &Guard<'_>) -> Result<u64, Error> {
    let mut command = guard.workspace.cargo();
    command.args([
        "tree",
        "--locked",
        "--package",
        PROVIDER,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let listed = guard.supervisor.succeed(&mut command)?;
    Ok(crates(&String::from_utf8_lossy(&listed)))
}

/// Counts the lines with distinct crates. A repeated crate ends with a star.
fn crates(tree: &str) -> u64 {
    let names: BTreeSet<&str> =
        tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty()).collect();
    // Excludes the provider itself.
    (names.len() as u64).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_version_of_a_crate_counts_once() {
        let tree =
            "provider v0.1.0 (/work)\nbase64 v0.22.1\nhex v0.4.3\nhmac v0.13.0\nhex v0.4.3 (*)\nhmac v0.12.1\n\n";
        assert_eq!(crates(tree), 4);
        assert_eq!(crates(""), 0);
    }
}
