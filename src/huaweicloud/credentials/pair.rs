//! Puts key parts together, whatever they were read from: complete, absent or broken.

use super::chain::Lookup;
use super::{Credentials, Part, Secret};
use crate::huaweicloud::error::{Error, ErrorKind};

/// What a source calls itself and its parts, in words its user knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    /// The source, as in "`source`: `secret_key` is missing".
    pub(super) source: &'static str,
    pub(super) access_key: &'static str,
    pub(super) secret_key: &'static str,
    pub(super) security_token: Option<&'static str>,
}

/// The parts a source has, blank ones already taken out.
pub(super) struct Parts {
    pub(super) access_key: Option<String>,
    pub(super) secret_key: Option<Secret>,
    pub(super) security_token: Option<Secret>,
}

/// Both keys make credentials, none make an absent source, anything else is an error.
pub(super) fn assemble(names: &Names, parts: Parts) -> Result<Lookup, Error> {
    let both = (names.access_key, names.secret_key);
    match (parts.access_key, parts.secret_key, parts.security_token) {
        (Some(access_key), Some(secret_key), token) => {
            Credentials::new(access_key, secret_key, token).map(Lookup::Found).map_err(|malformed| {
                let name = match malformed.0 {
                    Part::AccessKey => names.access_key,
                    Part::SecretKey => names.secret_key,
                    Part::SecurityToken => names.security_token.unwrap_or("security token"),
                };
                broken(names, &format!("{name}: {malformed}"))
            })
        }
        (Some(_), None, _) => Err(half(names, both.0, both.1)),
        (None, Some(_), _) => Err(half(names, both.1, both.0)),
        (None, None, Some(_)) => Err(broken(
            names,
            &format!(
                "{token} is set, but {} and {} are not; a security token needs the keys it belongs to",
                both.0,
                both.1,
                token = names.security_token.unwrap_or("security token"),
            ),
        )),
        (None, None, None) => Ok(Lookup::Absent(format!("{} and {} are not set", both.0, both.1))),
    }
}

fn half(names: &Names, present: &str, missing: &str) -> Error {
    broken(names, &format!("{present} is set, but {missing} is not; set both or neither"))
}

fn broken(names: &Names, what: &str) -> Error {
    Error::new(ErrorKind::Credentials, format!("credentials from {}: {what}", names.source))
}
