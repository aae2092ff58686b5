//! Searches the messages of a topic by time, offset or content (`ShowInstanceMessages`), and sends messages.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::encoding::{Query, invalid_query};
use crate::message::{ApiError, Request, Response};
use crate::object::objects;
use crate::state::cluster::Message;
use crate::state::{Content, Instance, State, StateError};

use super::PathParams;
use super::body::{invalid, parse_body};
use super::messages::content;
use super::messages_by_time::find;

/// The documented limits of a search by content: the messages that are searched, and those that are returned.
const MAX_SEARCHED: i64 = 10_000;
const MAX_MATCHES: usize = 10;

/// `GET …/instances/{instance}/messages`.
pub(super) fn search(state: &State, params: &PathParams, query: &Query) -> Result<Response, ApiError> {
    let missing = |key| invalid_query(key, "is missing");
    let topic = query.get("topic").filter(|topic| !topic.is_empty()).ok_or_else(|| missing("topic"))?;
    let limit = query.number("limit", 1, 50)?.unwrap_or(10);
    // The number of the page, counted from 0.
    let page = query.number("offset", 0, 10_000)?.unwrap_or(0);
    let start = query.number("start_time", 0, i64::MAX)?;
    let end = query.number("end_time", start.unwrap_or(0), i64::MAX)?;
    let filter = Filter::parse(query);

    let instance = state.instance(&params.project, &params.instance)?;
    let cluster = instance.cluster();
    let show = |with_value| move |(partition, message)| describe(instance, topic, partition, message, with_value);
    let (messages, total): (Vec<Value>, _) = match (start, end) {
        (Some(start), Some(end)) if filter.is_empty() => {
            let found = find(cluster, topic, -1, (start, end), page.saturating_mul(limit), limit)?;
            // The documented response of a search by time has no content.
            (found.messages.into_iter().map(show(false)).collect(), Some(found.count))
        }
        (Some(start), Some(end)) => {
            if instance.real_cluster.is_some() {
                return Err(StateError::NotOnRealCluster.into());
            }
            let found = find(cluster, topic, -1, (start, end), 0, MAX_SEARCHED)?;
            let matches = |(partition, message): &(i32, Message)| {
                filter.matches(&content(instance, topic, *partition, message.offset))
            };
            (found.messages.into_iter().filter(matches).take(MAX_MATCHES).map(show(true)).collect(), None)
        }
        (None, None) => {
            let partition = query.number("partition", 0, i64::from(i32::MAX))?.ok_or_else(|| missing("partition"))?;
            let partition = i32::try_from(partition).unwrap_or(i32::MAX);
            let offset = query.number("message_offset", 0, i64::MAX)?.ok_or_else(|| missing("message_offset"))?;
            let message = cluster.message_from(topic, partition, offset)?.filter(|message| message.offset == offset);
            (message.into_iter().map(|message| (partition, message)).map(show(true)).collect(), None)
        }
        (None, Some(_)) => return Err(missing("start_time")),
        (Some(_), None) => return Err(missing("end_time")),
    };
    let size = messages.len();
    let total = total.unwrap_or_else(|| i64::try_from(size).unwrap_or(i64::MAX));
    Ok(Response::ok(json!({"size": size, "messages": messages, "total": total})))
}

fn describe(instance: &Instance, topic: &str, partition: i32, message: Message, with_value: bool) -> Value {
    let Content { key, value } = content(instance, topic, partition, message.offset);
    json!({
        "topic": topic,
        "partition": partition,
        "message_offset": message.offset,
        "timestamp": message.timestamp,
        "size": value.len(),
        "key": key,
        "value": if with_value { value.as_str() } else { "" },
        "huge_message": false,
        "message_id": "",
        "app_id": "",
        "tag": "",
    })
}

/// The conditions on the content of a message. An empty one matches every message.
struct Filter<'a> {
    key: &'a str,
    keyword: &'a str,
    include: Vec<&'a str>,
    exclude: Vec<&'a str>,
}

impl<'a> Filter<'a> {
    fn parse(query: &'a Query) -> Self {
        let text = |key| query.get(key).unwrap_or_default();
        let list = |key| text(key).split(',').filter(|word: &&str| !word.is_empty()).collect();
        Self { key: text("key"), keyword: text("keyword"), include: list("include"), exclude: list("exclude") }
    }

    fn is_empty(&self) -> bool {
        self.key.is_empty() && self.keyword.is_empty() && self.include.is_empty() && self.exclude.is_empty()
    }

    fn matches(&self, Content { key, value }: &Content) -> bool {
        key.contains(self.key)
            && value.contains(self.keyword)
            && self.include.iter().all(|word| value.contains(word))
            && !self.exclude.iter().any(|word| value.contains(word))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    topic: String,
    body: String,
    #[serde(default, deserialize_with = "objects")]
    property_list: Vec<Property>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Property {
    name: String,
    value: String,
}

/// `POST …/instances/{instance}/messages/action?action_id=send`.
pub(super) fn send(
    state: &mut State,
    params: &PathParams,
    request: &Request,
    query: &Query,
    now: Timestamp,
) -> Result<Response, ApiError> {
    if query.get("action_id") != Some("send") {
        return Err(invalid_query("action_id", "must be \"send\""));
    }
    let NewMessage { topic, body, property_list } = parse_body(&request.body)?;
    let (mut key, mut partition) = (String::new(), 0);
    for Property { name, value } in property_list {
        match name.as_str() {
            "KEY" => key = value,
            "PARTITION" => {
                let number = value.parse().ok().filter(|number: &i32| *number >= 0);
                partition = number.ok_or_else(|| invalid(format!("{value:?} is not a partition number")))?;
            }
            _ => return Err(invalid(format!("{name:?} is not a valid property of a message"))),
        }
    }
    let instance = state.writable_instance(&params.project, &params.instance)?;
    instance.send(&topic, partition, Content { key, value: body.clone() }, now)?;
    Ok(Response::ok(json!({"topic": topic, "body": body, "property_list": []})).with_side_effect(true))
}
