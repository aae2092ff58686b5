//! Resets of the scratch group, and its committed offsets.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::{Value, json};
use terraform_provider_huaweicloud_kafka::huaweicloud::{ConsumerGroup, ErrorKind, Service, TaskStatus};

use super::api::{REPEATS, Request, Response, Side, number};
use super::choices::Finding;

impl Side {
    /// The group as the provider's client reads it.
    pub(crate) fn read_group(&self) -> Result<ConsumerGroup> {
        Ok(self.block_on(self.client.show_consumer_group(&self.address))?)
    }

    /// The committed offsets of the group, by topic and partition.
    pub(super) fn offsets(&self) -> Result<BTreeMap<(String, i64), i64>> {
        let response = self.send(&Request::get(self.of_instance(&format!("/management/groups/{}", self.group))))?;
        let Some(rows) = response.body["group"]["group_message_offsets"].as_array() else {
            bail!(Finding::Failed(format!("the response for the group has no offsets: {}", response.outcome())))
        };
        let offset = |row: &Value| {
            let topic = row["topic"].as_str()?.to_owned();
            Some(((topic, number(&row["partition"])?), number(&row["message_current_offset"])?))
        };
        Ok(rows.iter().filter_map(offset).filter(|(_, offset)| *offset >= 0).collect())
    }

    /// The committed offsets on the topic, one per partition, -1 for none.
    pub(super) fn topic_offsets(&self, partitions: usize) -> Result<Vec<i64>> {
        let offsets = self.offsets()?;
        let offset = |partition| offsets.get(&(self.settings().topic.clone(), partition)).copied().unwrap_or(-1);
        Ok((0..).take(partitions).map(offset).collect())
    }

    pub(crate) fn reset(&self, body: Value) -> Result<Response> {
        self.send(&Request::new("PUT", Service::Dms, self.of_group("/reset-message-offset")).body(body))
    }

    /// Whether a background task of the instance is running, which blocks every reset. False without permission.
    pub(crate) fn is_task_running(&self) -> Result<bool> {
        let mut is_running = false;
        let pages = self.client.each_task_page(&self.address.instance, |tasks| {
            is_running |= tasks.iter().any(|task| matches!(task.status, TaskStatus::Created | TaskStatus::Executing));
            is_running
        });
        match self.block_on(pages) {
            Err(error) if error.kind() != ErrorKind::Forbidden => Err(error.into()),
            _ => Ok(is_running),
        }
    }

    /// Moves every partition to its offset, and waits until the service reports these offsets.
    pub(super) fn move_to(&self, offsets: &[i64]) -> Result<()> {
        let current = self.topic_offsets(offsets.len())?;
        for (partition, offset) in offsets.iter().enumerate().filter(|(at, offset)| current[*at] != **offset) {
            self.set_offset(partition, *offset)?;
        }
        for _ in 0..REPEATS {
            if self.topic_offsets(offsets.len())? == offsets {
                return Ok(());
            }
            self.pause();
        }
        bail!(Finding::Failed("the offsets before the request did not become visible".to_owned()))
    }

    /// Sets the offset of one partition, as soon as no background task of the instance refuses that.
    fn set_offset(&self, partition: usize, offset: i64) -> Result<()> {
        let body = json!({"topic": self.settings().topic, "partition": partition, "message_offset": offset});
        for _ in 0..REPEATS {
            let response = self.reset(body.clone())?;
            if response.status == 204 {
                return Ok(());
            }
            if response.body["error_code"] != "DMS.00400017" {
                bail!(Finding::Failed(format!("the reset before the request is refused: {}", response.outcome())));
            }
            self.pause();
        }
        bail!(Finding::Failed("a background task did not end in time".to_owned()))
    }

    /// Reads the offsets until two consecutive reads agree while no task is running. Reads can lag, so unchanged
    /// offsets count only after two minutes.
    pub(crate) fn offsets_after(&self, before: &[i64]) -> Result<Vec<i64>> {
        let mut last = None;
        for attempt in 1..=REPEATS {
            self.pause();
            let is_running = self.is_task_running()?;
            let offsets = self.topic_offsets(before.len())?;
            let is_settled = !is_running && last.as_ref() == Some(&offsets);
            if is_settled && (offsets != before || attempt == REPEATS) {
                return Ok(offsets);
            }
            last = (!is_running).then_some(offsets);
        }
        bail!(Finding::Failed("the offsets did not settle in time".to_owned()))
    }
}
