//! What the process is to be: the provider of the Terraform that started it, or what a person asks for by arguments.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::provider::{self, doctor};
use crate::tf_provider::{plugin, schema_document};

/// Resets the offsets of Kafka consumer groups on Huawei Cloud. Terraform starts this provider by itself; what follows
/// is for people.
#[derive(Debug, Parser)]
#[command(name = env!("CARGO_PKG_NAME"), version, args_conflicts_with_subcommands = true)]
struct Arguments {
    /// Serve until Ctrl-C, and print what makes Terraform or OpenTofu use this very process.
    #[arg(long)]
    debug: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the schemas as JSON, in the form of `terraform providers schema -json`.
    Schema,
    /// Say which keys are used, sign in, and look whether a group could be reset. Changes nothing.
    Doctor(doctor::Arguments),
}

/// Serves or does what `arguments` say; the first of them is the program's name.
///
/// Terraform is told from a person by its cookie. Where it started us, arguments mean nothing.
pub fn run(arguments: impl Iterator<Item = OsString>, environment: &plugin::Environment<'_>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.collect();
    if plugin::is_started_by_terraform(environment) || arguments.len() < 2 {
        return plugin::serve(provider::new(), environment);
    }
    match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command: Some(Command::Schema), .. }) => print_schemas(),
        Ok(Arguments { command: Some(Command::Doctor(arguments)), .. }) => doctor::run(&arguments),
        Ok(Arguments { debug: true, command: None }) => {
            plugin::serve_for_debugging(provider::new(), provider::SOURCE_ADDRESS, environment)
        }
        // An argument that says nothing, such as `--`.
        Ok(Arguments { debug: false, command: None }) => plugin::serve(provider::new(), environment),
        Err(told) => {
            // Help and version are told by this way too, with code 0. When nobody reads it, there is nobody to tell.
            let _ = told.print();
            u8::try_from(told.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
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
