//! What the figures depend on besides the code: the machine, its load and the tools.

use std::fs;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::process::Supervisor;
use crate::workspace::Workspace;

/// If other processes use more than this share of the cores, times are not reliable.
const BUSY: f64 = 0.25;

/// The machine and the tools, recorded next to the figures.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The number of available cores.
    pub cores: usize,
    /// The processor's name.
    pub processor: Option<String>,
    /// The kernel's version.
    pub kernel: Option<String>,
    /// The version of the compiler that built the provider.
    pub compiler: Option<String>,
    /// The measured commit.
    pub commit: Option<String>,
    /// The version of Terraform.
    pub terraform: Option<String>,
    /// The load average of the minute before the measurements.
    pub load_before: Option<f64>,
    /// The load average at the end, which includes the measurements.
    pub load_after: Option<f64>,
}

impl Machine {
    /// Inspects this machine.
    pub(crate) fn inspect(workspace: &Workspace, supervisor: &Supervisor) -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").ok();
        let processor = cpu.as_deref().and_then(processor_name).map(str::to_owned);
        let first_line = |mut command: Command| {
            command.current_dir(workspace.root()).stdout(Stdio::piped()).stderr(Stdio::null());
            let output = supervisor.capture(&mut command).ok().filter(|output| output.status.success())?;
            String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
        };
        let mut compiler = Command::new("rustc");
        compiler.arg("--version");
        let mut commit = Command::new("git");
        commit.args(["describe", "--always", "--dirty", "--abbrev=12"]);
        Self {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned()),
            compiler: first_line(compiler),
            commit: first_line(commit),
            terraform: None,
            load_before: load(),
            load_after: None,
        }
    }

    /// Records the load at the end.
    pub fn record_final_load(&mut self) {
        self.load_after = load();
    }

    /// Whether other processes were busy when the measurements began.
    pub fn was_busy(&self) -> bool {
        self.load_before.is_none_or(|load| load > BUSY * self.cores as f64)
    }
}

/// The load average of the last minute.
fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

fn processor_name(cpuinfo: &str) -> Option<&str> {
    let line = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start_matches([' ', '\t', ':']).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_name_is_parsed() {
        assert_eq!(processor_name("vendor_id\t: X\nmodel name\t: AMD EPYC 7763\nflags\t: fpu"), Some("AMD EPYC 7763"));
        assert_eq!(processor_name("Processor: ARM"), None);
    }

    #[test]
    fn high_load_counts_as_busy() {
        let machine = |load_before| Machine {
            cores: 2,
            processor: None,
            kernel: None,
            compiler: None,
            commit: None,
            terraform: None,
            load_before,
            load_after: Some(1.0),
        };
        assert!(!machine(Some(0.4)).was_busy());
        assert!(machine(Some(0.6)).was_busy());
        assert!(machine(None).was_busy(), "not known to be quiet");
    }
}
