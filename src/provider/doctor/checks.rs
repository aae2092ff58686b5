//! The checks, in the order in which a reset needs them: settings, endpoints, credentials, project, group, topic.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::huaweicloud::{
    Client, ConsumerGroup, Error, ErrorKind, GroupAddress, GroupOffset, InstanceAddress, PartitionNumber, Service,
    System, TopicName, TopicPartitions,
};
use crate::provider::config;
use crate::provider::errors::{MISSING_GROUP, MISSING_TOPIC, advice, lookup_advice, read_advice};
use crate::provider::kafka_offset_reset::{
    describe_members, describe_offsets, describe_partitions, doubt_about_members,
};
use crate::provider::read_group::{ReadGroupError, read_group};

use super::DoctorArguments;
use super::report::Report;

/// How long failed requests may be retried in total. Short, because a person waits.
const MAX_RETRY_TIME: Duration = Duration::from_secs(10);

/// The longest access key that is shown. The service's have 20 characters, and secret keys have 40.
const ACCESS_KEY_LIMIT: usize = 24;

/// Hides a secret key that was set as the access key by mistake.
fn describe_access_key(access_key: &str) -> String {
    match access_key.chars().count() {
        0..=ACCESS_KEY_LIMIT => format!(", access key {access_key}"),
        length => format!(", access key of {length} characters (not shown, because it may be a secret key)"),
    }
}

/// Runs the checks until one fails, and returns the summary.
///
/// # Errors
/// The advice for the check that failed.
pub(super) async fn run(arguments: &DoctorArguments, system: &System, report: &Report) -> Result<String, String> {
    let client = settings(arguments, system, report)
        .await?
        .with_deadline(Instant::now().checked_add(MAX_RETRY_TIME), Arc::new(report.clone()));
    endpoints(&client, report)?;
    let failed = |check: &str, error: &Error, advice: &str| {
        report.failed(check, &error.report());
        advice.to_owned()
    };
    let found =
        client.find_credentials().await.map_err(|error| failed("credentials", &error, credentials_advice(&error)))?;
    let access_key = found.access_key.as_deref().map(describe_access_key).unwrap_or_default();
    let agencies = match found.agencies.is_empty() {
        true => String::new(),
        false => format!(", then the agencies {}", found.agencies.join(", ")),
    };
    report.ok("credentials", &format!("from {}{access_key}{agencies}", found.source));
    let project_id = client.project_id(None).await.map_err(|error| failed("project", &error, lookup_advice(&error)))?;
    let source = match report.has_sent_request() {
        true => "looked up in IAM, which accepted the credentials",
        false => "from the settings; no request was sent to IAM",
    };
    report.ok("project", &format!("{project_id}, {source}"));
    let (Some(instance_id), Some(group)) = (&arguments.instance_id, &arguments.group) else {
        return Ok(match report.has_sent_request() {
            true => "signed in. Add --instance-id and --group to check a group".to_owned(),
            false => "not signed in: the project is set, so only the check of a group sends a request. Add \
                      --instance-id and --group"
                .to_owned(),
        });
    };
    let instance = InstanceAddress { project_id, region: None, instance_id: instance_id.clone() };
    let address = GroupAddress { instance, group: group.clone() };
    GroupCheck { client: &client, report, address }.run(arguments.topic.as_ref()).await
}

async fn settings(arguments: &DoctorArguments, system: &System, report: &Report) -> Result<Client, String> {
    let client = match config::read(&arguments.block(), system) {
        Ok(settings) => settings.client(system).await,
        Err(diagnostics) => Err(diagnostics),
    };
    match client {
        Ok(Some(client)) => {
            let region = client.region().map_or("none".to_owned(), ToString::to_string);
            report.ok("settings", &format!("region {region}"));
            return Ok(client);
        }
        // DoctorArguments of the command line are never unknown.
        Ok(None) => {}
        Err(diagnostics) => {
            for it in diagnostics {
                report.failed("settings", &format!("{}: {}", it.summary, it.detail));
            }
        }
    }
    Err("Correct the settings above, then try again.".to_owned())
}

/// IAM needs no endpoint if no project has to be looked up.
fn endpoints(client: &Client, report: &Report) -> Result<(), String> {
    let dms = client.endpoint(Service::Dms, None).map_err(|error| {
        report.failed("endpoints", &error.report());
        "Set HW_REGION_NAME or --region to the instance's region.".to_owned()
    })?;
    let iam = client.endpoint(Service::Iam, None).map(|iam| format!(", iam {iam}")).unwrap_or_default();
    report.ok("endpoints", &format!("dms {dms}{iam}"));
    Ok(())
}

/// Checks one group and its topic.
struct GroupCheck<'a> {
    client: &'a Client,
    report: &'a Report,
    address: GroupAddress,
}

