//! The keys that sign requests, and where they come from.
//!
//! [`Chain`] asks its sources in order. A source is one of three things: it *has* keys, which ends
//! the search; it is *absent*, and the next one is asked; or it is *broken* (half a pair, a token
//! without keys, an impossible character), which stops with an error that names the source. A
//! broken source is never skipped: one typo must not make other keys be used in silence.
//!
//! [`SignIn`] puts it together: keys of the chain, or those that a token of an identity provider is
//! exchanged for ([`AssumeRoleWithOidc`]), then one role after the other ([`AssumeRole`]). [`Cache`]
//! keeps the result, and signs in again before temporary keys end.
//!
//! A new source is a new file with a `lookup` and a variant of [`Source`].

use std::fmt;

use jiff::Timestamp;

mod assume_role;
mod cache;
mod chain;
mod environment;
mod fixed;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod key_parts;
mod metadata;
mod oidc;
mod profile;
mod sdk_file;
mod secret;
mod sign_in;
#[cfg(test)]
mod tests;
mod wire;

pub use assume_role::{AgencyAccount, AssumeRole};
pub(super) use cache::Cache;
pub use chain::{Chain, Defaults, Source};
pub use environment::Variables;
pub use fixed::FixedKeys;
pub use metadata::EcsMetadata;
pub use oidc::{AssumeRoleWithOidc, IdToken};
pub use profile::HcloudProfile;
pub use secret::Secret;
pub(super) use sign_in::SignIn;

/// An access key with its secret, and the token that temporary keys come with.
///
/// `Debug` shows the access key, which is no secret (every request carries it), and nothing else.
#[derive(Clone)]
pub struct Credentials {
    access_key: String,
    secret_key: Secret,
    security_token: Option<Secret>,
    expires_at: Option<Timestamp>,
}

/// One of the three parts of [`Credentials`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// The access key (AK).
    AccessKey,
    /// The secret access key (SK).
    SecretKey,
    /// The security token.
    SecurityToken,
}

/// A part that is empty or holds characters that cannot be sent. The value is not in here.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MalformedPart(pub Part);

impl fmt::Display for MalformedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.0 {
            Part::AccessKey => "access key",
            Part::SecretKey => "secret key",
            Part::SecurityToken => "security token",
        };
        write!(f, "the {part} is empty or holds white space or characters outside ASCII")
    }
}

impl std::error::Error for MalformedPart {}

impl Credentials {
    /// Keys that can be put into headers: visible ASCII characters only, at least one.
    /// Surrounding white space is dropped.
    ///
    /// # Errors
    /// Names the part that is not so, without its value.
    pub fn new(
        access_key: impl Into<String>,
        secret_key: impl Into<Secret>,
        security_token: Option<Secret>,
    ) -> Result<Self, MalformedPart> {
        let access_key = access_key.into().trim().to_owned();
        let secret_key = secret_key.into();
        let check = |part, text: &str| {
            let sound = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
            if sound { Ok(()) } else { Err(MalformedPart(part)) }
        };
        check(Part::AccessKey, &access_key)?;
        check(Part::SecretKey, secret_key.expose())?;
        if let Some(token) = &security_token {
            check(Part::SecurityToken, token.expose())?;
        }
        Ok(Self { access_key, secret_key, security_token, expires_at: None })
    }

    /// The same keys, known to end at this moment.
    #[must_use]
    pub fn until(mut self, moment: Timestamp) -> Self {
        self.expires_at = Some(moment);
        self
    }

    /// When the service stops taking them. `None`: never, or not known.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The access key. Not secret.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The key of the signature.
    #[must_use]
    pub fn secret_key(&self) -> &Secret {
        &self.secret_key
    }

    /// Sent as `X-Security-Token` when present.
    #[must_use]
    pub fn security_token(&self) -> Option<&Secret> {
        self.security_token.as_ref()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}
