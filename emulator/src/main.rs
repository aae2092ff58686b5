//! The command-line program: starts an emulator, prints its address and demo data, and serves until it is stopped.

#![forbid(unsafe_code)]

mod request_log;

use std::error::Error;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;
use dms_emulator::{Clock, Emulator, Limits, Seed, SystemClock, demo};
use tokio::sync::oneshot;

use self::request_log::RequestLog;

/// A local emulator of Huawei Cloud DMS for Kafka that checks every signature.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Address and port to listen on; port 0 selects any free port. Without a value: 127.0.0.1:8480, as in the examples
    /// of the documentation.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        num_args = 0..=1,
        default_value = "127.0.0.1:0",
        default_missing_value = "127.0.0.1:8480"
    )]
    listen: SocketAddr,
    /// Start from this seed document (JSON) instead of the demo data.
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Use the topics and groups of the real cluster with this bootstrap address.
    #[cfg(feature = "kafka")]
    #[arg(long, value_name = "ADDRESS:PORT")]
    kafka: Option<String>,
    /// Exit when standard input closes, so that the emulator does not outlive the script that started it.
    #[arg(long)]
    exit_with_stdin: bool,
    /// Allow an address that other machines can reach. They can then use the control routes, which are unsigned.
    #[arg(long)]
    allow_remote: bool,
    /// Do not log requests to standard error.
    #[arg(long)]
    quiet: bool,
    /// Maximum number of open connections. For each new one beyond it, the longest idle one is closed.
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().connections)]
    max_connections: usize,
    /// Maximum number of requests in the journal. For each new one beyond it, the oldest one is dropped.
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().journal_entries)]
    journal_entries: usize,
    /// Approximate maximum memory of the journal, in bytes. Beyond it, the oldest requests are dropped.
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().journal_bytes)]
    journal_bytes: usize,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run(&arguments)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    if !arguments.listen.ip().is_loopback() && !arguments.allow_remote {
        let message = "other machines can reach this address; pass --allow-remote to allow that";
        return Err(format!("cannot listen on {}: {message}", arguments.listen).into());
    }
    // Handled before the address is printed, because a script that has read it can send a signal at once.
    let signals = Signals::install()?;
    let seed = match &arguments.seed {
        Some(path) => read_seed(path)?,
        None => Seed::demo_until(SystemClock.now()),
    };
    // Nanoseconds, so that each run issues different request ids.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let first_request = u64::try_from(now.as_nanos()).unwrap_or_default();
    let limits = Limits {
        connections: arguments.max_connections,
        journal_entries: arguments.journal_entries,
        journal_bytes: arguments.journal_bytes,
        ..Limits::default()
    };
    let builder = Emulator::builder().seed(seed).listen(arguments.listen).first_request(first_request).limits(limits);
    #[cfg(feature = "kafka")]
    let builder = match &arguments.kafka {
        Some(bootstrap) => builder.kafka(bootstrap),
        None => builder,
    };
    let log = (!arguments.quiet).then(RequestLog::start);
    let builder = match &log {
        Some(log) => builder.observe(log.observer()),
        None => builder,
    };
    let emulator = builder.start().await?;
    let demo_data =
        if arguments.seed.is_some() { String::new() } else { demo_text(&emulator.url(), &contents(arguments)) };
    let text = format!("dms-emulator listening on {}\n{demo_data}\nCtrl-C stops the emulator.\n", emulator.url());
    let mut stdout = std::io::stdout();
    // Ignore a closed pipe: a script may read only the first line.
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    tokio::select! {
        () = signals.wait() => {}
        () = stdin_closed(arguments.exit_with_stdin) => {}
    }
    emulator.shutdown();
    if let Some(log) = log {
        log.finish();
    }
    Ok(())
}

fn read_seed(path: &PathBuf) -> Result<Seed, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    Seed::from_json(&text).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// The topics and groups of the demo instance.
fn contents(arguments: &Arguments) -> String {
    #[cfg(feature = "kafka")]
    if let Some(bootstrap) = &arguments.kafka {
        return format!("topics        from {bootstrap}\ngroups        from {bootstrap}");
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

/// The demo data and a provider block that uses it. The official provider accepts the same block: it looks up projects
/// at `auth_url`, and sends its check of the account to the public cloud unless `cloud` names another one.
fn demo_text(url: &str, contents: &str) -> String {
    format!(
        r#"
region        {region}
project       {project}
instance      {instance}
access key    {access_key}
secret key    {secret_key}
{contents}

To use the emulator, replace the provider block of your configuration with this one:

provider "huaweicloud" {{
  region     = "{region}"
  access_key = "{access_key}"
  secret_key = "{secret_key}"
  cloud      = "localhost"
  auth_url   = "{url}/v3"
  endpoints = {{
    dms = "{url}"
    iam = "{url}"
    sts = "{url}"
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

fn print_error(error: &dyn Error) {
    let mut text = format!("dms-emulator: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Returns when standard input closes if `enabled`, otherwise never.
async fn stdin_closed(enabled: bool) {
    if !enabled {
        return std::future::pending().await;
    }
    let (closed, wait) = oneshot::channel::<()>();
    // Not a blocking task of the runtime, because the runtime would wait for it when the process exits.
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        let mut buffer = [0; 1024];
        while matches!(input.read(&mut buffer), Ok(read) if read > 0) {}
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
    fn install() -> std::io::Result<Self> {
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
    fn install() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn wait(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
