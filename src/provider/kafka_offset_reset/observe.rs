//! Reads where a group stands on every partition that a reset is about, and what each partition holds.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::huaweicloud::{
    ConsumerGroup, MessageOffset, Partition, PartitionNumber, TopicName, TopicPartition, TopicPartitions,
    UnreadableOffset,
};
use crate::provider::errors::{MISSING_TOPIC, is_missing_on_instance};
use crate::provider::together::try_together;

use super::failure::Failure;
use super::job::{Job, Unread};
use super::position::{LogRange, Position};
use super::request::{Scope, Target};
use super::sent::Sent;
use super::words::partitions_in_words;

const STEP: &str = "reading the topic's partitions";
const WHAT_IS_BETWEEN: &str =
    "Check that endpoints and the proxy variables lead to the service itself, then try again.";

/// What a look has shown.
pub(super) struct Seen {
    /// Of the request's scope, in the order of topic and partition.
    pub(super) positions: Vec<Position>,
    /// Whether these are all partitions by the service's own count.
    pub(super) counted: bool,
}

/// The positions of the request's scope. Topics and partitions that are not there are failures; topics that a group has
/// consumed and that were deleted since are left out.
pub(super) async fn positions(job: &Job<'_>, group: &ConsumerGroup, sent: &Sent) -> Result<Seen, Unread> {
    let committed = committed(group);
    let topics: Vec<TopicName> = match &job.request.scope {
        Scope::Topic(topic, _) => vec![topic.clone()],
        Scope::EveryTopic => {
            check_topics(group, sent).map_err(Unread::Failed)?;
            let of_odd_rows = group.unreadable.iter().filter_map(UnreadableOffset::topic);
            let topics: BTreeSet<TopicName> =
                committed.keys().map(|(topic, _)| (*topic).clone()).chain(of_odd_rows).collect();
            topics.into_iter().collect()
        }
    };
    let one_topic = job.request.scope.topic().is_some();
    let read = try_together(topics, |topic| {
        let (client, instance) = (job.client.clone(), job.address.instance.clone());
        async move {
            match client.list_topic_partitions(&instance, &topic).await {
                Err(error) if is_missing_on_instance(&error) => Ok((topic, Err(error.report()))),
                Ok(listed) => Ok((topic, Ok(listed))),
                Err(error) => Err(error),
            }
        }
    });
    let (mut positions, mut all_counted) = (Vec::new(), true);
    for (topic, listed) in job.read(STEP, sent, read).await? {
        match listed {
            Ok(listed) => {
                all_counted &= listed.counted;
                let numbers: BTreeSet<PartitionNumber> = listed.numbers().collect();
                if numbers.is_empty() && !one_topic && has_messages(&topic, group) {
                    return Err(Unread::Failed(contradiction(&topic, "the service lists none", sent)));
                }
                check_wholeness(&topic, &numbers, &committed, sent).map_err(Unread::Failed)?;
                if one_topic {
                    check_partitions(job, &topic, &numbers, sent).map_err(Unread::Failed)?;
                }
                check_ends(job, &topic, &listed, sent).map_err(Unread::Failed)?;
                positions.extend(listed.partitions.iter().map(|it| position(&topic, it, &committed)));
            }
            Err(why) if one_topic => return Err(Unread::Failed(missing_topic(&why, sent))),
            Err(why) if has_messages(&topic, group) => return Err(Unread::Failed(contradiction(&topic, &why, sent))),
            Err(_) => {}
        }
    }
    if let Scope::Topic(_, Partition::Number(only)) = job.request.scope {
        positions.retain(|position| position.partition == only);
    }
    check_committed(job, &positions, group, sent).map_err(Unread::Failed)?;
    Ok(Seen { positions, counted: all_counted })
}

/// Whether the group's answer shows that the topic has, or had, messages. For a deleted topic, it shows no log end.
fn has_messages(topic: &TopicName, group: &ConsumerGroup) -> bool {
    group.offsets.iter().any(|it| it.topic == *topic && it.log_end.is_some_and(|end| end > MessageOffset::MIN))
}

fn contradiction(topic: &TopicName, why: &str, sent: &Sent) -> Failure {
    let topic = topic.as_str();
    let cause = format!(
        "The service does not list the partitions of topic {topic:?}, although its answer about the group shows \
         messages in the topic: {why}."
    );
    Failure::of(cause, sent.clone(), "Try again later, or reset the group's topics one by one.")
}

/// Fails on a row without a topic, because it may be about a topic that no other row names.
fn check_topics(group: &ConsumerGroup, sent: &Sent) -> Result<(), Failure> {
    match group.unreadable.iter().find(|row| row.topic().is_none()) {
        None => Ok(()),
        Some(row) => {
            let cause = format!("The group's committed offsets have a row without a readable topic: {}.", row.why);
            let advice = "Reset the topics one by one, or set verify = false to reset without reading offsets.";
            Err(Failure::of(cause, sent.clone(), advice))
        }
    }
}

/// Whether the reset moves this partition.
fn is_wanted(job: &Job<'_>, partition: PartitionNumber) -> bool {
    match (&job.request.scope, &job.request.target) {
        (_, Target::PartitionOffsets(offsets)) => offsets.contains_key(&partition),
        (Scope::Topic(_, Partition::Number(only)), _) => *only == partition,
        _ => true,
    }
}

