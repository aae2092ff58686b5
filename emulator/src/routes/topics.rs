//! Creates, changes and deletes topics.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::message::{ApiError, Request, Response};
use crate::object::{Object, objects};
use crate::state::{Instance, State, StateError, TopicSettings};

use super::PathParams;
use super::body::{invalid, parse_body};
use super::group_lifecycle::TopicNames;

/// The documented maximum number of partitions of a topic.
pub(super) const MAX_PARTITIONS: usize = 200;
/// The number of brokers of every instance.
pub(super) const BROKERS: i32 = 3;

/// A topic in the body of a request. `partition` and `replication` are for new topics, the last two for existing ones.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicBody {
    id: String,
    partition: Option<usize>,
    replication: Option<i32>,
    retention_time: Option<i32>,
    sync_replication: Option<bool>,
    sync_message_flush: Option<bool>,
    topic_desc: Option<String>,
    topic_other_configs: Option<Vec<Object<Config>>>,
    new_partition_numbers: Option<usize>,
    new_partition_brokers: Option<Vec<i32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Topics {
    #[serde(deserialize_with = "objects")]
    topics: Vec<TopicBody>,
}

/// A setting in `topic_other_configs`.
struct ConfigKind {
    name: &'static str,
    value_type: &'static str,
    default_value: &'static str,
    valid_values: &'static str,
    is_valid: fn(&str) -> bool,
}

const CONFIGS: [ConfigKind; 2] = [
    ConfigKind {
        name: "max.message.bytes",
        value_type: "integer",
        default_value: "10485760",
        valid_values: "[0...10485760]",
        is_valid: |value| value.parse().is_ok_and(|bytes: u32| bytes <= 10_485_760),
    },
    ConfigKind {
        name: "message.timestamp.type",
        value_type: "enum",
        default_value: "LogAppendTime",
        valid_values: "CreateTime,LogAppendTime",
        is_valid: |value| ["CreateTime", "LogAppendTime"].contains(&value),
    },
];

/// A topic in the list of topics.
pub(super) fn describe(name: &str, partitions: usize, settings: &TopicSettings) -> Value {
    let configs: Vec<Value> = CONFIGS
        .iter()
        .map(|kind| {
            json!({
                "name": kind.name,
                "value": settings.configs.get(kind.name).map_or(kind.default_value, String::as_str),
                "valid_values": kind.valid_values,
                "default_value": kind.default_value,
                "config_type": "dynamic",
                "value_type": kind.value_type,
            })
        })
        .collect();
    json!({
        "name": name,
        "partition": partitions,
        "replication": settings.replication,
        "retention_time": settings.retention_time,
        "sync_replication": settings.sync_replication,
        "sync_message_flush": settings.sync_message_flush,
        "topic_desc": settings.description,
        "topic_other_configs": configs,
        "topic_type": 0,
        "policiesOnly": false,
        "created_at": settings.created_at,
    })
}

/// `POST …/instances/{instance}/topics`.
pub(super) fn create(
    state: &mut State,
    params: &PathParams,
    request: &Request,
    now: Timestamp,
) -> Result<Response, ApiError> {
    let body: TopicBody = parse_body(&request.body)?;
    let instance = state.writable_instance(&params.project, &params.instance)?;
    check_name(&body.id)?;
    if body.new_partition_numbers.is_some() || body.new_partition_brokers.is_some() {
        return Err(invalid("new_partition_numbers and new_partition_brokers are for existing topics"));
    }
    let partitions = body.partition.unwrap_or(3);
    check_range("partition", partitions, 1, MAX_PARTITIONS)?;
    let replication = body.replication.unwrap_or(BROKERS);
    check_range("replication", replication, 1, BROKERS)?;
    let created = TopicSettings { replication, created_at: now.as_millisecond(), ..TopicSettings::default() };
    let settings = body.settings(&created, 1)?;
    instance.create_topic(&body.id, partitions, settings)?;
    Ok(Response::ok(json!({"name": body.id})).with_side_effect(true))
}

