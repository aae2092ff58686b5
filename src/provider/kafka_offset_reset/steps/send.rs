//! Sends the requests of a plan, several at a time, and keeps track of the delivery of each.
//!
//! The client repeats a request whose response was lost. That is safe because resets are absolute.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::huaweicloud::{Error, Partition};
use crate::provider::operation_limits::MAX_CONCURRENT_REQUESTS;

use super::super::context::ResetContext;
use super::super::report::{Activity, DeliveryTracker, Failure, ResetDelivery};
use super::super::reset_plan::ResetPlan;

pub(crate) const SEND_RESET: Activity = Activity::new("send", "sending", "the reset");

/// The result of sending a reset.
pub(crate) struct Submission {
    pub(crate) delivery: ResetDelivery,
    /// Of the last response.
    pub(crate) request_id: Option<String>,
    /// `None`: the service accepted every request.
    pub(crate) failure: Option<Failure>,
}

impl Submission {
    pub(crate) fn accepted(request_id: Option<String>) -> Self {
        Self { delivery: ResetDelivery::Accepted, request_id, failure: None }
    }

    pub(crate) fn failed(failure: Failure, delivery: ResetDelivery) -> Self {
        Self { delivery, request_id: None, failure: Some(failure) }
    }
}

/// The state of one request of the plan.
enum RequestState {
    Waiting,
    InFlight(Arc<DeliveryTracker>),
    Accepted,
    Failed(ResetDelivery),
}

/// Sends every request of the plan. After a failure, it sends no further ones, and waits for those in flight.
pub(crate) async fn send_all(ctx: &ResetContext<'_>, plan: &ResetPlan) -> Submission {
    let mut states: Vec<RequestState> = plan.resets.iter().map(|_| RequestState::Waiting).collect();
    let mut waiting = plan.resets.iter().enumerate();
    let mut in_flight = FuturesUnordered::new();
    let mut request_id = None;
    let mut failed: Option<Error> = None;
    loop {
        while failed.is_none()
            && in_flight.len() < MAX_CONCURRENT_REQUESTS
            && let Some((index, reset)) = waiting.next()
        {
            let (client, tracker) = ctx.tracked_client();
            states[index] = RequestState::InFlight(tracker);
            let request = plan.request(reset);
            in_flight.push(async move { (index, client.reset_message_offset(&ctx.address, &request).await) });
        }
        match ctx.limits.run(in_flight.next()).await {
            Ok(Some((index, Ok(accepted)))) => {
                states[index] = RequestState::Accepted;
                request_id = accepted.request_id;
            }
            Ok(Some((index, Err(error)))) => {
                states[index] = RequestState::Failed(ResetDelivery::of_failed_request(&error));
                failed.get_or_insert(error);
            }
            Ok(None) => break,
            Err(interruption) => {
                return Submission::failed(ctx.interrupted(&SEND_RESET, interruption), overall_delivery(plan, &states));
            }
        }
    }
    match failed {
        None => Submission::accepted(request_id),
        Some(error) => Submission::failed(Failure::of_request(&SEND_RESET, &error), overall_delivery(plan, &states)),
    }
}

/// The delivery of all requests together.
fn overall_delivery(plan: &ResetPlan, states: &[RequestState]) -> ResetDelivery {
    let of_one = |state: &RequestState| match state {
        RequestState::Waiting => ResetDelivery::NotSent,
        RequestState::InFlight(tracker) if tracker.may_have_arrived() => ResetDelivery::Unknown,
        RequestState::InFlight(_) => ResetDelivery::NotSent,
        RequestState::Accepted => ResetDelivery::Accepted,
        RequestState::Failed(delivery) => delivery.clone(),
    };
    if let [only] = states {
        return of_one(only);
    }
    let (mut accepted, mut unknown, mut not_done) = (Vec::new(), Vec::new(), Vec::new());
    let mut any_refused = false;
    for (reset, delivery) in plan.resets.iter().zip(states.iter().map(of_one)) {
        any_refused |= delivery == ResetDelivery::Refused;
        let partitions = match delivery {
            ResetDelivery::Accepted => &mut accepted,
            ResetDelivery::Unknown => &mut unknown,
            _ => &mut not_done,
        };
        // A plan with several requests has one per partition.
        if let Partition::Number(number) = reset.partition {
            partitions.push(number);
        }
    }
    if !accepted.is_empty() || !unknown.is_empty() {
        ResetDelivery::Partial { accepted, unknown, not_done }
    } else if any_refused {
        ResetDelivery::Refused
    } else {
        ResetDelivery::NotSent
    }
}
