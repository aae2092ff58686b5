//! Reads availability zones, instances, topics and partitions.

use serde_json::{Value, json};

use crate::encoding::Query;
use crate::message::{ApiError, Response};
use crate::state::{Instance, State};

use super::PathParams;
use super::pagination::{INSTANCES, PARTITIONS, TOPICS, paginate};
use super::topics;

/// The maximum number of partitions of an emulated instance.
const MAX_PARTITIONS: usize = 300;
const ENGINE: &str = "kafka";
/// The default enterprise project.
const ENTERPRISE_PROJECT: &str = "0";
/// The only availability zone.
const ZONE: &str = "zone-1";
const ZONE_ID: &str = "0d0e0f000000000000000000000000a1";

/// `GET …/instances/{instance}`: a few of the real fields.
pub(super) fn show(state: &State, params: &PathParams) -> Result<Response, ApiError> {
    let instance = state.instance(&params.project, &params.instance)?;
    Ok(Response::ok(describe(&params.instance, instance)))
}

/// `GET /v2/{project}/instances`: the Kafka instances of the project.
pub(super) fn list(state: &State, params: &PathParams, query: &Query) -> Result<Response, ApiError> {
    let is = |key: &str, value: &str| query.get(key).is_none_or(|wanted| wanted == value);
    let is_exact = query.get("exact_match_name") == Some("true");
    let has_name = |name: &str| match query.get("name") {
        Some(wanted) if !is_exact => name.contains(wanted),
        _ => is("name", name),
    };
    let mut instances: Vec<Value> = state
        .project_instances(&params.project)?
        .filter(|(id, instance)| is("instance_id", id) && is("status", &instance.status) && has_name(&instance.name))
        .map(|(id, instance)| describe(id, instance))
        .collect();
    if !is("engine", ENGINE) || !is("enterprise_project_id", ENTERPRISE_PROJECT) {
        instances.clear();
    }
    let total = instances.len();
    let offset = query.number("offset", 0, i64::MAX)?.and_then(|offset| usize::try_from(offset).ok());
    if offset.is_some_and(|offset| offset > 0 && offset >= total) {
        return Err(ApiError::new(400, "DMS.40050010", ""));
    }
    let instances = paginate(instances, query, INSTANCES)?;
    Ok(Response::ok(json!({"instances": instances, "instance_num": total})))
}

fn describe(id: &str, instance: &Instance) -> Value {
    json!({
        "instance_id": id,
        "name": instance.name,
        "description": "",
        "engine": ENGINE,
        "engine_version": "3.x",
        "type": "cluster",
        "status": instance.status,
        "charging_mode": 1,
        "created_at": "0",
        "enterprise_project_id": ENTERPRISE_PROJECT,
        "available_zones": [ZONE_ID],
        "available_zone_names": [ZONE],
        "broker_num": topics::BROKERS,
        "node_num": topics::BROKERS,
        "partition_num": MAX_PARTITIONS.to_string(),
        "message_query_inst_enable": true,
        "support_features": "",
    })
}

/// `GET /v2/available-zones`. The official provider looks up the zones of every instance here.
pub(super) fn list_zones() -> Response {
    let zone = json!({"id": ZONE_ID, "code": ZONE, "name": ZONE, "port": "8002", "soldOut": false});
    Response::ok(json!({"region_id": "", "available_zones": [zone]}))
}

/// `GET …/instances/{instance}/topics`.
pub(super) fn list_topics(state: &State, params: &PathParams, query: &Query) -> Result<Response, ApiError> {
    let instance = state.instance(&params.project, &params.instance)?;
    let topics = instance.cluster().topics()?;
    let used: usize = topics.values().sum();
    let topics: Vec<Value> = topics
        .iter()
        .map(|(name, partitions)| topics::describe(name, *partitions, &instance.settings_of(name)))
        .collect();
    let total = topics.len();
    let topics = paginate(topics, query, TOPICS)?;
    Ok(Response::ok(json!({
        "size": topics.len(),
        "topics": topics,
        "total": total,
        "max_partitions": MAX_PARTITIONS,
        "topic_max_partitions": topics::MAX_PARTITIONS,
        "remain_partitions": MAX_PARTITIONS.saturating_sub(used),
    })))
}

/// `GET …/topics/{topic}/partitions`: both ends of each log.
pub(super) fn list_partitions(state: &State, params: &PathParams, query: &Query) -> Result<Response, ApiError> {
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
    let partitions = paginate(partitions, query, PARTITIONS)?;
    Ok(Response::ok(json!({"partitions": partitions, "total": total})))
}
