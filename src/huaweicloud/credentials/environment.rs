//! Source: environment variables, one set of names at a time.

use super::key_parts::{KeyNames, KeyParts, Lookup};
use crate::huaweicloud::error::Error;
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::system::Environment;

/// A set of variables that belong together. Credentials never combine two sets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Variables {
    /// `HW_ACCESS_KEY`, `HW_SECRET_KEY`, `HW_SECURITY_TOKEN`.
    Hw,
    /// `HUAWEICLOUD_SDK_AK`, `HUAWEICLOUD_SDK_SK`, `HUAWEICLOUD_SDK_SECURITY_TOKEN`, as in the official SDKs.
    HuaweicloudSdk,
    /// `CLOUD_SDK_AK`, `CLOUD_SDK_SK`, as in the samples of the API documentation. They have no security token.
    CloudSdk,
}

impl Variables {
    /// Every set, in search order.
    pub const ALL: [Self; 3] = [Self::Hw, Self::HuaweicloudSdk, Self::CloudSdk];

    /// Looks for credentials.
    ///
    /// # Errors
    /// [`Credentials`](crate::huaweicloud::error::ErrorKind::Credentials): the source is broken.
    pub(super) fn lookup(self, environment: &Environment) -> Result<Lookup, Error> {
        let names = self.names();
        let secret = |name| environment.get(name).map(Secret::from);
        let (secret_key, security_token) = (secret(names.secret_key), names.security_token.and_then(secret));
        KeyParts::new(environment.get(names.access_key), secret_key, security_token).lookup(self.describe(), &names)
    }

    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Hw => "the environment (HW_*)",
            Self::HuaweicloudSdk => "the environment (HUAWEICLOUD_SDK_*)",
            Self::CloudSdk => "the environment (CLOUD_SDK_*)",
        }
    }

    fn names(self) -> KeyNames {
        match self {
            Self::Hw => KeyNames {
                access_key: "HW_ACCESS_KEY",
                secret_key: "HW_SECRET_KEY",
                security_token: Some("HW_SECURITY_TOKEN"),
            },
            Self::HuaweicloudSdk => KeyNames {
                access_key: "HUAWEICLOUD_SDK_AK",
                secret_key: "HUAWEICLOUD_SDK_SK",
                security_token: Some("HUAWEICLOUD_SDK_SECURITY_TOKEN"),
            },
            Self::CloudSdk => KeyNames { access_key: "CLOUD_SDK_AK", secret_key: "CLOUD_SDK_SK", security_token: None },
        }
    }
}
