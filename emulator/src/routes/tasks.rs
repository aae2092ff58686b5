//! The background tasks of an instance: list, show, remove the record.

use super::Names;
use crate::encoding::Query;
use crate::message::{Answer, Refusal, Request};
use crate::state::{State, Task, written};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Value, json};

/// The user that every task of the emulator belongs to.
const USER_NAME: &str = "emulator";
const USER_ID: &str = "0d0e0f0000000000000000000000d0a2";

/// `GET …/instances/{instance}/tasks`. `start` counts tasks, not pages, from 1.
pub(super) fn list(state: &State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    let query = Query::parse(request.query.as_deref(), &["start", "limit", "begin_time", "end_time"])?;
    let start = query.number("start", 1, i64::MAX)?.unwrap_or(1);
    let limit = query.number("limit", 1, 100)?.unwrap_or(10);
    let begin = time(&query, "begin_time")?;
    let end = time(&query, "end_time")?;
    let instance = state.instance(&names.project, &names.instance)?;
    let mut tasks = instance.listed_tasks();
    // In whole seconds, because the parameters know no finer ones.
    let created = |task: &Task| task.created_at.as_second();
    tasks.retain(|task| begin.is_none_or(|begin| created(task) >= begin.as_second()));
    tasks.retain(|task| end.is_none_or(|end| created(task) <= end.as_second()));
    let before = usize::try_from(start - 1).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit).unwrap_or(0);
    let page: Vec<Value> = tasks.iter().skip(before).take(limit).copied().map(record).collect();
    Ok(Answer::ok(json!({"task_count": tasks.len().to_string(), "tasks": page})))
}

/// `GET …/instances/{instance}/tasks/{task}`: a list of one.
pub(super) fn show(state: &State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    Query::parse(request.query.as_deref(), &[])?;
    let task = state.instance(&names.project, &names.instance)?.task(&names.task)?;
    Ok(Answer::ok(json!({"task_count": "1", "tasks": [record(task)]})))
}

/// `DELETE …/instances/{instance}/tasks/{task}`.
pub(super) fn delete(state: &mut State, names: &Names, request: &Request) -> Result<Answer, Refusal> {
    Query::parse(request.query.as_deref(), &[])?;
    state.instance_mut(&names.project, &names.instance)?.remove_task(&names.task)?;
    Ok(Answer::no_content())
}

fn record(task: &Task) -> Value {
    json!({
        "id": task.id,
        "name": task.name,
        "user_name": USER_NAME,
        "user_id": USER_ID,
        "params": task.params,
        "status": task.status.wire_name(),
        "created_at": written(task.created_at),
        "updated_at": written(task.updated_at),
    })
}

/// A parameter of the form `YYYYMMDDHHmmss`, taken as UTC.
fn time(query: &Query, key: &str) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = query.get(key) else {
        return Ok(None);
    };
    let digits = text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = DateTime::strptime("%Y%m%d%H%M%S", text).and_then(|time| TimeZone::UTC.to_timestamp(time));
    let wrong = || {
        let message = format!("Query parameter is invalid: {key} must read YYYYMMDDHHmmss, not {text:?}.");
        Refusal::new(400, "DMS.00400062", message)
    };
    parsed.ok().filter(|_| digits).map(Some).ok_or_else(wrong)
}
