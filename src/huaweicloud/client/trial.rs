//! Keys on trial: the service locks an access key for minutes after a few refusals in a row, so the
//! first refusal (401) is the last request.

use std::future::Future;
use std::sync::OnceLock;

use tokio::sync::Mutex;

use crate::huaweicloud::error::{Answer, Delivery, Error, ErrorKind};

/// What is known of the keys. The first attempt goes alone: others would all be refused while its
/// answer is on the way.
#[derive(Debug, Default)]
pub(super) struct Trial {
    first_is_over: Mutex<bool>,
    refusal: OnceLock<Refusal>,
}

/// The answer that refused the keys, and the error it was told with.
#[derive(Debug)]
struct Refusal {
    told: String,
    answer: Answer,
}

impl Trial {
    /// Makes `attempt`, which `request` describes, unless the keys were refused before. However the
    /// first attempt ends, others go after it; when it is dropped, the next one is the first.
    pub(super) async fn run<T>(
        &self,
        request: &str,
        attempt: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let mut first = Some(self.first_is_over.lock().await).filter(|over| !**over);
        if let Some(refusal) = self.refusal.get() {
            return Err(refusal.again(request));
        }
        let outcome = attempt.await;
        if let Some(refusal) = outcome.as_ref().err().and_then(Refusal::of) {
            log::warn!("the service refused the keys: nothing more is sent with them");
            // Another attempt in flight may have been refused a moment ago; either will do.
            let _ = self.refusal.set(refusal);
        }
        if let Some(over) = &mut first {
            **over = true;
        }
        outcome
    }
}

impl Refusal {
    /// Only what the service answered: keys that were not found can still be found.
    fn of(error: &Error) -> Option<Self> {
        let answer = error.answer().filter(|_| error.kind() == ErrorKind::Credentials)?;
        Some(Self { told: error.to_string(), answer: answer.clone() })
    }

    fn again(&self, request: &str) -> Error {
        let message = format!(
            "{request}: not sent, because the service refused the keys before, and would lock them after more: {}",
            self.told
        );
        Error::new(ErrorKind::Credentials, message).with_answer(self.answer.clone()).with_delivery(Delivery::NotSent)
    }
}
