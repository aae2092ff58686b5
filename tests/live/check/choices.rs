//! Compares what the service does with what the emulator does, for each case in the emulator's list of choices.

use anyhow::{Result, ensure};
use testkit::process::Interrupted;

use super::api::Side;
use super::probes::{self, NOT_PROBED, PROBES};
use super::scratch::Scratch;

const README: &str = include_str!("../../../emulator/README.md");

/// The prefix of a finding whose probe failed.
const FAILED: &str = "failed: ";

/// What one side does in one case.
pub(crate) enum Finding {
    Seen(String),
    /// The case could not be probed, for this reason.
    NotProbed(&'static str),
}

/// A case of the README, and the emulator's choice.
pub(crate) struct Choice {
    pub(crate) case: &'static str,
    choice: &'static str,
}

/// The choices, in the order of the README.
pub(crate) fn choices() -> Vec<Choice> {
    let section = README.split("\n### Choices where").nth(1).unwrap_or_default().split("\n### ").next();
    let rows = section.unwrap_or_default().lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let cells = rows.filter_map(|row| row.split_once(" | ")).filter(|(case, _)| *case != "Case");
    cells.map(|(case, choice)| Choice { case, choice }).collect()
}

/// The reason why a case is never probed.
fn reason(case: &str) -> Option<&'static str> {
    NOT_PROBED.iter().find(|(_, cases)| cases.contains(&case)).map(|(reason, _)| *reason)
}

/// The cases with a probe or a reason.
pub(crate) fn known() -> impl Iterator<Item = &'static str> {
    let probed = PROBES.iter().map(|(case, _)| *case);
    probed.chain(NOT_PROBED.iter().flat_map(|(_, cases)| cases.iter().copied()))
}

/// Probes each choice on both sides, and returns the table, in Markdown.
///
/// # Errors
/// A signal arrives, or the README lacks a known case. The errors of probes are findings.
pub(crate) fn compare(service: &Side, emulator: &Side, scratch: &Scratch) -> Result<String> {
    let mut lines = vec!["| | Case | Service | Emulator |\n|---|---|---|---|".to_owned()];
    let (mut same, mut different) = (0, 0);
    let choices = choices();
    let stale = known().find(|case| !choices.iter().any(|choice| choice.case == *case));
    ensure!(stale.is_none(), "emulator/README.md has no case {stale:?}");
    for Choice { case, choice } in &choices {
        let probe = PROBES.iter().find(|(probed, _)| probed == case).map(|(_, probe)| *probe);
        let line = match probe.map(|probe| run(probe, service, scratch)).transpose()? {
            Some(Finding::Seen(seen)) => {
                let expected = match probe.map(|probe| run(probe, emulator, scratch)).transpose()? {
                    Some(Finding::Seen(expected)) => expected,
                    _ => (*choice).to_owned(),
                };
                // Two equal failures show nothing about the service.
                let is_same = seen == expected && !seen.starts_with(FAILED);
                *(if is_same { &mut same } else { &mut different }) += 1;
                let verdict = if is_same { "same" } else { "**differs**" };
                format!("| {verdict} | {case} | {seen} | {expected} |")
            }
            Some(Finding::NotProbed(reason)) => not_probed(case, reason, choice),
            None => not_probed(case, reason(case).unwrap_or("there is no probe"), choice),
        };
        lines.push(line);
    }
    let rest = choices.len() - same - different;
    let (total, version) = (choices.len(), env!("CARGO_PKG_VERSION"));
    lines.push(format!("\n{total} cases: {same} same, {different} different, {rest} not probed. Version {version}."));
    Ok(lines.join("\n"))
}

fn not_probed(case: &str, reason: &str, choice: &str) -> String {
    format!("| not probed | {case} | {reason} | {choice} |")
}

fn run(probe: probes::Probe, side: &Side, scratch: &Scratch) -> Result<Finding> {
    match probe(side, scratch) {
        Err(error) if error.is::<Interrupted>() => Err(error),
        Err(error) => Ok(Finding::Seen(format!("{FAILED}{error:#}").replace(['|', '\n'], " "))),
        found => found,
    }
}
