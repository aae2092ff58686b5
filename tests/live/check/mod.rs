//! The check against a real account: runs the provider's resets on a scratch group, then compares the service with the
//! emulator, case by case. `tests/it/live.rs` runs the same code with an emulator in place of the service.
//!
//! The check resets only the given group, and once the online group if there is one. It asks before the first reset, and
//! restores the offsets on the topic even after a failure, a panic or a signal. A reset of every topic can give the group
//! offsets on other topics, because it is not documented which topics it covers. The check lists them at the end.

pub(crate) mod api;
pub(crate) mod choices;
mod jobs;
mod offsets;
mod output;
pub(crate) mod probes;
pub(crate) mod scratch;
pub(crate) mod settings;

use std::io::{self, BufRead};
use std::panic::{self, AssertUnwindSafe};

use anyhow::{Result, anyhow, bail, ensure};
use testkit::process::{self, Interrupted};

use api::Side;
use jobs::Jobs;
use output::Output;
use scratch::{Scratch, offsets_text};
use settings::Settings;

/// Runs the check with the settings of the environment, and returns the exit code: 0 if every reset of the provider had
/// the expected effect and the group's offsets are as before. Differences between service and emulator do not affect it.
pub(crate) fn run() -> u8 {
    let settings = match Settings::from_environment() {
        Ok(settings) => settings,
        Err(error) => {
            Output::default().line(&format!("{error:#}"));
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
        output.line("\nThe service compared with the emulator:\n");
        choices::compare(&service, &emulator, &scratch, |line| output.line(line))?;
        anyhow::Ok(complete)
    }));
    output.line("\nRestoring the offsets");
    let restored = restore(&service, &scratch, output);
    let complete = outcome.unwrap_or_else(|_| Err(anyhow!("it panicked")))?;
    Ok(complete && restored)
}

/// Returns whether the group is as it was.
fn restore(service: &Side, scratch: &Scratch, output: &Output) -> bool {
    let restored = scratch.restore(service);
    let offsets = offsets_text(&scratch.offsets);
    output.line(&match &restored {
        Ok(()) => format!("Restored: {offsets}"),
        Err(error) => format!("NOT RESTORED: {error:#}\nReset the group manually to these offsets: {offsets}"),
    });
    let rest = match scratch.new_topics(service) {
        Ok(topics) if topics.is_empty() => return restored.is_ok(),
        Ok(topics) => format!("The group now also has offsets on these topics: {}", topics.join(", ")),
        Err(error) => format!("Failed to read whether the group also has offsets on other topics: {error:#}"),
    };
    output.line(&format!(
        "{rest}\nRemove such offsets: kafka-consumer-groups.sh --delete-offsets --group {:?} --topic TOPIC",
        service.settings().group
    ));
    false
}

/// Asks for permission to write, unless the environment already gives it.
fn ask(settings: &Settings, scratch: &Scratch, output: &Output) -> Result<()> {
    let Settings { group, topic, instance_id, region, .. } = settings;
    output.line(&format!(
        "This check resets consumer group {group:?} on instance {instance_id} in {region} many times, and restores \
         its offsets at the end.\nIts current offsets on topic {topic:?}: {}",
        offsets_text(&scratch.offsets)
    ));
    if let Some(group) = &settings.online_group {
        output.line(&format!(
            "It also requests one reset of consumer group {group:?}, which has members, to its current offset. If the \
             service does not refuse it, the group can consume some messages twice."
        ));
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
    ensure!(!answer.is_empty(), "not confirmed. Without a terminal, set {} to {group:?}", settings::CONFIRM);
    if answer.trim() != group {
        bail!("not confirmed, because {:?} is not the name of the consumer group", answer.trim());
    }
    Ok(())
}
