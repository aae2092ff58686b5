//! The scratch group: checks that it is suitable, copies it to an emulator, and restores its offsets.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use dms_emulator::{Emulator, Seed, demo};
use serde_json::{Value, json};
use terraform_provider_huaweicloud_kafka::huaweicloud::{
    ConsumerGroup, InstanceAddress, MessageOffset, Partition, PartitionNumber, ResetMessageOffset, ResetTarget,
    TopicName, TopicPartition,
};

use super::api::{REPEATS, Side};
use super::choices::Finding;
use super::settings::Settings;

/// With fewer messages, different targets could lead to the same offset.
const MIN_MESSAGES: i64 = 10;

/// The group and its topic before the first write.
pub(crate) struct Scratch {
    /// By partition.
    pub(crate) logs: Vec<Log>,
    pub(crate) offsets: Vec<i64>,
    topic: TopicName,
}

/// The log of one partition.
pub(crate) struct Log {
    pub(crate) start: i64,
    pub(crate) end: i64,
    /// When the first message was written, in Unix milliseconds.
    first_timestamp: i64,
    /// The average time between two messages, in milliseconds.
    step_ms: i64,
}

impl Log {
    /// An offset that differs from both ends.
    pub(crate) fn middle(&self) -> i64 {
        self.start + (self.end - self.start) / 2
    }
}

impl Scratch {
    /// Reads the group and its topic.
    ///
    /// # Errors
    /// They do not exist, or cannot be used for the check.
    pub(crate) fn read(service: &Side) -> Result<Self> {
        let Settings { group, topic, .. } = service.settings();
        let instance = &service.address.instance;
        let name = TopicName::parse(topic)?;
        let found = service.read_group()?;
        ensure!(!found.is_gone(), "consumer group {group:?} does not exist");
        ensure!(found.is_inactive(), "consumer group {group:?} is {}: stop its clients first", found.state);
        ensure!(
            found.topics() == BTreeSet::from([name.clone()]),
            "consumer group {group:?} must have committed offsets on topic {topic:?} only, because the check also \
             resets every topic of the group"
        );
        let listed = service.block_on(service.client.list_topic_partitions(instance, &name))?;
        ensure!(listed.unreadable.is_empty(), "topic {topic:?} has partitions that cannot be read");
        let read = |partition: &TopicPartition| Log::read(service, instance, &name, partition);
        let logs = listed.partitions.iter().map(read).collect::<Result<Vec<_>>>()?;
        let messages = logs.iter().map(|log| log.end - log.start).max().unwrap_or_default();
        ensure!(messages >= MIN_MESSAGES, "no partition of topic {topic:?} has {MIN_MESSAGES} messages");
        let offsets = committed(found, &name, logs.len())?;
        for (partition, (Log { start, end, .. }, offset)) in logs.iter().zip(&offsets).enumerate() {
            ensure!(
                (start..=end).contains(&offset),
                "the offset {offset} in partition {partition} cannot be restored, because the partition holds {start} \
                 to {end}: let the group consume it again"
            );
        }
        Ok(Self { logs, offsets, topic: name })
    }

    /// The partition with the most messages.
    pub(crate) fn busiest(&self) -> usize {
        let count = |partition: &usize| self.logs[*partition].end - self.logs[*partition].start;
        (0..self.logs.len()).max_by_key(count).unwrap_or_default()
    }

    pub(crate) fn middles(&self) -> Vec<i64> {
        self.logs.iter().map(Log::middle).collect()
    }

    /// The timestamp of a message in the middle of the busiest partition, in Unix milliseconds.
    pub(crate) fn middle_timestamp(&self, service: &Side) -> Result<i64> {
        let partition = self.busiest();
        for offset in self.logs[partition].middle()..self.logs[partition].end {
            let (partition, offset) = (PartitionNumber::try_from(partition as i64)?, MessageOffset::try_from(offset)?);
            let message = service.client.message_at(&service.address.instance, &self.topic, partition, offset);
            if let Some(message) = service.block_on(message)? {
                return Ok(message.timestamp.get());
            }
        }
        bail!(Finding::Failed("the busiest partition has no readable message after its middle".to_owned()))
    }

    /// Starts an emulator with the same instance, topic and group. Returns it with its side of the comparison.
    pub(crate) fn emulate(&self, service: &Side, settings: &Settings) -> Result<(Emulator, Side)> {
        let emulator = Emulator::builder().seed(Seed::from_json(&self.seed(service, settings).to_string())?);
        let emulator = emulator.start_in_thread()?;
        let settings = Settings {
            access_key: demo::ACCESS_KEY.to_owned(),
            secret_key: demo::SECRET_KEY.to_owned(),
            security_token: None,
            project_id: Some(service.project.clone()),
            endpoints: ["dms", "iam", "sts"].map(|name| (name.to_owned(), emulator.url())).into(),
            auth_url: None,
            ..settings.clone()
        };
        let side = Side::new(&settings)?;
        Ok((emulator, side))
    }

