//! The background tasks of an instance: lists, shows and removes their records.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Value, json};

use crate::encoding::{Query, invalid_query};
use crate::message::{ApiError, Response};
use crate::state::{State, Task, format_time};

use super::PathParams;

/// The user of every task.
const USER_NAME: &str = "emulator";
const USER_ID: &str = "0d0e0f0000000000000000000000d0a2";

/// `GET …/instances/{instance}/tasks`. `start` is the number of the first task, counted from 1. The Go SDK
/// sends `offset` instead, the number of tasks to skip.
pub(super) fn list(state: &State, params: &PathParams, query: &Query) -> Result<Response, ApiError> {
    let start = query.number("start", 1, i64::MAX)?;
    let offset = query.number("offset", 0, i64::MAX)?;
    if start.is_some() && offset.is_some() {
        return Err(invalid_query("offset", "cannot be set together with start"));
    }
    let before = offset.or(start.map(|start| start - 1)).unwrap_or(0);
    let limit = query.number("limit", 1, 100)?.unwrap_or(10);
    let begin = time(query, "begin_time")?;
    let end = time(query, "end_time")?;
    let instance = state.instance(&params.project, &params.instance)?;
    // In whole seconds, because the parameters have no fractions.
    let created = |task: &Task| task.created_at.as_second();
    let in_time = |task: &&Task| {
        begin.is_none_or(|begin| created(task) >= begin.as_second())
            && end.is_none_or(|end| created(task) <= end.as_second())
    };
    let tasks = || instance.listed_tasks().filter(in_time);
    let before = usize::try_from(before).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(0);
    let page: Vec<Value> = tasks().skip(before).take(limit).map(task_json).collect();
    let is_filtered = begin.is_some() || end.is_some();
    let count = if is_filtered { tasks().count() } else { instance.listed_task_count() };
    Ok(Response::ok(json!({"task_count": count.to_string(), "tasks": page})))
}

/// `GET …/instances/{instance}/tasks/{task}`: a list of one.
pub(super) fn show(state: &State, params: &PathParams) -> Result<Response, ApiError> {
    let task = state.instance(&params.project, &params.instance)?.task(&params.task)?;
    Ok(Response::ok(json!({"task_count": "1", "tasks": [task_json(task)]})))
}

/// `DELETE …/instances/{instance}/tasks/{task}`.
pub(super) fn delete(state: &mut State, params: &PathParams) -> Result<Response, ApiError> {
    state.instance_mut(&params.project, &params.instance)?.remove_task(&params.task)?;
    Ok(Response::no_content().with_side_effect(true))
}

fn task_json(task: &Task) -> Value {
    json!({
        "id": task.id,
        "name": task.name,
        "user_name": USER_NAME,
        "user_id": USER_ID,
        "params": task.params,
        "status": task.status.wire_name(),
        "created_at": format_time(task.created_at),
        "updated_at": format_time(task.updated_at),
    })
}

/// A parameter of the form `YYYYMMDDHHmmss`, in UTC.
fn time(query: &Query, key: &str) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = query.get(key) else {
        return Ok(None);
    };
    let digits = text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = DateTime::strptime("%Y%m%d%H%M%S", text).and_then(|time| TimeZone::UTC.to_timestamp(time));
    let wrong = || invalid_query(key, &format!("must have the form YYYYMMDDHHmmss, not {text:?}"));
    parsed.ok().filter(|_| digits).map(Some).ok_or_else(wrong)
}
