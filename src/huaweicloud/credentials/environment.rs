//! Source: environment variables, one set of names at a time.

use super::Secret;
use super::chain::Lookup;
use super::key_parts::{Names, Parts, assemble};
use crate::huaweicloud::error::Error;
use crate::huaweicloud::system::Environment;

/// A set of variables that belong together. Keys are never taken from two sets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Variables {
    /// `HW_ACCESS_KEY`, `HW_SECRET_KEY`, `HW_SECURITY_TOKEN`.
    Hw,
    /// `HUAWEICLOUD_SDK_AK`, `HUAWEICLOUD_SDK_SK`, `HUAWEICLOUD_SDK_SECURITY_TOKEN`: the official
    /// SDKs'.
    HuaweicloudSdk,
    /// `CLOUD_SDK_AK`, `CLOUD_SDK_SK`: those of the samples in the API documentation.
    CloudSdk,
}

impl Variables {
    /// Every set, in the order in which they are asked.
    pub const ALL: [Self; 3] = [Self::Hw, Self::HuaweicloudSdk, Self::CloudSdk];

    pub(super) fn lookup(self, environment: &Environment) -> Result<Lookup, Error> {
        let names = self.names();
        let secret = |name| environment.get(name).map(Secret::from);
        assemble(
            self.describe(),
            &names,
            Parts {
                access_key: environment.get(names.access_key).map(str::to_owned),
                secret_key: secret(names.secret_key),
                security_token: names.security_token.and_then(secret),
            },
        )
    }

    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Hw => "the environment (HW_*)",
            Self::HuaweicloudSdk => "the environment (HUAWEICLOUD_SDK_*)",
            Self::CloudSdk => "the environment (CLOUD_SDK_*)",
        }
    }

    fn names(self) -> Names {
        match self {
            Self::Hw => Names {
                access_key: "HW_ACCESS_KEY",
                secret_key: "HW_SECRET_KEY",
                security_token: Some("HW_SECURITY_TOKEN"),
            },
            Self::HuaweicloudSdk => Names {
                access_key: "HUAWEICLOUD_SDK_AK",
                secret_key: "HUAWEICLOUD_SDK_SK",
                security_token: Some("HUAWEICLOUD_SDK_SECURITY_TOKEN"),
            },
            Self::CloudSdk => Names { access_key: "CLOUD_SDK_AK", secret_key: "CLOUD_SDK_SK", security_token: None },
        }
    }
}
