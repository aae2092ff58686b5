//! The command `doctor`: would a reset work now? It signs in and reads; it changes nothing.
//!
//! One line for each step, as it is done: `ok`, or `failed`. The last line is the verdict, with what to do.

mod examine;
mod report;

use std::collections::BTreeMap;
use std::process::ExitCode;

use crate::huaweicloud::{GroupName, InstanceId, System, TopicName};
use crate::tf_provider::value::Attr;

use super::config::ProviderConfig;
use report::Report;

/// The exit code of a program that Ctrl-C ended, as shells have it: 128 and the number of the signal.
const INTERRUPTED: u8 = 130;

/// What to look at. What is left out is taken from the environment, as in the provider block.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Id of the Kafka instance; goes together with --group. Without the two, only sign-in is tried.
    #[arg(long, requires = "group", value_parser = InstanceId::parse)]
    instance_id: Option<InstanceId>,
    /// Name of the consumer group; goes together with --instance-id.
    #[arg(long, requires = "instance_id", value_parser = GroupName::parse)]
    group: Option<GroupName>,
    /// Name of a topic to look at, too; needs the two above.
    #[arg(long, requires = "group", value_parser = TopicName::parse)]
    topic: Option<TopicName>,
    /// As in the provider block.
    #[arg(long)]
    region: Option<String>,
    /// As in the provider block.
    #[arg(long)]
    project_id: Option<String>,
    /// An entry of `endpoints` in the provider block, such as `dms=https://dms.example`. May be repeated.
    #[arg(long = "endpoint", value_name = "SERVICE=ADDRESS", value_parser = endpoint)]
    endpoints: Vec<(String, String)>,
    /// As in the provider block.
    #[arg(long, value_name = "FILE")]
    cacert_file: Option<String>,
}

impl Arguments {
    /// The provider block that says the same.
    fn block(&self) -> ProviderConfig {
        let endpoints: BTreeMap<_, _> = self.endpoints.iter().cloned().map(|(it, to)| (it, Attr::Known(to))).collect();
        ProviderConfig {
            region: Attr::from_option(self.region.clone()),
            project_id: Attr::from_option(self.project_id.clone()),
            endpoints: if endpoints.is_empty() { Attr::Null } else { Attr::Known(endpoints) },
            cacert_file: Attr::from_option(self.cacert_file.clone()),
            ..ProviderConfig::default()
        }
    }
}

fn endpoint(text: &str) -> Result<(String, String), &'static str> {
    let (service, address) = text.split_once('=').ok_or("write it as SERVICE=ADDRESS")?;
    Ok((service.to_owned(), address.to_owned()))
}

/// Looks, and tells it on standard output. Success: nothing that was looked at is in the way of a reset.
pub fn run(arguments: &Arguments) -> ExitCode {
    let report = Report::new();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            report.failed("start", &format!("no asynchronous runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let system = System::real();
    let verdict = runtime.block_on(async {
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => None,
            verdict = examine::examine(arguments, &system, &report) => Some(verdict),
        }
    });
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    match verdict {
        Some(Ok(words)) => {
            report.line(&words);
            ExitCode::SUCCESS
        }
        Some(Err(advice)) => {
            report.line(&format!("not ready: {advice}"));
            ExitCode::FAILURE
        }
        None => {
            report.line("interrupted");
            ExitCode::from(INTERRUPTED)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Args as _;

    use super::*;

    #[test]
    fn help_did_not_say_that_instance_and_group_go_together() {
        let help = Arguments::augment_args(clap::Command::new("doctor")).render_help().to_string();
        for told in ["goes together with --group", "goes together with --instance-id"] {
            assert!(help.contains(told), "{told:?} is missing:\n{help}");
        }
    }
}
