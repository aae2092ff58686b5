//! The program that `cargo xtask` runs first: it announces the quickstart, and then cargo builds and runs the task.
//!
//! The first build of the tasks takes a while. This program has no dependencies, so it is built in about a second.

#![forbid(unsafe_code)]

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::Command;

const QUICKSTART: &[u8] = b"\
This builds the provider and an emulator of the cloud service. Then Terraform previews and resets the offsets of a
consumer group. Everything runs on this computer, and Ctrl-C stops it at any time.
The first run usually takes 1 to 4 minutes, mostly for the build. With --kafka, it takes 3 to 8 minutes. Later runs take
seconds.

";

fn main() {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let wants_help = arguments.iter().any(|argument| argument == "-h" || argument == "--help");
    if arguments.first().is_some_and(|task| task == "quickstart") && !wants_help {
        // Ignore a closed pipe.
        let _ = std::io::stdout().write_all(QUICKSTART);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // Replaces this process, so that the task can measure the time since it started.
    let error = Command::new(cargo).args(["run", "--package", "xtask", "--bin", "xtask", "--"]).args(arguments).exec();
    let _ = writeln!(std::io::stderr(), "cannot start cargo: {error}");
    std::process::exit(1);
}
