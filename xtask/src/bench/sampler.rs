//! Records the memory and CPU time of processes that another program starts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::usage::Usage;

/// The interval between samples. The kernel records the peak itself, so only a peak right before the end can be missed.
const INTERVAL: Duration = Duration::from_millis(10);

/// A thread that samples every process of one program.
pub(crate) struct Sampler {
    stop: Sender<()>,
    thread: JoinHandle<BTreeMap<u32, Usage>>,
}

impl Sampler {
    pub(crate) fn start(program: PathBuf) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let mut samples = BTreeMap::new();
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(INTERVAL) {
                sample(&program, &mut samples);
            }
            samples
        });
        Self { stop, thread }
    }

    /// Stops the thread. Returns the maximum of the memory and the sum of the CPU times.
    pub(crate) fn stop(self) -> Usage {
        drop(self.stop);
        let samples = self.thread.join().unwrap_or_default();
        samples.values().fold(Usage::default(), |sum, one| Usage {
            resident: sum.resident.max(one.resident),
            peak: sum.peak.max(one.peak),
            cpu_time: sum.cpu_time + one.cpu_time,
        })
    }
}

fn sample(program: &Path, samples: &mut BTreeMap<u32, Usage>) {
    let Ok(entries) = fs::read_dir("/proc") else { return };
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    for process in numbers {
        let is_program = fs::read_link(format!("/proc/{process}/exe")).is_ok_and(|path| path == program);
        if let Some(usage) = is_program.then(|| Usage::of_process(process)).flatten() {
            samples.insert(process, usage);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn only_processes_of_the_program_are_sampled() {
        let program = ["/bin/cat", "/usr/bin/cat"].map(Path::new).into_iter().find(|path| path.exists()).unwrap();
        let program = program.canonicalize().unwrap();
        let mut child = Command::new(&program).stdin(Stdio::piped()).spawn().unwrap();
        let mut samples = BTreeMap::new();
        sample(&program, &mut samples);
        assert!(samples[&child.id()].peak > 0);
        assert!(!samples.contains_key(&std::process::id()));
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
