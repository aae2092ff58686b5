//! Assembles the parts of credentials from any source: complete, absent or broken.

use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::signing::{Credentials, MalformedPart, Part};

/// What a source that is not broken returns.
#[derive(Debug)]
pub(super) enum Lookup {
    /// Credentials: the search ends.
    Found(Credentials),
    /// No credentials, and why: the next source is tried.
    Absent(String),
}

/// The names of the parts in a source, as its user knows them.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyNames {
    pub(super) access_key: &'static str,
    pub(super) secret_key: &'static str,
    pub(super) security_token: Option<&'static str>,
}

impl KeyNames {
    fn security_token(&self) -> &'static str {
        self.security_token.unwrap_or("security token")
    }
}

/// The parts in a source.
pub(super) struct KeyParts {
    access_key: Option<String>,
    secret_key: Option<Secret>,
    security_token: Option<Secret>,
}

/// Why parts are not credentials.
pub(super) enum Defect {
    Malformed(MalformedPart),
    /// A part is missing. The message names the parts.
    Incomplete(String),
}

impl KeyParts {
    /// The parts in a source. Blank counts as `None`.
    pub(super) fn new(access_key: Option<&str>, secret_key: Option<Secret>, security_token: Option<Secret>) -> Self {
        Self {
            access_key: access_key.map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned),
            secret_key: secret_key.filter(|secret| !secret.is_empty()),
            security_token: security_token.filter(|secret| !secret.is_empty()),
        }
    }

    /// The credentials. `None`: no part is set.
    ///
    /// # Errors
    /// Some parts are missing, or a part is malformed.
    pub(super) fn assemble(self, names: &KeyNames) -> Result<Option<Credentials>, Defect> {
        let KeyNames { access_key: ak, secret_key: sk, .. } = names;
        let one_of_two = |set: &str, missing: &str| {
            Err(Defect::Incomplete(format!("{set} is set, but {missing} is not; set both or neither")))
        };
        match (self.access_key, self.secret_key, self.security_token) {
            (Some(access_key), Some(secret_key), token) => {
                Credentials::new(access_key, secret_key, token).map(Some).map_err(Defect::Malformed)
            }
            (Some(_), None, _) => one_of_two(ak, sk),
            (None, Some(_), _) => one_of_two(sk, ak),
            (None, None, Some(_)) => Err(Defect::Incomplete(format!(
                "{} is set, but {ak} and {sk} are not; a security token is valid only with its keys",
                names.security_token()
            ))),
            (None, None, None) => Ok(None),
        }
    }

    /// The credentials as the result of `source`.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`]: the source is broken.
    pub(super) fn lookup(self, source: &str, names: &KeyNames) -> Result<Lookup, Error> {
        match self.assemble(names) {
            Ok(Some(credentials)) => Ok(Lookup::Found(credentials)),
            Ok(None) => Ok(absent(names)),
            Err(Defect::Incomplete(message)) => Err(broken(source, &message)),
            Err(Defect::Malformed(malformed)) => {
                let name = match malformed.0 {
                    Part::AccessKey => names.access_key,
                    Part::SecretKey => names.secret_key,
                    Part::SecurityToken => names.security_token(),
                };
                Err(broken(source, &format!("{name}: {malformed}")))
            }
        }
    }
}

pub(super) fn absent(names: &KeyNames) -> Lookup {
    Lookup::Absent(format!("{} and {} are not set", names.access_key, names.secret_key))
}

/// The error about a broken source, which ends the search.
pub(super) fn broken(source: &str, what: &str) -> Error {
    Error::new(ErrorKind::Credentials, format!("credentials from {source}: {what}"))
}
