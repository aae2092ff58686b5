//! Keys on trial: the service locks an access key for minutes after a few refusals in a row, so the
//! first refusal (401) is the last request.

use std::future::Future;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::huaweicloud::error::{Delivery, Error, ErrorKind, ErrorResponse};

/// An attempt that takes longer is not followed by another one that goes alone: where a service hangs, parallel requests
/// would wait for one another.
const SLOW: Duration = Duration::from_secs(2);

/// What is known of the keys. Attempts go alone until one tells that the service has looked at the keys: others would
/// all be refused while its answer is on the way.
#[derive(Debug, Default)]
pub(super) struct AuthBreaker {
    were_looked_at: Mutex<bool>,
    refusal: OnceLock<Refusal>,
}

/// The answer that refused the keys, and the error it was told with.
#[derive(Debug)]
struct Refusal {
    kind: ErrorKind,
    told: String,
    answer: ErrorResponse,
}

impl AuthBreaker {
    /// Makes `attempt`, which `request` describes, unless the keys were refused before. An attempt that
    /// is dropped tells nothing.
    pub(super) async fn run<T>(
        &self,
        request: &str,
        attempt: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut alone = Some(self.were_looked_at.lock().await).filter(|over| !**over);
        if let Some(refusal) = self.refusal.get() {
            return Err(refusal.again(request));
        }
        let started = Instant::now();
        let outcome = attempt.await;
        if let Some(refusal) = outcome.as_ref().err().and_then(Refusal::of) {
            log::warn!("the service refused the keys: nothing more is sent with them");
            // Another attempt in flight may have been refused a moment ago; either will do.
            let _ = self.refusal.set(refusal);
        }
        if let Some(over) = &mut alone {
            **over = were_looked_at(&outcome) || started.elapsed() >= SLOW;
        }
        outcome
    }
}

/// Whether the outcome tells that the service has looked at the keys, and not only a gateway at the traffic.
fn were_looked_at<T>(outcome: &Result<T, Error>) -> bool {
    match outcome {
        Ok(_) => true,
        Err(error) => error.response().is_some_and(|answer| answer.status < 500 && answer.status != 429),
    }
}

impl Refusal {
    /// Only what the service answered: keys that were not found can still be found.
    fn of(error: &Error) -> Option<Self> {
        let answer = error.response().filter(|_| error.kind().is_refusal_of_keys())?;
        Some(Self { kind: error.kind(), told: error.to_string(), answer: answer.clone() })
    }

    fn again(&self, request: &str) -> Error {
        let why = match self.kind {
            ErrorKind::KeyLocked => "the service has locked the access key",
            _ => "the service refused these credentials before, and would lock the key after more failures",
        };
        let message = format!("{request}: not sent, because {why}: {}", self.told);
        Error::new(self.kind, message).with_response(self.answer.clone()).with_delivery(Delivery::NotSent)
    }
}
