//! Measures a provider without Terraform: starts and calls it as Terraform does, and prints the measurements as JSON.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "it fails by panicking, as its library does"
)]

mod resets;
mod starts;

use std::ffi::OsString;
use std::io::Write;

use clap::{Parser, Subcommand};
use serde::Serialize;

/// Measures a provider without Terraform, and prints JSON.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Start the provider repeatedly, in plain text and over mutual TLS, alternating with a program that does nothing.
    Starts(starts::Arguments),
    /// Let one process plan and apply many resets.
    Resets(resets::Arguments),
}

/// The command to start.
#[derive(Clone, Debug, clap::Args)]
struct Program {
    /// The provider, or a program that runs it, with the program's arguments.
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

impl Program {
    async fn start(
        &self,
        identity: Option<&testkit::plugin::ClientIdentity>,
        variables: &[(&str, String)],
    ) -> testkit::plugin::Plugin {
        let [program, arguments @ ..] = &*self.program else { panic!("clap requires a program") };
        let prepare = |command: &mut tokio::process::Command| {
            command.args(arguments).envs(variables.iter().map(|(name, value)| (*name, value)));
            // Inherited, because an unread pipe would fill up and block the plugin.
            command.stderr(std::process::Stdio::inherit());
        };
        testkit::plugin::Plugin::start_with(program, identity, prepare).await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    match Arguments::parse().task {
        Task::Starts(arguments) => print(&starts::run(&arguments).await),
        Task::Resets(arguments) => print(&resets::run(arguments).await),
    }
}

fn print(measured: &impl Serialize) {
    let text = serde_json::to_string(measured).unwrap();
    writeln!(std::io::stdout().lock(), "{text}").unwrap();
}
