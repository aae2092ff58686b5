//! Lists the messages of a topic at or after a time, without their content (`ShowMessages`).

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::encoding::Query;
use crate::message::{ApiError, Response};
use crate::state::cluster::{Cluster, Message};
use crate::state::{State, StateError};

use super::{PathParams, messages};

/// The largest page, and the largest number of messages to skip. Neither is published, so these are the lowest limits
/// of any list in the API.
const MAX_LIMIT: i64 = 50;
const MAX_OFFSET: i64 = 10_000;

/// `GET …/management/topics/{topic}/messages?start_time=&end_time=&limit=&offset=&partition=`.
pub(super) fn list(state: &State, params: &PathParams, query: &Query, now: Timestamp) -> Result<Response, ApiError> {
    let start = query.number("start_time", 0, i64::MAX)?.unwrap_or(0);
    let end = query.number("end_time", start, i64::MAX)?.unwrap_or_else(|| now.as_millisecond());
    let limit = query.number("limit", 1, MAX_LIMIT)?.unwrap_or(10);
    let offset = query.number("offset", 0, MAX_OFFSET)?.unwrap_or(0);
    let partition = query.number("partition", -1, i64::from(i32::MAX))?.unwrap_or(-1);

    let instance = state.instance(&params.project, &params.instance)?;
    let Found { messages, count } = find(instance.cluster(), &params.topic, partition, (start, end), offset, limit)?;
    let page: Vec<Value> = messages
        .into_iter()
        .map(|(partition, Message { offset, timestamp })| {
            json!({
                "topic": params.topic,
                "partition": partition,
                "message_offset": offset,
                "size": messages::content(instance, &params.topic, partition, offset).value.len(),
                "timestamp": timestamp,
            })
        })
        .collect();
    Ok(Response::ok(json!({
        "messages": page,
        "messages_count": count,
        // The documented meaning of the next two: the number of pages, and the current page.
        "offsets_count": (count + limit - 1) / limit,
        "offset": offset / limit + 1,
    })))
}

/// Some of the messages of a topic between two times.
pub(super) struct Found {
    /// Each with its partition.
    pub(super) messages: Vec<(i32, Message)>,
    /// The number of offsets between the two times.
    pub(super) count: i64,
}

/// Finds the messages of one partition, or of all (-1), between two times: after the first `skip`, at most `take`.
pub(super) fn find(
    cluster: &dyn Cluster,
    topic: &str,
    partition: i64,
    (start, end): (i64, i64),
    skip: i64,
    take: i64,
) -> Result<Found, StateError> {
    let mut found = Found { messages: Vec::new(), count: 0 };
    for partition in partitions(cluster, topic, partition)? {
        let span = Span::find(cluster, topic, partition, start, end)?;
        // The partitions before this one count towards both limits.
        let skip = usize::try_from((skip - found.count).max(0)).unwrap_or(usize::MAX);
        let take = usize::try_from(take).unwrap_or(usize::MAX) - found.messages.len();
        let messages = span.messages(cluster, topic, skip, take)?;
        found.messages.extend(messages.into_iter().map(|message| (partition, message)));
        found.count += span.to - span.from;
    }
    Ok(found)
}

/// The partitions to search; -1 means all.
fn partitions(cluster: &dyn Cluster, topic: &str, partition: i64) -> Result<Vec<i32>, StateError> {
    match i32::try_from(partition) {
        Ok(partition) if partition >= 0 => {
            cluster.log(topic, partition)?;
            Ok(vec![partition])
        }
        _ => Ok((0_i32..).take(cluster.logs(topic)?.len()).collect()),
    }
}

/// The offsets of one partition between two times.
struct Span {
    partition: i32,
    from: i64,
    to: i64,
}

impl Span {
    fn find(cluster: &dyn Cluster, topic: &str, partition: i32, start: i64, end: i64) -> Result<Self, StateError> {
        let from = cluster.offset_at(topic, partition, start)?;
        let to = match end.checked_add(1) {
            Some(after) => cluster.offset_at(topic, partition, after)?,
            None => cluster.log(topic, partition)?.end,
        };
        Ok(Self { partition, from, to: to.max(from) })
    }

    /// The messages in the order of their offsets, after the first `skip`, at most `take`.
    fn messages(
        &self,
        cluster: &dyn Cluster,
        topic: &str,
        skip: usize,
        take: usize,
    ) -> Result<Vec<Message>, StateError> {
        let mut messages = Vec::new();
        let mut next = self.from;
        while messages.len() < skip.saturating_add(take) && take > 0 {
            let message = cluster.message_from(topic, self.partition, next)?;
            let Some(message) = message.filter(|message| message.offset < self.to) else { break };
            messages.push(message);
            next = message.offset + 1;
        }
        Ok(messages.into_iter().skip(skip).collect())
    }
}
