//! Lists the groups of an instance, and the topics of a group.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::encoding::{Query, invalid_query};
use crate::message::{ApiError, Response};
use crate::state::State;

use super::PathParams;
use super::groups::{Commit, commits};
use super::pagination::{GROUP_LISTS, paginate};

/// `GET …/instances/{instance}/groups`: the groups whose name contains `group`.
pub(super) fn list(state: &State, params: &PathParams, query: &Query) -> Result<Response, ApiError> {
    let cluster = state.instance(&params.project, &params.instance)?.cluster();
    let mut names = cluster.group_names()?;
    let part = query.get("group").unwrap_or_default();
    names.retain(|name| name.contains(part));
    let total = names.len();
    let mut groups = Vec::new();
    for name in paginate(names, query, GROUP_LISTS)? {
        let group = cluster.group(&name)?;
        groups.push(json!({
            "group_id": name,
            "state": group.state.wire_name(),
            "coordinator_id": group.coordinator_id,
            "group_desc": group.description,
            "createdAt": group.created_at,
            "lag": commits(cluster, &group)?.iter().map(Commit::lag).sum::<i64>(),
        }));
    }
    Ok(Response::ok(json!({"groups": groups, "total": total})))
}

/// A topic with committed offsets of a group.
struct GroupTopic<'a> {
    name: &'a str,
    partitions: usize,
    lag: i64,
}

/// `GET …/groups/{group}/topics`: the topics with committed offsets whose name contains `topic`.
pub(super) fn list_topics(state: &State, params: &PathParams, query: &Query) -> Result<Response, ApiError> {
    let order = order(query.get("sort_key").unwrap_or("messages"))?;
    let instance = state.instance(&params.project, &params.instance)?;
    let (cluster, group) = (instance.cluster(), instance.shown_group(&params.group)?);
    let partitions = cluster.topics()?;
    let mut lags: BTreeMap<&str, i64> = BTreeMap::new();
    for commit in commits(cluster, &group)? {
        *lags.entry(commit.topic).or_default() += commit.lag();
    }
    let part = query.get("topic").unwrap_or_default();
    let mut topics: Vec<GroupTopic<'_>> = lags
        .into_iter()
        .filter(|(name, _)| name.contains(part))
        .map(|(name, lag)| GroupTopic { name, partitions: partitions.get(name).copied().unwrap_or_default(), lag })
        .collect();
    topics.sort_by(order);
    match query.get("sort_dir") {
        Some("asc") => {}
        None | Some("desc") => topics.reverse(),
        Some(_) => return Err(invalid_query("sort_dir", "must be asc or desc")),
    }
    let total = topics.len();
    let topics: Vec<Value> = paginate(topics, query, GROUP_LISTS)?
        .iter()
        .map(|topic| json!({"topic": topic.name, "partitions": topic.partitions, "lag": topic.lag}))
        .collect();
    Ok(Response::ok(json!({"topics": topics, "total": total})))
}

fn order(sort_key: &str) -> Result<fn(&GroupTopic<'_>, &GroupTopic<'_>) -> Ordering, ApiError> {
    match sort_key {
        "topic" => Ok(|a, b| a.name.cmp(b.name)),
        "partition" => Ok(|a, b| a.partitions.cmp(&b.partitions)),
        "messages" => Ok(|a, b| a.lag.cmp(&b.lag)),
        _ => Err(invalid_query("sort_key", "must be topic, partition or messages")),
    }
}
