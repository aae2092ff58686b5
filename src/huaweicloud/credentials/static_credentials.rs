//! Source: credentials that the caller passes.

use super::key_parts::{Defect, KeyNames, KeyParts, Lookup, absent, broken};
use crate::huaweicloud::error::Error;
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::signing::{Credentials, MalformedPart};

pub(super) const SOURCE: &str = "the configuration";

const NAMES: KeyNames =
    KeyNames { access_key: "access_key", secret_key: "secret_key", security_token: Some("security_token") };

/// Credentials that the caller passes. By default none, and the source is absent.
#[derive(Clone, Debug, Default)]
pub struct StaticCredentials(State);

#[derive(Clone, Debug, Default)]
enum State {
    #[default]
    Absent,
    Complete(Credentials),
    /// The message about the missing part.
    Incomplete(String),
}

impl StaticCredentials {
    /// Validates the parts. Blank counts as `None`. A missing part is an error only when the credentials are looked up.
    ///
    /// # Errors
    /// The first part that no request can contain, if both keys are set.
    pub fn new(
        access_key: Option<&str>,
        secret_key: Option<Secret>,
        security_token: Option<Secret>,
    ) -> Result<Self, MalformedPart> {
        Ok(Self(match KeyParts::new(access_key, secret_key, security_token).assemble(&NAMES) {
            Ok(None) => State::Absent,
            Ok(Some(credentials)) => State::Complete(credentials),
            Err(Defect::Malformed(malformed)) => return Err(malformed),
            Err(Defect::Incomplete(message)) => State::Incomplete(message),
        }))
    }

    /// Looks for credentials.
    ///
    /// # Errors
    /// [`Credentials`](crate::huaweicloud::error::ErrorKind::Credentials): the source is broken.
    pub(super) fn lookup(&self) -> Result<Lookup, Error> {
        match &self.0 {
            State::Absent => Ok(absent(&NAMES)),
            State::Complete(credentials) => Ok(Lookup::Found(credentials.clone())),
            State::Incomplete(message) => Err(broken(SOURCE, message)),
        }
    }
}
