//! Where keys are looked for: those of the block, the profile, the machine.

use super::reader::{Reader, told};
use super::{ProviderConfig, variable};
use crate::huaweicloud::{Chain, Defaults, EcsMetadata, HcloudProfile, Part, StaticCredentials};
use crate::tf_provider::value::Attr;

impl Reader<'_> {
    pub(super) fn keys(&mut self, block: &ProviderConfig) -> Option<StaticCredentials> {
        let secret_goes_with_key = "access_key and secret_key belong together: write both, or neither to take both \
                                    from the environment.";
        match (&block.access_key, &block.secret_key) {
            (Attr::Known(_), Attr::Null) => self.invalid("access_key", secret_goes_with_key),
            (Attr::Null, Attr::Known(_)) => self.invalid("secret_key", secret_goes_with_key),
            (Attr::Null, Attr::Null) if block.security_token.known().is_some_and(|it| !it.expose().is_empty()) => {
                self.invalid("security_token", "A security token belongs to temporary keys: write those too.")
            }
            (Attr::Unknown, _) | (_, Attr::Unknown) => None,
            _ if matches!(block.security_token, Attr::Unknown) => None,
            (access_key, secret_key) => {
                let access_key = access_key.known().map(String::as_str);
                let (secret_key, token) = (secret_key.known().cloned(), block.security_token.known().cloned());
                match StaticCredentials::new(access_key, secret_key, token) {
                    Ok(credentials) => Some(credentials),
                    Err(malformed) => self.invalid(argument_of(malformed.0), format!("{malformed}.")),
                }
            }
        }
    }

    pub(super) fn profile(&self, block: &ProviderConfig) -> Option<HcloudProfile> {
        match (&block.profile, &block.shared_config_file) {
            (Attr::Unknown, _) | (_, Attr::Unknown) => None,
            (name, file) => Some(HcloudProfile { name: name.known().cloned(), file: file.known().cloned() }),
        }
    }

    /// `Some(None)`: nobody wants the machine's keys.
    pub(super) fn metadata(&mut self, block: &ProviderConfig) -> Option<Option<EcsMetadata>> {
        let name = "use_ecs_metadata";
        if !self.flag(name, &block.use_ecs_metadata, variable::USE_ECS_METADATA)? {
            return Some(None);
        }
        match EcsMetadata::standard() {
            Ok(metadata) => Some(Some(metadata)),
            Err(error) => self.invalid(name, told(&error)),
        }
    }

    /// Settings from files other than credentials. A named profile is checked separately, so that the error names it.
    /// `chain`: none when nobody will ask it for keys.
    pub(super) async fn defaults(&mut self, profile: &HcloudProfile, chain: Option<&Chain>) -> Option<Defaults> {
        let system = self.system?;
        let named = profile.named_defaults(system).await;
        let result = match (named, chain) {
            (Ok(_), Some(chain)) => chain.check(system).await.map_err(|error| ("credentials", error)),
            (Ok(defaults), None) => Ok(defaults),
            (Err(error), _) if profile.name.is_some() => Err(("profile", error)),
            (Err(error), _) if profile.file.is_some() => Err(("shared_config_file", error)),
            (Err(error), _) => Err(("credentials", error)),
        };
        match result {
            Ok(defaults) => Some(defaults),
            Err((name, error)) => self.broken(name, told(&error)),
        }
    }
}

fn argument_of(part: Part) -> &'static str {
    match part {
        Part::AccessKey => "access_key",
        Part::SecretKey => "secret_key",
        Part::SecurityToken => "security_token",
    }
}
