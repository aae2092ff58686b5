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

/// Defines the builder, with a setter for each setting.
macro_rules! settings {
    ($($(#[$documentation:meta])* $setting:ident: $type:ty,)+) => {
        /// Builds a [`Client`]. No setting is required. If a request needs a missing setting, its error names the
        /// setting. Each setter accepts a value or an `Option`, in which `None` is the default.
        #[derive(Debug, Default)]
        pub struct Builder {
            $($setting: Option<$type>,)+
        }

        impl Builder {
            $($(#[$documentation])*
            #[must_use]
            pub fn $setting(mut self, value: impl Into<Option<$type>>) -> Self {
                self.$setting = value.into();
                self
            })+
        }
    };
}

settings! {
    /// The sources of credentials. Default: the environment and the files ([`Chain::standard`]).
    credentials: Chain,
    /// Sign in with a token of an identity provider instead of the chain. Default: the chain.
    assume_role_with_oidc: AssumeRoleWithOidc,
    /// The roles to assume, each with the credentials of the one before. Default: none.
    assume_roles: Vec<AssumeRole>,
    /// The account of the credentials, which IAM needs to assume roles. Default: looked up when needed.
    domain_id: DomainId,
    /// The name of that account, for the lookup. Default: the only account that IAM lists for the credentials.
    domain_name: String,
    /// The region that is used unless an operation names one. Default: none.
    region: Region,
    /// The project of the client's own region. Default: looked up at IAM when first needed.
    project_id: ProjectId,
    /// The name of the project to look up in the client's own region. Default: the region's name, which is the name of
    /// its main project.
    project_name: String,
    /// Custom addresses of services. Its `insecure` also disables the verification of certificates. Default: public
    /// addresses, with verification.
    endpoints: EndpointSettings,
    /// Certificates to trust *instead of* the system's. Default: the system's certificates.
    ca_certificates: CaCertificates,
    /// Time limit of one attempt, from connecting to the end of the response. Default: 30 s.
    request_timeout: Duration,
    /// Time limit of connecting, including TLS. Default: 10 s. At most half of the request timeout is used, because a
    /// request that times out while connecting must not count as possibly delivered.
    connect_timeout: Duration,
    /// The highest number of retries of a request. Default: 5.
    max_retries: u32,
    /// The highest request rate per second ([`REQUEST_RATES`]), evenly spaced. Default: no limit.
    max_requests_per_second: f64,
    /// Clock, environment and files. Default: [`System::real`].
    system: System,
}

impl Client {
    /// A builder with every setting at its default.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Validates the settings. Uses neither the network nor any file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`]: names the setting that cannot be used.
    pub fn build(self) -> Result<Client, Error> {
        let system = self.system.unwrap_or_else(System::real);
        let endpoints = self.endpoints.unwrap_or_default();
        let request_timeout = timeout("request_timeout", self.request_timeout, REQUEST_TIMEOUT)?;
        let connect_timeout = timeout("connect_timeout", self.connect_timeout, CONNECT_TIMEOUT)?;
        let settings = TransportSettings {
            request_timeout,
            connect_timeout: connect_timeout.min(request_timeout / 2),
            ca_certificates: self.ca_certificates,
            accept_any_certificate: endpoints.insecure,
            proxies: Proxies::from_environment(system.environment()),
        };
        let chain = self.credentials.unwrap_or_else(|| Chain::standard(StaticCredentials::default()));
        if self.max_requests_per_second.is_some_and(|rate| !REQUEST_RATES.contains(&rate)) {
            let (min, max) = (REQUEST_RATES.start(), REQUEST_RATES.end());
            return Err(config(format!("max_requests_per_second must be between {min} and {max}")));
        }
        let shared = Shared {
            sender: Sender::new(self.region, Endpoints::parse(&endpoints)?, settings, system),
            sign_in: SignIn {
                chain,
                oidc: self.assume_role_with_oidc,
                roles: self.assume_roles.unwrap_or_default(),
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
