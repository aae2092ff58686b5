//! Temporary keys as IAM, STS and the metadata service write them.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Credentials, Secret};
use crate::huaweicloud::client::response::Response;
use crate::huaweicloud::error::Error;

/// `{"credential": {…}}`: IAM version 3 and the metadata service.
#[derive(Deserialize)]
struct Body {
    credential: Credential,
}

#[derive(Deserialize)]
struct Credential {
    access: String,
    secret: Secret,
    securitytoken: Secret,
    /// Such as `2022-10-17T18:51:25.231000Z`.
    expires_at: String,
}

/// The keys of an answer in that form.
///
/// # Errors
/// [`Decode`](crate::huaweicloud::ErrorKind::Decode), without anything of the body: it has another form, or its keys
/// can't be used.
pub(super) fn credential(response: &Response) -> Result<Credentials, Error> {
    let Body { credential } = response.confidential_json()?;
    let end = moment(response, &credential.expires_at)?;
    Ok(keys(response, credential.access, credential.secret, credential.securitytoken)?.until(end))
}

/// Keys out of an answer.
pub(super) fn keys(response: &Response, access: String, secret: Secret, token: Secret) -> Result<Credentials, Error> {
    Credentials::new(access, secret, Some(token)).map_err(|malformed| response.unexpected(&malformed.to_string()))
}

/// When the keys of an answer end.
pub(super) fn moment(response: &Response, text: &str) -> Result<Timestamp, Error> {
    text.parse().map_err(|_| response.unexpected("the time at which the keys end cannot be read"))
}
