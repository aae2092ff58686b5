//! Measures a provider without Terraform: starts it as Terraform does, speaks to it, and prints what it took as JSON.
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
    /// Start it again and again: in plain text, over mutual TLS, and in between a program that does nothing.
    Starts(starts::Arguments),
    /// Let one process plan and do many resets.
    Resets(resets::Arguments),
}

/// What to start.
#[derive(Clone, Debug, clap::Args)]
struct Program {
    /// The provider, or what it runs under, and that program's arguments.
    #[arg(last = true, required = true)]
    program: Vec<OsString>,
}

impl Program {
    async fn start(
        &self,
        identity: Option<&plugin_client::ClientIdentity>,
        keys: &[(&str, String)],
    ) -> plugin_client::Plugin {
        let [program, arguments @ ..] = &*self.program else { panic!("clap asks for a program") };
        let prepare = |command: &mut tokio::process::Command| {
            command.args(arguments).envs(keys.iter().map(|(name, value)| (*name, value)));
            // Nobody reads it here, and a pipe that nobody reads would fill.
            command.stderr(std::process::Stdio::inherit());
        };
        plugin_client::Plugin::start_with(program, identity, prepare).await
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
