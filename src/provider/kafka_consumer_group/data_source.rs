//! Reads the group, then the starts of the logs of its partitions. Looks up the project first if it is not given.

use std::time::Duration;

use crate::huaweicloud::{
    Client, ConsumerGroup, Error, ErrorKind, GroupAddress, GroupName, InstanceAddress, InstanceId, ProjectId, Region,
    TopicName,
};
use crate::provider::Configured;
use crate::provider::argument_reader::{ArgumentReader, ReadResult, parse_topic};
use crate::provider::errors::{MISSING_GROUP, lookup_advice, read_advice};
use crate::provider::operation_limits::{Interruption, Limits, try_concurrently};
use crate::provider::read_group::{ReadGroupError, group_address, read_group, read_partitions};
use crate::tf_provider::value::Attr;
use crate::tf_provider::{AttributePath, DataSource, DataSourceRequest, Diagnostics, Schema};

use super::schema::{self, ConsumerGroupBlock, LogStarts};

const NOT_FOUND: &str = "Consumer group <group> not found";
const NOT_READ: &str = "Consumer group <group> cannot be read";

/// The titles of the diagnostics made here.
pub(crate) const TITLES: &[&str] = &[NOT_FOUND, NOT_READ];

/// The time limit of the whole read.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// The data source.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider) struct KafkaConsumerGroup;

impl DataSource for KafkaConsumerGroup {
    type Model = ConsumerGroupBlock;
    type Client = Configured;

    fn type_name(&self) -> &'static str {
        "huaweicloud_kafka_consumer_group"
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn validate(&self, config: ConsumerGroupBlock) -> Diagnostics {
        let mut reader = ArgumentReader::default();
        let _ = GroupQuery::read(&config, &mut reader);
        reader.into_diagnostics()
    }

    async fn read(
        &self,
        request: DataSourceRequest<ConsumerGroupBlock, Configured>,
    ) -> Result<(ConsumerGroupBlock, Diagnostics), Diagnostics> {
        let DataSourceRequest { config, client: configured, cancellation } = request;
        let mut reader = ArgumentReader::default();
        let Ok(query) = GroupQuery::read(&config, &mut reader) else { return Err(reader.into_diagnostics()) };
        let limits = Limits::new(cancellation, TIMEOUT);
        let read = limits.run(async {
            let client = configured.client().await?.until(limits.deadline());
            query.run(&client).await
        });
        let (instance, group, log_starts) = read.await.unwrap_or_else(|why| Err(query.interrupted(why)))?;
        let region = Attr::from_option(instance.region.map(|region| region.to_string()));
        let project_id = Attr::Known(instance.project_id.to_string());
        let block = ConsumerGroupBlock { region, project_id, ..config }.with_results(group, &log_starts);
        Ok((block, Diagnostics::new()))
    }
}

/// The group to read.
struct GroupQuery {
    region: Option<Region>,
    project_id: Option<ProjectId>,
    instance_id: InstanceId,
    group: GroupName,
    /// `None`: every topic of the group.
    topic: Option<TopicName>,
}

impl GroupQuery {
    fn read(block: &ConsumerGroupBlock, reader: &mut ArgumentReader) -> ReadResult<Self> {
        let region = reader.optional("region", &block.region, Region::parse);
        let project_id = reader.optional("project_id", &block.project_id, ProjectId::parse);
        let instance_id = reader.required("instance_id", &block.instance_id, InstanceId::parse);
        let group = reader.required("group", &block.group, GroupName::parse);
        let topic = reader.optional("topic", &block.topic, parse_topic);
        Ok(Self { region: region?, project_id: project_id?, instance_id: instance_id?, group: group?, topic: topic? })
    }

    async fn run(&self, client: &Client) -> Result<(InstanceAddress, ConsumerGroup, LogStarts), Diagnostics> {
        let Self { region, project_id, instance_id, group, topic } = self;
        let address = group_address(client, region.as_ref(), project_id.as_ref(), instance_id, group)
            .await
            .map_err(|error| self.failed("look up the project", &error, lookup_advice(&error)))?;
        let mut group = read_group(client, &address).await.map_err(|error| match error {
            ReadGroupError::NoGroup(why) => self.not_found(&why),
            ReadGroupError::NoInstance(error) | ReadGroupError::Failed(error) => {
                self.failed("read the group", &error, read_advice(&error))
            }
        })?;
        if let Some(topic) = topic {
            group.retain_topic(topic);
        }
        let GroupAddress { instance, .. } = address;
        let log_starts = self.log_starts(client, &instance, &group).await?;
        Ok((instance, group, log_starts))
    }

    /// The starts of the logs, which the response about the group does not contain. Leaves out topics that no longer
    /// exist, and those whose lists cannot be decoded.
    async fn log_starts(
        &self,
        client: &Client,
        instance: &InstanceAddress,
        group: &ConsumerGroup,
    ) -> Result<LogStarts, Diagnostics> {
        let read = |topic: TopicName| async move {
            let step = format!("read the partitions of topic {:?}", topic.as_str());
            let partitions = match read_partitions(client, instance, &topic).await {
                Ok(listed) => listed.map_or_else(|_| Vec::new(), |listed| listed.partitions),
                Err(error) if error.kind() == ErrorKind::Decode => Vec::new(),
                Err(error) => return Err(self.failed(&step, &error, read_advice(&error))),
            };
            Ok((topic, partitions.into_iter().map(|it| (it.partition, it.log_start)).collect()))
        };
        let log_starts = try_concurrently(group.topics().into_iter().map(read).collect()).await?;
        Ok(log_starts.into_iter().collect())
    }

    fn failed(&self, step: &str, error: &Error, advice: &str) -> Diagnostics {
        self.error(AttributePath::root(), NOT_READ, &format!("Failed to {step}: {}.\n\n{advice}", error.report()))
    }

    fn not_found(&self, why: &str) -> Diagnostics {
        let detail = format!("The group does not exist: {why}.\n\n{MISSING_GROUP}");
        self.error(AttributePath::attribute("group"), NOT_FOUND, &detail)
    }

    fn interrupted(&self, interruption: Interruption) -> Diagnostics {
        let detail = match interruption {
            Interruption::Cancelled => "The read was interrupted. Nothing was changed.",
            Interruption::TimedOut(_) => {
                "Timed out after 5 minutes. Nothing was changed. Check the network, then try again."
            }
        };
        self.error(AttributePath::root(), NOT_READ, detail)
    }

    fn error(&self, path: AttributePath, title: &str, detail: &str) -> Diagnostics {
        let summary = title.replace("<group>", &format!("{:?}", self.group.as_str()));
        Diagnostics::from_error(path, summary, format!("{detail}\n\nInstance {}.", self.instance_id))
    }
}
