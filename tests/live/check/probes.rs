//! One probe for each case in the emulator's list of choices that can be produced with a scratch group.
//!
//! A probe returns its finding as a short text without ids, names or message texts, so that users can publish it.

use anyhow::Result;
use serde_json::{Value, json};
use terraform_provider_huaweicloud_kafka::huaweicloud::Service;

use super::api::{Request, Response, Side, number, shape};
use super::choices::Finding;
use super::scratch::Scratch;

pub(super) type Probe = fn(&Side, &Scratch) -> Result<Finding>;

/// Names and ids that do not exist.
const UNKNOWN_PROJECT: &str = "0123456789abcdef0123456789abcdef";
const UNKNOWN: &str = "no-such-name-in-this-account";

/// The cases that are not probed, by reason.
pub(super) const NOT_PROBED: [(&str, &[&str]); 8] = [
    ("needs a second topic", &["one topic without a committed offset of the group"]),
    (
        "needs an instance that restarts",
        &[
            "reset while the instance is not `RUNNING`",
            "change of a group, offset, topic or message while the instance is not `RUNNING`",
            "removal of the record of a task while the instance is not `RUNNING`",
        ],
    ),
    (
        "would lock the access key",
        &[
            "which failures count for the lock",
            "meaning of \"more than five in a row\"",
            "order of rate limit, lock and signature",
        ],
    ),
    ("needs an agency", &["default duration for `/v3.0/OS-CREDENTIAL/securitytokens`"]),
    ("needs an ECS", &["metadata service of a machine that is not an ECS", "missing or wrong metadata token"]),
    ("every partition has a committed offset", &["partitions without a committed offset"]),
    (
        "needs a client that joins during the task",
        &["reset of every topic whose group is no longer `Empty` at the end of the task"],
    ),
    (
        "would change more than the offsets of the group",
        &[
            "change or reset of a group that does not exist",
            "change of a group without `group_name` or with a different one",
            "change of a group without `group_desc`",
            "creation of a group that exists",
            "creation of a topic that exists",
            "name of a new group",
            "creation of a topic without `partition` or `replication`",
            "default of `message.timestamp.type`",
            "change of a topic to fewer partitions, or with `partition` or `replication`",
            "change of several topics in one request",
            "deletion of a group with members",
            "deletion of the offsets on a topic that a member consumes",
            "deletion of the offsets on a topic that has none",
            "deletion of the offsets on an unknown topic",
            "empty list of groups or topics",
            "partition of a message that is sent without `PARTITION`",
            "removal of the record of a running task",
        ],
    ),
];

