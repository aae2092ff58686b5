//! Probes of the README's section on tasks.

use anyhow::Result;
use serde_json::Value;

use super::super::api::{Request, Response, Side, number};
use super::{Probe, UNKNOWN_PROJECT, not_probed, outcome, seen};

/// The highest number of tasks in one response.
const PAGE_SIZE: usize = 100;

pub(super) const PROBES: &[(&str, Probe)] = &[
    ("unknown task", |side, _| outcome(side, &Request::get(side.of_instance(&format!("/tasks/{UNKNOWN_PROJECT}"))))),
    ("order of tasks", |side, _| {
        let tasks = tasks(side, "start=1&limit=100")?;
        let created: Vec<_> =
            tasks.body["tasks"].as_array().into_iter().flatten().map(|it| &it["created_at"]).collect();
        let created: Vec<&str> = created.into_iter().filter_map(Value::as_str).collect();
        seen(match (created.first(), created.last()) {
            (Some(first), Some(last)) if first > last => "newest first".to_owned(),
            (Some(first), Some(last)) if first < last => "oldest first".to_owned(),
            _ => format!("undetermined, {}", tasks.shape()),
        })
    }),
    ("paging of tasks", |side, _| {
        let ids = |query: &str| anyhow::Ok(tasks(side, query)?.body["tasks"].as_array().cloned().unwrap_or_default());
        let all = ids("start=1&limit=2")?;
        let place = |query: &str| {
            let response = tasks(side, query)?;
            let first = &response.body["tasks"][0]["id"];
            let place = all.iter().position(|task| task["id"] == *first).map(|place| format!("task {}", place + 1));
            anyhow::Ok(place.unwrap_or_else(|| response.outcome()))
        };
        let (start, offset) = (place("start=2&limit=1")?, place("offset=1&limit=1")?);
        let beyond = tasks(side, "start=10000&limit=1")?.shape();
        seen(format!("start 2: {start}; offset 1: {offset}; beyond the end: {beyond}"))
    }),
    ("`task_count`", |side, _| {
        let all = tasks(side, "start=1&limit=100")?.body["tasks"].as_array().map_or(0, Vec::len);
        if !(2..PAGE_SIZE).contains(&all) {
            return not_probed("needs 2 to 99 tasks");
        }
        seen(match number(&tasks(side, "start=1&limit=1")?.body["task_count"]) {
            Some(count) if count == all as i64 => "all tasks",
            Some(1) => "the tasks of the page",
            Some(_) => "another number",
            None => "no number",
        })
    }),
    ("`begin_time`, `end_time`", |side, _| {
        let now = side.client.now();
        let half_hour = jiff::SignedDuration::from_mins(30);
        let text = |time: jiff::Timestamp| time.strftime("%Y%m%d%H%M%S").to_string();
        let query = format!("begin_time={}&end_time={}&limit=1&start=1", text(now - half_hour), text(now + half_hour));
        let response = tasks(side, &query)?;
        let found = response.body["tasks"].as_array().is_some_and(|tasks| !tasks.is_empty());
        seen(if found { "UTC".to_owned() } else { format!("not UTC: {}", response.shape()) })
    }),
    ("`user_name`, `user_id` of a task", |side, _| {
        let task = tasks(side, "start=1&limit=1")?.body["tasks"][0].clone();
        let kind = |name: &str| match task[name].as_str() {
            Some("") => "empty",
            Some(_) => "a text",
            None => "no text",
        };
        seen(format!("{}; {}", kind("user_name"), kind("user_id")))
    }),
];

fn tasks(side: &Side, query: &str) -> Result<Response> {
    side.send(&Request::get(side.of_instance("/tasks")).query(query))
}
