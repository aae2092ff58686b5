//! Reads the committed offsets of a group, and the logs of the partitions that a reset affects.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use futures_util::future::Either;

use crate::huaweicloud::{
    ConsumerGroup, GroupOffset, MessageOffset, Partition, PartitionNumber, TopicName, TopicPartition, TopicPartitions,
};
use crate::provider::errors::MISSING_TOPIC;
use crate::provider::operation_limits::try_concurrently;
use crate::provider::read_group::read_partitions;

use super::super::context::{ReadError, ResetContext};
use super::super::locate::LogRange;
use super::super::report::{Activity, Failure, FailureKind, describe_partitions};
use super::super::request::{Scope, Target};
use super::super::reset_plan::Position;

const READ_PARTITIONS: Activity = Activity::new("read", "reading", "the topic's partitions");
const CHECK_ENDPOINTS: &str =
    "Check that endpoints and the proxy variables point to the service itself, then try again.";

/// The positions of the partitions in the request's scope at one moment.
#[derive(Default)]
pub(crate) struct Snapshot {
    /// Sorted by topic and partition.
    pub(crate) positions: Vec<Position>,
    /// Whether the number of partitions matches the service's total.
    pub(crate) complete: bool,
}

/// The partitions of a topic, or why it does not exist.
pub(crate) type PartitionList = (TopicName, Result<TopicPartitions, String>);

/// The result of [`list_partitions`].
pub(crate) struct PartitionReads {
    pub(crate) lists: Vec<PartitionList>,
    /// Whether the message could be read.
    pub(crate) message_read: bool,
}

/// Reads the positions of the request's scope.
///
/// # Errors
/// As for [`topics_to_list`], [`list_partitions`] and [`positions`].
pub(crate) async fn read_positions(ctx: &ResetContext<'_>, group: &ConsumerGroup) -> Result<Snapshot, ReadError> {
    let reads = list_partitions(ctx, topics_to_list(ctx, group)?, None).await?;
    Ok(positions(ctx, group, reads.lists)?)
}

/// The topics whose partitions the reset needs.
///
/// # Errors
/// The reset affects every topic, and the group has an offset whose topic cannot be read.
pub(crate) fn topics_to_list(ctx: &ResetContext<'_>, group: &ConsumerGroup) -> Result<Vec<TopicName>, Failure> {
    if let Scope::Topic(topic, _) = &ctx.request.scope {
        return Ok(vec![topic.clone()]);
    }
    check_topics(ctx, group)?;
    Ok(group.topics().into_iter().collect())
}

/// Lists the partitions of these topics. At the same time, reads the last message of the partition of `message_of`.
///
/// # Errors
/// A list cannot be read.
pub(crate) async fn list_partitions(
    ctx: &ResetContext<'_>,
    topics: Vec<TopicName>,
    message_of: Option<&GroupOffset>,
) -> Result<PartitionReads, ReadError> {
    let (client, instance) = (&ctx.client, &ctx.address.instance);
    let list = |topic| async move {
        let listed = read_partitions(client, instance, &topic).await?;
        Ok(Either::Left((topic, listed)))
    };
    let message = message_of.map(|it| async move {
        let message = client.end_message(instance, &it.topic, it.partition).await;
        Ok(Either::Right(message.is_ok()))
    });
    // Together, so that the limit of concurrent requests holds for all of them.
    let reads = message.map(Either::Right).into_iter().chain(topics.into_iter().map(list).map(Either::Left));
    let (mut lists, mut message_read) = (Vec::new(), false);
    for read in ctx.read(&READ_PARTITIONS, try_concurrently(reads.collect())).await? {
        match read {
            Either::Left(list) => lists.push(list),
            Either::Right(read) => message_read = read,
        }
    }
    Ok(PartitionReads { lists, message_read })
}

