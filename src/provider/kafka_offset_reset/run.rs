//! Carries out one reset: resolve the project, send, and tell what came of it.

use std::fmt;
use std::time::Duration;

use crate::huaweicloud::{
    Accepted, Client, Error, GroupAddress, InstanceAddress, Partition, ProjectId, Region, ResetMessageOffset,
    ResetTarget,
};
use crate::provider::errors::{Sent, advice, lookup_advice};
use crate::provider::limits::{Interruption, Limits};
use crate::tf_provider::{AttributePath, Diagnostics};

use super::request::ResetRequest;

/// A reset that the service took.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Done {
    /// None where custom endpoints make a region needless and none is set.
    pub(super) region: Option<Region>,
    pub(super) project_id: ProjectId,
    pub(super) request_id: Option<String>,
}

/// Sends `request` once.
pub(super) async fn run(request: &ResetRequest, client: &Client, limits: &Limits) -> Result<Done, Diagnostics> {
    let failed = |step: &str, outcome: Failure| Err(outcome.diagnostics(request, step));
    let region = request.region.as_ref().or(client.region());
    let project_id = match &request.project_id {
        Some(given) => given.clone(),
        None => match limits.run(client.project_id(region)).await {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => return failed("looking up the project", Failure::Error(error, Sent::No, lookup_advice)),
            Err(interruption) => return failed("looking up the project", Failure::Interrupted(interruption, Sent::No)),
        },
    };
    let target = GroupAddress {
        instance: InstanceAddress {
            project_id: project_id.clone(),
            region: request.region.clone(),
            instance_id: request.instance_id.clone(),
        },
        group: request.group.clone(),
    };
    let step = "sending the reset";
    let Accepted { request_id } = match limits.run(client.reset_message_offset(&target, &request.reset)).await {
        Ok(Ok(accepted)) => accepted,
        Ok(Err(error)) => {
            let sent = Sent::after(&error);
            return failed(step, Failure::Error(error, sent, advice));
        }
        Err(interruption) => return failed(step, Failure::Interrupted(interruption, Sent::Perhaps)),
    };
    log::info!(group = request.group.as_str(), request_id = request_id.as_deref().unwrap_or("-"); "reset accepted");
    Ok(Done { region: region.cloned(), project_id, request_id })
}

/// How a reset came to nothing, or to nobody knows what.
enum Failure {
    /// The last is what to advise about it.
    Error(Error, Sent, fn(&Error) -> &'static str),
    Interrupted(Interruption, Sent),
}

impl Failure {
    fn diagnostics(self, request: &ResetRequest, step: &str) -> Diagnostics {
        let attempted = Attempted(request);
        let (summary, cause, sent, advice) = match self {
            Failure::Error(error, sent, advice) => {
                let cause = format!("Failed at {step}: {}.", error.report());
                ("Kafka offset reset failed", cause, sent, advice(&error))
            }
            Failure::Interrupted(Interruption::Cancelled, sent) => {
                let cause = format!("Interrupted while {step}.");
                ("Kafka offset reset interrupted", cause, sent, "Apply again when you are ready.")
            }
            Failure::Interrupted(Interruption::TimedOut(limit), sent) => {
                let cause = format!("{step} took longer than {}.", Seconds(limit));
                let advice = "Raise the time limit (timeouts block, create) if the service is only slow.";
                ("Kafka offset reset timed out", capitalised(&cause), sent, advice)
            }
        };
        let detail = format!("{attempted}\n\n{cause}\n\n{} {advice}", sent.sentence());
        Diagnostics::from_error(AttributePath::root(), summary, detail)
    }
}

/// What was asked for, in a sentence.
struct Attempted<'a>(&'a ResetRequest);

impl fmt::Display for Attempted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ResetRequest { region, instance_id, group, reset, .. } = self.0;
        let ResetMessageOffset { topic, partition, to } = reset;
        write!(f, "Tried to reset consumer group {:?}", group.as_str())?;
        match topic {
            Some(topic) => write!(f, ", topic {:?}", topic.as_str())?,
            None => f.write_str(", every topic")?,
        }
        match partition {
            Partition::All => f.write_str(", every partition,")?,
            Partition::Number(number) => write!(f, ", partition {},", number.get())?,
        }
        match to {
            ResetTarget::Offset(offset) => write!(f, " to offset {}", offset.get())?,
            ResetTarget::Timestamp(time) => write!(f, " to timestamp {}", time.get())?,
        }
        write!(f, " on instance {instance_id}")?;
        match region {
            Some(region) => write!(f, " in region {region}."),
            None => f.write_str("."),
        }
    }
}

struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
