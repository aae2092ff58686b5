//! The provider block: its arguments, the environment variables and files that stand in for them, and the client made
//! of all of them.
//!
//! Per value: block before environment before profile before default. What can be wrong is told when the provider is
//! configured; nothing is asked of the network here.
//!
//! | file | what it reads |
//! |---|---|
//! | `schema.rs` | the arguments and their documentation |
//! | `variable.rs` | names of environment variables |
//! | `reader.rs` | one value, wherever it is; what is wrong with it |
//! | `keys.rs`, `roles.rs` | how to sign in |
//! | `connection.rs` | addresses, certificates, time limits, repetitions |
//! | `assemble.rs` | all of it, into a client |

use std::collections::BTreeMap;

use crate::huaweicloud::{Client, Host, Secret};
use crate::model;
use crate::tf_provider::Diagnostics;
use crate::tf_provider::attribute_path::AttributePath;
use crate::tf_provider::value::{Attr, FromValue, ModelError, Number, ToValue, Value};

mod assemble;
mod connection;
mod keys;
mod reader;
mod roles;
mod schema;
#[cfg(test)]
mod tests;
mod variable;

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
}

/// Checks the block by itself, as far as its values are known.
pub(super) fn check(config: &ProviderConfig) -> Diagnostics {
    let mut reader = Reader { host: None, diagnostics: Diagnostics::new() };
    reader.read(config);
    reader.diagnostics
}

/// Makes the client; none while a value it needs is still unknown.
pub(super) fn client(config: &ProviderConfig, host: &Host) -> Result<Option<Client>, Diagnostics> {
    let mut reader = Reader { host: Some(host), diagnostics: Diagnostics::new() };
    let client = reader.read(config);
    if reader.diagnostics.has_errors() { Err(reader.diagnostics) } else { Ok(client) }
}
