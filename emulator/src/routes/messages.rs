//! Reads of single messages: the first and the last of a partition, and the one at an offset.

use super::Names;
use crate::encoding::Query;
use crate::message::{Answer, Refusal, Request};
use crate::state::cluster::{Cluster, Message};
use crate::state::{State, StateError};
use serde_json::{Value, json};

/// `GET …/partitions/{partition}/beginning-message`.
pub(super) fn show_first(state: &State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    show_end(state, names, request, |cluster, partition| cluster.message_from(&names.topic, partition, 0))
}

/// `GET …/partitions/{partition}/end-message`.
pub(super) fn show_last(state: &State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    show_end(state, names, request, |cluster, partition| cluster.last_message(&names.topic, partition))
}

fn show_end(
    state: &State,
    names: &Names,
    request: &Request,
    look: impl Fn(&dyn Cluster, i32) -> Result<Option<Message>, StateError>,
) -> Result<Answer, Refusal> {
    Query::parse(request.query.as_deref(), &[])?;
    let (cluster, partition) = find(state, names)?;
    let none = || StateError::NoMessages { topic: names.topic.clone(), partition };
    let message = look(cluster, partition)?.ok_or_else(none)?;
    Ok(Answer::ok(json!({
        "topic": names.topic,
        "partition": partition,
        "message_offset": message.offset,
        "timestamp": message.timestamp,
    })))
}

/// `GET …/partitions/{partition}/message?message_offset=`: a list of one message, or of none.
pub(super) fn show(state: &State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    let query = Query::parse(request.query.as_deref(), &["message_offset"])?;
    let missing = || Refusal::new(400, "DMS.00400062", "Query parameter message_offset must be given.");
    let offset = query.number("message_offset", 0, i64::MAX)?.ok_or_else(missing)?;
    let (cluster, partition) = find(state, names)?;
    let message = cluster.message_from(&names.topic, partition, offset)?;
    let message = message.filter(|message| message.offset == offset).map(|message| {
        // Any text will do; it says which message it is.
        let value = format!("{}-{partition}@{offset}", names.topic);
        json!({
            "key": "",
            "value": value,
            "topic": names.topic,
            "partition": partition,
            "message_offset": offset,
            "size": value.len(),
            "timestamp": message.timestamp,
        })
    });
    Ok(Answer::ok(json!({"message": message.into_iter().collect::<Vec<Value>>()})))
}

fn find<'a>(state: &'a State, names: &Names) -> Result<(&'a dyn Cluster, i32), Refusal> {
    let cluster = state.instance(&names.project, &names.instance)?.cluster();
    let digits = names.partition.bytes().all(|byte| byte.is_ascii_digit());
    let partition = names.partition.parse().ok().filter(|_| digits);
    let wrong = || {
        let message = format!("Parameter partition is invalid: {:?} is not the number of one.", names.partition);
        Refusal::new(400, "DMS.00400800", message)
    };
    let partition = partition.ok_or_else(wrong)?;
    cluster.log(&names.topic, partition)?;
    Ok((cluster, partition))
}
