//! The product: resetting consumer group offsets on Huawei Cloud, offered to Terraform. The only layer that knows
//! both sides.
//!
//! | module | what it holds |
//! |---|---|
//! | `config` | the provider block and its environment variables → a client |
//! | `errors` | what the cloud said → what the user is told |
//! | `limits`, `duration` | what ends work early, and how time limits are written |
//! | `read_group` | the one way to find and read a consumer group |
//! | `poll_interval`, `reset_locks` | how often to poll, and which resets wait for each other |
//! | `kafka_offset_reset` | the resource and the action |
//! | `kafka_consumer_group` | the data source |
//! | `doctor` | the command that tries sign-in and looks at a group, outside of Terraform |

mod config;
pub mod doctor;
mod duration;
mod errors;
pub(crate) mod fuzzing;
mod kafka_consumer_group;
mod kafka_offset_reset;
mod limits;
mod poll_interval;
mod read_group;
mod reset_locks;

use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::huaweicloud::{Client, System};
use crate::tf_provider::provider::Offers;
use crate::tf_provider::{AttributePath, ConfigureRequest, Diagnostics, Provider, Schema};
use config::{Location, ProviderConfig};
use kafka_consumer_group::KafkaConsumerGroup;
use kafka_offset_reset::{KafkaOffsetReset, KafkaOffsetResetAction};
use reset_locks::ResetLocks;

/// The provider's source address: what users write under `required_providers`.
pub const SOURCE_ADDRESS: &str = "terraform.internal/huaweicloud/huaweicloud-kafka";

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
    block: ProviderConfig,
    location: Location,
    /// Inner `None`: the provider block holds unknown values, which happens in plans only.
    made: OnceCell<Result<Option<Client>, Diagnostics>>,
}

impl Configured {
    /// The region and endpoints as far as a plan can know them. Must not depend on files, which can change before the
    /// apply.
    fn location(&self) -> &Location {
        &self.source.location
    }

    /// The client. The first call reads environment variables and files.
    ///
    /// # Errors
    /// A source of settings is broken, or a value is not known yet.
    async fn client(&self) -> Result<&Client, Diagnostics> {
        let made = self.source.made.get_or_init(|| config::client(&self.source.block, &self.system)).await;
        match made {
            Ok(Some(client)) => Ok(client),
            Ok(None) => Err(Diagnostics::from_error(
                AttributePath::root(),
                "Provider not fully configured",
                "The provider block still contains unknown values. Nothing was sent. First apply the resources that \
                 these values come from (-target), then apply again.",
            )),
            Err(broken) => {
                let mut problems = Diagnostics::new();
                for it in broken.clone() {
                    let detail = format!(
                        "{}\n\nNothing was sent. Correct this setting of the provider, then run the command again.",
                        it.detail
                    );
                    problems.error(AttributePath::root(), it.summary, detail);
                }
                Err(problems)
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
        let block = request.config;
        let location = config::location(&block, &self.system)?;
        let source = Arc::new(ClientSource { block, location, made: OnceCell::new() });
        Ok(Configured { system: self.system.clone(), locks: self.locks.clone(), source })
    }

    fn offers(&self) -> Offers<Configured> {
        Offers::default().resource(KafkaOffsetReset).action(KafkaOffsetResetAction).data_source(KafkaConsumerGroup)
    }
}