    fn seed(&self, service: &Side, settings: &Settings) -> Value {
        let partitions: Vec<Value> = self.logs.iter().map(Log::seed).collect();
        let mut groups = vec![json!({"name": settings.group, "offsets": {&settings.topic: self.offsets}})];
        groups.extend(settings.online_group.iter().map(|name| {
            let member = json!({"member_id": "m", "client_id": "c", "host": "/192.0.2.1", "assignment": {}});
            json!({"name": name, "offsets": {&settings.topic: self.offsets}, "members": [member]})
        }));
        json!({
            "projects": [{"id": service.project, "name": settings.region}],
            "credentials": [{"access_key": demo::ACCESS_KEY, "secret_key": demo::SECRET_KEY}],
            "instances": [{
                "id": settings.instance_id,
                "project_id": service.project,
                "topics": [{"name": settings.topic, "partitions": partitions}],
                "groups": groups,
            }],
        })
    }

    /// Resets every partition to its offset before the check, and retries until this succeeds, even after a signal.
    ///
    /// # Errors
    /// The last error, after about two minutes.
    pub(crate) fn restore(&self, service: &Side) -> Result<()> {
        let mut outcome = self.restore_once(service);
        for _ in 1..REPEATS {
            if outcome.is_ok() {
                break;
            }
            service.pause();
            outcome = self.restore_once(service);
        }
        outcome
    }

    fn restore_once(&self, service: &Side) -> Result<()> {
        // If the tasks cannot be read, the offsets are restored nevertheless.
        let check_idle = || {
            ensure!(
                !service.is_task_running().unwrap_or_default(),
                "a background task of the instance is still running"
            );
            Ok(())
        };
        check_idle()?;
        for (partition, offset) in (0_i64..).zip(&self.offsets) {
            let reset = ResetMessageOffset {
                topic: Some(self.topic.clone()),
                partition: Partition::Number(PartitionNumber::try_from(partition)?),
                to: ResetTarget::Offset(MessageOffset::try_from(*offset)?),
            };
            service.block_on(service.client.reset_message_offset(&service.address, &reset))?;
        }
        // A task that was not listed yet, or an effect that was not visible yet, shows in the second round.
        for _ in 0..2 {
            service.pause();
            check_idle()?;
            let found = service.read_group()?;
            let offsets = committed(found, &self.topic, self.offsets.len())?;
            ensure!(offsets == self.offsets, "the group is at {} after the resets", offsets_text(&offsets));
        }
        Ok(())
    }

    /// The topics on which only the check has given the group offsets.
    pub(crate) fn new_topics(&self, service: &Side) -> Result<Vec<String>> {
        let found = service.read_group()?;
        Ok(found.topics().into_iter().filter(|topic| *topic != self.topic).map(|topic| topic.to_string()).collect())
    }
}

impl Log {
    fn read(service: &Side, instance: &InstanceAddress, topic: &TopicName, ends: &TopicPartition) -> Result<Self> {
        let (start, end) = (ends.log_start.get(), ends.log_end.get());
        if start == end {
            return Ok(Self { start, end, first_timestamp: 0, step_ms: 0 });
        }
        let client = &service.client;
        let first = service.block_on(client.beginning_message(instance, topic, ends.partition))?;
        let last = service.block_on(client.end_message(instance, topic, ends.partition))?;
        let step_ms = (last.timestamp.get() - first.timestamp.get()) / (last.offset.get() - first.offset.get()).max(1);
        Ok(Self { start, end, first_timestamp: first.timestamp.get(), step_ms: step_ms.max(0) })
    }

    fn seed(&self) -> Value {
        let range =
            json!({"from_offset": self.start, "first_timestamp": self.first_timestamp, "step_ms": self.step_ms});
        json!({"log_start": self.start, "log_end": self.end, "timestamps": [range]})
    }
}

/// The committed offset of every partition of the topic.
fn committed(mut group: ConsumerGroup, topic: &TopicName, partitions: usize) -> Result<Vec<i64>> {
    group.retain_topic(topic);
    let of = |partition: i64| {
        let row = group.offsets.iter().find(|row| row.partition.get() == partition);
        let offset = row.and_then(|row| row.current).map(MessageOffset::get);
        offset.with_context(|| {
            format!("the group has no readable committed offset in partition {partition} of the topic")
        })
    };
    (0..).take(partitions).map(of).collect()
}

pub(super) fn offsets_text(offsets: &[i64]) -> String {
    let each = offsets.iter().enumerate().map(|(partition, offset)| format!("partition {partition} = {offset}"));
    each.collect::<Vec<_>>().join(", ")
}