/// The positions of the request's scope. Leaves out topics that have been deleted since the group consumed them.
///
/// # Errors
/// A requested topic or partition does not exist, or a value that the reset needs cannot be read.
pub(crate) fn positions(
    ctx: &ResetContext<'_>,
    group: &ConsumerGroup,
    lists: Vec<PartitionList>,
) -> Result<Snapshot, Failure> {
    let committed = committed(group);
    let one_topic = ctx.request.scope.topic().is_some();
    let (mut positions, mut complete) = (Vec::new(), true);
    for (topic, listed) in lists {
        match listed {
            Ok(listed) => {
                complete &= listed.counted;
                let numbers: BTreeSet<PartitionNumber> = listed.numbers().collect();
                if numbers.is_empty() && !one_topic && has_messages(&topic, group) {
                    return Err(contradiction(&topic, "the service lists none"));
                }
                check_list_is_complete(&topic, &numbers, &committed)?;
                if one_topic {
                    check_partitions(ctx, &topic, &numbers)?;
                }
                check_logs(ctx, &topic, &listed)?;
                positions.extend(listed.partitions.iter().map(|it| position(&topic, it, &committed)));
            }
            Err(why) if one_topic => return Err(missing_topic(&why)),
            Err(why) if has_messages(&topic, group) => return Err(contradiction(&topic, &why)),
            Err(_) => {}
        }
    }
    if let Scope::Topic(_, Partition::Number(only)) = ctx.request.scope {
        positions.retain(|position| position.partition == only);
    }
    check_committed(ctx, &positions, group)?;
    Ok(Snapshot { positions, complete })
}

/// Whether the group's offsets show that the topic has, or had, messages. For a deleted topic, they have no log end.
fn has_messages(topic: &TopicName, group: &ConsumerGroup) -> bool {
    group.offsets.iter().any(|it| it.topic == *topic && it.log_end.is_some_and(|end| end > MessageOffset::MIN))
}

fn contradiction(topic: &TopicName, why: &str) -> Failure {
    let topic = topic.as_str();
    let context = format!(
        "The service does not list the partitions of topic {topic:?}, although its response about the group shows \
         messages in the topic: {why}."
    );
    Failure::new(FailureKind::Failed, context, "Try again later, or reset the group's topics one by one.")
}

/// Fails on a row without a topic, because it may be about a topic that no other row names.
fn check_topics(ctx: &ResetContext<'_>, group: &ConsumerGroup) -> Result<(), Failure> {
    match group.unreadable.iter().find(|row| row.topic().is_none()) {
        None => Ok(()),
        Some(row) => {
            let context = format!("The group's committed offsets have a row without a readable topic: {}.", row.why);
            Err(Failure::new(FailureKind::Failed, context, advice_on_reads(ctx, "Reset the topics one by one.")))
        }
    }
}

/// Whether the reset moves this partition.
fn is_wanted(ctx: &ResetContext<'_>, partition: PartitionNumber) -> bool {
    match (&ctx.request.scope, &ctx.request.target) {
        (_, Target::PartitionOffsets(offsets)) => offsets.contains_key(&partition),
        (Scope::Topic(_, Partition::Number(only)), _) => *only == partition,
        _ => true,
    }
}

/// Fails if the log of a wanted partition cannot be read.
fn check_logs(ctx: &ResetContext<'_>, topic: &TopicName, listed: &TopicPartitions) -> Result<(), Failure> {
    let wanted = listed.unreadable.iter().find(|(partition, _)| is_wanted(ctx, **partition));
    match wanted {
        Some((partition, why)) => Err(unreadable(ctx, "the ends of the log", topic, *partition, why)),
        None => Ok(()),
    }
}

/// Fails if the offset of a wanted partition cannot be read, because it must not count as missing.
fn check_committed(ctx: &ResetContext<'_>, positions: &[Position], group: &ConsumerGroup) -> Result<(), Failure> {
    if group.unreadable.is_empty() {
        return Ok(());
    }
    let readable = committed(group);
    let wanted = positions.iter().filter(|it| is_wanted(ctx, it.partition));
    let missing = wanted.filter(|it| !readable.contains_key(&(&it.topic, it.partition)));
    for Position { topic, partition, .. } in missing {
        if let Some(why) = group.why_unreadable(topic, *partition) {
            return Err(unreadable(ctx, "the committed offset", topic, *partition, why));
        }
    }
    Ok(())
}

