//! The client: sends requests with credentials, retries and limits. All operations share it.
//!
//! A request passes `send.rs` (attempts, waits according to `retry.rs` and `throttle.rs`, limits of `call_options.rs`)
//! → `auth_breaker.rs` (no request with rejected credentials) → [`Sender`] (one exchange). `builder.rs` turns settings
//! into a client. `projects.rs` finds the project of a region.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::credentials::{Cache, CredentialsFound, SignIn};
use super::endpoint::{Endpoint, Service};
use super::error::Error;
use super::http::Sender;
use super::region::Region;
use super::signing::Credentials;

mod auth_breaker;
mod builder;
mod call_options;
mod projects;
mod retry;
mod send;
#[cfg(test)]
mod tests;
mod throttle;

use auth_breaker::AuthBreaker;
pub use builder::{Builder, REQUEST_RATES};
use call_options::CallOptions;
pub use call_options::{RetryNotice, RetryObserver};
use projects::Projects;
use throttle::Throttle;

/// A client of the cloud. Cheap to clone; clones share connections, credentials and project ids.
///
/// The client looks up credentials, loads certificates and opens connections at the first request that needs them.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    options: CallOptions,
}

struct Shared {
    sender: Sender,
    sign_in: SignIn,
    credentials: Cache,
    auth_breaker: AuthBreaker,
    projects: Projects,
    throttle: Throttle,
    max_retries: u32,
}

impl Client {
    /// The region that is used unless an operation names one.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.sender().region()
    }

    /// The address of `service` for `region` (default: the client's own). Sends nothing, so it can be used to check a
    /// region early.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::huaweicloud::error::ErrorKind::Config): as for
    /// [`Endpoints::resolve`](crate::huaweicloud::endpoint::Endpoints::resolve).
    pub fn endpoint(&self, service: Service, region: Option<&Region>) -> Result<Endpoint, Error> {
        self.sender().endpoint(service, region)
    }

    /// The current time by this computer's clock, which dates the signatures.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.sender().system().now()
    }

    /// The time by the clock of the DMS service, to the second. `None`: no response with a date so far.
    #[must_use]
    pub fn service_time(&self) -> Option<Timestamp> {
        self.sender().service_time()
    }

    /// The current time by the service's clock if that is known and plausible, otherwise by this computer's.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.sender().time()
    }

    /// Finds credentials as the first request would, and returns where they are. Does not use them and assumes no
    /// roles.
    ///
    /// # Errors
    /// [`ErrorKind::Credentials`](crate::huaweicloud::error::ErrorKind::Credentials): a source is broken, or no source
    /// has credentials.
    pub async fn find_credentials(&self) -> Result<CredentialsFound, Error> {
        self.shared.sign_in.find(self.sender()).await
    }

    /// The credentials for one attempt. Signs in for the first attempt, and before the credentials expire.
    async fn credentials(&self) -> Result<Arc<Credentials>, Error> {
        let sign_in = self.shared.sign_in.run(self.sender());
        self.shared.credentials.get(|| self.time(), sign_in).await
    }

    pub(super) fn sender(&self) -> &Sender {
        &self.shared.sender
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("region", &self.region())
            .field("endpoints", self.sender().endpoints())
            .field("sign_in", &self.shared.sign_in)
            .field("max_retries", &self.shared.max_retries)
            .field("throttle", &self.shared.throttle)
            .finish_non_exhaustive()
    }
}
