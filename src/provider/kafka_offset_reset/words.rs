//! A reset in words: what was asked for, which partitions, which members.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::huaweicloud::{
    ConsumerGroup, GroupMember, MessageOffset, Partition, PartitionNumber, Region, TopicName, UnixMillis,
};

use super::position::{LogRange, Position};
use super::request::{ResetRequest, Scope, Target};
use super::resolve::Aim;

/// How many partitions or members a sentence lists before it only counts them.
const LISTED: usize = 20;

/// What was asked for, as a sentence.
pub(super) struct Attempted<'a> {
    pub(super) request: &'a ResetRequest,
    /// Where it goes; none where custom endpoints make a region needless and none is set.
    pub(super) region: Option<&'a Region>,
}

impl fmt::Display for Attempted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ResetRequest { instance_id, group, scope, target, .. } = self.request;
        write!(f, "Tried to reset consumer group {:?}", group.as_str())?;
        match scope {
            Scope::EveryTopic => f.write_str(", every topic,")?,
            // The target names its partitions.
            Scope::Topic(topic, Partition::All) if matches!(target, Target::PartitionOffsets(_)) => {
                write!(f, ", topic {:?},", topic.as_str())?;
            }
            Scope::Topic(topic, Partition::All) => write!(f, ", topic {:?}, every partition,", topic.as_str())?,
            Scope::Topic(topic, Partition::Number(number)) => {
                write!(f, ", topic {:?}, partition {number},", topic.as_str())?;
            }
        }
        write!(f, " {} on instance {instance_id}", TargetInWords(target))?;
        match self.region {
            Some(region) => write!(f, " in region {region}."),
            None => f.write_str("."),
        }
    }
}

struct TargetInWords<'a>(&'a Target);

impl fmt::Display for TargetInWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Target::Offset(offset) => write!(f, "to offset {offset}"),
            Target::Time(time) => write!(f, "to timestamp {}", time_in_words(*time)),
            Target::ByDuration(duration) => match SignedDuration::try_from(*duration) {
                Ok(duration) => write!(f, "to the time {duration} before the reset,"),
                Err(_) => write!(f, "to the time {} s before the reset,", duration.as_secs()),
            },
            Target::Earliest => f.write_str("to the earliest offset"),
            Target::Latest => f.write_str("to the latest offset"),
            Target::Current => f.write_str("to its current offset"),
            Target::ShiftBy(by) => write!(f, "by a shift of {by:+}"),
            Target::PartitionOffsets(offsets) => {
                write!(f, "to {}", offsets_in_words(offsets.iter().map(|(it, to)| (*it, *to))))
            }
        }
    }
}

/// Where a partition was to go, for "asked for …".
pub(super) fn aim_in_words(aim: Aim) -> String {
    match aim {
        Aim::Offset(offset) => format!("offset {offset}"),
        Aim::Shifted(offset) => format!("offset {offset}"),
        Aim::Earliest => "the earliest offset".to_owned(),
        Aim::Latest => "the latest offset".to_owned(),
        Aim::Time(time) => format!("timestamp {}", time_in_words(time)),
    }
}

/// What a partition holds.
pub(super) fn log_in_words(log: LogRange) -> String {
    if log.is_empty() {
        format!("no message, and {} is the next offset", log.end)
    } else {
        format!("offsets {} to {}", log.start, log.end.get() - 1)
    }
}

/// `1704067320000 (2024-01-01T00:02:00Z)`
fn time_in_words(time: UnixMillis) -> String {
    match Timestamp::from_millisecond(time.get()) {
        Ok(date) => format!("{time} ({date})"),
        Err(_) => time.to_string(),
    }
}

/// `{ 0 = 140, 1 = 190 }`, as it is written in a configuration.
pub(in crate::provider) fn offsets_in_words(offsets: impl Iterator<Item = (PartitionNumber, MessageOffset)>) -> String {
    let list: Vec<String> = offsets.map(|(partition, offset)| format!("{partition} = {offset}")).collect();
    format!("{{ {} }}", list.join(", "))
}

/// `partitions 0, 1, 2`, or `partition 0`; a long list is cut and counted.
pub(in crate::provider) fn partitions_in_words(partitions: &[PartitionNumber]) -> String {
    let listed: Vec<String> = partitions.iter().take(LISTED).map(ToString::to_string).collect();
    let listed = listed.join(", ");
    match partitions.len() {
        1 => format!("partition {listed}"),
        count if count > LISTED => format!("partitions {listed} and {} more", count - LISTED),
        _ => format!("partitions {listed}"),
    }
}

/// One line each. Of a long list, only the first lines and the number of the others.
pub(super) fn bounded_list(lines: &[String]) -> String {
    let mut list = lines[..lines.len().min(LISTED)].join("\n");
    if lines.len() > LISTED {
        list.push_str(&format!("\n  and {} more", lines.len() - LISTED));
    }
    list
}

/// Where partitions stand, by topic, each as a configuration that takes the group back there.
pub(super) fn way_back(positions: &[&Position]) -> Vec<String> {
    let mut topics: Vec<&TopicName> = positions.iter().map(|it| &it.topic).collect();
    topics.dedup();
    let of_topic = |topic: &TopicName| {
        let of_topic = positions.iter().filter(|it| it.topic == *topic);
        let committed: Vec<_> = of_topic.filter_map(|it| Some((it.partition, it.committed?))).collect();
        (!committed.is_empty()).then(|| {
            let offsets = offsets_in_words(committed.into_iter());
            format!("topic {:?}: partition_offsets = {offsets}", topic.as_str())
        })
    };
    topics.into_iter().filter_map(of_topic).collect()
}

/// Who is there, for a sentence that begins with the group. Names come from clients, so they are quoted.
pub(in crate::provider) fn members_in_words(group: &ConsumerGroup) -> String {
    if group.members.is_empty() {
        return format!("state {}, no member listed", group.state);
    }
    let listed: Vec<String> = group.members.iter().take(LISTED).map(member_in_words).collect();
    let more = group.members.len().saturating_sub(LISTED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("state {}: {}{more}", group.state, listed.join("; "))
}

fn member_in_words(member: &GroupMember) -> String {
    let reads = member.assignment.iter().filter(|it| !it.partitions.is_empty());
    let reads: Vec<String> =
        reads.map(|it| format!("topic {:?} {}", it.topic, partitions_in_words(&it.partitions))).collect();
    let reads = if reads.is_empty() { "no partition".to_owned() } else { reads.join(", ") };
    format!("client {:?} at {:?} reads {reads}", member.client_id, member.host)
}

/// `1.5 s`, `300 ms`
pub(super) fn seconds(duration: Duration) -> String {
    // What rounds to a second is one.
    if duration < Duration::from_millis(950) {
        return format!("{} ms", duration.as_millis());
    }
    let tenths = (duration.as_secs_f64() * 10.0).round() / 10.0;
    format!("{tenths} s")
}
