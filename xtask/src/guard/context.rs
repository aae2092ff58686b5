//! What the counts depend on besides the code: compiler, C library and processor.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::Supervisor;
use crate::{Environment, Error};

use super::record::MeasurementContext;

/// The processor features by which aws-lc and the C library select functions.
const DISPATCH_FLAGS: [&str; 8] = ["adx", "avx", "avx2", "avx512f", "bmi2", "erms", "fsrm", "sha_ni"];

/// The context of this machine, without the version of valgrind.
pub(super) fn current(
    environment: &Environment,
    supervisor: &Supervisor,
    root: &Path,
) -> Result<MeasurementContext, Error> {
    let mut rustc = Command::new("rustc");
    rustc.arg("--version").current_dir(root);
    let mut ldd = environment.command("ldd");
    ldd.arg("--version");
    Ok(MeasurementContext {
        platform: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        compiler: first_line(&supervisor.succeed(&mut rustc)?),
        valgrind: String::new(),
        // `ldd` exists only on Linux.
        library: supervisor.succeed(&mut ldd).map(|text| first_line(&text)).unwrap_or_default(),
        processor: dispatch_flags(&fs::read_to_string("/proc/cpuinfo").unwrap_or_default()),
    })
}

fn first_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).lines().next().unwrap_or_default().trim().to_owned()
}

fn dispatch_flags(cpuinfo: &str) -> String {
    let flags = cpuinfo.lines().find_map(|line| line.strip_prefix("flags")).unwrap_or_default();
    let has = |flag: &&str| flags.split_ascii_whitespace().any(|word| word == *flag);
    DISPATCH_FLAGS.into_iter().filter(has).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_flags_are_whole_words() {
        let cpuinfo = "processor\t: 0\nflags\t\t: fpu avx avx512_vnni bmi2\nbugs\t\t: avx2\n";
        assert_eq!(dispatch_flags(cpuinfo), "avx bmi2");
        assert_eq!(dispatch_flags(""), "");
    }
}
