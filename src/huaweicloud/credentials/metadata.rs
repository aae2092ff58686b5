//! Source: the metadata service of a virtual machine (ECS), which has keys of the agency that is attached to it.
//!
//! `PUT /meta-data/latest/api/token` for a token, then `GET /openstack/latest/securitykey` with it. Where the first is
//! not known (404, 405, 503), the second is asked without. Source: ECS user guide "Obtaining Metadata" and the official
//! SDKs.

use std::time::Duration;

use reqwest::Method;

use super::chain::Lookup;
use super::key_parts::broken;
use super::{Credentials, Secret, wire};
use crate::huaweicloud::client::Client;
use crate::huaweicloud::client::request::Request;
use crate::huaweicloud::endpoint::Endpoint;
use crate::huaweicloud::error::{Error, ErrorKind};

/// Where every virtual machine finds it.
const ADDRESS: &str = "http://169.254.169.254";

/// Longest time for both requests: elsewhere than on a virtual machine nobody answers.
const LIMIT: Duration = Duration::from_secs(1);

/// How long the token is wanted for, in seconds, as the SDKs do.
const TOKEN_LIFE: &str = "21600";

/// The metadata service.
#[derive(Clone, Debug)]
pub struct EcsMetadata {
    address: Endpoint,
}

impl EcsMetadata {
    /// At the address where every virtual machine finds it.
    ///
    /// # Errors
    /// None in practice: the address is a constant.
    pub fn standard() -> Result<Self, Error> {
        Self::at(ADDRESS)
    }

    /// At another address, which may be plain `http`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: it is no address.
    pub fn at(address: &str) -> Result<Self, Error> {
        Ok(Self { address: Endpoint::link_local("metadata", address)? })
    }

    pub(super) fn describe() -> &'static str {
        "the ECS metadata service"
    }

    pub(super) async fn lookup(&self, client: &Client) -> Result<Lookup, Error> {
        let address = &self.address;
        let nobody = || Ok(Lookup::Absent(format!("{address} did not answer within a second; is this an ECS?")));
        let Ok(outcome) = tokio::time::timeout(LIMIT, self.ask(client)).await else {
            return nobody();
        };
        match outcome {
            Ok(credentials) => Ok(Lookup::Found(credentials)),
            Err(error) if error.kind() == ErrorKind::Timeout => nobody(),
            Err(error) if matches!(error.kind(), ErrorKind::Connect | ErrorKind::Interrupted) => {
                Ok(Lookup::Absent(error.report()))
            }
            Err(error) if error.response().is_some_and(|answer| answer.status == 404) => {
                Ok(Lookup::Absent(format!("no agency is attached to this ECS: {error}")))
            }
            Err(error) => Err(broken(Self::describe(), &error.report())),
        }
    }

    async fn ask(&self, client: &Client) -> Result<Credentials, Error> {
        let request = self.request(Method::GET, &["openstack", "latest", "securitykey"])?;
        let request = match self.token(client).await? {
            Some(token) => request.header("x-metadata-token", token.clone()).secret(&token),
            None => request,
        };
        wire::credential(&client.attempt_unsigned(&request).await?)
    }

    /// `None`: this service knows no tokens.
    async fn token(&self, client: &Client) -> Result<Option<Secret>, Error> {
        let request = self.request(Method::PUT, &["meta-data", "latest", "api", "token"])?;
        let request = request.header("x-metadata-token-ttl-seconds", TOKEN_LIFE);
        match client.attempt_unsigned(&request).await {
            Ok(response) => response.secret().map(Some),
            Err(error) => match error.response().map(|answer| answer.status) {
                Some(404 | 405 | 503) => Ok(None),
                _ => Err(error),
            },
        }
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<Request, Error> {
        Ok(Request::new(method, &self.address, path, &[])?.direct())
    }
}
