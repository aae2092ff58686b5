//! Describes parts of a reset in words: the request, targets, partitions, members and retries.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::huaweicloud::{
    ConsumerGroup, GroupMember, MessageOffset, Partition, PartitionNumber, Region, RetryNotice, TopicName, UnixMillis,
};

use super::super::locate::LogRange;
use super::super::request::{ResetRequest, Scope, Target};
use super::super::reset_plan::{Position, ResetPlan, ResolvedTarget};

/// How many partitions or members a message lists. It only counts the others.
const LISTED: usize = 20;

/// The requested reset with its instance and region, for support. `region` is `None` if custom endpoints make a region
/// unnecessary and none is set.
pub(crate) fn describe_request(request: &ResetRequest, region: Option<&Region>, plan: Option<&ResetPlan>) -> String {
    let ResetRequest { instance_id, group, scope, target, .. } = request;
    let scope = match scope {
        Scope::EveryTopic => "every topic".to_owned(),
        // The target names its partitions.
        Scope::Topic(topic, Partition::All) if matches!(target, Target::PartitionOffsets(_)) => {
            format!("topic {:?}", topic.as_str())
        }
        Scope::Topic(topic, Partition::All) => format!("topic {:?}, every partition", topic.as_str()),
        Scope::Topic(topic, Partition::Number(number)) => format!("topic {:?}, partition {number}", topic.as_str()),
    };
    let target = describe_target_of(request, plan);
    let region = region.map(|region| format!(", region {region}")).unwrap_or_default();
    format!("Requested: consumer group {:?}, {scope}, {target}. Instance {instance_id}{region}.", group.as_str())
}

/// The requested target, such as `to offset 120`. With the plan, `by_duration` has its time.
pub(crate) fn describe_target_of(request: &ResetRequest, plan: Option<&ResetPlan>) -> String {
    match &request.target {
        Target::Offset(offset) => format!("to offset {offset}"),
        Target::Time(time) => format!("to timestamp {}", describe_timestamp(*time)),
        Target::ByDuration(duration) => {
            let duration = SignedDuration::try_from(*duration)
                .map_or_else(|_| format!("{} s", duration.as_secs()), |duration| format!("{duration:#}"));
            let time = plan.and_then(ResetPlan::time).and_then(|time| Timestamp::from_millisecond(time.get()).ok());
            let time = time.map(|time| format!(", {time}")).unwrap_or_default();
            format!("to the time {duration} before the reset{time}")
        }
        Target::Earliest => "to the earliest offset".to_owned(),
        Target::Latest => "to the latest offset".to_owned(),
        Target::Current => "to its current offset".to_owned(),
        Target::ShiftBy(by) => format!("by a shift of {by:+}"),
        Target::PartitionOffsets(offsets) => {
            format!("to {}", describe_offsets(offsets.iter().map(|(partition, to)| (*partition, *to))))
        }
    }
}

/// The target of a partition, for "requested …".
pub(crate) fn describe_target(target: ResolvedTarget) -> String {
    match target {
        ResolvedTarget::Offset(offset) => format!("offset {offset}"),
        ResolvedTarget::Shifted(offset) => format!("offset {offset}"),
        ResolvedTarget::Earliest => "the earliest offset".to_owned(),
        ResolvedTarget::Latest => "the latest offset".to_owned(),
        ResolvedTarget::Time(time) => format!("timestamp {}", describe_timestamp(time)),
    }
}

/// The contents of a partition, for "the partition holds …".
pub(crate) fn describe_log(log: LogRange) -> String {
    if log.is_empty() {
        format!("no message, and its next offset is {}", log.end)
    } else {
        format!("offsets {} to {}", log.start, log.end.get() - 1)
    }
}

/// `1704067320000 (2024-01-01T00:02:00Z)`
fn describe_timestamp(time: UnixMillis) -> String {
    match Timestamp::from_millisecond(time.get()) {
        Ok(date) => format!("{time} ({date})"),
        Err(_) => time.to_string(),
    }
}

/// `2024-01-01T00:02:00Z`
pub(crate) fn describe_time(time: UnixMillis) -> String {
    Timestamp::from_millisecond(time.get()).map_or_else(|_| time.to_string(), |date| date.to_string())
}

