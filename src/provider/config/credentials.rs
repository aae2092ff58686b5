//! The sources of credentials that the provider block configures: its access key, a profile, and the ECS metadata.

use crate::huaweicloud::{EcsMetadata, HcloudProfile, Part, StaticCredentials};
use crate::provider::argument_reader::{ReadResult, Unavailable, value_of};
use crate::tf_provider::value::Attr;

use super::reader::{ConfigReader, sentence};
use super::{ProviderConfig, variable};

impl ConfigReader<'_> {
    /// The keys of the block.
    ///
    /// # Errors
    /// They are incomplete, malformed or not known yet.
    pub(super) fn static_credentials(&mut self, block: &ProviderConfig) -> ReadResult<StaticCredentials> {
        let incomplete = "access_key and secret_key must be set together. Set both, or neither to use another source \
                          of credentials.";
        match (&block.access_key, &block.secret_key) {
            (Attr::Known(_), Attr::Null) => return Err(self.arguments.invalid("access_key", incomplete)),
            (Attr::Null, Attr::Known(_)) => return Err(self.arguments.invalid("secret_key", incomplete)),
            (Attr::Null, Attr::Null) if block.security_token.known().is_some_and(|it| !it.expose().is_empty()) => {
                let detail = "A security token needs the temporary access key and secret key that it was issued with. \
                              Set access_key and secret_key too.";
                return Err(self.arguments.invalid("security_token", detail));
            }
            _ => {}
        }
        let access_key = value_of(&block.access_key)?.map(String::as_str);
        let (secret_key, token) = (value_of(&block.secret_key)?.cloned(), value_of(&block.security_token)?.cloned());
        StaticCredentials::new(access_key, secret_key, token)
            .map_err(|malformed| self.arguments.invalid(argument_of(malformed.0), format!("{malformed}.")))
    }

    /// Whether to use the credentials of the ECS instance.
    ///
    /// # Errors
    /// The setting is invalid or not known yet.
    pub(super) fn metadata(&mut self, block: &ProviderConfig) -> ReadResult<Option<EcsMetadata>> {
        if !self.flag(&block.use_ecs_metadata, variable::USE_ECS_METADATA)? {
            return Ok(None);
        }
        let metadata = EcsMetadata::standard().map(Some);
        metadata.map_err(|error| self.arguments.invalid("use_ecs_metadata", sentence(&error)))
    }
}

/// The profile that the block names.
///
/// # Errors
/// [`Unavailable::Unknown`].
pub(super) fn profile(block: &ProviderConfig) -> Result<HcloudProfile, Unavailable> {
    Ok(HcloudProfile { name: value_of(&block.profile)?.cloned(), file: value_of(&block.shared_config_file)?.cloned() })
}

fn argument_of(part: Part) -> &'static str {
    match part {
        Part::AccessKey => "access_key",
        Part::SecretKey => "secret_key",
        Part::SecurityToken => "security_token",
    }
}
