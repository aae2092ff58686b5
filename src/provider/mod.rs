//! The product: resets the offsets of consumer groups on Huawei Cloud. The only layer that knows both Terraform and the
//! cloud.
//!
//! | module | what it holds |
//! |---|---|
//! | `config` | the provider block and its environment variables, and the client made from them |
//! | `argument_reader`, `duration` | how arguments are read, and the notation of durations |
//! | `errors` | the advice for each error of the cloud |
//! | `operation_limits` | cancellation, deadlines, and the number of concurrent requests |
//! | `read_group` | how a consumer group and its topics are found and read |
//! | `poll_interval`, `reset_locks` | polling, and resets that wait for each other |
//! | `kafka_offset_reset` | the resource, the action, and the data source that previews a reset |
//! | `kafka_consumer_group` | the data source that reads a group |
//! | `doctor` | the command that checks sign-in and reads a group, without Terraform |

mod argument_reader;
mod config;
pub mod doctor;
mod duration;
mod errors;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod kafka_consumer_group;
mod kafka_offset_reset;
mod operation_limits;
mod poll_interval;
mod read_group;
mod reset_locks;

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::huaweicloud::{Client, System};
use crate::tf_provider::provider::Registry;
use crate::tf_provider::{AttributePath, ConfigureRequest, Diagnostics, Provider, Schema};

use config::{Location, ProviderConfig, Settings};
use kafka_consumer_group::KafkaConsumerGroup;
use kafka_offset_reset::{KafkaOffsetReset, KafkaOffsetResetAction, KafkaOffsetResetPreview};
use reset_locks::ResetLocks;

/// The provider's source address: what users write under `required_providers`.
pub const SOURCE_ADDRESS: &str = "terraform.internal/huaweicloud/huaweicloud-kafka";

const NOT_CONFIGURED: &str = "Provider not fully configured";

/// The titles of the diagnostics of this layer, as the troubleshooting page has them.
pub(crate) fn titles() -> Vec<&'static str> {
    let reset = kafka_offset_reset::titles();
    [&[NOT_CONFIGURED][..], argument_reader::TITLES, kafka_consumer_group::TITLES, &reset].concat()
}

/// The provider as it runs in production: this computer's clock and this process's environment.
pub fn new() -> HuaweiCloudKafka {
    HuaweiCloudKafka { system: System::real(), locks: ResetLocks::default() }
}

/// The provider `huaweicloud-kafka`.
#[derive(Clone, Debug)]
pub struct HuaweiCloudKafka {
    system: System,
    /// Shared by all configurations, because in reattach mode one process has several.
    locks: ResetLocks,
}

/// A configured provider.
#[derive(Clone, Debug)]
pub struct Configured {
    system: System,
    locks: ResetLocks,
    source: Arc<ClientSource>,
}

/// Makes the client when a request first needs it.
#[derive(Debug)]
struct ClientSource {
    settings: Settings,
    location: Location,
    /// `Ok(None)`: the provider block contains unknown values, which happens in plans only.
    client: OnceCell<Result<Option<Client>, Diagnostics>>,
}

impl Configured {
    /// The region and endpoints as far as a plan can know them. Must not depend on files, which can change before the
    /// apply.
    fn location(&self) -> &Location {
        &self.source.location
    }

    /// The client. The first call reads files.
    ///
    /// # Errors
    /// A source of settings is broken, or a value is not known yet.
    async fn client(&self) -> Result<&Client, Diagnostics> {
        let client = self.source.client.get_or_init(|| self.source.settings.client(&self.system)).await;
        match client {
            Ok(Some(client)) => Ok(client),
            Ok(None) => Err(Diagnostics::from_error(
                AttributePath::root(),
                NOT_CONFIGURED,
                "The provider block contains values that are not known yet. Nothing was sent. First apply the \
                 resources that these values come from (-target), then apply again.",
            )),
            Err(broken) => {
                let mut diagnostics = Diagnostics::new();
                for it in broken.clone() {
                    let detail = format!(
                        "{}\n\nNothing was sent. Correct this setting of the provider, then run the command again.",
                        it.detail
                    );
                    diagnostics.error(AttributePath::root(), it.summary, detail);
                }
                Err(diagnostics)
            }
        }
    }
}

impl Provider for HuaweiCloudKafka {
    type Config = ProviderConfig;
    type Client = Configured;

    fn type_name(&self) -> &'static str {
        "huaweicloud-kafka"
    }

    fn schema(&self) -> Schema {
        config::schema()
    }

    fn validate(&self, config: ProviderConfig) -> Diagnostics {
        config::check(&config)
    }

    fn configure(&self, request: ConfigureRequest<ProviderConfig>) -> Result<Configured, Diagnostics> {
        log::info!(terraform_version = request.terraform_version.as_str(); "configured");
        let settings = config::read(&request.config, &self.system)?;
        let location = settings.location(&self.system);
        let source = Arc::new(ClientSource { settings, location, client: OnceCell::new() });
        Ok(Configured { system: self.system.clone(), locks: self.locks.clone(), source })
    }

    fn register(&self) -> Registry<Configured> {
        Registry::default()
            .resource(KafkaOffsetReset)
            .action(KafkaOffsetResetAction)
            .data_source(KafkaOffsetResetPreview)
            .data_source(KafkaConsumerGroup)
    }
}
