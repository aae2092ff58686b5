//! Compares what the service does with what the emulator does, for each case in the emulator's list of choices.

use std::fmt;

use anyhow::Result;
use terraform_provider_huaweicloud_kafka::huaweicloud::{Error, ErrorKind};
use testkit::process::Interrupted;

use super::api::Side;
use super::probes::{NOT_PROBED, Probe, SECTIONS};
use super::scratch::Scratch;

const README: &str = include_str!("../../../emulator/README.md");

/// What one side does in one case. The texts contain no ids or names, because users publish them. An error can be a
/// finding too.
#[derive(Debug)]
pub(crate) enum Finding {
    Seen(String),
    /// The case could not be probed, for this reason.
    NotProbed(String),
    /// The probe could not come to a result, for this reason.
    Failed(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Seen(text) | Self::NotProbed(text) | Self::Failed(text)) = self;
        f.write_str(text)
    }
}

impl std::error::Error for Finding {}

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

/// Probes each choice on both sides, and passes the lines of the table to `print`, in Markdown.
///
/// # Errors
/// A signal arrives. The errors of probes are findings.
pub(crate) fn compare(service: &Side, emulator: &Side, scratch: &Scratch, mut print: impl FnMut(&str)) -> Result<()> {
    print("| | Case | Service | Emulator |\n|---|---|---|---|");
    let (mut same, mut different, mut failed) = (0, 0, 0);
    let choices = choices();
    for Choice { case, choice } in &choices {
        let probe = SECTIONS.iter().copied().flatten().find(|(probed, _)| probed == case);
        let found = match probe {
            Some((_, probe)) => run(*probe, service, scratch)?,
            None => Finding::NotProbed(reason(case).unwrap_or("there is no probe").to_owned()),
        };
        let expected = match probe {
            Some((_, probe)) if matches!(found, Finding::Seen(_)) => run(*probe, emulator, scratch)?,
            _ => Finding::NotProbed((*choice).to_owned()),
        };
        let verdict = match (&found, &expected) {
            (Finding::Seen(seen), Finding::Seen(expected)) if seen == expected => {
                same += 1;
                "same"
            }
            (Finding::Seen(_), Finding::Seen(_)) => {
                different += 1;
                "**differs**"
            }
            (Finding::NotProbed(_), _) => "not probed",
            _ => {
                failed += 1;
                "**failed**"
            }
        };
        print(&format!("| {verdict} | {case} | {found} | {expected} |"));
    }
    let (total, version) = (choices.len(), env!("CARGO_PKG_VERSION"));
    let rest = total - same - different - failed;
    print(&format!(
        "\n{total} cases: {same} same, {different} different, {failed} failed, {rest} not probed. Version {version}."
    ));
    Ok(())
}

fn run(probe: Probe, side: &Side, scratch: &Scratch) -> Result<Finding> {
    let error = match probe(side, scratch) {
        Err(error) if !error.is::<Interrupted>() => error,
        other => return other,
    };
    // The texts of other errors contain ids.
    let client_error = error.downcast_ref().map(Error::kind);
    Ok(error.downcast().unwrap_or_else(|_| match client_error {
        Some(ErrorKind::Forbidden) => Finding::NotProbed("a permission is missing".to_owned()),
        Some(ErrorKind::Connect | ErrorKind::Interrupted | ErrorKind::Timeout) => {
            Finding::NotProbed("no response".to_owned())
        }
        Some(kind) => Finding::Failed(format!("the provider's client reports {kind:?}")),
        None => Finding::Failed("unexpected error".to_owned()),
    }))
}
