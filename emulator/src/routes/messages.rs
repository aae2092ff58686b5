//! Reads single messages: the first and the last of a partition, and the one at an offset.

use serde_json::{Value, json};

use crate::encoding::{Query, invalid_query};
use crate::message::{ApiError, Response};
use crate::state::cluster::{Cluster, Message};
use crate::state::{Content, Instance, State, StateError};

use super::PathParams;
use super::body::invalid;

/// `GET …/partitions/{partition}/beginning-message`.
pub(super) fn show_first(state: &State, params: &PathParams) -> Result<Response, ApiError> {
    show_end(state, params, |cluster, partition| cluster.message_from(&params.topic, partition, 0))
}

/// `GET …/partitions/{partition}/end-message`.
pub(super) fn show_last(state: &State, params: &PathParams) -> Result<Response, ApiError> {
    show_end(state, params, |cluster, partition| cluster.last_message(&params.topic, partition))
}

fn show_end(
    state: &State,
    params: &PathParams,
    read: impl Fn(&dyn Cluster, i32) -> Result<Option<Message>, StateError>,
) -> Result<Response, ApiError> {
    let (cluster, partition) = locate(state, params)?;
    let none = || StateError::NoMessages { topic: params.topic.clone(), partition };
    let message = read(cluster, partition)?.ok_or_else(none)?;
    Ok(Response::ok(json!({
        "topic": params.topic,
        "partition": partition,
        "offset": message.offset,
        // The name in older editions of the documentation.
        "message_offset": message.offset,
        "timestamp": message.timestamp,
    })))
}

/// `GET …/partitions/{partition}/message?message_offset=`: a list of at most one message.
pub(super) fn show(state: &State, params: &PathParams, query: &Query) -> Result<Response, ApiError> {
    let missing = || invalid_query("message_offset", "is missing");
    let offset = query.number("message_offset", 0, i64::MAX)?.ok_or_else(missing)?;
    let (cluster, partition) = locate(state, params)?;
    let message = cluster.message_from(&params.topic, partition, offset)?;
    let instance = state.instance(&params.project, &params.instance)?;
    let message = message.filter(|message| message.offset == offset).map(|message| {
        let Content { key, value } = content(instance, &params.topic, partition, offset);
        json!({
            "key": key,
            "value": value,
            "topic": params.topic,
            "partition": partition,
            "message_offset": offset,
            "size": value.len(),
            "timestamp": message.timestamp,
        })
    });
    Ok(Response::ok(json!({"message": message.into_iter().collect::<Vec<Value>>()})))
}

/// The content of a message. If it was not sent through the API, its value is an arbitrary text that identifies it.
pub(super) fn content(instance: &Instance, topic: &str, partition: i32, offset: i64) -> Content {
    let sent = instance.partition(topic, partition).ok().and_then(|log| log.content(offset)).cloned();
    sent.unwrap_or_else(|| Content { key: String::new(), value: format!("{topic}-{partition}@{offset}") })
}

fn locate<'a>(state: &'a State, params: &PathParams) -> Result<(&'a dyn Cluster, i32), ApiError> {
    let cluster = state.instance(&params.project, &params.instance)?.cluster();
    let digits = params.partition.bytes().all(|byte| byte.is_ascii_digit());
    let partition = params.partition.parse().ok().filter(|_| digits);
    let wrong = || invalid(format!("{:?} is not a partition number", params.partition));
    let partition = partition.ok_or_else(wrong)?;
    cluster.log(&params.topic, partition)?;
    Ok((cluster, partition))
}
