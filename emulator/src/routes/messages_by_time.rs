//! Lists the messages of a topic at or after a time, without their content (`ShowMessages`).

use serde_json::{Value, json};

use crate::encoding::Query;
use crate::message::{ApiError, Request, Response};
use crate::state::cluster::{Cluster, Message};
use crate::state::{State, StateError};

use super::{PathParams, messages};

/// The largest page, and the largest number of messages to skip. Neither is published, so these are the lowest limits
/// of any list in the API.
const MAX_LIMIT: i64 = 50;
const MAX_OFFSET: i64 = 10_000;

/// `GET …/management/topics/{topic}/messages?start_time=&end_time=&limit=&offset=&partition=`.
pub(super) fn list(state: &State, params: &PathParams, request: &Request) -> Result<Response, ApiError> {
    let known = ["start_time", "end_time", "limit", "offset", "partition"];
    let query = Query::parse(request.query.as_deref(), &known)?;
    let start = query.number("start_time", 0, i64::MAX)?.unwrap_or(0);
    let end = query.number("end_time", start, i64::MAX)?.unwrap_or(i64::MAX);
    let limit = query.number("limit", 1, MAX_LIMIT)?.unwrap_or(10);
    let offset = query.number("offset", 0, MAX_OFFSET)?.unwrap_or(0);
    let partition = query.number("partition", -1, i64::from(i32::MAX))?.unwrap_or(-1);

    let cluster = state.instance(&params.project, &params.instance)?.cluster();
    let mut count = 0;
    let mut page = Vec::new();
    for partition in partitions(cluster, &params.topic, partition)? {
        let span = Span::find(cluster, &params.topic, partition, start, end)?;
        // The partitions before this one count towards the offset and the limit.
        let skip = usize::try_from((offset - count).max(0)).unwrap_or(usize::MAX);
        let take = usize::try_from(limit).unwrap_or(usize::MAX) - page.len();
        let found = span.messages(cluster, &params.topic, skip, take)?;
        page.extend(found.into_iter().map(|message| describe(&params.topic, partition, message)));
        count += span.to - span.from;
    }
    Ok(Response::ok(json!({
        "messages": page,
        "messages_count": count,
        "offsets_count": count,
        "offset": offset,
    })))
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

fn describe(topic: &str, partition: i32, Message { offset, timestamp }: Message) -> Value {
    json!({
        "topic": topic,
        "partition": partition,
        "message_offset": offset,
        "size": messages::value(topic, partition, offset).len(),
        "timestamp": timestamp,
    })
}
