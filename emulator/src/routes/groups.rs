//! Reads consumer groups (state, members, committed offsets), and sets their descriptions.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::encoding::{Query, invalid_query};
use crate::message::{ApiError, Request, Response};
use crate::state::cluster::{Cluster, LogBounds};
use crate::state::{Group, Member, State, StateError};

use super::PathParams;
use super::body::{invalid, parse_body};
use super::pagination::{GROUP_LISTS, paginate};

/// `GET …/management/groups/{group}`: state, members and offsets in one response.
pub(super) fn show_with_offsets(state: &State, params: &PathParams) -> Result<Response, ApiError> {
    let instance = state.instance(&params.project, &params.instance)?;
    let (cluster, group) = (instance.cluster(), instance.shown_group(&params.group)?);
    let members: Vec<Value> = group.members.iter().map(member_with_assignment).collect();
    let offsets: Vec<Value> = commits(cluster, &group)?
        .iter()
        .map(|commit| {
            json!({
                "topic": commit.topic,
                "partition": commit.partition,
                "message_current_offset": commit.offset,
                "message_log_end_offset": commit.log.end,
                "lag": commit.lag(),
            })
        })
        .collect();
    Ok(Response::ok(json!({
        "group": {
            "group_id": params.group,
            "state": group.state.wire_name(),
            "coordinator_id": group.coordinator_id,
            "assignment_strategy": group.assignment_strategy,
            "members": members,
            "group_message_offsets": offsets,
        },
    })))
}

/// `GET …/groups/{group}`: without members and offsets.
pub(super) fn show(state: &State, params: &PathParams) -> Result<Response, ApiError> {
    let group = state.instance(&params.project, &params.instance)?.shown_group(&params.group)?;
    Ok(Response::ok(json!({
        "group": {
            "group_id": params.group,
            "state": group.state.wire_name(),
            "coordinator_id": group.coordinator_id,
            "assignment_strategy": group.assignment_strategy,
            "group_desc": group.description,
            "createdAt": group.created_at,
        },
    })))
}

/// `GET …/groups/{group}/members`.
pub(super) fn list_members(state: &State, params: &PathParams, query: &Query) -> Result<Response, ApiError> {
    let group = state.instance(&params.project, &params.instance)?.shown_group(&params.group)?;
    let wanted = |member: &&Member| {
        query.get("host").is_none_or(|host| member.host == host)
            && query.get("member_id").is_none_or(|id| member.member_id == id)
    };
    let members: Vec<Value> = group
        .members
        .iter()
        .filter(wanted)
        // `host` is not in the SDKs, but the official provider reads it.
        .map(|member| json!({"member_id": member.member_id, "client_id": member.client_id, "host": member.host}))
        .collect();
    let total = members.len();
    let members = paginate(members, query, GROUP_LISTS)?;
    Ok(Response::ok(json!({"members": members, "total": total})))
}

/// `GET …/groups/{group}/message-offset`: the committed offsets on one topic, with both ends of each log.
pub(super) fn list_offsets(state: &State, params: &PathParams, query: &Query) -> Result<Response, ApiError> {
    let topic = query.get("topic").filter(|topic| !topic.is_empty());
    let missing = || invalid_query("topic", "is missing");
    let topic = topic.ok_or_else(missing)?;
    let partition = query.number("partition", 0, i64::from(i32::MAX))?;
    let instance = state.instance(&params.project, &params.instance)?;
    let (cluster, group) = (instance.cluster(), instance.shown_group(&params.group)?);
    cluster.logs(topic)?;
    let offsets: Vec<Value> = commits(cluster, &group)?
        .iter()
        .filter(|commit| commit.topic == topic)
        .filter(|commit| partition.is_none_or(|wanted| wanted == i64::from(commit.partition)))
        .map(|commit| offset_with_member(&group, commit))
        .collect();
    let total = offsets.len();
    let offsets = paginate(offsets, query, GROUP_LISTS)?;
    Ok(Response::ok(json!({"group_message_offsets": offsets, "total": total})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateBody {
    group_name: String,
    /// If it is omitted, the description does not change.
    group_desc: Option<String>,
}

/// `PUT …/groups/{group}`: sets the description.
pub(super) fn update(state: &mut State, params: &PathParams, request: &Request) -> Result<Response, ApiError> {
    let body: UpdateBody = parse_body(&request.body)?;
    if body.group_name != params.group {
        return Err(invalid(format!("group_name is {:?}, but the path names {:?}", body.group_name, params.group)));
    }
    let group = state.writable_instance(&params.project, &params.instance)?.group_mut(&params.group)?;
    let is_changed = body.group_desc.as_ref().is_some_and(|description| *description != group.description);
    if let Some(description) = body.group_desc {
        group.description = description;
    }
    Ok(Response::no_content().with_side_effect(is_changed))
}

fn offset_with_member(group: &Group, commit: &Commit<'_>) -> Value {
    let member = group.assigned_member(commit.topic, commit.partition);
    let text = |field: fn(&Member) -> &String| member.map(field).cloned().unwrap_or_default();
    json!({
        "topic": commit.topic,
        "partition": commit.partition,
        "consumer_id": text(|member| &member.member_id),
        "client_id": text(|member| &member.client_id),
        "host": text(|member| &member.host),
        "message_current_offset": commit.offset,
        "message_log_start_offset": commit.log.start,
        "message_log_end_offset": commit.log.end,
        "lag": commit.lag(),
    })
}

fn member_with_assignment(member: &Member) -> Value {
    let assignment = member.assignment.iter();
    let assignment: Vec<Value> =
        assignment.map(|(topic, partitions)| json!({"topic": topic, "partitions": partitions})).collect();
    json!({
        "member_id": member.member_id,
        "client_id": member.client_id,
        "host": member.host,
        "assignment": assignment,
    })
}

/// A committed offset and the log of its partition.
pub(super) struct Commit<'a> {
    pub(super) topic: &'a str,
    partition: i32,
    offset: i64,
    log: LogBounds,
}

impl Commit<'_> {
    pub(super) fn lag(&self) -> i64 {
        (self.log.end - self.offset).max(0)
    }
}

/// The committed offsets on partitions that exist.
pub(super) fn commits<'a>(cluster: &dyn Cluster, group: &'a Group) -> Result<Vec<Commit<'a>>, StateError> {
    let mut commits = Vec::new();
    for (topic, partitions) in &group.offsets {
        let logs = match cluster.logs(topic) {
            Ok(logs) => logs,
            Err(StateError::UnknownTopic { .. }) => continue,
            Err(error) => return Err(error),
        };
        for (partition, log) in (0_i32..).zip(logs) {
            commits.extend(partitions.get(&partition).map(|&offset| Commit { topic, partition, offset, log }));
        }
    }
    Ok(commits)
}
