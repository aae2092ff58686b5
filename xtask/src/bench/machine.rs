//! What the figures depend on beside the code: the machine, its load, the tools.

use std::fs;
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::process::Supervisor;
use crate::workspace::Workspace;

/// More than this share of the cores in use by others, and times are not to be trusted.
const BUSY: f64 = 0.25;

/// What is kept beside the figures.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// How many threads run at once.
    pub cores: usize,
    /// The processor's name.
    pub processor: Option<String>,
    /// The kernel's version.
    pub kernel: Option<String>,
    /// What compiled the provider.
    pub compiler: Option<String>,
    /// What was measured.
    pub commit: Option<String>,
    /// What applied.
    pub terraform: Option<String>,
    /// Processes that ran or wanted to, on average over the minute before.
    pub load_before: Option<f64>,
    /// The same at the end; the measurements themselves are in it.
    pub load_after: Option<f64>,
}

impl Machine {
    /// This one, now.
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

    /// Notes the load at the end.
    pub fn record_final_load(&mut self) {
        self.load_after = load();
    }

    /// Whether others worked when the measuring began.
    pub fn was_busy(&self) -> bool {
        self.load_before.is_none_or(|load| load > BUSY * self.cores as f64)
    }
}

/// The average over the last minute.
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
    fn processor_is_named() {
        assert_eq!(processor_name("vendor_id\t: X\nmodel name\t: AMD EPYC 7763\nflags\t: fpu"), Some("AMD EPYC 7763"));
        assert_eq!(processor_name("Processor: ARM"), None);
    }

    #[test]
    fn machine_with_others_at_work_is_busy() {
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
