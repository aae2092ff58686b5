//! Puts key parts together, whatever they were read from: complete, absent or broken.

use super::chain::Lookup;
use super::{Credentials, Part, Secret};
use crate::huaweicloud::error::{Error, ErrorKind};

/// What a source calls the parts, in words its user knows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
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

/// Both keys make credentials, none make an absent source, anything else is an error. `source` as in "credentials from
/// `source`: `secret_key` is missing".
pub(super) fn assemble(source: &str, names: &Names, parts: Parts) -> Result<Lookup, Error> {
    let both = (names.access_key, names.secret_key);
    match (parts.access_key, parts.secret_key, parts.security_token) {
        (Some(access_key), Some(secret_key), token) => {
            Credentials::new(access_key, secret_key, token).map(Lookup::Found).map_err(|malformed| {
                let name = match malformed.0 {
                    Part::AccessKey => names.access_key,
                    Part::SecretKey => names.secret_key,
                    Part::SecurityToken => names.security_token.unwrap_or("security token"),
                };
                broken(source, &format!("{name}: {malformed}"))
            })
        }
        (Some(_), None, _) => Err(half(source, both.0, both.1)),
        (None, Some(_), _) => Err(half(source, both.1, both.0)),
        (None, None, Some(_)) => Err(broken(
            source,
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

fn half(source: &str, present: &str, missing: &str) -> Error {
    broken(source, &format!("{present} is set, but {missing} is not; set both or neither"))
}

/// The error of a source that must not be passed over.
pub(super) fn broken(source: &str, what: &str) -> Error {
    Error::new(ErrorKind::Credentials, format!("credentials from {source}: {what}"))
}
