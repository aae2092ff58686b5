//! Reads of instances, topics and partitions.

use super::Names;
use super::page::{PARTITIONS, TOPICS, cut};
use crate::encoding::Query;
use crate::message::{Answer, Refusal, Request};
use crate::world::World;
use serde_json::{Value, json};

/// The most partitions that the pretended instance can hold.
const MAX_PARTITIONS: usize = 300;

/// `GET …/instances/{instance}`: a few of the real answer's many fields.
pub(super) fn show(world: &World, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    Query::parse(request.query.as_deref(), &[])?;
    let instance = world.instance(&names.project, &names.instance)?;
    Ok(Answer::ok(json!({
        "instance_id": names.instance,
        "name": instance.name,
        "engine": "kafka",
        "engine_version": "3.x",
        "status": instance.status,
        "partition_num": MAX_PARTITIONS.to_string(),
        "message_query_inst_enable": true,
        "support_features": "",
    })))
}

/// `GET …/instances/{instance}/topics`.
pub(super) fn list_topics(world: &World, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    let query = Query::parse(request.query.as_deref(), &["offset", "limit"])?;
    let instance = world.instance(&names.project, &names.instance)?;
    let used: usize = instance.topics.values().map(Vec::len).sum();
    let topics: Vec<Value> = instance
        .topics
        .iter()
        .map(|(name, logs)| {
            json!({
                "name": name,
                "partition": logs.len(),
                "replication": 3,
                "retention_time": 72,
            })
        })
        .collect();
    let total = topics.len();
    let topics = cut(topics, &query, TOPICS)?;
    Ok(Answer::ok(json!({
        "size": topics.len(),
        "topics": topics,
        "total": total,
        "max_partitions": MAX_PARTITIONS,
        "remain_partitions": MAX_PARTITIONS.saturating_sub(used),
    })))
}

/// `GET …/topics/{topic}/partitions`: both ends of each log.
pub(super) fn list_partitions(world: &World, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    let query = Query::parse(request.query.as_deref(), &["offset", "limit"])?;
    let instance = world.instance(&names.project, &names.instance)?;
    let logs = instance.topic(&names.topic)?;
    let partitions: Vec<Value> = logs
        .iter()
        .enumerate()
        .map(|(partition, log)| {
            json!({
                "partition": partition,
                "start_offset": log.start(),
                "last_offset": log.end(),
                "message_count": log.message_count(),
                "last_update_time": log.last_timestamp().unwrap_or(0),
            })
        })
        .collect();
    let total = partitions.len();
    let partitions = cut(partitions, &query, PARTITIONS)?;
    Ok(Answer::ok(json!({"partitions": partitions, "total": total})))
}
