//! Counts the instructions of the provider with valgrind's callgrind. Equal work has a nearly equal count.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Error;
use crate::bench::fixture;
use crate::quickstart::emulator::Emulator;

use super::Guard;

/// The number of resets after the first one. The cost of one is their average.
const FURTHER: u64 = 20;

/// The counted instructions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Counts {
    /// From the start over mutual TLS to the end, including the first schema.
    pub(super) start: u64,
    /// The same with the provider block and a first reset. Not stored as a difference, which would combine the
    /// variation of two counts.
    pub(super) one_reset: u64,
    /// The average of each further reset.
    pub(super) further_reset: u64,
}

impl Counts {
    /// Combines the counts of three processes: without a reset, with one, and with all.
    fn from_processes(start: u64, one: u64, all: u64) -> Self {
        Self { start, one_reset: one, further_reset: all.saturating_sub(one) / FURTHER }
    }
}

/// An installed valgrind.
pub(super) struct Valgrind {
    program: PathBuf,
    /// Its version, like `valgrind-3.19.0`.
    pub(super) version: String,
}

impl Valgrind {
    pub(super) fn find(guard: &Guard<'_>) -> Result<Option<Self>, Error> {
        let Some(program) = guard.environment.find_program("valgrind") else { return Ok(None) };
        let version = guard.supervisor.succeed(guard.environment.command(&program).arg("--version"))?;
        Ok(Some(Self { program, version: String::from_utf8_lossy(&version).trim().to_owned() }))
    }

    /// Counts once.
    ///
    /// # Errors
    /// A process fails, or its profile cannot be read.
    pub(super) fn count(&self, guard: &Guard<'_>, emulator: &Emulator) -> Result<Counts, Error> {
        let resets = |count: u64| {
            emulator.reset()?;
            self.run(guard, |command| {
                // One reset at a time, because waiting in parallel would vary.
                command.args(["resets", "--count", &count.to_string(), "--parallelism", "1", "--url", emulator.url()]);
                command.args(fixture::CLIENT_INSTANCE).args(fixture::CLIENT_TARGET);
            })
        };
        let start = self.run(guard, |command| {
            command.args(["starts", "--mutual-tls-only"]);
        })?;
        Ok(Counts::from_processes(start, resets(1)?, resets(1 + FURTHER)?))
    }

    /// Counts the instructions of one process of the provider from start to end.
    fn run(&self, guard: &Guard<'_>, task: impl FnOnce(&mut Command)) -> Result<u64, Error> {
        let profile = guard.directory.join("callgrind.out");
        let mut command = guard.environment.command(&guard.client);
        task(&mut command);
        command
            .arg("--")
            .arg(&self.program)
            .args(["--tool=callgrind", "--quiet", "--vgdb=no"])
            .arg(format!("--callgrind-out-file={}", profile.display()))
            .arg(&guard.provider)
            .envs(fixture::CREDENTIALS)
            .stdin(Stdio::null());
        guard.supervisor.succeed(&mut command)?;
        read(&profile)
    }
}

fn read(profile: &Path) -> Result<u64, Error> {
    let failed = |why: &str| Error::failed(format!("cannot read callgrind's {}: {why}", profile.display()));
    let text = fs::read_to_string(profile).map_err(|error| failed(&error.to_string()))?;
    // Removed, so that the next run cannot read it by mistake.
    fs::remove_file(profile).map_err(|error| failed(&error.to_string()))?;
    total(&text).ok_or_else(|| failed("it has no total"))
}

/// The total of a profile, from the line `totals:`, or `summary:` in older versions.
fn total(profile: &str) -> Option<u64> {
    let events = profile.lines().find_map(|line| line.strip_prefix("events:"))?;
    // Only instructions are recorded, so they come first.
    let instructions_first = events.split_ascii_whitespace().next() == Some("Ir");
    let line = |name| profile.lines().rev().find_map(move |line: &str| line.strip_prefix(name));
    let totals = line("totals:").or_else(|| line("summary:"))?;
    totals.split_ascii_whitespace().next()?.parse().ok().filter(|_| instructions_first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginning and end of a profile written by valgrind 3.19.
    const PROFILE: &str = "# callgrind format\nversion: 1\ncreator: callgrind-3.19.0\npid: 7\ncmd:  ./provider\npart: 1\n\n\
        desc: I1 cache: \nevents: Ir\nsummary: 3211\n\nob=(1) /lib64/ld-linux.so\nfn=(0) main\n3 11\n\ntotals: 3210\n";

    #[test]
    fn total_of_a_profile_is_parsed() {
        assert_eq!(total(PROFILE), Some(3210));
        assert_eq!(total(&PROFILE.replace("\ntotals: 3210", "")), Some(3211));
    }

    #[test]
    fn profile_of_other_events_has_no_total() {
        assert_eq!(total(&PROFILE.replace("events: Ir", "events: Dr Ir")), None);
        assert_eq!(total("events: Ir\nfn=(0) main\n3 11\n"), None);
        assert_eq!(total(""), None);
    }

    #[test]
    fn further_resets_are_averaged() {
        let counts = Counts::from_processes(1_000, 1_500, 1_500 + FURTHER * 70);
        assert_eq!(counts, Counts { start: 1_000, one_reset: 1_500, further_reset: 70 });
    }
}
