//! Probes of the README's section on lists and messages.

use anyhow::Result;
use serde_json::Value;

use super::super::api::{Request, Side, number};
use super::{Probe, UNKNOWN, both, not_probed, outcome, seen};

pub(super) const PROBES: &[(&str, Probe)] = &[
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
        if scratch.logs.len() <= 10 {
            return not_probed("the topic has at most 10 partitions");
        }
        let path = format!("/v2/{}/kafka/instances/{}/topics/{}/partitions", side.project, side.instance, side.topic);
        let listed = side.send(&Request::get(path))?.body["partitions"].as_array().map_or(0, Vec::len);
        seen(format!("{listed} of {}", scratch.logs.len()))
    }),
    ("first and last message of an empty partition", |side, scratch| {
        let Some(empty) = scratch.logs.iter().position(|log| log.start == log.end) else {
            return not_probed("no partition is empty");
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
    ("order of messages found by time", |side, scratch| {
        if scratch.logs.iter().filter(|log| log.start < log.end).count() < 2 {
            return not_probed("fewer than two partitions have messages");
        }
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
];

fn unknown_group(side: &Side, suffix: &str) -> Request {
    Request::get(format!("/v2/kafka/{}/instances/{}/groups/{UNKNOWN}{suffix}", side.project, side.instance))
}

/// The state of a group in the response to a request, or the refusal.
fn state(side: &Side, request: &Request) -> Result<String> {
    let response = side.send(request)?;
    Ok(response.body["group"]["state"].as_str().map_or_else(|| response.shape(), |state| format!("`{state}`")))
}

/// A request for the messages of the topic up to now.
fn messages(side: &Side, more: &str) -> Request {
    let end = side.client.now().as_millisecond();
    Request::get(side.of_topic("/messages")).query(format!("start_time=0&end_time={end}&{more}"))
}