/// Fails if the log of a wanted partition cannot be read.
fn check_ends(job: &Job<'_>, topic: &TopicName, listed: &TopicPartitions, sent: &Sent) -> Result<(), Failure> {
    let wanted = listed.unreadable.iter().find(|(partition, _)| is_wanted(job, **partition));
    match wanted {
        Some((partition, why)) => Err(unreadable("the ends of the log", topic, *partition, why, sent)),
        None => Ok(()),
    }
}

/// Fails if the offset of a wanted partition cannot be read, because it must not count as missing.
fn check_committed(job: &Job<'_>, positions: &[Position], group: &ConsumerGroup, sent: &Sent) -> Result<(), Failure> {
    if group.unreadable.is_empty() {
        return Ok(());
    }
    for Position { topic, partition, .. } in positions.iter().filter(|it| is_wanted(job, it.partition)) {
        if let Some(why) = group.why_unreadable(topic, *partition) {
            return Err(unreadable("the committed offset", topic, *partition, why, sent));
        }
    }
    Ok(())
}

fn unreadable(what: &str, topic: &TopicName, partition: PartitionNumber, why: &str, sent: &Sent) -> Failure {
    let topic = topic.as_str();
    let cause =
        format!("The service's answer about {what} of topic {topic:?} partition {partition} cannot be read: {why}.");
    let advice = "The partition may be offline: check the topic and the brokers in the console. To reset without \
                  reading offsets, set verify = false.";
    Failure::of(cause, sent.clone(), advice)
}

type Committed<'a> = BTreeMap<(&'a TopicName, PartitionNumber), Option<MessageOffset>>;

fn committed(group: &ConsumerGroup) -> Committed<'_> {
    group.offsets.iter().map(|it| ((&it.topic, it.partition), it.current)).collect()
}

fn position(topic: &TopicName, described: &TopicPartition, committed: &Committed<'_>) -> Position {
    Position {
        topic: topic.clone(),
        partition: described.partition,
        committed: committed.get(&(topic, described.partition)).copied().flatten(),
        log: LogRange { start: described.log_start, end: described.log_end },
    }
}

/// The same partitions after only the group was read again, which includes the ends of their logs.
pub(super) fn moved_on(
    job: &Job<'_>,
    before: &[Position],
    group: &ConsumerGroup,
    sent: &Sent,
) -> Result<Vec<Position>, Failure> {
    check_committed(job, before, group, sent)?;
    let now: BTreeMap<_, _> = group.offsets.iter().map(|it| ((&it.topic, it.partition), it)).collect();
    let again = |position: &Position| {
        let seen = now.get(&(&position.topic, position.partition));
        let end = seen.and_then(|it| it.log_end).map_or(position.log.end, |end| end.max(position.log.end));
        Position {
            committed: seen.and_then(|it| it.current),
            log: LogRange { end, ..position.log },
            ..position.clone()
        }
    };
    Ok(before.iter().map(again).collect())
}

fn missing_topic(why: &str, sent: &Sent) -> Failure {
    Failure::of(format!("There is no such topic: {why}."), sent.clone(), MISSING_TOPIC)
        .titled("Topic not found")
        .at("topic")
}

/// A partition on which the group stands, and which the topic does not list, is one of a list that is cut off. What is
/// listed has no gaps, so such a one lies beyond the last.
fn check_wholeness(
    topic: &TopicName,
    listed: &BTreeSet<PartitionNumber>,
    committed: &Committed<'_>,
    sent: &Sent,
) -> Result<(), Failure> {
    let Some(last) = listed.last().copied() else { return Ok(()) };
    let beyond = committed.range((Bound::Excluded((topic, last)), Bound::Unbounded)).map(|(place, _)| *place);
    let unlisted: Vec<PartitionNumber> = beyond.take_while(|(it, _)| *it == topic).map(|(_, number)| number).collect();
    if unlisted.is_empty() {
        return Ok(());
    }
    let cause = format!(
        "The service's answers don't fit together: it lists {} of topic {:?}, and says where the group stands on {} as \
         well. So the list of the topic's partitions is not whole.",
        partitions_in_words(&listed.iter().copied().collect::<Vec<_>>()),
        topic.as_str(),
        partitions_in_words(&unlisted)
    );
    Err(Failure::of(cause, sent.clone(), WHAT_IS_BETWEEN))
}

fn check_partitions(
    job: &Job<'_>,
    topic: &TopicName,
    found: &BTreeSet<PartitionNumber>,
    sent: &Sent,
) -> Result<(), Failure> {
    if found.is_empty() {
        return Err(missing_topic(&format!("the service lists no partition of {:?}", topic.as_str()), sent));
    }
    let (asked, argument): (Vec<PartitionNumber>, _) = match (&job.request.scope, &job.request.target) {
        (_, Target::PartitionOffsets(offsets)) => (offsets.keys().copied().collect(), "partition_offsets"),
        (Scope::Topic(_, Partition::Number(number)), _) => (vec![*number], "partition"),
        _ => return Ok(()),
    };
    let unknown: Vec<PartitionNumber> = asked.into_iter().filter(|asked| !found.contains(asked)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let there: Vec<PartitionNumber> = found.iter().copied().collect();
    let cause = format!(
        "Topic {:?} has no {}; it has {}.",
        topic.as_str(),
        partitions_in_words(&unknown),
        partitions_in_words(&there)
    );
    Err(Failure::of(cause, sent.clone(), "Correct the number.").titled("Partition not found").at(argument))
}
