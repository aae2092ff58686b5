//! What a process used of the machine so far, as Linux tells it below `/proc`.

use std::fs;
use std::time::Duration;

/// Memory and processor time of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Bytes that are in memory now.
    pub resident: u64,
    /// The most that were in memory at any time since it was started.
    pub peak: u64,
    /// Processor time of all its threads, in the program and in the kernel.
    pub cpu_time: Duration,
}

impl Usage {
    /// Of the process with this id; `None` where it has ended, or the system has no such files.
    pub fn of_process(process: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        parse(&status, &stat, rustix::param::clock_ticks_per_second())
    }
}

/// A process that has ended and waits to be reaped has no memory any more.
fn parse(status: &str, stat: &str, ticks_per_second: u64) -> Option<Usage> {
    let kibibytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    // The program's name stands in parentheses and may hold anything. After it, the state is field 3; user time is
    // field 14, system time field 15 (proc_pid_stat(5)).
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

    /// As Linux 6.1 wrote them, for a process with an odd name.
    const STATUS: &str =
        "Name:\ta) b (c\nUmask:\t0022\nVmPeak:\t    9000 kB\nVmHWM:\t    4200 kB\nVmRSS:\t    4100 kB\n";
    const STAT: &str = "4242 (a) b (c) S 1 4242 4242 0 -1 4194304 210 0 3 0 123 45 0 0 20 0 1 0 99 9216000 1025\n";

    #[test]
    fn memory_and_time_are_found() {
        let usage = parse(STATUS, STAT, 100).unwrap();
        assert_eq!(usage.resident, 4100 * 1024);
        assert_eq!(usage.peak, 4200 * 1024);
        assert_eq!(usage.cpu_time, Duration::from_millis(1_680));
    }

    #[test]
    fn process_without_memory_has_ended() {
        assert_eq!(parse("Name:\tx\nState:\tZ (zombie)\n", STAT, 100), None);
    }

    #[test]
    fn own_process_uses_something() {
        let usage = Usage::of_process(std::process::id()).unwrap();
        assert!(usage.resident > 0 && usage.peak >= usage.resident, "{usage:?}");
        assert_eq!(Usage::of_process(u32::MAX), None);
    }
}
