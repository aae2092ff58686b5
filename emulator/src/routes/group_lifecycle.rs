//! Creates and deletes consumer groups, and deletes their committed offsets.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::message::{ApiError, Body, Request, Response};
use crate::state::{State, StateError};

use super::PathParams;
use super::body::{invalid, parse_body};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewGroup {
    group_name: String,
    #[serde(default)]
    group_desc: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupNames {
    group_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TopicNames {
    pub(super) topics: Vec<String>,
}

impl TopicNames {
    /// Parses a body. The documented list is optional, but a request without topics is a mistake of the client.
    pub(super) fn parse(request: &Request) -> Result<Vec<String>, ApiError> {
        let names: Self = parse_body(&request.body)?;
        if names.topics.is_empty() {
            return Err(invalid("topics must not be empty"));
        }
        Ok(names.topics)
    }
}

/// `POST …/instances/{instance}/group`.
pub(super) fn create(
    state: &mut State,
    params: &PathParams,
    request: &Request,
    now: Timestamp,
) -> Result<Response, ApiError> {
    let NewGroup { group_name, group_desc } = parse_body(&request.body)?;
    if group_name.is_empty() {
        return Err(invalid("group_name must not be empty"));
    }
    state.writable_instance(&params.project, &params.instance)?.create_group(&group_name, &group_desc, now)?;
    // As in the documented example: plain text, although the other responses are JSON.
    let text = Body::Text { content_type: Some("text/plain".to_owned()), text: "success".to_owned() };
    Ok(Response::new(200, text).with_side_effect(true))
}

/// `DELETE …/groups/{group}`. The two paths of the call have different documented statuses.
pub(super) fn delete(state: &mut State, params: &PathParams, request: &Request) -> Result<Response, ApiError> {
    state.writable_instance(&params.project, &params.instance)?.delete_group(&params.group)?;
    let status = if request.path.starts_with("/v2/kafka/") { 200 } else { 204 };
    Ok(Response::new(status, Body::Empty).with_side_effect(true))
}

/// `POST …/groups/batch-delete`.
pub(super) fn delete_all(state: &mut State, params: &PathParams, request: &Request) -> Result<Response, ApiError> {
    let GroupNames { group_ids } = parse_body(&request.body)?;
    if group_ids.is_empty() {
        return Err(invalid("group_ids must not be empty"));
    }
    let instance = state.writable_instance(&params.project, &params.instance)?;
    let mut failed = Vec::new();
    let mut is_changed = false;
    for name in group_ids {
        match instance.delete_group(&name) {
            Ok(()) => is_changed = true,
            Err(error) => failed.push(json!({"group_id": name, "error_message": error.to_string()})),
        }
    }
    let response = Response::ok(json!({"total": failed.len(), "failed_groups": failed}));
    Ok(response.with_side_effect(is_changed))
}

/// `POST …/groups/{group}/delete-offset`: a result per topic.
pub(super) fn delete_offsets(state: &mut State, params: &PathParams, request: &Request) -> Result<Response, ApiError> {
    let topics = TopicNames::parse(request)?;
    let instance = state.writable_instance(&params.project, &params.instance)?;
    if !instance.group(&params.group)?.exists() {
        return Err(StateError::UnknownGroup { group: params.group.clone() }.into());
    }
    let mut is_changed = false;
    let results: Vec<Value> = topics
        .into_iter()
        .map(|topic| match instance.delete_offsets(&params.group, &topic) {
            Ok(had_offsets) => {
                is_changed |= had_offsets;
                json!({"name": topic, "success": true})
            }
            Err(error) => json!({"name": topic, "success": false, "error_code": ApiError::from(error).code}),
        })
        .collect();
    Ok(Response::ok(json!({"topics": results})).with_side_effect(is_changed))
}
