//! The provider block: its arguments, the environment variables and files that stand in for them, and the client made
//! of all of them.
//!
//! Per value: block before environment before profile before default. Mistakes in the block are reported when the
//! provider is configured; broken variables and files, when a request needs them. Nothing here uses the network.
//!
//! | file | what it reads |
//! |---|---|
//! | `schema.rs` | the arguments and their documentation |
//! | `variable.rs` | names of environment variables |
//! | `reader.rs` | one value, wherever it is; what is wrong with it |
//! | `keys.rs`, `roles.rs` | how to sign in |
//! | `connection.rs` | addresses, certificates, time limits, repetitions |
//! | `location.rs` | region and addresses, as far as a plan can know them |
//! | `assemble.rs` | all of it, into a client |

use std::collections::BTreeMap;

use crate::huaweicloud::{Client, Secret, System};
use crate::model;
use crate::tf_provider::Diagnostics;
use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::{Attr, FromValue, ModelError, Number, ToValue, Type, Value};

mod assemble;
mod connection;
mod keys;
mod location;
mod reader;
mod roles;
mod schema;
#[cfg(test)]
mod tests;
mod variable;

pub(super) use location::Location;
use reader::Reader;
pub(super) use schema::schema;

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
    fn from_value(value: &Value, path: &AttributePath) -> Result<Self, ModelError> {
        String::from_value(value, path).map(Secret::from)
    }
}

/// A provider block is read and never written, so a secret has no way back.
impl ToValue for Secret {
    fn to_value(&self) -> Value {
        Value::Null
    }

    fn value_type() -> Type {
        Type::String
    }
}

/// Checks the block by itself, as far as its values are known.
pub(super) fn check(config: &ProviderConfig) -> Diagnostics {
    let mut reader = Reader::new(None);
    reader.settings(config);
    reader.diagnostics
}

/// Checks the block together with the environment, and returns what is known without reading any file.
///
/// # Errors
/// Mistakes in the block. [`client`] reports mistakes in the environment, because work that sends no request does not
/// need it.
pub(super) fn location(config: &ProviderConfig, system: &System) -> Result<Location, Diagnostics> {
    let mut reader = Reader::new(Some(system));
    reader.settings(config);
    if reader.diagnostics.has_errors() { Err(reader.diagnostics) } else { Ok(reader.location(config)) }
}

/// Makes the client. Reads files. `None`: a value that it needs is still unknown.
///
/// # Errors
/// Mistakes in the block, in environment variables and in files.
pub(super) async fn client(config: &ProviderConfig, system: &System) -> Result<Option<Client>, Diagnostics> {
    let mut reader = Reader::new(Some(system));
    let client = reader.client(config).await;
    let Reader { mut diagnostics, broken_sources, .. } = reader;
    diagnostics.extend(broken_sources);
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(client) }
}
