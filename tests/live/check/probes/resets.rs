//! Probes of the README's section on the reset call.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::{Value, json};
use terraform_provider_huaweicloud_kafka::huaweicloud::Service;

use super::super::api::{Request, Side, number};
use super::super::choices::Finding;
use super::super::scratch::{Log, Scratch};
use super::{Probe, not_probed, outcome, seen};

pub(super) const PROBES: &[(&str, Probe)] = &[
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
];

/// Requests a reset of one partition to its current offset. If the service accepts it, messages whose offsets a member
/// commits in between can be consumed again.
fn online_group(side: &Side, _: &Scratch) -> Result<Finding> {
    let Some(group) = &side.online_group else {
        return not_probed("set `HW_SCRATCH_ONLINE_GROUP` to a group with members");
    };
    let read = Request::get(side.of_instance(&format!("/management/groups/{group}")));
    let found = side.send(&read)?.body["group"].take();
    let has_members = found["members"].as_array().is_some_and(|members| !members.is_empty());
    // Without members, the service would carry out the reset.
    if !has_members || found["state"].as_str().is_none_or(|state| state.eq_ignore_ascii_case("EMPTY")) {
        return not_probed("the online group has no members");
    }
    let topic = &side.settings().topic;
    let row = found["group_message_offsets"].as_array().into_iter().flatten().find(|row| row["topic"] == **topic);
    let place = row.and_then(|row| Some((number(&row["partition"])?, number(&row["message_current_offset"])?)));
    let Some((partition, offset)) = place.filter(|(_, offset)| *offset >= 0) else {
        return not_probed("the online group has no offset on the topic");
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
    let topics: BTreeSet<_> = side.offsets()?.into_keys().map(|(topic, _)| topic).collect();
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
    side.move_to(&middles)?;
    let response = side.reset(body)?;
    if response.status >= 400 {
        return Ok(response.outcome());
    }
    let offsets = side.offsets_after(&middles)?;
    let place = |log: &Log, offset: i64| match offset {
        offset if offset == log.middle() => "unchanged",
        offset if offset == log.start => "log start",
        offset if offset == log.end => "log end",
        _ => "elsewhere",
    };
    let mut counts = BTreeMap::new();
    // In a shorter log, the three places are not distinct.
    for (log, offset) in scratch.logs.iter().zip(&offsets).filter(|(log, _)| log.end - log.start >= 2) {
        *counts.entry(place(log, *offset)).or_insert(0) += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(place, partitions)| format!("{place} in {partitions}")).collect();
    Ok(format!("{}: {}", response.status, counts.join(", ")))
}