fn unreadable(ctx: &ResetContext<'_>, what: &str, topic: &TopicName, partition: PartitionNumber, why: &str) -> Failure {
    let topic = topic.as_str();
    let context =
        format!("The service's response about {what} of topic {topic:?} partition {partition} cannot be read: {why}.");
    let advice = "The partition may be offline: check the topic and the brokers in the console.";
    Failure::new(FailureKind::Failed, context, advice_on_reads(ctx, advice))
}

/// Advice for offsets that cannot be read. Adds how to reset without them, if that is possible.
fn advice_on_reads(ctx: &ResetContext<'_>, advice: &str) -> String {
    match ctx.request.reads_offsets_only_to_verify() {
        true => format!("{advice} To reset without reading offsets, set verify = false."),
        false => advice.to_owned(),
    }
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

/// Updates positions from a new read of the group, which has committed offsets and ends of logs, but no starts.
///
/// # Errors
/// The new offset of a wanted partition cannot be read.
pub(crate) fn refresh(
    ctx: &ResetContext<'_>,
    before: &[Position],
    group: &ConsumerGroup,
) -> Result<Vec<Position>, Failure> {
    check_committed(ctx, before, group)?;
    let offsets: BTreeMap<_, _> = group.offsets.iter().map(|it| ((&it.topic, it.partition), it)).collect();
    let refreshed = |position: &Position| {
        let offset = offsets.get(&(&position.topic, position.partition));
        let end = offset.and_then(|it| it.log_end).map_or(position.log.end, |end| end.max(position.log.end));
        Position {
            committed: offset.and_then(|it| it.current),
            log: LogRange { end, ..position.log },
            ..position.clone()
        }
    };
    Ok(before.iter().map(refreshed).collect())
}

fn missing_topic(why: &str) -> Failure {
    let context = format!("The topic does not exist: {why}.");
    Failure::new(FailureKind::TopicNotFound, context, MISSING_TOPIC).with_path("topic")
}

/// Fails if the group has an offset on a partition that the topic does not list: then the list is cut off. Partitions
/// are numbered without gaps, so it is enough to look beyond the last one.
fn check_list_is_complete(
    topic: &TopicName,
    listed: &BTreeSet<PartitionNumber>,
    committed: &Committed<'_>,
) -> Result<(), Failure> {
    let Some(last) = listed.last().copied() else { return Ok(()) };
    let beyond = committed.range((Bound::Excluded((topic, last)), Bound::Unbounded)).map(|(place, _)| *place);
    let unlisted: Vec<PartitionNumber> = beyond.take_while(|(it, _)| *it == topic).map(|(_, number)| number).collect();
    if unlisted.is_empty() {
        return Ok(());
    }
    let context = format!(
        "The service's responses contradict each other: the service lists {} of topic {:?}, but the group also has \
         offsets on {}. So the list of the topic's partitions is incomplete.",
        describe_partitions(&listed.iter().copied().collect::<Vec<_>>()),
        topic.as_str(),
        describe_partitions(&unlisted)
    );
    Err(Failure::new(FailureKind::Failed, context, CHECK_ENDPOINTS))
}

fn check_partitions(
    ctx: &ResetContext<'_>,
    topic: &TopicName,
    found: &BTreeSet<PartitionNumber>,
) -> Result<(), Failure> {
    if found.is_empty() {
        return Err(missing_topic(&format!("the service lists no partition of {:?}", topic.as_str())));
    }
    let (requested, argument): (Vec<PartitionNumber>, _) = match (&ctx.request.scope, &ctx.request.target) {
        (_, Target::PartitionOffsets(offsets)) => (offsets.keys().copied().collect(), "partition_offsets"),
        (Scope::Topic(_, Partition::Number(number)), _) => (vec![*number], "partition"),
        _ => return Ok(()),
    };
    let unknown: Vec<PartitionNumber> = requested.into_iter().filter(|it| !found.contains(it)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let existing: Vec<PartitionNumber> = found.iter().copied().collect();
    let context = format!(
        "Topic {:?} has no {}; it has {}.",
        topic.as_str(),
        describe_partitions(&unknown),
        describe_partitions(&existing)
    );
    Err(Failure::new(FailureKind::PartitionNotFound, context, "Correct the number.").with_path(argument))
}
