//! Settings of a client, each with its default, checked all at once by `build`.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;

use super::auth_breaker::AuthBreaker;
use super::call_options::CallOptions;
use super::certificates::CaCertificates;
use super::proxy::Proxies;
use super::service_clock::ServiceClock;
use super::throttle::Throttle;
use super::transport::{Settings, Transport};
use super::{Client, Parts};
use crate::huaweicloud::credentials::{AssumeRole, AssumeRoleWithOidc, Cache, Chain, FixedKeys, SignIn};
use crate::huaweicloud::endpoint::{EndpointSettings, Endpoints};
use crate::huaweicloud::error::{Error, ErrorKind, Redactor};
use crate::huaweicloud::iam::{DomainId, ProjectId, Projects};
use crate::huaweicloud::region::Region;
use crate::huaweicloud::system::System;

const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_RETRIES: u32 = 5;
/// What [`Builder::max_requests_per_second`] can be.
pub const REQUEST_RATES: RangeInclusive<f64> = 0.01..=10_000.0;
const USER_AGENT: &str = concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// Makes a [`Client`]. Nothing is required; what a request turns out to need, it asks for by name.
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
    user_agent: Option<String>,
    max_retries: Option<u32>,
    max_requests_per_second: Option<f64>,
    system: Option<System>,
}

impl Builder {
    /// Where keys are looked for. Default: the environment ([`Chain::standard`]).
    #[must_use]
    pub fn credentials(mut self, chain: Chain) -> Self {
        self.credentials = Some(chain);
        self
    }

    /// Sign in with a token of an identity provider, not with the keys of the chain. Default: with keys.
    #[must_use]
    pub fn assume_role_with_oidc(mut self, oidc: AssumeRoleWithOidc) -> Self {
        self.oidc = Some(oidc);
        self
    }

    /// The roles to take on after signing in, each with the keys of the one before. Default: none.
    #[must_use]
    pub fn assume_roles(mut self, roles: Vec<AssumeRole>) -> Self {
        self.roles = roles;
        self
    }

    /// The account that the keys belong to, told to IAM where it asks. Default: looked up when needed.
    #[must_use]
    pub fn domain_id(mut self, id: DomainId) -> Self {
        self.domain_id = Some(id);
        self
    }

    /// The name of that account, for the look-up. Default: the one account that the keys can see.
    #[must_use]
    pub fn domain_name(mut self, name: impl Into<String>) -> Self {
        self.domain_name = Some(name.into());
        self
    }

    /// The region used where an operation names none. Default: none.
    #[must_use]
    pub fn region(mut self, region: Region) -> Self {
        self.region = Some(region);
        self
    }

    /// The project of the client's own region. Default: asked from IAM when first needed.
    #[must_use]
    pub fn project_id(mut self, id: ProjectId) -> Self {
        self.project_id = Some(id);
        self
    }

    /// The name of the project to ask IAM for, in the client's own region. Default: the region's
    /// name, which is the name of its main project.
    #[must_use]
    pub fn project_name(mut self, name: impl Into<String>) -> Self {
        self.project_name = Some(name.into());
        self
    }

    /// Addresses other than the public ones. `insecure` in here also switches the check of
    /// certificates off. Default: public addresses, certificates checked.
    #[must_use]
    pub fn endpoints(mut self, settings: EndpointSettings) -> Self {
        self.endpoints = settings;
        self
    }

    /// Certificates to trust *instead of* the system's. Default: the system's.
    #[must_use]
    pub fn ca_certificates(mut self, certificates: CaCertificates) -> Self {
        self.ca_certificates = Some(certificates);
        self
    }

    /// Longest time of one attempt, from connecting to the end of the answer. Default: 30 s.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = Some(timeout);
        self
    }

    /// Longest time to connect, TLS included. Default: 10 s. At most half of the request timeout is
    /// used: a connection that took all of it would count as possibly delivered.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// What the client calls itself. Default: name and version of this package.
    #[must_use]
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = Some(text.into());
        self
    }

    /// How often a request is repeated that failed in passing. Default: 5.
    #[must_use]
    pub fn max_retries(mut self, count: u32) -> Self {
        self.max_retries = Some(count);
        self
    }

    /// How many requests leave per second ([`REQUEST_RATES`]), evenly spaced. Default: no limit of the client's own.
    #[must_use]
    pub fn max_requests_per_second(mut self, rate: f64) -> Self {
        self.max_requests_per_second = Some(rate);
        self
    }

    /// Clock, environment and files. Default: [`System::real`].
    #[must_use]
    pub fn system(mut self, system: System) -> Self {
        self.system = Some(system);
        self
    }

    /// Checks the settings. Touches neither the network nor any file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: names the setting that cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        let system = self.system.unwrap_or_else(System::real);
        let request_timeout = timeout("request_timeout", self.request_timeout, REQUEST_TIMEOUT)?;
        let connect_timeout = timeout("connect_timeout", self.connect_timeout, CONNECT_TIMEOUT)?;
        let settings = Settings {
            request_timeout,
            connect_timeout: connect_timeout.min(request_timeout / 2),
            user_agent: user_agent(self.user_agent.as_deref().unwrap_or(USER_AGENT))?,
            ca_certificates: self.ca_certificates,
            accept_any_certificate: self.endpoints.insecure,
            proxies: Proxies::from_environment(system.environment()),
        };
        let chain = self.credentials.unwrap_or_else(|| Chain::standard(FixedKeys::default()));
        if self.max_requests_per_second.is_some_and(|rate| !REQUEST_RATES.contains(&rate)) {
            let (least, most) = (REQUEST_RATES.start(), REQUEST_RATES.end());
            return Err(config(format!("max_requests_per_second must be between {least} and {most}")));
        }
        let parts = Parts {
            region: self.region,
            endpoints: Endpoints::parse(&self.endpoints)?,
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
            transport: Transport::new(settings),
            service_clock: ServiceClock::default(),
            throttle: Throttle::new(self.max_requests_per_second),
            max_retries: self.max_retries.unwrap_or(MAX_RETRIES),
            system,
            redactor: Redactor::default(),
        };
        Ok(Client(Arc::new(parts), CallOptions::default()))
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

fn user_agent(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text)
        .map_err(|error| config(format!("user agent {text:?} cannot be sent")).with_source(error))
}