/// The cases, exactly as in the README, and their probes.
pub(super) const PROBES: [(&str, Probe); 40] = [
    ("reset of a group that is online", online_group),
    ("`\"topic\": \"\"` with one partition", |side, scratch| {
        reset(side, scratch, json!({"topic": "", "partition": scratch.busiest(), "timestamp": 0}))
    }),
    ("`\"topic\": \"\"` with `message_offset`", |side, scratch| {
        reset(side, scratch, json!({"topic": "", "partition": -1, "message_offset": 0}))
    }),
    ("`topic` left out", |side, scratch| reset(side, scratch, json!({"partition": -1, "timestamp": 0}))),
    ("`partition` left out", |side, scratch| {
        reset(side, scratch, json!({"topic": side.settings().topic, "timestamp": 0}))
    }),
    ("negative partition other than -1", |side, scratch| {
        reset(side, scratch, json!({"topic": side.settings().topic, "partition": -2, "message_offset": 0}))
    }),
    ("which topics a reset of every topic covers", every_topic),
    ("negative `message_offset` or `timestamp`", |side, scratch| {
        let topic = &side.settings().topic;
        resets(
            side,
            scratch,
            &[
                ("`message_offset`", json!({"topic": topic, "partition": -1, "message_offset": -1})),
                ("`timestamp`", json!({"topic": topic, "partition": -1, "timestamp": -1})),
            ],
        )
    }),
    ("unknown project", |side, _| {
        let path = side.of_instance("").replace(&side.project, UNKNOWN_PROJECT);
        outcome(side, &Request::get(path).header("x-project-id", UNKNOWN_PROJECT))
    }),
    ("`X-Project-Id` differs from the project in the path", |side, _| {
        outcome(side, &Request::get(side.of_group("")).header("x-project-id", UNKNOWN_PROJECT))
    }),
    ("unknown or unimplemented route and wrong signature", |side, _| {
        outcome(side, &Request::get(side.of_instance("/no-such-route")).wrong_signature())
    }),
    ("security token with a permanent key pair", |side, _| {
        if side.has_token() {
            return Ok(Finding::NotProbed("the key pair is temporary"));
        }
        outcome(side, &Request::get(side.of_group("")).header("x-security-token", "not-a-token"))
    }),
    ("`+` in a path or query", |side, _| {
        let path = side.of_instance("/management/groups/no+such+group");
        let query = Request::get(side.of_group("/message-offset")).query("topic=no+such+topic");
        both(side, "path", &Request::get(path), "query", &query)
    }),
    ("unknown or repeated query parameters", |side, _| {
        let path = side.of_group("/message-offset");
        let unknown = Request::get(&path).query(format!("topic={}&unknown=1", side.topic));
        let repeated = Request::get(&path).query(format!("limit=1&limit=2&topic={}", side.topic));
        both(side, "unknown", &unknown, "repeated", &repeated)
    }),
    ("unknown agency for `/v3.0/OS-CREDENTIAL/securitytokens`", |side, _| outcome(side, &agency(900))),
    ("wrong subject token", |side, _| {
        let identity = json!({"methods": ["token"], "token": {"id": "not-a-token"}});
        outcome(side, &older_call(json!({"auth": {"identity": identity}})))
    }),
    ("wrong body or duration", |side, _| both(side, "body", &older_call(json!({})), "duration", &agency(1))),
    ("wrong body or duration for `/v5/agencies/assume`", |side, _| {
        both(side, "body", &newer_call(json!({})), "duration", &newer_agency(1))
    }),
    ("status of an unknown agency for `/v5/agencies/assume`", |side, _| outcome(side, &newer_agency(900))),
    ("format of the errors of `/v3.0/OS-CREDENTIAL/securitytokens`", |side, _| {
        seen(format!("`{}`", shape(&side.send(&older_call(json!({})))?.body)))
    }),
    ("state of a group that does not exist", |side, _| {
        let with_offsets = Request::get(side.of_instance(&format!("/management/groups/{UNKNOWN}")));
        seen(format!("{}; with offsets: {}", state(side, &unknown_group(side, ""))?, state(side, &with_offsets)?))
    }),
    ("members and offsets of a group that does not exist", |side, _| {
        let offsets = unknown_group(side, "/message-offset").query(format!("topic={}", side.topic));
        let (members, offsets) = (side.send(&unknown_group(side, "/members"))?, side.send(&offsets)?);
        seen(format!("members: {}; offsets: {}", members.shape(), offsets.shape()))
    }),
    ("page beyond the end of a group's list", |side, _| {
        let offsets = Request::get(side.of_group("/message-offset"));
        let offsets = offsets.query(format!("offset=10000&topic={}", side.topic));
        let members = Request::get(side.of_group("/members")).query("offset=10000");
        both(side, "offsets", &offsets, "members", &members)
    }),
    ("default page size of partitions", |side, scratch| {
        let path = format!("/v2/{}/kafka/instances/{}/topics/{}/partitions", side.project, side.instance, side.topic);
        let listed = side.send(&Request::get(path))?.body["partitions"].as_array().map_or(0, Vec::len);
        seen(format!("{listed} of {}", scratch.logs.len()))
    }),
    ("first and last message of an empty partition", |side, scratch| {
        let Some(empty) = scratch.logs.iter().position(|log| log.start == log.end) else {
            return Ok(Finding::NotProbed("no partition is empty"));
        };
        let path = |end| side.of_topic(&format!("/partitions/{empty}/{end}-message"));
        both(side, "first", &Request::get(path("beginning")), "last", &Request::get(path("end")))
    }),
    ("unit of `start_time` and `end_time` of `messages`", |side, scratch| {
        let count = |time: i64| {
            let query = format!("start_time=0&end_time={time}&partition={}", scratch.busiest());
            let response = side.send(&Request::get(side.of_topic("/messages")).query(query))?;
            let count = response.body["messages"].as_array().map_or(0, Vec::len);
            anyhow::Ok(if count > 0 { "messages" } else { "none" })
        };
        let middle = scratch.middle_timestamp(side)?;
        seen(format!("milliseconds: {}; seconds: {}", count(middle)?, count(middle / 1_000)?))
    }),
    ("order of messages found by time", |side, _| {
        let messages = side.send(&messages(side, "limit=50"))?;
        let place = |row: &Value| Some((number(&row["partition"])?, number(&row["message_offset"])?));
        let places: Vec<_> = messages.body["messages"].as_array().into_iter().flatten().filter_map(place).collect();
        seen(match places.is_sorted() {
            _ if places.is_empty() => messages.shape(),
            true => "by partition, then by offset".to_owned(),
            false => "another order".to_owned(),
        })
    }),
    ("page size of messages found by time", |side, _| {
        let default = side.send(&messages(side, "partition=-1"))?.body["messages"].as_array().map_or(0, Vec::len);
        let many = side.send(&messages(side, "limit=51"))?.outcome();
        let far = side.send(&messages(side, "offset=10001"))?.outcome();
        seen(format!("{default} by default; limit 51: {many}; offset 10001: {far}"))
    }),
    ("`messages_count`, `total`", |side, scratch| {
        let end = side.client.now().as_millisecond();
        let search = format!("start_time=0&end_time={end}&limit=1&topic={}", side.topic);
        let search = side.send(&Request::get(side.of_instance("/messages")).query(search))?;
        let all: i64 = scratch.logs.iter().map(|log| log.end - log.start).sum();
        let meaning = |count: &Value| match number(count) {
            Some(count) if count == all => "all offsets",
            Some(1) => "the page",
            Some(_) => "another number",
            None => "no number",
        };
        let list = side.send(&messages(side, "limit=1"))?;
        seen(format!("{}; {}", meaning(&list.body["messages_count"]), meaning(&search.body["total"])))
    }),
    ("current page (`offset`) of `management/…/messages`", |side, _| {
        let page = |offset: u8| {
            let response = side.send(&messages(side, &format!("limit=2&offset={offset}")))?;
            anyhow::Ok(number(&response.body["offset"]).map_or("none".to_owned(), |page| page.to_string()))
        };
        seen(format!("{} at offset 0; {} at offset 2, with limit 2", page(0)?, page(2)?))
    }),
    ("`asc`, `download` of a search for messages", |side, _| {
        let end = side.client.now().as_millisecond();
        let search = |more: &str| {
            let query = format!("{more}&start_time=0&end_time={end}&limit=1&topic={}", side.topic);
            Request::get(side.of_instance("/messages")).query(query)
        };
        both(side, "asc", &search("asc=true"), "download", &search("download=false"))
    }),
    ("`topics` of a group", |side, _| {
        let response = side.send(&Request::get(side.of_group("/topics")))?;
        seen(format!("{}, total {}", response.shape(), response.body["total"]))
    }),
    ("list of instances without `engine`", |side, _| {
        outcome(side, &Request::get(format!("/v2/{}/instances", side.project)))
    }),
    ("spelling of states", |side, _| {
        let with_offsets = Request::get(side.of_instance(&format!("/management/groups/{}", side.group)));
        let without = Request::get(side.of_group(""));
        seen(format!("{}; with offsets: {}", state(side, &without)?, state(side, &with_offsets)?))
    }),
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
        let count = number(&tasks(side, "start=1&limit=1")?.body["task_count"]);
        seen(match count {
            Some(count) if count == all as i64 => "all tasks".to_owned(),
            Some(1) => "the tasks of the page".to_owned(),
            count => format!("{count:?} with {all} tasks"),
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

/// Requests a reset of one partition to its current offset, which changes nothing even if it is accepted.
fn online_group(side: &Side, _: &Scratch) -> Result<Finding> {
    let Some(group) = &side.online_group else {
        return Ok(Finding::NotProbed("set `HW_SCRATCH_ONLINE_GROUP` to a group with members"));
    };
    let read = Request::get(side.of_instance(&format!("/management/groups/{group}")));
    let rows = side.send(&read)?.body["group"]["group_message_offsets"].clone();
    let topic = &side.settings().topic;
    let row = rows.as_array().into_iter().flatten().find(|row| row["topic"] == **topic);
    let place = row.and_then(|row| Some((number(&row["partition"])?, number(&row["message_current_offset"])?)));
    let Some((partition, offset)) = place.filter(|(_, offset)| *offset >= 0) else {
        return Ok(Finding::NotProbed("the online group has no offset on the topic"));
    };
    let path = side.of_instance(&format!("/groups/{group}/reset-message-offset")).replacen("/v2/", "/v2/kafka/", 1);
    let body = json!({"topic": topic, "partition": partition, "message_offset": offset});
    outcome(side, &Request::new("PUT", Service::Dms, path).body(body))
}

/// Resets every topic of the group twice, so that other probes find two tasks.
fn every_topic(side: &Side, scratch: &Scratch) -> Result<Finding> {
    let body = json!({"topic": "", "partition": -1, "timestamp": 0});
    attempt(side, scratch, body.clone())?;
    let effect = attempt(side, scratch, body)?;
    let topics: std::collections::BTreeSet<_> = side.offsets()?.into_keys().map(|(topic, _)| topic).collect();
    seen(format!("{effect}; topics with an offset afterwards: {}", topics.len()))
}

/// Requests a reset, and reports its effect.
fn reset(side: &Side, scratch: &Scratch, body: Value) -> Result<Finding> {
    seen(attempt(side, scratch, body)?)
}

/// Requests several resets, each from the same offsets.
fn resets(side: &Side, scratch: &Scratch, bodies: &[(&str, Value)]) -> Result<Finding> {
    let report = |(what, body): &(&str, Value)| Ok(format!("{what}: {}", attempt(side, scratch, body.clone())?));
    seen(bodies.iter().map(report).collect::<Result<Vec<_>>>()?.join("; "))
}

/// Moves every partition to the middle of its log, then requests a reset and waits for its effect.
fn attempt(side: &Side, scratch: &Scratch, body: Value) -> Result<String> {
    let middles = scratch.middles();
    for (partition, offset) in middles.iter().enumerate() {
        side.set_offset(partition, *offset)?;
    }
    let response = side.reset(body)?;
    if response.status >= 400 {
        return Ok(response.outcome());
    }
    let offsets = side.offsets_after(&middles)?;
    let place = |(log, offset): (&super::scratch::Log, &i64)| match *offset {
        offset if offset == log.middle() => "unchanged",
        offset if offset == log.start => "log start",
        offset if offset == log.end => "log end",
        _ => "elsewhere",
    };
    let places: Vec<_> = scratch.logs.iter().zip(&offsets).map(place).collect();
    Ok(format!("{}: {}", response.status, places.join(", ")))
}

fn seen(text: impl Into<String>) -> Result<Finding> {
    Ok(Finding::Seen(text.into()))
}

fn outcome(side: &Side, request: &Request) -> Result<Finding> {
    seen(side.send(request)?.outcome())
}

/// The outcomes of two requests, for one case.
fn both(side: &Side, first: &str, request: &Request, second: &str, other: &Request) -> Result<Finding> {
    seen(format!("{first}: {}; {second}: {}", side.send(request)?.outcome(), side.send(other)?.outcome()))
}

fn unknown_group(side: &Side, suffix: &str) -> Request {
    Request::get(format!("/v2/kafka/{}/instances/{}/groups/{UNKNOWN}{suffix}", side.project, side.instance))
}

/// The state of a group in the response to a request, or the refusal.
fn state(side: &Side, request: &Request) -> Result<String> {
    let response = side.send(request)?;
    Ok(response.body["group"]["state"].as_str().map_or_else(|| response.shape(), |state| format!("`{state}`")))
}

fn older_call(body: Value) -> Request {
    Request::new("POST", Service::Iam, "/v3.0/OS-CREDENTIAL/securitytokens").body(body)
}

/// A request to assume an agency that does not exist.
fn agency(seconds: u32) -> Request {
    let role = json!({"agency_name": UNKNOWN, "domain_name": UNKNOWN, "duration_seconds": seconds});
    older_call(json!({"auth": {"identity": {"methods": ["assume_role"], "assume_role": role}}}))
}

fn newer_call(body: Value) -> Request {
    Request::new("POST", Service::Sts, "/v5/agencies/assume").body(body)
}

fn newer_agency(seconds: u32) -> Request {
    let urn = format!("iam::{UNKNOWN_PROJECT}:agency:{UNKNOWN}");
    newer_call(json!({"agency_urn": urn, "agency_session_name": UNKNOWN, "duration_seconds": seconds}))
}

/// A request for the messages of the topic up to now.
fn messages(side: &Side, more: &str) -> Request {
    let end = side.client.now().as_millisecond();
    Request::get(side.of_topic("/messages")).query(format!("start_time=0&end_time={end}&{more}"))
}

fn tasks(side: &Side, query: &str) -> Result<Response> {
    side.send(&Request::get(side.of_instance("/tasks")).query(query))
}
