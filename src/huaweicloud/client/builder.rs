//! The settings of a client, each with a default. `build` validates them.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::auth_breaker::AuthBreaker;
use super::call_options::CallOptions;
use super::projects::Projects;
use super::throttle::Throttle;
use super::{Client, Shared};
use crate::huaweicloud::credentials::{AssumeRole, AssumeRoleWithOidc, Cache, Chain, SignIn, StaticCredentials};
use crate::huaweicloud::endpoint::{EndpointSettings, Endpoints};
use crate::huaweicloud::error::{Error, ErrorKind};
use crate::huaweicloud::http::{CaCertificates, Proxies, Sender, TransportSettings};
use crate::huaweicloud::ids::{DomainId, ProjectId};
use crate::huaweicloud::region::Region;
use crate::huaweicloud::system::System;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_RETRIES: u32 = 5;
/// The valid values of [`Builder::max_requests_per_second`].
pub const REQUEST_RATES: RangeInclusive<f64> = 0.01..=10_000.0;

/// Builds a [`Client`]. No setting is required; the error of a request names the setting that the request needs.
/// Most setters accept a value or an `Option`, in which `None` is the default.
#[derive(Debug, Default)]
pub struct Builder {
    credentials: Option<Chain>,
    oidc: Option<AssumeRoleWithOidc>,
    roles: Vec<AssumeRole>,
    domain_id: Option<DomainId>,
    domain_name: Option<String>,
    region: Option<Region>,
    project_id: Option<ProjectId>,
    project_name: Option<String>,
    endpoints: EndpointSettings,
    ca_certificates: Option<CaCertificates>,
    request_timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
    max_retries: Option<u32>,
    max_requests_per_second: Option<f64>,
    system: Option<System>,
}

impl Client {
    /// A builder with every setting at its default.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// The sources of credentials. Default: the environment and the files ([`Chain::standard`]).
    #[must_use]
    pub fn credentials(mut self, chain: Chain) -> Self {
        self.credentials = Some(chain);
        self
    }

    /// Sign in with a token of an identity provider instead of the chain. Default: the chain.
    #[must_use]
    pub fn assume_role_with_oidc(mut self, oidc: impl Into<Option<AssumeRoleWithOidc>>) -> Self {
        self.oidc = oidc.into();
        self
    }

    /// The roles to assume, each with the credentials of the one before. Default: none.
    #[must_use]
    pub fn assume_roles(mut self, roles: Vec<AssumeRole>) -> Self {
        self.roles = roles;
        self
    }

    /// The account of the credentials, which IAM needs to assume roles. Default: looked up when needed.
    #[must_use]
    pub fn domain_id(mut self, id: impl Into<Option<DomainId>>) -> Self {
        self.domain_id = id.into();
        self
    }

    /// The name of that account, for the lookup. Default: the only account that IAM lists for the credentials.
    #[must_use]
    pub fn domain_name(mut self, name: impl Into<Option<String>>) -> Self {
        self.domain_name = name.into();
        self
    }

    /// The region that is used unless an operation names one. Default: none.
    #[must_use]
    pub fn region(mut self, region: impl Into<Option<Region>>) -> Self {
        self.region = region.into();
        self
    }

    /// The project of the client's own region. Default: looked up at IAM when first needed.
    #[must_use]
    pub fn project_id(mut self, id: impl Into<Option<ProjectId>>) -> Self {
        self.project_id = id.into();
        self
    }

    /// The name of the project to look up in the client's own region. Default: the region's name, which is the name of
    /// its main project.
    #[must_use]
    pub fn project_name(mut self, name: impl Into<Option<String>>) -> Self {
        self.project_name = name.into();
        self
    }

    /// Custom addresses of services. Its `insecure` also disables the verification of certificates. Default: public
    /// addresses, with verification.
    #[must_use]
    pub fn endpoints(mut self, settings: EndpointSettings) -> Self {
        self.endpoints = settings;
        self
    }

    /// Certificates to trust *instead of* the system's. Default: the system's certificates.
    #[must_use]
    pub fn ca_certificates(mut self, certificates: impl Into<Option<CaCertificates>>) -> Self {
        self.ca_certificates = certificates.into();
        self
    }

    /// Time limit of one attempt, from connecting to the end of the response. Default: 30 s.
    #[must_use]
    pub fn request_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.request_timeout = timeout.into();
        self
    }

    /// Time limit of connecting, including TLS. Default: 10 s. At most half of the request timeout is used, because a
    /// request that times out while connecting must not count as possibly delivered.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// The highest number of retries of a request. Default: 5.
    #[must_use]
    pub fn max_retries(mut self, count: impl Into<Option<u32>>) -> Self {
        self.max_retries = count.into();
        self
    }

    /// The highest request rate per second ([`REQUEST_RATES`]), evenly spaced. Default: no limit.
    #[must_use]
    pub fn max_requests_per_second(mut self, rate: impl Into<Option<f64>>) -> Self {
        self.max_requests_per_second = rate.into();
        self
    }

    /// Clock, environment and files. Default: [`System::real`].
    #[must_use]
    pub fn system(mut self, system: System) -> Self {
        self.system = Some(system);
        self
    }

    /// Validates the settings. Uses neither the network nor any file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: names the setting that cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        let system = self.system.unwrap_or_else(System::real);
        let request_timeout = timeout("request_timeout", self.request_timeout, REQUEST_TIMEOUT)?;
        let connect_timeout = timeout("connect_timeout", self.connect_timeout, CONNECT_TIMEOUT)?;
        let settings = TransportSettings {
            request_timeout,
            connect_timeout: connect_timeout.min(request_timeout / 2),
            ca_certificates: self.ca_certificates,
            accept_any_certificate: self.endpoints.insecure,
            proxies: Proxies::from_environment(system.environment()),
        };
        let chain = self.credentials.unwrap_or_else(|| Chain::standard(StaticCredentials::default()));
        if self.max_requests_per_second.is_some_and(|rate| !REQUEST_RATES.contains(&rate)) {
            let (min, max) = (REQUEST_RATES.start(), REQUEST_RATES.end());
            return Err(config(format!("max_requests_per_second must be between {min} and {max}")));
        }
        let shared = Shared {
            sender: Sender::new(self.region, Endpoints::parse(&self.endpoints)?, settings, system),
            sign_in: SignIn {
                chain,
                oidc: self.oidc,
                roles: self.roles,
                domain_id: self.domain_id,
                domain_name: self.domain_name,
            },
            credentials: Cache::default(),
            auth_breaker: AuthBreaker::default(),
            projects: Projects::new(self.project_id, self.project_name),
            throttle: Throttle::new(self.max_requests_per_second),
            max_retries: self.max_retries.unwrap_or(MAX_RETRIES),
        };
        Ok(Client { shared: Arc::new(shared), options: CallOptions::default() })
    }
}

fn config(message: String) -> Error {
    Error::new(ErrorKind::Config, message)
}

fn timeout(name: &str, given: Option<Duration>, default: Duration) -> Result<Duration, Error> {
    match given {
        Some(Duration::ZERO) => Err(config(format!("{name} must be longer than zero"))),
        given => Ok(given.unwrap_or(default)),
    }
}
