//! The steps, in the order in which a reset takes them: settings, addresses, keys, project, group, offsets, topic.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::huaweicloud::{
    Client, ConsumerGroup, GroupAddress, GroupName, GroupOffset, InstanceAddress, InstanceId, PartitionNumber,
    ProjectId, Service, System, TopicName, TopicPartitions,
};
use crate::provider::config;
use crate::provider::errors::{
    MISSING_GROUP, MISSING_TOPIC, advice, is_missing_on_instance, lookup_advice, read_advice,
};
use crate::provider::kafka_offset_reset::{
    describe_members, describe_offsets, describe_partitions, doubt_about_members,
};

use super::Arguments;
use super::report::Report;

/// How long failed requests may be repeated in all: a person waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// Most characters of an access key that is shown. Those of the service have 20, secret keys have 40.
const ACCESS_KEY_LIMIT: usize = 24;

/// The access key in words, unless it may be the secret key that got into its place.
fn shown(access_key: &str) -> String {
    match access_key.chars().count() {
        0..=ACCESS_KEY_LIMIT => format!(", access key {access_key}"),
        length => format!(", access key of {length} characters, which may be a secret key, so it is not shown"),
    }
}

/// Takes every step until one fails. The verdict in words, or what to do about the failure.
pub(super) async fn examine(arguments: &Arguments, system: &System, report: &Report) -> Result<String, String> {
    let client = settings(arguments, system, report)
        .await?
        .with_deadline(Instant::now().checked_add(PATIENCE), report.observer());
    endpoints(&client, report)?;
    let found = client.find_credentials().await.map_err(|error| {
        report.failed("keys", &error.report());
        advice(&error).to_owned()
    })?;
    let access_key = found.access_key.as_deref().map(shown).unwrap_or_default();
    let agencies = match found.agencies.is_empty() {
        true => String::new(),
        false => format!(", then the agencies {}", found.agencies.join(", ")),
    };
    report.ok("keys", &format!("from {}{access_key}{agencies}", found.source));
    let project_id = project(&client, report).await?;
    let (Some(instance_id), Some(group)) = (&arguments.instance_id, &arguments.group) else {
        return Ok(match report.has_seen_a_request() {
            true => "signed in. Add --instance-id and --group to look at a group".to_owned(),
            false => {
                "not signed in: with a given project there is nothing to ask for without --instance-id and --group"
                    .to_owned()
            }
        });
    };
    look(&Wanted { client: &client, report, project_id, instance_id, group, topic: arguments.topic.as_ref() }).await
}

async fn settings(arguments: &Arguments, system: &System, report: &Report) -> Result<Client, String> {
    let correct = || "Correct what is named above, then try again.".to_owned();
    match config::client(&arguments.block(), system).await {
        Ok(Some(client)) => {
            let region = client.region().map_or("none".to_owned(), ToString::to_string);
            report.ok("settings", &format!("region {region}"));
            Ok(client)
        }
        // Arguments are never unknown.
        Ok(None) => Err(correct()),
        Err(diagnostics) => {
            for it in diagnostics {
                report.failed("settings", &format!("{}: {}", it.summary, it.detail));
            }
            Err(correct())
        }
    }
}

/// IAM may be without an address, where no project has to be looked up.
fn endpoints(client: &Client, report: &Report) -> Result<(), String> {
    let dms = client.endpoint(Service::Dms, None).map_err(|error| {
        report.failed("endpoints", &error.report());
        "Set HW_REGION_NAME or --region to the instance's region.".to_owned()
    })?;
    let iam = client.endpoint(Service::Iam, None).map(|iam| format!(", iam {iam}")).unwrap_or_default();
    report.ok("endpoints", &format!("dms {dms}{iam}"));
    Ok(())
}

async fn project(client: &Client, report: &Report) -> Result<ProjectId, String> {
    match client.project_id(None).await {
        Ok(project_id) => {
            let how = match report.has_seen_a_request() {
                true => "looked up at IAM, which accepted the keys",
                false => "as given; IAM was not asked",
            };
            report.ok("project", &format!("{project_id}, {how}"));
            Ok(project_id)
        }
        Err(error) => {
            report.failed("project", &error.report());
            Err(lookup_advice(&error).to_owned())
        }
    }
}

/// The group to look at.
struct Wanted<'a> {
    client: &'a Client,
    report: &'a Report,
    project_id: ProjectId,
    instance_id: &'a InstanceId,
    group: &'a GroupName,
    topic: Option<&'a TopicName>,
}

