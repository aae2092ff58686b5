//! A circuit breaker for rejected credentials.
//!
//! The service locks an access key for minutes after a few rejections in a row, so the client sends nothing more after
//! the first rejection (401).

use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::huaweicloud::error::{Delivery, Error, ErrorKind, ErrorResponse};

/// After a single attempt of this duration, concurrent attempts are allowed. Otherwise, all requests would wait one
/// after the other for a service that hangs.
const SLOW: Duration = Duration::from_secs(2);

/// The state of the credentials. Attempts run one at a time until a response shows that the service checked the
/// credentials: concurrent attempts could all be rejected before the first rejection arrives.
#[derive(Debug, Default)]
pub(super) struct AuthBreaker {
    concurrent: Mutex<bool>,
    rejection: OnceLock<Rejection>,
}

/// The response that rejected the credentials, and the message of its error.
#[derive(Debug)]
struct Rejection {
    kind: ErrorKind,
    message: String,
    response: ErrorResponse,
}

impl AuthBreaker {
    /// Runs `attempt`, which `request` describes, unless the credentials were rejected before. A cancelled attempt does
    /// not change the state.
    ///
    /// # Errors
    /// The error of the attempt, or of the earlier rejection.
    pub(super) async fn run<T>(
        &self,
        request: &str,
        attempt: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut exclusive = Some(self.concurrent.lock().await).filter(|concurrent| !**concurrent);
        if let Some(rejection) = self.rejection.get() {
            return Err(rejection.error(request));
        }
        let started = Instant::now();
        let result = attempt.await;
        if let Some(rejection) = result.as_ref().err().and_then(Rejection::of) {
            log::warn!("the service rejected the credentials: no further request is sent with them");
            // A concurrent attempt may have stored its rejection just before. Either rejection will do.
            let _ = self.rejection.set(rejection);
        }
        if let Some(concurrent) = &mut exclusive {
            **concurrent = are_credentials_checked(&result) || started.elapsed() >= SLOW;
        }
        result
    }
}

/// Whether the result shows that the service checked the credentials. Errors of a gateway do not.
fn are_credentials_checked<T>(result: &Result<T, Error>) -> bool {
    match result {
        Ok(_) => true,
        Err(error) => error.response().is_some_and(|response| response.status < 500 && response.status != 429),
    }
}

impl Rejection {
    /// Only a response is a rejection: credentials that were not found may be found later.
    fn of(error: &Error) -> Option<Self> {
        let response = error.response().filter(|_| error.kind().is_credential_rejection())?;
        Some(Self { kind: error.kind(), message: error.to_string(), response: response.clone() })
    }

    fn error(&self, request: &str) -> Error {
        let why = match self.kind {
            ErrorKind::KeyLocked => "the service has locked the access key",
            _ => "the service rejected these credentials before, and would lock the access key after more failures",
        };
        let message = format!("{request}: not sent, because {why}: {}", self.message);
        Error::new(self.kind, message).with_response(self.response.clone()).with_delivery(Delivery::NotSent)
    }
}
