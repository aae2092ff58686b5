//! Measures starts: the time to the handshake line and to the first schema, and the memory used.

use std::process::Stdio;
use std::time::Instant;

use serde::Serialize;
use testkit::plugin::{ClientIdentity, ask_for_schema, shut_down};
use testkit::usage::Usage;

use crate::Program;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The number of starts.
    #[arg(long, default_value_t = 1)]
    runs: u32,
    /// Start over mutual TLS only: neither in plain text, nor the program that does nothing.
    #[arg(long)]
    mutual_tls_only: bool,
    #[command(flatten)]
    program: Program,
}

/// Times in seconds and memory in bytes, with one element for each run.
#[derive(Default, Serialize)]
pub(crate) struct Measured {
    /// A program that does nothing, from its start to its end.
    noop: Vec<f64>,
    plain: Starts,
    mutual_tls: Starts,
}

#[derive(Default, Serialize)]
struct Starts {
    handshake: Vec<f64>,
    schema: Vec<f64>,
    resident: Vec<u64>,
}

pub(crate) async fn run(arguments: &Arguments) -> Measured {
    let mut measured = Measured::default();
    for _ in 0..arguments.runs {
        if !arguments.mutual_tls_only {
            measured.noop.push(noop().await);
            measured.plain.add(&arguments.program, None).await;
        }
        // Terraform creates its certificate before it starts the plugin.
        measured.mutual_tls.add(&arguments.program, Some(&ClientIdentity::new())).await;
    }
    measured
}

async fn noop() -> f64 {
    let started = Instant::now();
    let mut command = tokio::process::Command::new("true");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.output().await.expect("the program `true`");
    started.elapsed().as_secs_f64()
}

impl Starts {
    async fn add(&mut self, program: &Program, identity: Option<&ClientIdentity>) {
        let started = Instant::now();
        let mut plugin = program.start(identity, &[]).await;
        self.handshake.push(started.elapsed().as_secs_f64());
        let channel = match identity {
            None => plugin.connect_plain().await,
            Some(_) => plugin.connect(identity).await,
        };
        let channel = channel.expect("a connection");
        let schema = ask_for_schema(channel.clone()).await.expect("a schema");
        self.schema.push(started.elapsed().as_secs_f64());
        assert!(!schema.resource_schemas.is_empty(), "the schema is empty");
        let usage = plugin.child.id().and_then(Usage::of_process).expect("a running process");
        self.resident.push(usage.resident);
        shut_down(channel).await;
        assert_eq!(plugin.exit_code().await, Some(0), "the plugin failed");
    }
}
