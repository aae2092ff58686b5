//! Reads of instances, topics and partitions.

use super::Names;
use super::page::{PARTITIONS, TOPICS, cut};
use crate::encoding::Query;
use crate::message::{Answer, Refusal, Request};
use crate::state::State;
use serde_json::{Value, json};

/// The most partitions that the pretended instance can hold.
const MAX_PARTITIONS: usize = 300;

/// `GET …/instances/{instance}`: a few of the real answer's many fields.
pub(super) fn show(state: &State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    Query::parse(request.query.as_deref(), &[])?;
    let instance = state.instance(&names.project, &names.instance)?;
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
pub(super) fn list_topics(state: &State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    let query = Query::parse(request.query.as_deref(), &["offset", "limit"])?;
    let topics = state.instance(&names.project, &names.instance)?.cluster().topics()?;
    let used: usize = topics.values().sum();
    let topics: Vec<Value> = topics
        .iter()
        .map(|(name, partitions)| {
            json!({
                "name": name,
                "partition": partitions,
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
pub(super) fn list_partitions(state: &State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    let query = Query::parse(request.query.as_deref(), &["offset", "limit"])?;
    let cluster = state.instance(&names.project, &names.instance)?.cluster();
    let mut partitions = Vec::new();
    for (partition, log) in (0_i32..).zip(cluster.logs(&names.topic)?) {
        let last = cluster.last_message(&names.topic, partition)?;
        partitions.push(json!({
            "partition": partition,
            "start_offset": log.start,
            "last_offset": log.end,
            "message_count": log.end - log.start,
            "last_update_time": last.map_or(0, |message| message.timestamp),
        }));
    }
    let total = partitions.len();
    let partitions = cut(partitions, &query, PARTITIONS)?;
    Ok(Answer::ok(json!({"partitions": partitions, "total": total})))
}
