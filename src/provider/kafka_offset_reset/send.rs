//! Sends the resets of a plan, some at a time, and keeps account of what became of each.
//!
//! A reset whose answer was lost is sent again by the client: it is absolute, so that sent twice it does what it does
//! once.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::huaweicloud::{Accepted, Error, Partition, PartitionNumber};
use crate::provider::limits::Interruption;
use crate::provider::together::{AT_ONCE, joined};

use super::failure::Failure;
use super::job::Job;
use super::resolve::Plan;
use super::sent::Sent;
use super::watch::Watch;

pub(super) const STEP: &str = "sending the reset";

/// What became of one step.
#[derive(Debug)]
enum Outcome {
    NotSent,
    OnItsWay,
    Accepted,
    Failed(Sent),
}

/// Sends every step of the plan. What comes back is the last answer.
pub(super) async fn all(job: &Job<'_>, plan: &Plan) -> Result<Accepted, Failure> {
    let mut outcomes: Vec<Outcome> = plan.steps.iter().map(|_| Outcome::NotSent).collect();
    let mut waiting = plan.steps.iter().enumerate();
    // One for each step that was begun, in their order.
    let mut watches = Vec::new();
    let mut running = JoinSet::new();
    let mut last = Accepted { request_id: None };
    let mut failed: Option<Error> = None;
    loop {
        while failed.is_none()
            && running.len() < AT_ONCE
            && let Some((index, step)) = waiting.next()
        {
            outcomes[index] = Outcome::OnItsWay;
            let (client, watch) = job.watched_client();
            watches.push(watch);
            let (address, reset) = (job.address.clone(), plan.request(step));
            running.spawn(async move { (index, client.reset_message_offset(&address, &reset).await) });
        }
        let ended = match job.limits.run(running.join_next()).await {
            Ok(Some(ended)) => joined(ended),
            Ok(None) => break,
            Err(interruption) => return Err(interrupted(job, interruption, plan, outcomes, &watches)),
        };
        match ended {
            (index, Ok(accepted)) => {
                outcomes[index] = Outcome::Accepted;
                last = accepted;
            }
            (index, Err(error)) => {
                outcomes[index] = Outcome::Failed(Sent::after(&error));
                failed.get_or_insert(error);
            }
        }
    }
    match failed {
        None => Ok(last),
        Some(error) => Err(Failure::error(STEP, &error, account(plan, &outcomes))),
    }
}

/// The steps whose requests were under way when the limits ended them.
fn interrupted(
    job: &Job<'_>,
    interruption: Interruption,
    plan: &Plan,
    mut outcomes: Vec<Outcome>,
    watches: &[Arc<Watch>],
) -> Failure {
    for (outcome, watch) in outcomes.iter_mut().zip(watches) {
        if matches!(outcome, Outcome::OnItsWay) && !watch.may_have_arrived() {
            *outcome = Outcome::NotSent;
        }
    }
    job.interrupted(STEP, interruption, account(plan, &outcomes))
}

/// What became of all steps together.
fn account(plan: &Plan, outcomes: &[Outcome]) -> Sent {
    if let [only] = outcomes {
        return match only {
            Outcome::NotSent => Sent::No,
            Outcome::OnItsWay => Sent::Perhaps,
            Outcome::Accepted => Sent::Accepted,
            Outcome::Failed(sent) => sent.clone(),
        };
    }
    let (mut done, mut perhaps, mut not_done) = (Vec::new(), Vec::new(), Vec::new());
    let mut refused = false;
    for (step, outcome) in plan.steps.iter().zip(outcomes) {
        let list = match outcome {
            Outcome::Accepted => &mut done,
            Outcome::OnItsWay | Outcome::Failed(Sent::Perhaps) => &mut perhaps,
            Outcome::NotSent | Outcome::Failed(_) => &mut not_done,
        };
        refused |= matches!(outcome, Outcome::Failed(Sent::Refused));
        list.extend(number(step.partition));
    }
    if !done.is_empty() || !perhaps.is_empty() {
        Sent::Partly { done, perhaps, not_done }
    } else if refused {
        Sent::Refused
    } else {
        Sent::No
    }
}

/// Several steps are for one partition each.
fn number(partition: Partition) -> Option<PartitionNumber> {
    match partition {
        Partition::All => None,
        Partition::Number(number) => Some(number),
    }
}
