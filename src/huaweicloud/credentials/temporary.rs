//! Temporary credentials in responses of IAM, STS and the metadata service.

use jiff::Timestamp;
use serde::Deserialize;

use crate::huaweicloud::error::Error;
use crate::huaweicloud::http::Response;
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::signing::Credentials;

/// `{"credential": {…}}`, of IAM version 3 and the metadata service.
#[derive(Deserialize)]
struct CredentialBody {
    credential: Credential,
}

#[derive(Deserialize)]
struct Credential {
    access: String,
    secret: Secret,
    securitytoken: Secret,
    /// For example `2022-10-17T18:51:25.231000Z`.
    expires_at: String,
}

/// The credentials in a response of that form.
///
/// # Errors
/// [`Decode`](crate::huaweicloud::error::ErrorKind::Decode), without a quote of the body: it has another form, or the
/// credentials are not valid.
pub(super) fn credential(response: &Response) -> Result<Credentials, Error> {
    let CredentialBody { credential } = response.confidential_json()?;
    let expires_at = expiry(response, &credential.expires_at)?;
    let credentials = validated(response, credential.access, credential.secret, credential.securitytoken)?;
    Ok(credentials.with_expiry(expires_at))
}

/// Credentials from the parts in a response.
///
/// # Errors
/// As for [`credential`].
pub(super) fn validated(
    response: &Response,
    access_key: String,
    secret_key: Secret,
    security_token: Secret,
) -> Result<Credentials, Error> {
    let credentials = Credentials::new(access_key, secret_key, Some(security_token));
    credentials.map_err(|malformed| response.unexpected(&malformed.to_string()))
}

/// The expiry time in a response.
///
/// # Errors
/// As for [`credential`].
pub(super) fn expiry(response: &Response, text: &str) -> Result<Timestamp, Error> {
    text.parse().map_err(|_| response.unexpected("the expiry time of the credentials cannot be read"))
}
