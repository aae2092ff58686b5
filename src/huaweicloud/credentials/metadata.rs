//! Source: the metadata service of a virtual machine (ECS), with credentials of the agency attached to the machine.
//!
//! `PUT /meta-data/latest/api/token` returns a token for `GET /openstack/latest/securitykey`. If the service has no
//! tokens (404, 405, 503), the second request is sent without one. Source: ECS user guide "Obtaining Metadata" and the
//! official SDKs.

use std::time::Duration;

use reqwest::Method;

use super::key_parts::{Lookup, broken};
use super::temporary;
use crate::huaweicloud::endpoint::Endpoint;
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::http::{Request, Sender};
use crate::huaweicloud::secret::Secret;
use crate::huaweicloud::signing::Credentials;

pub(super) const SOURCE: &str = "the ECS metadata service";

/// The address on every virtual machine.
const ADDRESS: &str = "http://169.254.169.254";

/// Time limit for both requests. Outside of virtual machines, the address does not respond.
const TIME_LIMIT: Duration = Duration::from_secs(1);

/// The requested duration of the token, in seconds, as in the SDKs.
const TOKEN_DURATION: &str = "21600";

/// The metadata service.
#[derive(Clone, Debug)]
pub struct EcsMetadata {
    address: Endpoint,
}

impl EcsMetadata {
    /// The service at its standard address.
    ///
    /// # Errors
    /// None in practice: the address is a constant.
    pub fn standard() -> Result<Self, Error> {
        Self::at(ADDRESS)
    }

    /// The service at another address, which may be plain `http`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: the address is not valid.
    pub fn at(address: &str) -> Result<Self, Error> {
        Ok(Self { address: Endpoint::parse("metadata", address, true)? })
    }

    /// Looks for credentials.
    ///
    /// # Errors
    /// [`Credentials`](crate::huaweicloud::error::ErrorKind::Credentials): the source is broken.
    pub(super) async fn lookup(&self, sender: &Sender) -> Result<Lookup, Error> {
        let address = &self.address;
        let silent =
            || Ok(Lookup::Absent(format!("{address} did not respond within a second; it exists only on an ECS")));
        let Ok(result) = tokio::time::timeout(TIME_LIMIT, self.request_credentials(sender)).await else {
            return silent();
        };
        match result {
            Ok(credentials) => Ok(Lookup::Found(credentials)),
            Err(error) if error.kind() == ErrorKind::Timeout => silent(),
            Err(error) if matches!(error.kind(), ErrorKind::Connect | ErrorKind::Interrupted) => {
                Ok(Lookup::Absent(error.report()))
            }
            Err(error) if error.response().is_some_and(|response| response.status == 404) => {
                Ok(Lookup::Absent(format!("no agency is attached to this ECS: {error}")))
            }
            Err(error) => Err(broken(SOURCE, &error.report())),
        }
    }

    async fn request_credentials(&self, sender: &Sender) -> Result<Credentials, Error> {
        let request = self.request(Method::GET, &["openstack", "latest", "securitykey"])?;
        let request = match self.request_token(sender).await? {
            Some(token) => request.header("x-metadata-token", token.clone()).secret(&token),
            None => request,
        };
        temporary::credential(&sender.send(sender.unsigned(&request)?).await?)
    }

    /// `None`: the service has no tokens.
    async fn request_token(&self, sender: &Sender) -> Result<Option<Secret>, Error> {
        let request = self.request(Method::PUT, &["meta-data", "latest", "api", "token"])?;
        let request = request.header("x-metadata-token-ttl-seconds", TOKEN_DURATION);
        match sender.send(sender.unsigned(&request)?).await {
            Ok(response) => response.secret().map(Some),
            Err(error) => match error.response().map(|response| response.status) {
                Some(404 | 405 | 503) => Ok(None),
                _ => Err(error),
            },
        }
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<Request, Error> {
        Ok(Request::new(method, &self.address, path, &[])?.direct())
    }
}