/// `PUT …/instances/{instance}/topics`: changes all topics of the body or none.
pub(super) fn update(
    state: &mut State,
    params: &PathParams,
    request: &Request,
    now: Timestamp,
) -> Result<Response, ApiError> {
    let Topics { topics } = parse_body(&request.body)?;
    if topics.is_empty() {
        return Err(invalid("topics must not be empty"));
    }
    let mut names = BTreeSet::new();
    if let Some(topic) = topics.iter().find(|topic| !names.insert(&topic.id)) {
        return Err(invalid(format!("topics contains {:?} twice", topic.id)));
    }
    let instance = state.writable_instance(&params.project, &params.instance)?;
    let changes: Vec<(usize, TopicSettings)> =
        topics.iter().map(|topic| topic.change(instance)).collect::<Result<_, _>>()?;
    let mut is_changed = false;
    for (topic, (partitions, settings)) in topics.iter().zip(changes) {
        is_changed |= instance.change_topic(&topic.id, partitions, settings, now);
    }
    Ok(Response::no_content().with_side_effect(is_changed))
}

/// `POST …/instances/{instance}/topics/delete`. A topic that does not exist is reported as deleted, as by the service.
pub(super) fn delete(state: &mut State, params: &PathParams, request: &Request) -> Result<Response, ApiError> {
    let names = TopicNames::parse(request)?;
    let instance = state.writable_instance(&params.project, &params.instance)?;
    let mut is_changed = false;
    let deleted: Vec<Value> = names
        .into_iter()
        .map(|name| {
            is_changed |= instance.delete_topic(&name);
            json!({"id": name, "success": true})
        })
        .collect();
    Ok(Response::ok(json!({"topics": deleted})).with_side_effect(is_changed))
}

impl TopicBody {
    /// The new number of partitions and the new settings of an existing topic.
    fn change(&self, instance: &Instance) -> Result<(usize, TopicSettings), ApiError> {
        let count = instance.topic(&self.id)?.len();
        if self.partition.is_some() || self.replication.is_some() {
            return Err(invalid("partition and replication cannot be changed"));
        }
        let partitions = self.new_partition_numbers.unwrap_or(count);
        check_range("new_partition_numbers", partitions, 1, MAX_PARTITIONS)?;
        if partitions < count {
            return Err(StateError::FewerPartitions { topic: self.id.clone(), count }.into());
        }
        for broker in self.new_partition_brokers.iter().flatten() {
            check_range("new_partition_brokers", *broker, 0, BROKERS - 1)?;
        }
        Ok((partitions, self.settings(&instance.settings_of(&self.id), 0)?))
    }

    /// `settings` with the changes of the body.
    fn settings(&self, settings: &TopicSettings, min_retention_time: i32) -> Result<TopicSettings, ApiError> {
        let mut configs = settings.configs.clone();
        for Object(config) in self.topic_other_configs.iter().flatten() {
            if !CONFIGS.iter().any(|kind| kind.name == config.name && (kind.is_valid)(&config.value)) {
                let Config { name, value } = config;
                return Err(invalid(format!(
                    "topic_other_configs: {name:?} is not a known setting, or {value:?} is not valid for it"
                )));
            }
            configs.insert(config.name.clone(), config.value.clone());
        }
        let description = self.topic_desc.clone().unwrap_or_else(|| settings.description.clone());
        check_range("length of topic_desc", description.chars().count(), 0, 200)?;
        let retention_time = self.retention_time.unwrap_or(settings.retention_time);
        check_range("retention_time", retention_time, min_retention_time, 720)?;
        Ok(TopicSettings {
            description,
            retention_time,
            sync_replication: self.sync_replication.unwrap_or(settings.sync_replication),
            sync_message_flush: self.sync_message_flush.unwrap_or(settings.sync_message_flush),
            configs,
            ..*settings
        })
    }
}

/// Checks the documented rule for the names of new topics.
fn check_name(name: &str) -> Result<(), ApiError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (3..=200).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(is_allowed)
    {
        return Ok(());
    }
    Err(invalid(format!("id must have 3 to 200 letters, digits, '-', '_' or '.', and begin with a letter: {name:?}")))
}

fn check_range<T: Copy + PartialOrd + fmt::Display>(field: &str, value: T, min: T, max: T) -> Result<(), ApiError> {
    if min <= value && value <= max {
        return Ok(());
    }
    Err(invalid(format!("{field} must be from {min} to {max}, not {value}")))
}
