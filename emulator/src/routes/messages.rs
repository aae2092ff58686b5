//! Reads of single messages: the first and the last of a partition, and the one at an offset.

use super::Names;
use crate::encoding::Query;
use crate::message::{Answer, Refusal, Request};
use crate::world::{Log, World, WorldError};
use serde_json::{Value, json};

/// `GET …/partitions/{partition}/beginning-message`.
pub(super) fn show_first(world: &World, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    show_end(world, names, request, Log::start)
}

/// `GET …/partitions/{partition}/end-message`.
pub(super) fn show_last(world: &World, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    show_end(world, names, request, |log| log.end() - 1)
}

fn show_end(world: &World, names: &Names, request: &Request, offset: impl Fn(&Log) -> i64) -> Result<Answer, Refusal> {
    Query::parse(request.query.as_deref(), &[])?;
    let (partition, log) = find(world, names)?;
    let offset = offset(log);
    let timestamp = log.timestamp(offset);
    let timestamp = timestamp.ok_or_else(|| WorldError::NoMessages { topic: names.topic.clone(), partition })?;
    Ok(Answer::ok(json!({
        "topic": names.topic,
        "partition": partition,
        "message_offset": offset,
        "timestamp": timestamp,
    })))
}

/// `GET …/partitions/{partition}/message?message_offset=`: a list of one message, or of none.
pub(super) fn show(world: &World, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    let query = Query::parse(request.query.as_deref(), &["message_offset"])?;
    let missing = || Refusal::new(400, "DMS.00400062", "Query parameter message_offset must be given.");
    let offset = query.number("message_offset", 0, i64::MAX)?.ok_or_else(missing)?;
    let (partition, log) = find(world, names)?;
    let message = log.timestamp(offset).map(|timestamp| {
        // Nothing was ever produced here, so that any text will do; it says which message it is.
        let value = format!("{}-{partition}@{offset}", names.topic);
        json!({
            "key": "",
            "value": value,
            "topic": names.topic,
            "partition": partition,
            "message_offset": offset,
            "size": value.len(),
            "timestamp": timestamp,
        })
    });
    Ok(Answer::ok(json!({"message": message.into_iter().collect::<Vec<Value>>()})))
}

fn find<'a>(world: &'a World, names: &Names) -> Result<(i32, &'a Log), Refusal> {
    let instance = world.instance(&names.project, &names.instance)?;
    let digits = names.partition.bytes().all(|byte| byte.is_ascii_digit());
    let partition = names.partition.parse().ok().filter(|_| digits);
    let wrong = || {
        let message = format!("Parameter partition is invalid: {:?} is not the number of one.", names.partition);
        Refusal::new(400, "DMS.00400800", message)
    };
    let partition = partition.ok_or_else(wrong)?;
    Ok((partition, instance.partition(&names.topic, partition)?))
}
