//! Reads of consumer groups: state, members, committed offsets.

use super::Names;
use super::page::{GROUP_LISTS, cut};
use crate::encoding::Query;
use crate::message::{Answer, Refusal, Request};
use crate::state::cluster::{Cluster, Ends};
use crate::state::{Group, Member, State, StateError};
use serde_json::{Value, json};

/// `GET …/management/groups/{group}`: everything in one answer.
pub(super) fn show_with_offsets(state: &State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    Query::parse(request.query.as_deref(), &[])?;
    let cluster = state.instance(&names.project, &names.instance)?.cluster();
    let group = cluster.group(&names.group)?;
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
    Ok(Answer::ok(json!({
        "group": {
            "group_id": names.group,
            "state": group.state.wire_name(),
            "coordinator_id": group.coordinator_id,
            "assignment_strategy": group.assignment_strategy,
            "members": members,
            "group_message_offsets": offsets,
        },
    })))
}

/// `GET …/groups/{group}`: without members and offsets.
pub(super) fn show(state: &State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    Query::parse(request.query.as_deref(), &[])?;
    let group = state.instance(&names.project, &names.instance)?.cluster().group(&names.group)?;
    Ok(Answer::ok(json!({
        "group": {
            "group_id": names.group,
            "state": group.state.wire_name(),
            "coordinator_id": group.coordinator_id,
            "assignment_strategy": group.assignment_strategy,
            "group_desc": group.description,
            "createdAt": group.created_at,
        },
    })))
}

/// `GET …/groups/{group}/members`.
pub(super) fn list_members(state: &State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    let known = ["offset", "limit", "host", "member_id"];
    let query = Query::parse(request.query.as_deref(), &known)?;
    let group = state.instance(&names.project, &names.instance)?.cluster().group(&names.group)?;
    let wanted = |member: &&Member| {
        query.get("host").is_none_or(|host| member.host == host)
            && query.get("member_id").is_none_or(|id| member.member_id == id)
    };
    let members: Vec<Value> = group
        .members
        .iter()
        .filter(wanted)
        .map(|member| json!({"member_id": member.member_id, "client_id": member.client_id}))
        .collect();
    let total = members.len();
    let members = cut(members, &query, GROUP_LISTS)?;
    Ok(Answer::ok(json!({"members": members, "total": total})))
}

/// `GET …/groups/{group}/message-offset`: the commits on one topic, with both ends of each log.
pub(super) fn list_offsets(state: &State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    let query = Query::parse(request.query.as_deref(), &["topic", "partition", "offset", "limit"])?;
    let topic = query.get("topic").filter(|topic| !topic.is_empty());
    let missing = || Refusal::new(400, "DMS.00400062", "Query parameter topic must be given.");
    let topic = topic.ok_or_else(missing)?;
    let partition = query.number("partition", 0, i64::from(i32::MAX))?;
    let cluster = state.instance(&names.project, &names.instance)?.cluster();
    let group = cluster.group(&names.group)?;
    cluster.logs(topic)?;
    let offsets: Vec<Value> = commits(cluster, &group)?
        .iter()
        .filter(|commit| commit.topic == topic)
        .filter(|commit| partition.is_none_or(|wanted| wanted == i64::from(commit.partition)))
        .map(|commit| offset_with_reader(&group, commit))
        .collect();
    let total = offsets.len();
    let offsets = cut(offsets, &query, GROUP_LISTS)?;
    Ok(Answer::ok(json!({"group_message_offsets": offsets, "total": total})))
}

fn offset_with_reader(group: &Group, commit: &Commit<'_>) -> Value {
    let reader = group.reader(commit.topic, commit.partition);
    let text = |field: fn(&Member) -> &String| reader.map(field).cloned().unwrap_or_default();
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

/// A committed offset and the log it is about.
struct Commit<'a> {
    topic: &'a str,
    partition: i32,
    offset: i64,
    log: Ends,
}

impl Commit<'_> {
    fn lag(&self) -> i64 {
        (self.log.end - self.offset).max(0)
    }
}

/// Those on partitions that are there.
fn commits<'a>(cluster: &dyn Cluster, group: &'a Group) -> Result<Vec<Commit<'a>>, StateError> {
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
