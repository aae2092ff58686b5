//! Selects what the process does: serve the Terraform that started it, or run a command for a person.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::provider::{self, doctor};
use crate::tf_provider::{plugin, schema_document};

/// Resets the offsets of Kafka consumer groups on Huawei Cloud. Terraform starts this provider when it needs it. The
/// commands below are for use without Terraform.
#[derive(Debug, Parser)]
#[command(name = env!("CARGO_PKG_NAME"), version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    /// Serve until Ctrl-C, and print the line that makes Terraform or OpenTofu use this process.
    #[arg(long)]
    debug: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the schemas as JSON, in the format of `terraform providers schema -json`.
    Schema,
    /// Print the source of the credentials, sign in, and check whether a group can be reset. Changes nothing.
    Doctor(doctor::DoctorArguments),
}

/// Serves the provider or runs the command in `arguments`, of which the first is the program's name.
///
/// If Terraform started the process, which its cookie shows, arguments are ignored.
pub fn run(arguments: impl Iterator<Item = OsString>, environment: &plugin::VariableLookup<'_>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    if plugin::is_started_by_terraform(environment) || arguments.len() < 2 {
        return plugin::serve(provider::new(), environment);
    }
    match CommandLine::try_parse_from(arguments) {
        Ok(CommandLine { command: Some(Command::Schema), .. }) => print_schemas(),
        Ok(CommandLine { command: Some(Command::Doctor(arguments)), .. }) => doctor::run(&arguments),
        Ok(CommandLine { debug: true, command: None }) => {
            plugin::serve_for_debugging(provider::new(), provider::SOURCE_ADDRESS, environment)
        }
        // Arguments without content, such as `--`.
        Ok(CommandLine { debug: false, command: None }) => plugin::serve(provider::new(), environment),
        Err(error) => {
            // clap also returns help and version as errors, with exit code 0. Ignore a closed pipe.
            let _ = error.print();
            u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
        }
    }
}

fn print_schemas() -> ExitCode {
    let document = schema_document(&provider::new(), provider::SOURCE_ADDRESS);
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{document}").and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
