//! Reads the group and its positions, in as few round trips as possible.

use crate::huaweicloud::{ConsumerGroup, GroupOffset, MessageOffset};

use super::super::context::{ReadError, ResetContext};
use super::super::report::{Activity, Failure, FailureKind};
use super::super::request::Scope;
use super::super::steps::{PartitionReads, Snapshot, list_partitions, positions, read_group, topics_to_list};

pub(crate) const READ_OFFSETS: Activity = Activity::new("read", "reading", "the group's offsets");

/// The partitions of the topic. `None`: not needed, or the reset affects every topic.
type TopicReads = Option<Result<PartitionReads, ReadError>>;

/// What a reset reads in its first round trip.
pub(crate) struct FirstReads {
    /// `None`: not needed.
    pub(crate) group: Option<ConsumerGroup>,
    pub(crate) partitions: TopicReads,
}

/// The group and its positions at one moment.
pub(crate) struct Observation {
    pub(crate) group: ConsumerGroup,
    /// The positions in the scope of the request. Never empty.
    pub(crate) snapshot: Snapshot,
    /// Whether a message could be read.
    pub(crate) message_read: bool,
}

/// Reads the group and its positions.
///
/// # Errors
/// A read failed, or the group has no partition in the scope of the request.
pub(crate) async fn observe(ctx: &ResetContext<'_>) -> Result<Observation, ReadError> {
    let (group, partitions) = tokio::try_join!(read_group(ctx), read_topic(ctx))?;
    complete(ctx, group, partitions, false).await
}

/// Reads the group and, for a reset of one topic, its partitions at the same time.
///
/// # Errors
/// The group cannot be read. If the partitions cannot be read, the result contains that error.
pub(crate) async fn first_reads(
    ctx: &ResetContext<'_>,
    needs_group: bool,
    needs_positions: bool,
) -> Result<FirstReads, ReadError> {
    let group = async { if needs_group { read_group(ctx).await.map(Some) } else { Ok(None) } };
    let partitions = async { if needs_positions { read_topic(ctx).await } else { Ok(None) } };
    // An error of the group ends the other read.
    let (group, partitions) = tokio::try_join!(group, partitions)?;
    Ok(FirstReads { group, partitions })
}

async fn read_topic(ctx: &ResetContext<'_>) -> Result<TopicReads, ReadError> {
    Ok(match &ctx.request.scope {
        Scope::Topic(topic, _) => Some(list_partitions(ctx, vec![topic.clone()], None).await),
        Scope::EveryTopic => None,
    })
}

impl FirstReads {
    /// Reads what is missing. `reads_message`: also reads a message, if that takes no extra round trip. `None`: the
    /// group was not read.
    ///
    /// # Errors
    /// As for [`observe`].
    pub(crate) async fn complete(
        self,
        ctx: &ResetContext<'_>,
        reads_message: bool,
    ) -> Result<Option<Observation>, ReadError> {
        match self.group {
            Some(group) => complete(ctx, group, self.partitions, reads_message).await.map(Some),
            None => Ok(None),
        }
    }
}

async fn complete(
    ctx: &ResetContext<'_>,
    group: ConsumerGroup,
    partitions: TopicReads,
    reads_message: bool,
) -> Result<Observation, ReadError> {
    let PartitionReads { lists, message_read } = match partitions {
        Some(partitions) => partitions?,
        None => {
            let message_of = if reads_message { partition_with_messages(&group) } else { None };
            list_partitions(ctx, topics_to_list(ctx, &group)?, message_of).await?
        }
    };
    let snapshot = positions(ctx, &group, lists)?;
    if snapshot.positions.is_empty() {
        return Err(nothing_to_reset(&ctx.request.scope).into());
    }
    Ok(Observation { group, snapshot, message_read })
}

/// A partition that seems to hold messages, chosen before the partitions are listed.
fn partition_with_messages(group: &ConsumerGroup) -> Option<&GroupOffset> {
    group.offsets.iter().filter(|it| it.log_end.is_some_and(|end| end > MessageOffset::MIN)).max_by_key(|it| it.log_end)
}

fn nothing_to_reset(scope: &Scope) -> Failure {
    let (context, advice) = match scope {
        Scope::EveryTopic => (
            "The group has no committed offsets, so there is nothing to reset.",
            "To give the group offsets on one topic, set topic.",
        ),
        Scope::Topic(..) => ("The topic has no such partition.", "Correct the number."),
    };
    Failure::new(FailureKind::Failed, context, advice)
}
