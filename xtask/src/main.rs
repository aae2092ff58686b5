//! `cargo xtask <task>`: runs a task of this repository, and sets the exit code.

#![forbid(unsafe_code)]

mod bench;
mod emulator;
mod guard;
mod output;
mod quickstart;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use testkit::process::Interrupted;

/// Tasks of this repository
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
enum Task {
    Quickstart(quickstart::Options),
    Bench(bench::Options),
    Guard(guard::Options),
}

fn main() -> ExitCode {
    let (name, outcome) = match Task::parse() {
        Task::Quickstart(options) => ("quickstart", quickstart::run(&options)),
        Task::Bench(options) => ("bench", bench::run(&options)),
        Task::Guard(options) => ("guard", guard::run(&options)),
    };
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    // Ignore a closed pipe.
    let _ = writeln!(std::io::stderr(), "\n{name}: {error:#}");
    ExitCode::from(error.downcast_ref().map_or(1, |it: &Interrupted| it.exit_code()))
}
