//! The emulator as a program: prints where it listens and what it knows, serves, ends cleanly.

#![forbid(unsafe_code)]

use clap::Parser;
use dms_emulator::{Emulator, JournalEntry, Seed, demo};
use std::error::Error;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::sync::oneshot;

/// A local double of Huawei Cloud DMS for Kafka that checks every signature.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Address and port to listen on; port 0 takes any free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// JSON document with the state to start from, instead of the demo.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Bootstrap address of a real Kafka, whose topics and groups are shown instead of the seed's.
    #[cfg(feature = "kafka")]
    #[arg(long, value_name = "ADDRESS:PORT")]
    kafka: Option<String>,
    /// End when standard input is closed, so that nothing outlives the script that started it.
    #[arg(long)]
    exit_with_stdin: bool,
    /// Allow an address that other machines can reach. The control routes need no signature!
    #[arg(long)]
    allow_remote: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(&arguments)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if !arguments.listen.ip().is_loopback() && !arguments.allow_remote {
        let refused = "other machines could reach it; say --allow-remote if that is meant";
        return Err(format!("not listening on {}: {refused}", arguments.listen).into());
    }
    // Signals are caught before the address is told: who knows it may send one at once.
    let signals = Signals::catch()?;
    let seed = match &arguments.seed {
        Some(path) => read_seed(path)?,
        None => Seed::demo(),
    };
    let builder = Emulator::builder().seed(seed).listen(arguments.listen);
    #[cfg(feature = "kafka")]
    let builder = match &arguments.kafka {
        Some(bootstrap) => builder.kafka(bootstrap),
        None => builder,
    };
    let emulator = builder.observe(log).start().await?;
    let what = if arguments.seed.is_some() { String::new() } else { demo_text(&emulator.url(), &contents(arguments)) };
    let mut stdout = std::io::stdout();
    write!(stdout, "dms-emulator listening on {}\n{what}", emulator.url())?;
    stdout.flush()?;
    tokio::select! {
        () = signals.wait() => {}
        () = stdin_closed(arguments.exit_with_stdin) => {}
    }
    emulator.shutdown();
    Ok(())
}

fn read_seed(path: &PathBuf) -> Result<Seed, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Seed::from_json(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// What can be found in the demo's instance.
fn contents(arguments: &Arguments) -> String {
    #[cfg(feature = "kafka")]
    if let Some(bootstrap) = &arguments.kafka {
        return format!("topics        those of {bootstrap}\ngroups        those of {bootstrap}");
    }
    let _ = arguments;
    format!(
        "topics        {orders}, {payments}\n\
         groups        {billing} (no members), {shipping} (one member: resets are refused)",
        orders = demo::ORDERS,
        payments = demo::PAYMENTS,
        billing = demo::BILLING,
        shipping = demo::SHIPPING,
    )
}

/// What a user needs to try the demo state.
fn demo_text(url: &str, contents: &str) -> String {
    format!(
        r#"
region        {region}
project       {project}
instance      {instance}
access key    {access_key}
secret key    {secret_key}
{contents}

provider "huaweicloud" {{
  region     = "{region}"
  access_key = "{access_key}"
  secret_key = "{secret_key}"
  endpoints = {{
    dms = "{url}"
    iam = "{url}"
  }}
}}
"#,
        region = demo::REGION,
        project = demo::PROJECT_ID,
        instance = demo::INSTANCE_ID,
        access_key = demo::ACCESS_KEY,
        secret_key = demo::SECRET_KEY,
    )
}

/// One line per request on standard error.
fn log(entry: &JournalEntry) {
    let query = entry.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let status = entry.status.map_or_else(|| "unanswered".to_owned(), |status| status.to_string());
    let code = entry.error_code.as_deref().unwrap_or("-");
    let JournalEntry { time, connection, method, path, request_id, .. } = entry;
    let fault = entry.fault.as_ref().map(|fault| format!(" fault={fault}")).unwrap_or_default();
    let line = format!("{time} connection={connection} {method} {path}{query} {status} {code} {request_id}{fault}\n");
    // Nobody reads it any more: not a reason to stop answering.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn complain(error: &dyn Error) {
    let mut text = format!("dms-emulator: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Returns when standard input ends; never, if that is not `wanted`.
async fn stdin_closed(wanted: bool) {
    if !wanted {
        return std::future::pending().await;
    }
    let (closed, wait) = oneshot::channel::<()>();
    // A thread of its own: a blocking read of the runtime would keep the process from ending.
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut scratch = [0; 1024];
        while matches!(input.read(&mut scratch), Ok(read) if read > 0) {}
        drop(closed);
    });
    let _ = wait.await;
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn catch() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn catch() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn wait(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
