//! The provider block: its arguments, the environment variables and files that supplement them, and the client made
//! from all of them.
//!
//! The order for each value: block, environment, profile, default. Mistakes in the block are reported when the provider
//! is configured. Mistakes in environment variables and files are reported when a request needs them. Nothing here uses
//! the network.
//!
//! | file | what it holds |
//! |---|---|
//! | `schema.rs` | the arguments and their documentation |
//! | `variable.rs` | the names of the environment variables |
//! | `reader.rs` | reads one value from the block or the environment |
//! | `credentials.rs`, `roles.rs` | the sources of credentials, and the roles to assume |
//! | `connection.rs` | endpoints, timeouts, retries and the request rate |
//! | `settings.rs` | all settings, and the client made from them |
//! | `location.rs` | region and endpoints as far as a plan can know them |

use std::collections::BTreeMap;

use crate::huaweicloud::{Secret, System};
use crate::model;
use crate::tf_provider::Diagnostics;
use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::{Attr, FromValue, Number, ToValue, Type, Value, ValueError};

mod connection;
mod credentials;
mod location;
mod reader;
mod roles;
mod schema;
mod settings;
#[cfg(test)]
mod tests;
mod variable;

pub(super) use location::Location;
pub(super) use schema::schema;
pub(super) use settings::Settings;

model! {
    /// The provider block as a struct.
    #[derive(Clone, Debug, Default)]
    pub struct ProviderConfig {
        pub region: Attr<String>,
        pub access_key: Attr<String>,
        pub secret_key: Attr<Secret>,
        pub security_token: Attr<Secret>,
        pub project_id: Attr<String>,
        pub project_name: Attr<String>,
        pub domain_id: Attr<String>,
        pub domain_name: Attr<String>,
        pub profile: Attr<String>,
        pub shared_config_file: Attr<String>,
        pub use_ecs_metadata: Attr<bool>,
        pub cloud: Attr<String>,
        pub auth_url: Attr<String>,
        pub endpoints: Attr<BTreeMap<String, Attr<String>>>,
        pub insecure: Attr<bool>,
        pub cacert_file: Attr<String>,
        pub request_timeout: Attr<String>,
        pub max_retries: Attr<u32>,
        pub max_requests_per_second: Attr<Number>,
        pub assume_role: Attr<Vec<AssumeRoleBlock>>,
        pub assume_role_with_oidc: Attr<Vec<OidcBlock>>,
    }
}

model! {
    /// A block `assume_role`.
    #[derive(Clone, Debug, Default)]
    pub struct AssumeRoleBlock {
        pub agency_name: Attr<String>,
        pub domain_name: Attr<String>,
        pub domain_id: Attr<String>,
        pub duration: Attr<u32>,
    }
}

model! {
    /// The block `assume_role_with_oidc`.
    #[derive(Clone, Debug, Default)]
    pub struct OidcBlock {
        pub agency_name: Attr<String>,
        pub domain_id: Attr<String>,
        pub duration: Attr<u32>,
        pub idp_id: Attr<String>,
        pub id_token: Attr<Secret>,
        pub id_token_file: Attr<String>,
    }
}

impl FromValue for Secret {
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ValueError> {
        String::from_value(value, path).map(Secret::from)
    }
}

/// The provider block is never written back.
impl ToValue for Secret {
    fn to_value(&self) -> Value {
        Value::Null
    }

    fn value_type() -> Type {
        Type::String
    }
}

/// Checks the block alone, as far as its values are known.
pub(super) fn check(block: &ProviderConfig) -> Diagnostics {
    Settings::read(block, None).1
}

/// Reads the block and the environment.
///
/// # Errors
/// Mistakes in the block.
pub(super) fn read(block: &ProviderConfig, system: &System) -> Result<Settings, Diagnostics> {
    let (settings, diagnostics) = Settings::read(block, Some(system));
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(settings) }
}
