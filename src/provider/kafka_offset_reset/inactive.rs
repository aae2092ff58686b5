//! Before a reset: nobody may be in the group. Members get time to leave.

use std::time::Duration;

use tokio::time::Instant;

use crate::huaweicloud::{ConsumerGroup, Error, GroupState};
use crate::provider::errors::{MISSING_GROUP, is_missing_instance, is_missing_on_instance};
use crate::provider::poll_interval::PollInterval;

use super::failure::{Failure, TIMED_OUT};
use super::job::{Job, Unread};
use super::sent::Sent;
use super::words::{members_in_words, seconds};

pub(super) const STEP: &str = "reading the group";
/// How often to tell that the group is still online, while it is.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Reads the group until it has no members, for as long as the request wants to wait. What comes back is the last
/// look.
pub(super) async fn wait_for_inactive(job: &Job<'_>) -> Result<ConsumerGroup, Unread> {
    let patience = job.request.wait_for_inactive;
    let started = Instant::now();
    let mut pace = PollInterval::new(Duration::from_millis(250), Duration::from_secs(2));
    let mut told: Option<Instant> = None;
    loop {
        let group = look(job, &Sent::No).await?;
        if group.is_inactive() {
            job.narration.tell(&format!("Group inactive, state {}", group.state));
            return Ok(group);
        }
        let left = patience.saturating_sub(started.elapsed());
        // This call cannot show such a group, so waiting does not help.
        if left.is_zero() || (group.state == GroupState::Dead && group.members.is_empty()) {
            return Err(Unread::Failed(not_inactive(job, &group, started.elapsed())));
        }
        if told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
            told = Some(Instant::now());
            let line = format!("Group online, {}; waiting {} more", members_in_words(&group), seconds(left));
            job.narration.tell(&line);
        }
        let pause = tokio::time::sleep(pace.pause().min(left));
        let waited = job.step("waiting for the group's members to leave", &Sent::No, pause).await;
        waited.map_err(|failure| {
            let members = format!("The group was still online, {}.", members_in_words(&group));
            let failure = failure.because(&members);
            Unread::Failed(match failure.is_titled(TIMED_OUT) {
                true => failure
                    .advised("Stop these clients, or raise the time limit: it ends before wait_for_inactive does."),
                false => failure,
            })
        })?;
    }
}

/// Reads the group once. One that is not there is a failure of its own.
pub(super) async fn look(job: &Job<'_>, sent: &Sent) -> Result<ConsumerGroup, Unread> {
    let read = async {
        match job.client.show_consumer_group(job.address).await {
            Err(error) if is_missing_on_instance(&error) => Ok(Err(missing(&error.report(), sent))),
            Err(error) if is_missing_instance(&error) => Ok(Err(missing_instance(&error, sent))),
            other => other.map(Ok),
        }
    };
    match job.read(STEP, sent, read).await? {
        Ok(group) if group.is_gone() => {
            Err(Unread::Failed(missing("it is in state Dead, which means that Kafka keeps nothing of it", sent)))
        }
        Ok(group) => Ok(group),
        Err(missing) => Err(Unread::Failed(missing)),
    }
}

/// The failure of an instance that is not there.
fn missing_instance(error: &Error, sent: &Sent) -> Failure {
    let advice = "Check instance_id, region and project_id: an instance is found in its own project only.";
    Failure::of(format!("There is no such instance: {}.", error.report()), sent.clone(), advice)
        .titled("Kafka instance not found")
        .at("instance_id")
}

fn missing(why: &str, sent: &Sent) -> Failure {
    Failure::of(format!("There is no such group: {why}."), sent.clone(), MISSING_GROUP)
        .titled("Consumer group not found")
        .at("group")
}

/// Why a group without listed members does not count as inactive, and what the user can do. `None`: it has members,
/// according to the list or to its state.
pub(in crate::provider) fn doubt_about_members(group: &ConsumerGroup) -> Option<(String, &'static str)> {
    if !group.members.is_empty() {
        return None;
    }
    match &group.state {
        GroupState::Dead => Some((
            "The service reports state Dead together with committed offsets. So the group uses the newer consumer \
             protocol (group.protocol=consumer, KIP-848), and the service does not list its members."
                .to_owned(),
            "If you are sure that no client of the group is running, set require_inactive_group = false.",
        )),
        GroupState::Other(state) => Some((
            format!("The service reports state {state:?}, which this provider does not know, and lists no members."),
            "Look at the group in the console. If you are sure that no client of the group is running, set \
             require_inactive_group = false.",
        )),
        _ => None,
    }
}

fn not_inactive(job: &Job<'_>, group: &ConsumerGroup, waited: Duration) -> Failure {
    if let Some((why, advice)) = doubt_about_members(group) {
        let cause = format!("{why} It is therefore not known whether the group has members.");
        return Failure::of(cause, Sent::No, advice).titled("Consumer group not known to be inactive").at("group");
    }
    let waited = match job.request.wait_for_inactive {
        Duration::ZERO => String::new(),
        _ => format!(" after {}", seconds(waited)),
    };
    let cause = format!("The group is still online{waited}: {}.", members_in_words(group));
    let advice = "Stop these clients; a stopped client counts as online until its session times out (session.timeout.ms, \
                  45 s by default). To wait longer, raise wait_for_inactive.";
    Failure::of(cause, Sent::No, advice).titled("Consumer group is online").at("group")
}
