//! The client: everything a request needs, shared by all operations.
//!
//! Files follow a request: `request.rs` (what to ask) → `send.rs` (again and again, as `retry.rs` says, at the pace of
//! `throttle.rs`, for the caller's `work.rs`) → `trial.rs` (not with refused keys) → `attempt.rs` (sign, send,
//! classify) → `transport.rs` (connections) → `response.rs` (bounded body, decoding). `service_clock.rs` reads the
//! `Date` of answers. `builder.rs`, `certificates.rs`, `proxy.rs` and `no_proxy.rs` turn settings into the parts.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::credentials::{Cache, Credentials, SignIn};
use super::endpoint::{Endpoint, Endpoints, Service};
use super::error::{Error, Redactor};
use super::iam::Projects;
use super::region::Region;
use super::system::System;

mod attempt;
mod auth_breaker;
mod builder;
mod call_options;
mod certificates;
mod no_proxy;
mod proxy;
pub(super) mod request;
pub(super) mod response;
mod retry;
mod retry_after;
mod send;
mod service_clock;
#[cfg(test)]
mod tests;
mod throttle;
mod transport;

use auth_breaker::AuthBreaker;
pub use builder::{Builder, REQUEST_RATES};
use call_options::CallOptions;
pub use call_options::{RetryNotice, RetryObserver};
pub use certificates::CaCertificates;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) use retry_after::read_retry_after;
pub use service_clock::MAX_CLOCK_SKEW;
use service_clock::ServiceClock;
use throttle::Throttle;
use transport::Transport;

/// Where a client's keys were found. Holds nothing secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CredentialsFound {
    /// What the source calls itself, such as `the environment (HW_*)`.
    pub source: String,
    /// The access key, which every request carries in plain text. None: the source is a token, which becomes keys at the
    /// first request only.
    pub access_key: Option<String>,
    /// The agencies that are assumed one after the other, at the first request.
    pub agencies: Vec<String>,
}

/// Talks to the cloud. Cheap to clone; clones share connections, credentials and project ids.
///
/// Making one costs nothing: credentials are looked up, certificates loaded and connections opened
/// at the first request that needs them.
#[derive(Clone)]
pub struct Client(Arc<Parts>, CallOptions);

struct Parts {
    region: Option<Region>,
    endpoints: Endpoints,
    sign_in: SignIn,
    credentials: Cache,
    auth_breaker: AuthBreaker,
    projects: Projects,
    transport: Transport,
    service_clock: ServiceClock,
    throttle: Throttle,
    max_retries: u32,
    system: System,
    /// Every secret that this client has used.
    redactor: Redactor,
}

impl Client {
    /// Starts with every setting at its default.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The region used where none is named.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.0.region.as_ref()
    }

    /// The address of `service` for `region` (default: the client's own). Sends nothing, so it can
    /// check a region early.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](super::ErrorKind::Config): as for [`Endpoints::resolve`].
    pub fn endpoint(&self, service: Service, region: Option<&Region>) -> Result<Endpoint, Error> {
        self.0.endpoints.resolve(service, region, self.region())
    }

    /// The present moment, by the clock that signatures are dated with.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.system.now()
    }

    /// The credentials for one attempt. At the first one, and before they end, this signs in.
    async fn credentials(&self) -> Result<Arc<Credentials>, Error> {
        self.0.credentials.get(|| self.time(), self.0.sign_in.run(self)).await
    }

    pub(super) fn system(&self) -> &System {
        &self.0.system
    }

    /// Looks for the keys as the first request would, and says where they are. They are not tried, and roles are not
    /// assumed.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`](super::ErrorKind::Credentials): a source is broken, or none has keys.
    pub async fn find_credentials(&self) -> Result<CredentialsFound, Error> {
        self.0.sign_in.find(self).await
    }

    pub(super) fn projects(&self) -> &Projects {
        &self.0.projects
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("region", &self.0.region)
            .field("endpoints", &self.0.endpoints)
            .field("sign_in", &self.0.sign_in)
            .field("max_retries", &self.0.max_retries)
            .field("throttle", &self.0.throttle)
            .finish_non_exhaustive()
    }
}