/// `{ 0 = 140, 1 = 190 }`, the syntax of a configuration.
pub(crate) fn describe_offsets(offsets: impl Iterator<Item = (PartitionNumber, MessageOffset)>) -> String {
    let list: Vec<String> = offsets.map(|(partition, offset)| format!("{partition} = {offset}")).collect();
    format!("{{ {} }}", list.join(", "))
}

/// `partitions 0, 1, 2`, or `partition 0`. A long list is cut.
pub(crate) fn describe_partitions(partitions: &[PartitionNumber]) -> String {
    let listed: Vec<String> = partitions.iter().take(LISTED).map(ToString::to_string).collect();
    let listed = listed.join(", ");
    match partitions.len() {
        1 => format!("partition {listed}"),
        count if count > LISTED => format!("partitions {listed} and {} more", count - LISTED),
        _ => format!("partitions {listed}"),
    }
}

/// One line each. A long list is cut.
pub(crate) fn bounded_list(lines: &[String]) -> String {
    let mut list = lines[..lines.len().min(LISTED)].join("\n");
    if lines.len() > LISTED {
        list.push_str(&format!("\n  and {} more", lines.len() - LISTED));
    }
    list
}

/// For each topic, how to return to these positions.
pub(crate) fn describe_rollback(positions: &[&Position]) -> Vec<String> {
    let mut topics: Vec<&TopicName> = positions.iter().map(|it| &it.topic).collect();
    topics.dedup();
    let of_topic = |topic: &TopicName| {
        let of_topic = positions.iter().filter(|it| it.topic == *topic);
        let committed: Vec<_> = of_topic.filter_map(|it| Some((it.partition, it.committed?))).collect();
        (!committed.is_empty()).then(|| {
            let offsets = describe_offsets(committed.into_iter());
            format!("To roll back topic {:?}, set partition_offsets = {offsets}", topic.as_str())
        })
    };
    topics.into_iter().filter_map(of_topic).collect()
}

/// State and members of a group, in one line.
pub(crate) fn describe_members(group: &ConsumerGroup) -> String {
    if group.members.is_empty() {
        return format!("state {}, no member listed", group.state);
    }
    let listed: Vec<String> = group.members.iter().take(LISTED).map(describe_member).collect();
    let more = group.members.len().saturating_sub(LISTED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("state {}: {}{more}", group.state, listed.join("; "))
}

/// `client "billing-1" at "192.0.2.10": topic "orders" partitions 0, 1`. Names come from clients, so they are quoted.
pub(crate) fn describe_member(member: &GroupMember) -> String {
    let assigned = member.assignment.iter().filter(|it| !it.partitions.is_empty());
    let assigned: Vec<String> =
        assigned.map(|it| format!("topic {:?} {}", it.topic, describe_partitions(&it.partitions))).collect();
    let assigned = if assigned.is_empty() { "no partition".to_owned() } else { assigned.join(", ") };
    format!("client {:?} at {:?}: {assigned}", member.client_id, member.host)
}

/// `The service returned 503; attempt 2 of 6 in 1.5 s`
pub(crate) fn describe_retry(notice: &RetryNotice<'_>) -> String {
    let what = match notice.error.response() {
        Some(response) => {
            let code = response.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
            format!("The service returned {}{code}", response.status)
        }
        None if notice.error.may_have_taken_effect() => "The response of the service was lost".to_owned(),
        None => "The service could not be reached".to_owned(),
    };
    let requested = if notice.requested_by_service { ", as the service requests" } else { "" };
    let (attempt, attempts) = (notice.attempts + 1, notice.max_retries.saturating_add(1));
    format!("{what}; attempt {attempt} of {attempts} in {}{requested}", seconds(notice.pause))
}

/// `1.5 s`, `300 ms`
pub(crate) fn seconds(duration: Duration) -> String {
    // From 950 ms on, the duration is rounded to a full second or more.
    if duration < Duration::from_millis(950) {
        return format!("{} ms", duration.as_millis());
    }
    let tenths = (duration.as_secs_f64() * 10.0).round() / 10.0;
    format!("{tenths} s")
}
