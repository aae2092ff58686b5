//! The command `doctor`: checks whether a reset would work now. It signs in and reads, and changes nothing.
//!
//! It prints one line per check, which starts with `ok` or `failed`. The last line is the result, with the advice.

mod checks;
mod report;

use std::collections::BTreeMap;
use std::process::ExitCode;

use crate::huaweicloud::{GroupName, InstanceId, System, TopicName};
use crate::tf_provider::value::Attr;

use super::config::ProviderConfig;
use report::Report;

/// The exit code after Ctrl-C, as in shells: 128 plus the number of the signal.
const INTERRUPTED: u8 = 130;

/// The group to check. Settings that are not given come from the environment, as in the provider block.
#[derive(Clone, Debug, clap::Args)]
pub struct DoctorArguments {
    /// Id of the Kafka instance; needs --group. Without these two, only the sign-in is checked.
    #[arg(long, requires = "group", value_parser = InstanceId::parse)]
    instance_id: Option<InstanceId>,
    /// Name of the consumer group; needs --instance-id.
    #[arg(long, requires = "instance_id", value_parser = GroupName::parse)]
    group: Option<GroupName>,
    /// Name of a topic to check too; needs --instance-id and --group.
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

impl DoctorArguments {
    /// The provider block with the same settings.
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
    let (service, address) = text.split_once('=').ok_or("use the form SERVICE=ADDRESS")?;
    Ok((service.to_owned(), address.to_owned()))
}

/// Runs the checks and prints the results. Succeeds if none of them would prevent a reset.
pub fn run(arguments: &DoctorArguments) -> ExitCode {
    let report = Report::default();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            report.failed("start", &format!("cannot start the asynchronous runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let system = System::real();
    let result = runtime.block_on(async {
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => None,
            result = checks::run(arguments, &system, &report) => Some(result),
        }
    });
    // Does not wait for a name resolution that is still running.
    runtime.shutdown_background();
    match result {
        Some(Ok(summary)) => {
            report.line(&summary);
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
    fn help_states_which_arguments_need_others() {
        insta::assert_snapshot!(DoctorArguments::augment_args(clap::Command::new("doctor")).render_help());
    }
}
