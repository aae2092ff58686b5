//! Reads the group: one request, and the look-up of the project where it is not given.

use std::time::Duration;

use crate::huaweicloud::{
    Client, ConsumerGroup, Error, GroupAddress, GroupName, InstanceAddress, InstanceId, ProjectId, Region,
};
use crate::provider::Configured;
use crate::provider::errors::{MISSING_GROUP, is_missing_on_instance, lookup_advice, read_advice};
use crate::provider::limits::{Interruption, Limits};
use crate::tf_provider::value::Attr;
use crate::tf_provider::{AttributePath, DataSource, DataSourceRequest, Diagnostics, Schema};

use super::schema::{self, ConsumerGroupBlock};

/// Longest time of a read in all.
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
        let mut diagnostics = Diagnostics::new();
        Wanted::read(&config, &mut diagnostics);
        diagnostics
    }

    async fn read(
        &self,
        request: DataSourceRequest<ConsumerGroupBlock, Configured>,
    ) -> Result<(ConsumerGroupBlock, Diagnostics), Diagnostics> {
        let DataSourceRequest { config, client: configured, cancellation } = request;
        let mut diagnostics = Diagnostics::new();
        let Some(wanted) = Wanted::read(&config, &mut diagnostics) else { return Err(diagnostics) };
        let limits = Limits::new(cancellation, TIMEOUT);
        let read = limits.run(async {
            let client = configured.client().await?.until(limits.deadline());
            let (project_id, group) = wanted.look(&client).await?;
            Ok((wanted.region.as_ref().or(client.region()).map(Region::to_string), project_id, group))
        });
        match read.await.unwrap_or_else(|interruption| Err(interrupted(&wanted, interruption))) {
            Ok((region, project_id, group)) => {
                let (region, project_id) = (Attr::from_option(region), Attr::Known(project_id.to_string()));
                Ok((ConsumerGroupBlock { region, project_id, ..config }.filled_in(group), diagnostics))
            }
            Err(diagnostics) => Err(diagnostics),
        }
    }
}

/// The group to read.
struct Wanted {
    region: Option<Region>,
    project_id: Option<ProjectId>,
    instance_id: InstanceId,
    group: GroupName,
}

impl Wanted {
    /// None when something is wrong, which is told, or not known yet.
    fn read(block: &ConsumerGroupBlock, diagnostics: &mut Diagnostics) -> Option<Self> {
        let region = argument("region", &block.region, diagnostics, Region::parse);
        let project_id = argument("project_id", &block.project_id, diagnostics, ProjectId::parse);
        let instance_id = argument("instance_id", &block.instance_id, diagnostics, InstanceId::parse);
        let group = argument("group", &block.group, diagnostics, GroupName::parse);
        Some(Self { region: region?, project_id: project_id?, instance_id: instance_id??, group: group?? })
    }

    async fn look(&self, client: &Client) -> Result<(ProjectId, ConsumerGroup), Diagnostics> {
        let project_id = match &self.project_id {
            Some(given) => given.clone(),
            None => {
                let found = client.project_id(self.region.as_ref()).await;
                found.map_err(|error| {
                    self.failed("looking up the project", &error, lookup_advice(&error), AttributePath::root())
                })?
            }
        };
        let instance = InstanceAddress {
            project_id: project_id.clone(),
            region: self.region.clone(),
            instance_id: self.instance_id.clone(),
        };
        let address = GroupAddress { instance, group: self.group.clone() };
        match client.show_consumer_group(&address).await {
            Ok(group) if group.is_gone() => Err(self.not_found("the service says that it is Dead")),
            Ok(group) => Ok((project_id, group)),
            Err(error) if is_missing_on_instance(&error) => Err(self.not_found(&error.report())),
            Err(error) => Err(self.failed("reading the group", &error, read_advice(&error), AttributePath::root())),
        }
    }

    fn attempted(&self) -> String {
        format!("Tried to read consumer group {:?} of instance {}.", self.group.as_str(), self.instance_id)
    }

    fn failed(&self, step: &str, error: &Error, advice: &str, path: AttributePath) -> Diagnostics {
        let detail = format!("{}\n\nFailed at {step}: {}.\n\n{advice}", self.attempted(), error.report());
        Diagnostics::from_error(path, "Consumer group can't be read", detail)
    }

    fn not_found(&self, why: &str) -> Diagnostics {
        let detail = format!("{}\n\nThere is no such group: {why}.\n\n{MISSING_GROUP}", self.attempted());
        Diagnostics::from_error(AttributePath::attribute("group"), "Consumer group not found", detail)
    }
}

fn interrupted(wanted: &Wanted, interruption: Interruption) -> Diagnostics {
    let why = match interruption {
        Interruption::Cancelled => "Interrupted.",
        Interruption::TimedOut(_) => "It took longer than five minutes.",
    };
    let detail = format!("{} {why} Nothing was changed.", wanted.attempted());
    Diagnostics::from_error(AttributePath::root(), "Consumer group not read", detail)
}

/// Outer none: wrong, which is told, or not known yet. Inner none: left out.
fn argument<T>(
    name: &str,
    attribute: &Attr<String>,
    diagnostics: &mut Diagnostics,
    parse: impl Fn(&str) -> Result<T, Error>,
) -> Option<Option<T>> {
    match attribute {
        Attr::Null => Some(None),
        Attr::Unknown => None,
        Attr::Known(text) => match parse(text) {
            Ok(value) => Some(Some(value)),
            Err(error) => {
                diagnostics.error(AttributePath::attribute(name), format!("Invalid {name}"), format!("{error}."));
                None
            }
        },
    }
}
