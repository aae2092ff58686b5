//! Reads the memory and CPU time of a process from `/proc`.

use std::fs;
use std::time::Duration;

/// Memory and CPU time of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// The resident memory in bytes.
    pub resident: u64,
    /// The peak of the resident memory in bytes.
    pub peak: u64,
    /// The user and system time of all threads.
    pub cpu_time: Duration,
}

impl Usage {
    /// Reads the usage of a process. `None` if it has ended, or on a system without `/proc`.
    pub fn of_process(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        parse(&status, &stat, rustix::param::clock_ticks_per_second())
    }
}

/// Parses the two files. A zombie has no memory, so the result is `None`.
fn parse(status: &str, stat: &str, ticks_per_second: u64) -> Option<Usage> {
    let kibibytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    // The program's name is in parentheses and may contain anything. The state follows as field 3; user time is field
    // 14 and system time field 15 (proc_pid_stat(5)).
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_ascii_whitespace().skip(11).map(|field| field.parse::<u64>().ok());
    let ticks = ticks.next()?? + ticks.next()??;
    Some(Usage {
        resident: kibibytes("VmRSS")? * 1024,
        peak: kibibytes("VmHWM")? * 1024,
        cpu_time: Duration::from_millis(ticks * 1000 / ticks_per_second.max(1)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by Linux 6.1 for a process with an unusual name.
    const STATUS: &str =
        "Name:\ta) b (c\nUmask:\t0022\nVmPeak:\t    9000 kB\nVmHWM:\t    4200 kB\nVmRSS:\t    4100 kB\n";
    const STAT: &str = "4242 (a) b (c) S 1 4242 4242 0 -1 4194304 210 0 3 0 123 45 0 0 20 0 1 0 99 9216000 1025\n";

    #[test]
    fn memory_and_time_are_parsed() {
        let usage = parse(STATUS, STAT, 100).unwrap();
        assert_eq!(usage.resident, 4100 * 1024);
        assert_eq!(usage.peak, 4200 * 1024);
        assert_eq!(usage.cpu_time, Duration::from_millis(1_680));
    }

    #[test]
    fn zombie_has_no_usage() {
        assert_eq!(parse("Name:\tx\nState:\tZ (zombie)\n", STAT, 100), None);
    }

    #[test]
    fn own_process_has_a_usage() {
        let usage = Usage::of_process(std::process::id()).unwrap();
        assert!(usage.resident > 0 && usage.peak >= usage.resident, "{usage:?}");
        assert_eq!(Usage::of_process(u32::MAX), None);
    }
}
