//! One probe for each case in the emulator's list of choices that can be produced with a scratch group.
//!
//! A probe returns its finding as a short text without ids, names or message texts, so that users can publish it.

mod gateway;
mod iam;
mod lists;
mod resets;
mod tasks;

use anyhow::Result;

use super::api::{Request, Side};
use super::choices::Finding;
use super::scratch::Scratch;

pub(crate) type Probe = fn(&Side, &Scratch) -> Result<Finding>;

/// Names and ids that do not exist.
const UNKNOWN_PROJECT: &str = "0123456789abcdef0123456789abcdef";
const UNKNOWN: &str = "no-such-name-in-this-account";

/// The probes by section of the README, with their cases exactly as there.
pub(crate) const SECTIONS: [&[(&str, Probe)]; 5] =
    [resets::PROBES, gateway::PROBES, iam::PROBES, lists::PROBES, tasks::PROBES];

/// The cases that are not probed, by reason.
pub(crate) const NOT_PROBED: [(&str, &[&str]); 8] = [
    ("needs a second topic", &["one topic without a committed offset of the group"]),
    (
        "needs an instance that restarts",
        &[
            "reset while the instance is not `RUNNING`",
            "change of a group, offset, topic or message while the instance is not `RUNNING`",
            "removal of the record of a task while the instance is not `RUNNING`",
        ],
    ),
    (
        "would lock the access key",
        &[
            "which failures count for the lock",
            "meaning of \"more than five in a row\"",
            "order of rate limit, lock and signature",
        ],
    ),
    ("needs an agency", &["default duration for `/v3.0/OS-CREDENTIAL/securitytokens`"]),
    ("needs an ECS", &["metadata service of a machine that is not an ECS", "missing or wrong metadata token"]),
    ("every partition has a committed offset", &["partitions without a committed offset"]),
    (
        "needs a client that joins during the task",
        &["reset of every topic whose group is no longer `Empty` at the end of the task"],
    ),
    (
        "would change more than the offsets of the group",
        &[
            "change or reset of a group that does not exist",
            "change of a group without `group_name` or with a different one",
            "change of a group without `group_desc`",
            "creation of a group that exists",
            "creation of a topic that exists",
            "name of a new group",
            "creation of a topic without `partition` or `replication`",
            "default of `message.timestamp.type`",
            "change of a topic to fewer partitions, or with `partition` or `replication`",
            "change of several topics in one request",
            "deletion of a group with members",
            "deletion of the offsets on a topic that a member consumes",
            "deletion of the offsets on a topic that has none",
            "deletion of the offsets on an unknown topic",
            "empty list of groups or topics",
            "partition of a message that is sent without `PARTITION`",
            "removal of the record of a running task",
        ],
    ),
];

fn seen(text: impl Into<String>) -> Result<Finding> {
    Ok(Finding::Seen(text.into()))
}

fn not_probed(reason: &str) -> Result<Finding> {
    Ok(Finding::NotProbed(reason.to_owned()))
}

fn outcome(side: &Side, request: &Request) -> Result<Finding> {
    seen(side.send(request)?.outcome())
}

/// The outcomes of two requests, for one case.
fn both(side: &Side, first: &str, request: &Request, second: &str, other: &Request) -> Result<Finding> {
    seen(format!("{first}: {}; {second}: {}", side.send(request)?.outcome(), side.send(other)?.outcome()))
}
