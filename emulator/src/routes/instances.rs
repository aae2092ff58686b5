//! Reads instances, topics and partitions.

use serde_json::{Value, json};

use crate::encoding::Query;
use crate::message::{ApiError, Request, Response};
use crate::state::State;

use super::PathParams;
use super::pagination::{PARTITIONS, TOPICS, paginate};

/// The maximum number of partitions of an emulated instance.
const MAX_PARTITIONS: usize = 300;

/// `GET …/instances/{instance}`: a few of the real fields.
pub(super) fn show(state: &State, params: &PathParams, request: &Request) -> Result<Response, ApiError> {
    Query::parse(request.query.as_deref(), &[])?;
    let instance = state.instance(&params.project, &params.instance)?;
    Ok(Response::ok(json!({
        "instance_id": params.instance,
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
pub(super) fn list_topics(state: &State, params: &PathParams, request: &Request) -> Result<Response, ApiError> {
    let query = Query::parse(request.query.as_deref(), &["offset", "limit"])?;
    let topics = state.instance(&params.project, &params.instance)?.cluster().topics()?;
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
    let topics = paginate(topics, &query, TOPICS)?;
    Ok(Response::ok(json!({
        "size": topics.len(),
        "topics": topics,
        "total": total,
        "max_partitions": MAX_PARTITIONS,
        "remain_partitions": MAX_PARTITIONS.saturating_sub(used),
    })))
}

/// `GET …/topics/{topic}/partitions`: both ends of each log.
pub(super) fn list_partitions(state: &State, params: &PathParams, request: &Request) -> Result<Response, ApiError> {
    let query = Query::parse(request.query.as_deref(), &["offset", "limit"])?;
    let cluster = state.instance(&params.project, &params.instance)?.cluster();
    let mut partitions = Vec::new();
    for (partition, log) in (0_i32..).zip(cluster.logs(&params.topic)?) {
        let last = cluster.last_message(&params.topic, partition)?;
        partitions.push(json!({
            "partition": partition,
            "start_offset": log.start,
            "last_offset": log.end,
            "message_count": log.end - log.start,
            "last_update_time": last.map_or(0, |message| message.timestamp),
        }));
    }
    let total = partitions.len();
    let partitions = paginate(partitions, &query, PARTITIONS)?;
    Ok(Response::ok(json!({"partitions": partitions, "total": total})))
}
