//! Source: keys that the caller states outright.

use super::chain::Lookup;
use super::key_parts::{Names, Parts, assemble};
use super::{Credentials, MalformedPart, Secret};
use crate::huaweicloud::error::Error;

const SOURCE: &str = "the configuration";

const NAMES: Names =
    Names { access_key: "access_key", secret_key: "secret_key", security_token: Some("security_token") };

/// Explicit keys. All parts `None` or blank: the source is absent.
#[derive(Clone, Debug, Default)]
pub struct FixedKeys {
    /// The access key (AK).
    pub access_key: Option<String>,
    /// The secret access key (SK).
    pub secret_key: Option<Secret>,
    /// The token of temporary keys.
    pub security_token: Option<Secret>,
}

impl FixedKeys {
    /// The first part that no request can carry, where both keys are stated.
    #[must_use]
    pub fn malformed(&self) -> Option<MalformedPart> {
        let Parts { access_key, secret_key, security_token } = self.parts();
        Credentials::new(access_key?, secret_key?, security_token).err()
    }

    pub(super) fn lookup(&self) -> Result<Lookup, Error> {
        assemble(SOURCE, &NAMES, self.parts())
    }

    fn parts(&self) -> Parts {
        let filled = |secret: &Option<Secret>| secret.clone().filter(|secret| !secret.expose().is_empty());
        Parts {
            access_key: self.access_key.clone().filter(|key| !key.trim().is_empty()),
            secret_key: filled(&self.secret_key),
            security_token: filled(&self.security_token),
        }
    }

    pub(super) fn describe() -> &'static str {
        SOURCE
    }
}
