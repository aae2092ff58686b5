//! Reads the group, and waits until it has no members.

use std::time::Duration;

use tokio::time::Instant;

use crate::huaweicloud::{ConsumerGroup, GroupState};
use crate::provider::errors::MISSING_GROUP;
use crate::provider::poll_interval::PollInterval;
use crate::provider::read_group::{self, ReadGroupError};

use super::super::context::{ReadError, ResetContext};
use super::super::report::{Activity, Failure, FailureKind, bounded_list, describe_member, describe_members, seconds};

pub(crate) const READ_GROUP: Activity = Activity::new("read", "reading", "the consumer group");
const AWAIT_MEMBERS: Activity = Activity::new("wait for", "waiting for", "the group's members to leave");
/// How often to report that the group still has members.
const REPORT_INTERVAL: Duration = Duration::from_secs(10);

/// Reads the group again until it has no members, for at most `wait_for_inactive`.
///
/// # Errors
/// The group still has members, or it cannot be read.
pub(crate) async fn wait_for_inactive(ctx: &ResetContext<'_>, mut group: ConsumerGroup) -> Result<(), ReadError> {
    let patience = ctx.request.wait_for_inactive;
    let started = Instant::now();
    let mut interval = PollInterval::new(Duration::from_millis(250), Duration::from_secs(2));
    let mut reported: Option<Instant> = None;
    while !group.is_inactive() {
        let left = patience.saturating_sub(started.elapsed());
        // The service does not list the members of a group in this state, so waiting does not help.
        if left.is_zero() || (group.state == GroupState::Dead && group.members.is_empty()) {
            return Err(not_inactive(ctx, &group, started.elapsed()).into());
        }
        if reported.is_none_or(|reported| reported.elapsed() >= REPORT_INTERVAL) {
            reported = Some(Instant::now());
            let members = describe_members(&group);
            ctx.progress.report(&format!("Group active, {members}; waiting {} more", seconds(left)));
        }
        let pause = tokio::time::sleep(interval.pause().min(left));
        ctx.step(&AWAIT_MEMBERS, pause).await.map_err(|failure| {
            let failure = failure.with_context(&format!("The group was still active, {}.", describe_members(&group)));
            match failure.kind() {
                FailureKind::TimedOut => failure.with_advice(
                    "Stop the group's clients, or raise the time limit: it expires before wait_for_inactive does.",
                ),
                _ => failure,
            }
        })?;
        group = read_group(ctx).await?;
    }
    Ok(())
}

/// Reads the group once.
///
/// # Errors
/// The group or the instance does not exist, or the read failed.
pub(crate) async fn read_group(ctx: &ResetContext<'_>) -> Result<ConsumerGroup, ReadError> {
    let read = async {
        match read_group::read_group(&ctx.client, &ctx.address).await {
            Ok(group) => Ok(Ok(group)),
            Err(ReadGroupError::NoGroup(why)) => {
                let context = format!("The group does not exist: {why}.");
                Ok(Err(Failure::new(FailureKind::GroupNotFound, context, MISSING_GROUP).with_path("group")))
            }
            Err(ReadGroupError::NoInstance(error)) => {
                let context = format!("The instance does not exist: {}.", error.report());
                let advice = "Check instance_id, region and project_id: an instance is found only in its own project.";
                Ok(Err(Failure::new(FailureKind::InstanceNotFound, context, advice).with_path("instance_id")))
            }
            Err(ReadGroupError::Failed(error)) => Err(error),
        }
    };
    Ok(ctx.read(&READ_GROUP, read).await??)
}

/// Why a group without listed members does not count as inactive, and what the user can do. `None`: it has members,
/// according to the list or to its state.
pub(crate) fn doubt_about_members(group: &ConsumerGroup) -> Option<(String, &'static str)> {
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

fn not_inactive(ctx: &ResetContext<'_>, group: &ConsumerGroup, waited: Duration) -> Failure {
    if let Some((why, advice)) = doubt_about_members(group) {
        let context = format!("{why} It is therefore not known whether the group has members.");
        return Failure::new(FailureKind::MembersUnknown, context, advice).with_path("group");
    }
    let after = match ctx.request.wait_for_inactive {
        Duration::ZERO => String::new(),
        _ => format!(" after {}", seconds(waited)),
    };
    let (kind, context) = match group.members.len() {
        0 => (FailureKind::GroupActive, format!("The group is still active{after}: {}.", describe_members(group))),
        count => {
            let members = group.members.iter().map(|member| format!("  {}", describe_member(member)));
            let members = bounded_list(&members.collect::<Vec<_>>());
            let context = format!("Still in the group{after} (state {}):\n{members}", group.state);
            (FailureKind::MembersActive(count), context)
        }
    };
    let advice = "Stop the group's clients, then try again. A stopped client counts as a member until its session \
                  times out (session.timeout.ms, 45 s by default). To wait longer, raise wait_for_inactive.";
    Failure::new(kind, context, advice).with_path("group")
}