async fn look(wanted: &Wanted<'_>) -> Result<String, String> {
    let instance = InstanceAddress {
        project_id: wanted.project_id.clone(),
        region: None,
        instance_id: wanted.instance_id.clone(),
    };
    let group = group(wanted, &instance).await?;
    let inactive = group.is_inactive();
    let (name, members) = (wanted.group.as_str(), describe_members(&group));
    let doubt = doubt_about_members(&group);
    match &doubt {
        _ if inactive => wanted.report.ok("group", &format!("{name:?}, {members}")),
        Some((why, _)) => wanted.report.failed("group", &format!("{name:?} is not known to be inactive. {why}")),
        None => wanted.report.failed("group", &format!("{name:?} is online, {members}")),
    }
    offsets(wanted, &group);
    if let Some(topic) = wanted.topic {
        partitions(wanted, &instance, topic).await?;
    }
    if inactive {
        Ok("ready: a reset would be accepted now, if the keys have the permission dms:instance:modify, which only a \
            reset can show"
            .to_owned())
    } else if let Some((_, advice)) = doubt {
        Err(advice.to_owned())
    } else {
        Err("Stop these clients; a stopped client counts as online until its session times out (session.timeout.ms, 45 \
             s by default)."
            .to_owned())
    }
}

async fn group(wanted: &Wanted<'_>, instance: &InstanceAddress) -> Result<ConsumerGroup, String> {
    let address = GroupAddress { instance: instance.clone(), group: wanted.group.clone() };
    let name = wanted.group.as_str();
    let missing = |why: &str| {
        wanted.report.failed("group", &format!("there is no group {name:?}: {why}"));
        MISSING_GROUP.to_owned()
    };
    match wanted.client.show_consumer_group(&address).await {
        Ok(group) if group.is_gone() => Err(missing("the service says that it is Dead")),
        Ok(group) => Ok(group),
        Err(error) if is_missing_on_instance(&error) => Err(missing(&error.report())),
        Err(error) => {
            wanted.report.failed("group", &error.report());
            Err(read_advice(&error).to_owned())
        }
    }
}

/// What the group has committed on each topic, in the form of `partition_offsets`: the way back from a reset.
fn offsets(wanted: &Wanted<'_>, group: &ConsumerGroup) {
    let mut topics: BTreeMap<&TopicName, Vec<&GroupOffset>> = BTreeMap::new();
    for it in &group.offsets {
        topics.entry(&it.topic).or_default().push(it);
    }
    if topics.is_empty() && group.unreadable.is_empty() {
        wanted.report.ok("offsets", "none committed");
    }
    for (topic, offsets) in topics {
        let committed = describe_offsets(offsets.iter().filter_map(|it| Some((it.partition, it.current?))));
        let lag = offsets.iter().filter_map(|it| it.lag).fold(0_i64, i64::saturating_add);
        wanted.report.ok("offsets", &format!("topic {:?}, {committed}, lag {lag}", topic.as_str()));
    }
    for it in &group.unreadable {
        let topic = it.shown_topic().map_or_else(String::new, |topic| format!("topic {topic:?}, "));
        let partition = it.partition.map_or_else(String::new, |partition| format!("partition {partition}, "));
        wanted.report.failed("offsets", &format!("{topic}{partition}cannot be read: {}", it.why));
    }
}

async fn partitions(wanted: &Wanted<'_>, instance: &InstanceAddress, topic: &TopicName) -> Result<(), String> {
    let name = topic.as_str();
    let missing = |why: &str| {
        wanted.report.failed("topic", &format!("there is no topic {name:?}: {why}"));
        MISSING_TOPIC.to_owned()
    };
    match wanted.client.list_topic_partitions(instance, topic).await {
        Ok(found) if found.numbers().next().is_none() => Err(missing("the service lists no partition of it")),
        Ok(TopicPartitions { partitions: found, unreadable, .. }) => {
            for (partition, why) in &unreadable {
                wanted.report.failed("topic", &format!("{name:?}, partition {partition} cannot be read: {why}"));
            }
            let numbers: Vec<PartitionNumber> = found.iter().map(|it| it.partition).collect();
            let messages = found.iter().map(|it| i128::from(it.log_end.get()) - i128::from(it.log_start.get()));
            let messages: i128 = messages.sum();
            let numbers = describe_partitions(&numbers);
            wanted.report.ok("topic", &format!("{name:?}, {numbers}, which span {messages} offsets"));
            Ok(())
        }
        Err(error) if is_missing_on_instance(&error) => Err(missing(&error.report())),
        Err(error) => {
            wanted.report.failed("topic", &error.report());
            Err(read_advice(&error).to_owned())
        }
    }
}
