//! The credentials that sign requests: an access key, its secret key and, for temporary credentials, a security token.

use std::fmt;

use jiff::Timestamp;

use crate::huaweicloud::secret::Secret;

/// An access key, its secret key and the security token of temporary credentials.
///
/// `Debug` shows only the access key, which is not secret: every request contains it.
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

/// A part that is empty or contains characters that cannot be sent. Does not contain the value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MalformedPart(pub Part);

impl fmt::Display for MalformedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.0 {
            Part::AccessKey => "access key",
            Part::SecretKey => "secret key",
            Part::SecurityToken => "security token",
        };
        write!(f, "the {part} is empty or contains white space or characters outside ASCII")
    }
}

impl std::error::Error for MalformedPart {}

impl Credentials {
    /// Credentials whose parts can be sent in headers: at least one character each, visible ASCII only. Surrounding
    /// white space is removed.
    ///
    /// # Errors
    /// The first part that cannot be sent, without its value.
    pub fn new(
        access_key: impl Into<String>,
        secret_key: impl Into<Secret>,
        security_token: Option<Secret>,
    ) -> Result<Self, MalformedPart> {
        let access_key = access_key.into().trim().to_owned();
        let secret_key = secret_key.into();
        let check = |part, text: &str| {
            let is_valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
            if is_valid { Ok(()) } else { Err(MalformedPart(part)) }
        };
        check(Part::AccessKey, &access_key)?;
        check(Part::SecretKey, secret_key.expose())?;
        if let Some(token) = &security_token {
            check(Part::SecurityToken, token.expose())?;
        }
        Ok(Self { access_key, secret_key, security_token, expires_at: None })
    }

    /// The same credentials with an expiry time.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: Timestamp) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// When the service stops accepting them. `None`: never, or unknown.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// The access key. Not secret.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The secret key, from which signatures are computed.
    #[must_use]
    pub fn secret_key(&self) -> &Secret {
        &self.secret_key
    }

    /// The security token, sent as `X-Security-Token`.
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
