//! The check against a real account: runs the provider's resets on a scratch group, then compares the service with the
//! emulator, case by case. `tests/it/live.rs` runs the same code with an emulator in place of the service.
//!
//! The check writes only committed offsets of the given group. It asks before the first write, and restores the offsets
//! even after a failure, a panic or a signal.

pub(crate) mod api;
pub(crate) mod choices;
mod jobs;
mod output;
mod probes;
pub(crate) mod scratch;
pub(crate) mod settings;

use std::io::{self, BufRead};
use std::panic::{self, AssertUnwindSafe};

use anyhow::{Result, anyhow, bail, ensure};
use testkit::process::{self, Interrupted};

use api::Side;
use jobs::Jobs;
use output::Output;
use scratch::Scratch;
use settings::Settings;

/// Runs the check with the settings of the environment, and returns the exit code: 0 if every reset of the provider had
/// the expected effect and the offsets were restored. Differences between service and emulator do not affect it.
pub(crate) fn run() -> u8 {
    let settings = match Settings::from_environment() {
        Ok(settings) => settings,
        Err(missing) => {
            Output::default().line(&missing);
            return 1;
        }
    };
    let output = Output::without(settings.secrets());
    match check(&settings, &output) {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(error) => {
            output.line(&format!("The check failed: {error:#}"));
            error.downcast_ref::<Interrupted>().map_or(1, |signal| signal.exit_code())
        }
    }
}

fn check(settings: &Settings, output: &Output) -> Result<bool> {
    let service = Side::new(settings)?;
    let scratch = Scratch::read(&service)?;
    let (_emulator, emulator) = scratch.emulate(&service, settings)?;
    let jobs = Jobs::prepare(settings)?;
    ask(settings, &scratch, output)?;

    process::catch_signals()?;
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        let complete = jobs.run(&service, &scratch, output)?;
        let table = choices::compare(&service, &emulator, &scratch)?;
        output.line(&format!("\nThe service compared with the emulator:\n\n{table}"));
        anyhow::Ok(complete)
    }));
    output.line("Restoring the offsets");
    let restored = scratch.restore(&service);
    match &restored {
        Ok(()) => output.line(&format!("Restored: {}", scratch.offsets_text())),
        Err(error) => output.line(&format!(
            "NOT RESTORED: {error:#}\nReset the group manually to these offsets: {}",
            scratch.offsets_text()
        )),
    }
    let complete = outcome.unwrap_or_else(|_| Err(anyhow!("it panicked")))?;
    Ok(complete && restored.is_ok())
}

/// Asks for permission to write, unless the environment already gives it.
fn ask(settings: &Settings, scratch: &Scratch, output: &Output) -> Result<()> {
    let Settings { group, topic, instance_id, region, .. } = settings;
    output.line(&format!(
        "This check resets consumer group {group:?} on instance {instance_id} in {region} many times, and restores \
         its offsets at the end.\nIts current offsets on topic {topic:?}: {}",
        scratch.offsets_text()
    ));
    if settings.online_group.is_some() {
        output.line("It also requests one reset of the online group to its current offset.");
    }
    let answer = match &settings.confirm {
        Some(answer) => answer.clone(),
        None => {
            output.line("Type the name of the consumer group to start:");
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer)?;
            answer
        }
    };
    ensure!(!answer.is_empty(), "not confirmed. Without a terminal, set {}={group}", settings::CONFIRM);
    if answer.trim() != group {
        bail!("not confirmed, because {:?} is not the name of the consumer group", answer.trim());
    }
    Ok(())
}