impl GroupCheck<'_> {
    async fn run(&self, topic: Option<&TopicName>) -> Result<String, String> {
        let group = read_group(self.client, &self.address).await.map_err(|error| match error {
            ReadGroupError::NoGroup(why) => self.missing("group", self.address.group.as_str(), &why, MISSING_GROUP),
            ReadGroupError::NoInstance(error) | ReadGroupError::Failed(error) => self.failed("group", &error),
        })?;
        let inactive = group.is_inactive();
        let (name, members) = (self.address.group.as_str(), describe_members(&group));
        let doubt = doubt_about_members(&group);
        match &doubt {
            _ if inactive => self.report.ok("group", &format!("{name:?}, {members}")),
            Some((why, _)) => self.report.failed("group", &format!("{name:?} is not known to be inactive. {why}")),
            None => self.report.failed("group", &format!("{name:?} is active, {members}")),
        }
        self.print_offsets(&group);
        if let Some(topic) = topic {
            self.check_topic(topic).await?;
        }
        match doubt {
            _ if inactive => Ok("ready: a reset would be accepted now, if the credentials have the permission \
                                 dms:instance:modify. Only a reset can show whether they have it"
                .to_owned()),
            Some((_, advice)) => Err(advice.to_owned()),
            None => Err("Stop the group's clients. A stopped client counts as a member until its session times out \
                         (session.timeout.ms, 45 s by default)."
                .to_owned()),
        }
    }

    /// Prints the committed offsets of each topic in the form of `partition_offsets`, so that they can be restored.
    fn print_offsets(&self, group: &ConsumerGroup) {
        let mut topics: BTreeMap<&TopicName, Vec<&GroupOffset>> = BTreeMap::new();
        for it in &group.offsets {
            topics.entry(&it.topic).or_default().push(it);
        }
        if topics.is_empty() && group.unreadable.is_empty() {
            self.report.ok("offsets", "none committed");
        }
        for (topic, offsets) in topics {
            let committed = describe_offsets(offsets.iter().filter_map(|it| Some((it.partition, it.current?))));
            let lag = offsets.iter().filter_map(|it| it.lag).fold(0_i64, i64::saturating_add);
            self.report.ok("offsets", &format!("topic {:?}, {committed}, lag {lag}", topic.as_str()));
        }
        for it in &group.unreadable {
            let topic = it.shown_topic().map_or_else(String::new, |topic| format!("topic {topic:?}, "));
            let partition = it.partition.map_or_else(String::new, |partition| format!("partition {partition}, "));
            self.report.failed("offsets", &format!("{topic}{partition}cannot be read: {}", it.why));
        }
    }

    async fn check_topic(&self, topic: &TopicName) -> Result<(), String> {
        let name = topic.as_str();
        match self.client.list_topic_partitions(&self.address.instance, topic).await {
            Ok(found) if found.numbers().next().is_none() => {
                Err(self.missing("topic", name, "the service lists no partitions", MISSING_TOPIC))
            }
            Ok(TopicPartitions { partitions: found, unreadable, .. }) => {
                for (partition, why) in &unreadable {
                    self.report.failed("topic", &format!("{name:?}, partition {partition} cannot be read: {why}"));
                }
                let numbers: Vec<PartitionNumber> = found.iter().map(|it| it.partition).collect();
                let messages = found.iter().map(|it| i128::from(it.log_end.get()) - i128::from(it.log_start.get()));
                let messages: i128 = messages.sum();
                let numbers = describe_partitions(&numbers);
                self.report.ok("topic", &format!("{name:?}, {numbers}, which span {messages} offsets"));
                Ok(())
            }
            Err(error) if error.is_missing_on_instance() => {
                Err(self.missing("topic", name, &error.report(), MISSING_TOPIC))
            }
            Err(error) => Err(self.failed("topic", &error)),
        }
    }

    /// Reports that the group or the topic does not exist, and returns the advice.
    fn missing(&self, check: &str, name: &str, why: &str, advice: &str) -> String {
        self.report.failed(check, &format!("{name:?} does not exist: {why}"));
        advice.to_owned()
    }

    /// Reports a failed read, and returns the advice.
    fn failed(&self, check: &str, error: &Error) -> String {
        self.report.failed(check, &error.report());
        read_advice(error).to_owned()
    }
}

/// The advice for credentials that were not found or not accepted. `doctor` reads no provider block.
fn credentials_advice(error: &Error) -> &'static str {
    if error.kind() == ErrorKind::Credentials && error.response().is_none() {
        "Set HW_ACCESS_KEY and HW_SECRET_KEY in the environment, or correct the source that is named above, then try \
         again. This command does not read a Terraform configuration."
    } else {
        advice(error)
    }
}
